"""Connections to SQLite: how they are set up, and how they wait for their turn to write."""

import fcntl
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection

from cms.config import Settings

# Connections that are kept open, and more that are opened at need; the threads of one worker need 12 at most.
POOL_SIZE, POOL_OVERFLOW = 8, 7
READERS_CACHE_KB = 512  # of each reading connection; with SQLite's own 2,000 pages cost the same (measured)
PATIENCE_SECONDS: float = 5  # for a lock or a connection; a reader has gone by then
TRUNCATE_TRIES, TRUNCATE_WAIT_MS, TRUNCATE_PAUSE_SECONDS = 20, 20, 0.05  # to truncate the WAL
PAUSE_SECONDS = 0.0005  # between two tries to begin writing; half the time in which a comment is stored


def open_engine(settings: Settings, *, query_only: bool) -> sa.Engine:
    """Return an engine for reading alone, or one whose every transaction holds the write lock from its beginning."""
    engine = sa.create_engine(
        settings.sqlalchemy_url,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_use_lifo=True,  # uses as few as possible: each has a cache, which every commit makes out of date
        hide_parameters=True,
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: DBAPIConnection, _record: object) -> None:
        # The driver's own transaction handling begins too late for BEGIN IMMEDIATE.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={PATIENCE_SECONDS * 1000:.0f}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={settings.sqlite_synchronous}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute("PRAGMA temp_store=MEMORY")
        if query_only:
            cursor.execute("PRAGMA query_only=ON")
            cursor.execute(f"PRAGMA cache_size=-{READERS_CACHE_KB}")
        else:
            cursor.execute("PRAGMA busy_timeout=0")  # `_begin_writing()` does the waiting
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        if query_only:
            connection.connection.cursor().execute("BEGIN")  # waits for nobody, so it cannot fail
        else:
            _begin_writing(connection, settings.instance)

    return engine


def open_rebuilding_engine(settings: Settings) -> sa.Engine:
    """Return an engine for migrations, whose every migration is one transaction.

    The driver's own transactions do not include CREATE and ALTER. So a disk that was full in the middle of a migration
    left half of it behind, and every later start failed.
    """
    engine = sa.create_engine(settings.sqlalchemy_url, poolclass=sa.NullPool)

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        # Before any BEGIN: with foreign keys on, rebuilding a table deletes the rows that refer to it.
        cursor.execute("PRAGMA foreign_keys=OFF")
        # Without it a rebuilt table cannot take its old name again if a trigger of another table names it.
        cursor.execute("PRAGMA legacy_alter_table=ON")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def truncate_wal(engine: sa.Engine) -> None:
    """Write the WAL back and truncate it, once nobody reads an older state; give up after TRUNCATE_TRIES.

    SQLite holds the write lock while it waits for readers. So while a backup or an audit read, nobody could write until
    PATIENCE_SECONDS were over. Therefore each try waits for TRUNCATE_WAIT_MS only.
    """
    raw = engine.raw_connection()  # of the engine that reads: nothing in the database is changed
    cursor = raw.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout={TRUNCATE_WAIT_MS}")
        for _ in range(TRUNCATE_TRIES):
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (is_hindered, *_) = cursor.fetchone() or (False,)
            if not is_hindered:
                break
            time.sleep(TRUNCATE_PAUSE_SECONDS)
    finally:
        cursor.execute(f"PRAGMA busy_timeout={PATIENCE_SECONDS * 1000:.0f}")
        raw.close()


def _begin_writing(connection: sa.Connection, instance: Path) -> None:
    """Begin as the only writer, at once or up to PATIENCE_SECONDS later.

    SQLite's own waiting sleeps longer after each try, up to 0.1 s, while others overtake: with 16 readers who sent
    comments at once, the slowest in a hundred waited 0.6 s (measured). Here the process that is next holds a lock on the
    instance's folder until it writes, so a process that has just written cannot overtake one that waits.
    """
    driver: Any = connection.connection.driver_connection  # Any: sqlite3's own
    until = time.monotonic() + PATIENCE_SECONDS
    folder = os.open(instance, os.O_RDONLY)
    try:
        while not _is_locked(folder) and time.monotonic() < until:
            time.sleep(PAUSE_SECONDS)
        while (hindrance := _begin_at_once(driver)) == sqlite3.SQLITE_BUSY and time.monotonic() < until:
            time.sleep(PAUSE_SECONDS)
        if hindrance:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # raises the error as SQLAlchemy's own
    finally:
        os.close(folder)


def _is_locked(folder: int) -> bool:
    """Take the lock on an open folder unless another process has it; tell whether it is ours now."""
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _begin_at_once(driver: Any) -> int:  # Any: as above
    """Begin; return SQLite's code for what hinders it, 0 for nothing."""
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        return error.sqlite_errorcode & 0xFF
    return 0
