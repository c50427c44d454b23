"""Which errors mean that the database cannot work just now, so that the same request may succeed later."""

import sqlite3

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

RETRY_SECONDS = 30  # a restart of PostgreSQL takes about five, an operator who makes room longer
# Result codes without their extension (https://www.sqlite.org/rescode.html). A file-size limit comes as IOERR.
_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,  # locked for longer than the busy timeout
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,  # many at once begin to read the WAL
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_CORRUPT,  # an operator puts a backup in its place while the site runs
        sqlite3.SQLITE_NOTADB,
    }
)
_REMEDIES = {
    sqlite3.SQLITE_BUSY: "Another program is writing to it: wait for that one or end it, then try again.",
    sqlite3.SQLITE_FULL: "Make room on its disk, then try again.",
    sqlite3.SQLITE_READONLY: "Let this user write to it and to its folder.",
    sqlite3.SQLITE_CANTOPEN: "Let this user write to it and to its folder.",
    sqlite3.SQLITE_CORRUPT: "Put a backup in its place: `cms restore FILE --over`.",
    sqlite3.SQLITE_NOTADB: "Put a backup in its place: `cms restore FILE --over`.",
}
_UNREACHED = "See that PostgreSQL runs and that database_url is right."
# Classes and codes of SQLSTATE (PostgreSQL's manual, appendix A).
_CLASH = "40"  # two transactions in each other's way
_POSTGRESQL = (
    "08",  # connection lost
    "28",  # not let in: an operator changes passwords
    "3D000",  # the database is not there: an operator puts a backup in its place
    "53",  # disk full, out of memory, too many connections
    "57",  # shut down, starting up, cancelled by a time limit
    "58",  # the system below it failed
    "XX",  # it found its own files damaged
    _CLASH,
    "55P03",  # locked for longer than the lock timeout
    "25006",  # read-only, as a replica or after default_transaction_read_only
)


def is_outage(error: BaseException) -> bool:
    """Tell whether `error` means that the database cannot work now, rather than that a statement was wrong."""
    if isinstance(error, NoConnectionFree):
        return True
    if not isinstance(error, DBAPIError):
        return False
    original = error.orig
    if isinstance(original, sqlite3.Error):
        return _code(original) in _SQLITE
    state = _state(original)
    is_lost = not state and isinstance(error, OperationalError)  # no server was there to give a code
    return is_lost or error.connection_invalidated or state.startswith(_POSTGRESQL)


def is_clash(error: BaseException) -> bool:
    """Tell whether `error` comes of two transactions that were in each other's way: it may be tried again at once."""
    return isinstance(error, DBAPIError) and _state(error.orig).startswith(_CLASH)


def kind_of(error: BaseException) -> str:
    """Return an outage's kind as the log may keep it: a name or a code, never a sentence of the database."""
    original = error.orig if isinstance(error, DBAPIError) else None
    code = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
    return str(code or type(original or error).__name__)


def for_operator(error: BaseException) -> str:
    """Return the line that tells an operator at a terminal what the database said and, where that is known, what to do."""
    original = error.orig if isinstance(error, DBAPIError) else error
    said = str(original).splitlines()[0].rstrip(".")
    if isinstance(original, sqlite3.Error):
        remedy = _REMEDIES.get(_code(original), "")
    else:
        remedy = "" if _state(original) else _UNREACHED
    return f"The database cannot be used: {said}. {remedy}".rstrip()


def _code(original: sqlite3.Error) -> int:
    return (getattr(original, "sqlite_errorcode", None) or 0) & 0xFF


def _state(original: object) -> str:
    return getattr(original, "sqlstate", None) or ""
