"""Whole copies of a SQLite database: made while a site writes, checked, and put in place of another."""

import sqlite3
from contextlib import closing
from pathlib import Path


class NotSound(Exception):
    """The file is no whole SQLite database; the sentence says why."""


def copy_database(database: Path, target: Path) -> None:
    """Write what `database` holds at this moment into the new file `target`, without what it has freed.

    Nobody waits for it: it reads one state, as any reader does. Raises sqlite3.Error.
    """
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


def revision_of(database: Path) -> str:
    """Return the number of the schema of a database that is whole.

    Raises NotSound for one that is damaged, or holds rows whose parents are missing, or is no site's.
    """
    try:
        with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if said != "ok":
                raise NotSound("its database is damaged")
            if connection.execute("PRAGMA foreign_key_check").fetchone():
                raise NotSound("its database has rows whose parents are missing")
            found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except sqlite3.Error as error:
        raise NotSound("its database is none of a site") from error
    if len(found) != 1:
        raise NotSound("its database is none of a site")
    return str(found[0][0])


def settle(database: Path) -> None:
    """Take what stands beside a file that nobody else has open into it, so that the file is the whole database."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def put_in_place(copy: Path, database: Path) -> Path | None:
    """Let `database` hold what `copy` holds, all of it at one moment; a site may be serving it meanwhile.

    It is one transaction of SQLite's own backup: processes that have the file open see the new state at their next
    look, and where it fails (a full disk) the old one stays. A file so damaged that no transaction can begin is set
    aside; return where. Raises sqlite3.Error.
    """
    was_there = database.exists()
    try:
        _overwrite(copy, database)
    except sqlite3.DatabaseError as error:
        if not was_there:
            database.unlink(missing_ok=True)
        elif error.sqlite_errorcode in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            return _set_aside(copy, database)
        raise
    return None


def _overwrite(copy: Path, database: Path) -> None:
    with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(database)) as target:
        target.execute("PRAGMA synchronous=FULL")
        source.backup(target)
        target.execute("PRAGMA journal_mode=WAL")
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _set_aside(copy: Path, database: Path) -> Path:
    aside = database.with_name(f"{database.name}.damaged")
    for end in ("-wal", "-shm", ""):
        beside = database.with_name(f"{database.name}{end}")
        if beside.exists():
            beside.replace(f"{aside}{end}")
    copy.replace(database)
    return aside
