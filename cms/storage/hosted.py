"""Connections to PostgreSQL: how they are set up, what each transaction is promised, and which of them are alive."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from cms.storage.embedded import PATIENCE_SECONDS, POOL_OVERFLOW, POOL_SIZE

IDLE_SECONDS: float = (
    1  # after which a pooled connection is asked whether it is alive; a restart takes longer
)


def open_engines(
    url: str,
) -> tuple[sa.Engine, sa.Engine, Callable[[Any], bool]]:  # Any: the driver's own kind
    """Return the site's database for who only reads, and for who writes; both take their connections from one pool.

    With them, what tells of such a connection whether it is good to be used at once.
    """
    from cms.storage.wire import Wire

    # Nothing else is prepared: after a few uses a plan forgets the values, and whoever asks for a rare word reads
    # every article (measured among 10,000: kin of one in 0.7 s, now 0.1).
    engine = sa.create_engine(
        url,
        paramstyle="numeric_dollar",  # as PostgreSQL itself has them
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_use_lifo=True,  # or all of them are used, each of which reads and plans a statement anew
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

    is_good = _keep_alive_ones(engine)
    reader, writer = engine.execution_options(), engine.execution_options()  # each with its own way to begin
    _begin_by(reader, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    # Promised for one transaction alone, since a pooler may give the connection to somebody else after it: nobody is
    # thanked for what is not on the disk, whatever the server's default, and nobody waits for ever.
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
    """Let nobody get a connection that PostgreSQL has ended while it lay idle, as it does when it is restarted.

    Return what tells whether one need not be asked: it was used a moment ago, and none was lost since. To ask it would
    only take time, a tenth of what a comment's statements cost.
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
            raise sa.exc.InvalidatePoolError  # and whoever asked gets a new one

    return is_good


def _answers(dialect: sa.Dialect, connection: Any) -> bool:  # Any: the driver's own kind
    errors: Any = dialect.loaded_dbapi.Error  # Any: as above
    try:
        connection.deliver()
        return dialect.do_ping(connection)
    except errors:
        return False
