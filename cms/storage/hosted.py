"""Connections to PostgreSQL: how they are set up, how transactions begin, and which connections are alive."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from cms.storage.embedded import PATIENCE_SECONDS, POOL_OVERFLOW, POOL_SIZE

# After which a pooled connection is asked whether it is alive; a restart takes longer.
IDLE_SECONDS: float = 1


# Any: the driver's own kind
def open_engines(url: str) -> tuple[sa.Engine, sa.Engine, Callable[[Any], bool]]:
    """Return an engine for reading and one for writing, which share a pool, and a check whether a connection works."""
    from cms.storage.wire import Wire

    # Only a Wire prepares statements. psycopg would prepare any statement after a few uses. PostgreSQL then plans it without
    # its values, and a search for a rare word reads every article (0.7 s instead of 0.1 among 10,000, measured).
    engine = sa.create_engine(
        url,
        paramstyle="numeric_dollar",  # as PostgreSQL itself has them
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_use_lifo=True,  # uses as few as possible: each has to prepare its statements
        hide_parameters=True,
        connect_args={
            "prepare_threshold": None,
            "connect_timeout": PATIENCE_SECONDS,
            "tcp_user_timeout": 10_000,
        },
    )

    # Any: as a driver takes them
    @sa.event.listens_for(engine, "do_connect")
    def _connect(_dialect: sa.Dialect, _record: object, given: Sequence[Any], named: dict[str, Any]) -> Wire:
        return Wire.connect(*given, **named)

    is_good = _keep_alive_ones(engine)
    reader, writer = engine.execution_options(), engine.execution_options()  # copies, each with its own BEGIN
    _begin_by(reader, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    # Set for one transaction alone, since a pooler may give the connection to somebody else after it: no commit returns
    # before it is on the disk, whatever the server's default is, and nobody waits for a lock for ever.
    _begin_by(
        writer,
        "BEGIN",
        f"SELECT set_config('lock_timeout', '{PATIENCE_SECONDS}s', true),"
        " CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')"
        " THEN set_config('synchronous_commit', 'on', true) END",
    )
    return reader, writer, is_good


def _begin_by(engine: sa.Engine, *statements: str) -> None:
    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        wire: Any = connection.connection.dbapi_connection  # Any: the driver's own kind
        for statement in statements:
            wire.put(statement)


def _keep_alive_ones(engine: sa.Engine) -> Callable[[Any], bool]:  # Any: the driver's own kind, as below
    """Check connections as they leave the pool, since a restart of PostgreSQL ends them.

    Return a function that tells whether a connection need not be checked: it was used a moment ago, and none was lost
    since. A check takes a tenth of the time of a comment's statements.
    """
    lost_at = -math.inf

    @sa.event.listens_for(engine, "invalidate")
    def _note(*_: object) -> None:
        nonlocal lost_at
        lost_at = time.monotonic()

    def is_good(connection: Any) -> bool:
        return bool(connection.heard_at > max(time.monotonic() - IDLE_SECONDS, lost_at))

    @sa.event.listens_for(engine, "checkout")
    def _look(connection: Any, _record: object, _proxy: object) -> None:
        if not is_good(connection) and not _answers(engine.dialect, connection):
            raise sa.exc.InvalidatePoolError  # the pool then opens a new one

    return is_good


def _answers(dialect: sa.Dialect, connection: Any) -> bool:  # Any: the driver's own kind
    errors: Any = dialect.loaded_dbapi.Error  # Any: as above
    try:
        connection.deliver()
        return dialect.do_ping(connection)
    except errors:
        return False
