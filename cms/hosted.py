"""Connections to PostgreSQL: how they are set up, what each transaction is promised, and which of them are alive."""

import math
import time
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from cms.embedded import PATIENCE_SECONDS, POOL_OVERFLOW, POOL_SIZE

IDLE_SECONDS: float = (
    1  # after which a pooled connection is asked whether it is alive; a restart takes longer
)
_USED_AT = "used at"  # under which a pooled connection remembers when that was


def open_engines(url: str) -> tuple[sa.Engine, sa.Engine]:
    """Return the site's database for who only reads, and for who writes; both take their connections from one pool."""
    from cms.wire import Wire

    # Nothing else is prepared: after a few uses a plan forgets the values, and whoever asks for a rare word reads
    # every article (measured among 10,000: kin of one in 0.7 s, now 0.1).
    engine = sa.create_engine(
        url,
        paramstyle="numeric_dollar",  # as PostgreSQL itself has them
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        hide_parameters=True,
        connect_args={
            "prepare_threshold": None,
            "connect_timeout": PATIENCE_SECONDS,
            "tcp_user_timeout": 10_000,
        },
    )

    @sa.event.listens_for(engine, "do_connect")
    def _connect(
        _dialect: sa.Dialect, _record: object, given: Sequence[Any], named: dict[str, Any]
    ) -> Wire:  # Any: as a driver takes them
        return Wire.connect(*given, **named)

    _keep_alive_ones(engine)
    reader, writer = engine.execution_options(), engine.execution_options()  # each with its own way to begin
    _begin_by(reader, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    # Promised for one transaction alone, since a pooler may give the connection to somebody else after it: nobody is
    # thanked for what is not on the disk, whatever the server's default, and nobody waits for ever.
    _begin_by(
        writer,
        "BEGIN",
        "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit')"
        " IN ('off', 'local')"
        f" UNION ALL SELECT set_config('lock_timeout', '{PATIENCE_SECONDS}s', true)",
    )
    return reader, writer


def _begin_by(engine: sa.Engine, *statements: str) -> None:
    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        wire: Any = connection.connection.dbapi_connection  # Any: the driver's own kind
        for statement in statements:
            wire.put(statement)


def _keep_alive_ones(engine: sa.Engine) -> None:
    """Let nobody get a connection that PostgreSQL has ended while it lay idle, as it does when it is restarted.

    To ask of one that was used a moment ago would only take time: a tenth of what a comment's statements cost.
    """

    @sa.event.listens_for(engine, "checkin")
    def _note(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info[_USED_AT] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def _look(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        idle_seconds = time.monotonic() - record.info.get(_USED_AT, math.inf)
        if idle_seconds > IDLE_SECONDS and not _answers(engine.dialect, connection):
            raise sa.exc.InvalidatePoolError  # and whoever asked gets a new one


def _answers(dialect: sa.Dialect, connection: DBAPIConnection) -> bool:
    errors: Any = dialect.loaded_dbapi.Error  # Any: the driver's own kind
    try:
        return dialect.do_ping(connection)
    except errors:
        return False
