"""What has changed since a page was made, asked on a connection of its own."""

import mmap
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import PoolProxiedConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from cms.articles.models import Article, ArticleStatus
from cms.db import Database, UtcTime
from cms.pages.models import Version
from cms.pages.rules import ANYTHING, PURGED

CHANGES_MAX = 5_000  # more changes, as of an import, count as "anything may have changed"
WAL_HEADER_BYTES = 96  # two copies of 48 bytes: https://www.sqlite.org/walformat.html, section 2.1
_CHANGES = (
    f"SELECT thing, number FROM (SELECT thing, number FROM version WHERE number > {{0}} LIMIT {CHANGES_MAX})"  # noqa: S608  # names of ours
    f" AS changed UNION ALL SELECT thing, number FROM version WHERE thing = '{ANYTHING}'"
)
_NEXT = (
    "SELECT min(moment) FROM (SELECT min(publish_at) AS moment FROM article WHERE kind = 'article'"
    " AND status = 'published' AND publish_at > {0} UNION ALL SELECT min(publish_at) FROM article"
    " WHERE kind = 'page' AND status = 'published' AND publish_at > {0}) AS both_kinds"
)
# Files by device and inode. None is ever closed: closing any handle of a file takes away the locks that SQLite
# holds on it in this process (https://www.sqlite.org/howtocorrupt.html, section 2.2).
_MAPPED: dict[tuple[int, int], mmap.mmap] = {}


def newest_change(session: Session) -> int:
    """Return the number of the last change of anything, 0 where nothing has changed yet."""
    found = session.exec(select(col(Version.number)).where(col(Version.thing) == ANYTHING)).first()
    return found or 0


@dataclass(frozen=True, slots=True)
class Told:
    """What a CDN has to be told: the things that have changed, and up to which change that is."""

    number: int
    things: frozenset[str]


def changed_since_told(session: Session, size: int) -> Told:
    """Return what has changed since a CDN was last told, `size` things at most; two SELECTs."""
    numbers = sa.select(col(Version.thing), col(Version.number)).where(
        col(Version.thing).in_([ANYTHING, PURGED])
    )
    newest = {row.thing: row.number for row in session.execute(numbers)}
    changed = (
        sa.select(col(Version.thing))
        .where(col(Version.number) > newest.get(PURGED, 0), col(Version.thing).not_in([ANYTHING, PURGED]))
        .order_by(col(Version.number), col(Version.thing))
        .limit(size)
    )
    return Told(newest.get(ANYTHING, 0), frozenset(session.execute(changed).scalars()))


def came_out_between(session: Session, since: datetime, now: datetime) -> bool:
    """Tell whether an article or a static page came out by its time after `since`; one SELECT."""
    out = sa.select(col(Article.id)).where(
        col(Article.status) == ArticleStatus.PUBLISHED,
        col(Article.publish_at) > sa.literal(since, type_=UtcTime()),
        col(Article.publish_at) <= sa.literal(now, type_=UtcTime()),
        col(Article.publish_at) > col(Article.changed_at),  # the others were bumped when they were published
    )
    return session.execute(out.limit(1)).first() is not None


class CannotTell(Exception):
    """The database does not say what has changed, so no kept page may be shown."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed up to the change `number`: `things`, or anything at all where that is None.

    `mark` was taken before the question, so that a change during it is found by the next look.
    """

    number: int
    things: frozenset[str] | None
    mark: object


class Probe:
    """A connection that reads only versions. One thread at a time may use it; any may call `mark()`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._place = "?1" if database.is_sqlite else "$1"
        self._driver_error: type[Exception] = database.reader.dialect.loaded_dbapi.Error
        self._connection: PoolProxiedConnection | None = None
        self._wal_index: mmap.mmap | None = None

    def mark(self) -> object:
        """Return a value that stays the same as long as nothing is committed, None where there is no such value.

        On SQLite it is the header of the WAL's index, which every commit changes before it returns: as reliable as the
        database, without SQL. It is read from mapped memory, since a system call releases Python's lock and waits to get
        it back (measured: 0.1 µs, `pread` 0.6 µs, the pragma `data_version` 9 µs).
        """
        index = self._wal_index
        return None if index is None else index[:WAL_HEADER_BYTES]

    def changes(self, since: int) -> Changes:
        """Return what has changed since the change numbered `since`; one SELECT.

        If the newest number is smaller than `since`, a backup has replaced the database, and anything may have changed.
        Raises CannotTell.
        """
        cursor, mark = self._cursor(), self.mark()
        rows = self._rows(cursor, _CHANGES.format(self._place), (since,))
        newest = rows[-1][1] if rows else 0
        if newest < since or len(rows) > CHANGES_MAX:
            return Changes(newest, None, mark)
        return Changes(newest, frozenset(row[0] for row in rows[:-1]), mark)

    def next_publication(self, now: datetime) -> datetime | None:
        """Return when the next scheduled article or static page comes out; one SELECT. Raises CannotTell."""
        kind, dialect = UtcTime(), self._database.reader.dialect
        moment = kind.process_bind_param(now, dialect)
        rows = self._rows(self._cursor(), _NEXT.format(self._place), (moment,))
        return kind.process_result_value(rows[0][0], dialect)

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        connection, self._connection, self._wal_index = self._connection, None, None
        if connection is not None:
            connection.close()

    def _rows(self, cursor: Any, statement: str, values: tuple[Any, ...]) -> list[Any]:
        try:
            cursor.execute(statement, values)
            return list(cursor.fetchall())
        except self._driver_error as error:
            self._give_up()
            raise CannotTell from error

    def _give_up(self) -> None:
        """Close a connection that failed; there is nothing to undo, and a rollback would fail as well."""
        connection, self._connection, self._wal_index = self._connection, None, None
        if connection is not None:
            driver = connection.dbapi_connection
            connection.invalidate()  # which only forgets a connection that is no pool's
            with suppress(self._driver_error):
                if driver is not None:
                    driver.close()

    def _cursor(self) -> Any:  # Any: each driver's own kind
        if self._connection is None:
            try:
                self._connection = self._opened()
            except (SQLAlchemyError, self._driver_error) as error:  # a pool hands on what its driver raised
                raise CannotTell from error
        return self._connection.cursor()

    def _opened(self) -> PoolProxiedConnection:
        connection = self._database.reader.raw_connection()
        connection.detach()  # it is held for good, so it must not count as one of the pool's
        if self._database.is_sqlite:
            connection.cursor().execute("SELECT 1 FROM version LIMIT 1").fetchall()  # opens the WAL's index
            self._wal_index = _mapped(Path(f"{self._database.reader.url.database}-shm"))
        else:
            connection.dbapi_connection.autocommit = True  # type: ignore[union-attr]  # psycopg's own
        return connection


def _mapped(path: Path) -> mmap.mmap:
    found = path.stat()
    name = (found.st_dev, found.st_ino)
    if name not in _MAPPED:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        _MAPPED[name] = mmap.mmap(handle, WAL_HEADER_BYTES, prot=mmap.PROT_READ)
    return _MAPPED[name]
