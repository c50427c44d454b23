"""Reading that the database itself stops when it takes too long."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from cms.db import Database

STEPS_BETWEEN_LOOKS = 20_000  # of SQLite's virtual machine, a few milliseconds of work


class TookTooLong(Exception):
    """A statement was stopped since it took longer than it may."""


@contextmanager
def reading_within(database: Database, seconds: float) -> Iterator[Session]:
    """Give a session that reads, whose statements may take `seconds`: each on PostgreSQL, all together on SQLite.

    Raises TookTooLong.
    """
    ends = time.monotonic() + seconds
    stopped = _stopped_by_sqlite if database.is_sqlite else _stopped_by_postgresql
    with database.reading() as session:
        try:
            with stopped(session, seconds):
                yield session
        except OperationalError as error:
            if time.monotonic() < ends:
                raise
            raise TookTooLong from error


@contextmanager
def _stopped_by_postgresql(session: Session, seconds: float) -> Iterator[None]:
    session.execute(sa.text(f"SET LOCAL statement_timeout = {round(seconds * 1000)}"))
    yield


@contextmanager
def _stopped_by_sqlite(session: Session, seconds: float) -> Iterator[None]:
    connection: Any = session.connection().connection.dbapi_connection  # Any: the driver's own kind
    ends = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > ends, STEPS_BETWEEN_LOOKS)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)
