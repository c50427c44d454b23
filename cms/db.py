"""The database: engines, the two kinds of transaction, columns with meaning, migrations under a lock."""

import fcntl
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from cms.config import Settings, shipped
from cms.storage import embedded, hosted
from cms.storage.group_commit import Beginning, GroupCommit, PendingWrite, nothing
from cms.storage.sessions import ReadingSession, SessionPool, WritingSession, used

if TYPE_CHECKING:
    from alembic.config import Config

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING
# What pydantic would do to rows few of them are asked for, and for all forty tables it takes 20 ms.
SQLModel.model_config["defer_build"] = True
_NUMBERED = re.compile(r"m\d{4}_")  # a migration's file, by its revision
_REVISION = "SELECT version_num FROM alembic_version"
IDLE_MAX = 3  # sessions of a kind that are kept: two threads make pages, and one looks into comments
MIGRATION_LOCK = 7_264_001  # any number of our own: the key of PostgreSQL's advisory lock


Result = TypeVar("Result")


class UtcTime(sa.TypeDecorator[datetime]):
    """An aware UTC moment; SQLite, which has no time type, keeps it as text that sorts."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Return text of fixed width on SQLite and `timestamptz` on PostgreSQL."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.String(32))
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        """Refuse a naive moment; write an aware one in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC) if dialect.name != "sqlite" else _as_sqlite_keeps_it(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        """Return the moment, aware and in UTC."""
        if value is None:
            return None
        return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


@lru_cache(maxsize=16)  # a page asks six times for what is public now
def _as_sqlite_keeps_it(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def stored_as_value(kind: type[StrEnum], name: str) -> sa.Enum:
    """Return a column type that stores an enum's value, with a CHECK called `name` that refuses others."""
    return sa.Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        validate_strings=True,
        length=max(len(member.value) for member in kind),
        values_callable=lambda members: [member.value for member in members],
    )


def table_of(model: type[SQLModel]) -> sa.Table:
    """Return the table of a model, for statements about rows instead of entities: they cost half as much."""
    table: sa.Table = model.__table__  # type: ignore[attr-defined]  # SQLAlchemy adds it to every table's class
    return table


def beside_the_tables(sqlite: Iterable[str], postgresql: Iterable[str]) -> None:
    """Have triggers and search indexes, which models cannot describe, made whenever the models' tables are made."""
    for dialect, statements in (("sqlite", sqlite), ("postgresql", postgresql)):
        for statement in statements:
            ddl = sa.DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so
            sa.event.listen(SQLModel.metadata, "after_create", ddl.execute_if(dialect=dialect))


@dataclass(frozen=True, slots=True)
class Database:
    """The two ways into one database: readers never wait for the writer."""

    reader: sa.Engine
    writer: sa.Engine
    group_commit: GroupCommit  # queues the writes of `write()`, which share commits
    readers: SessionPool[ReadingSession]
    group_writers: SessionPool[WritingSession]  # in which `group_commit` writes
    beside: dict[str, object] = field(compare=False)  # the `info` that every writing session begins with
    turn: Lock = field(default_factory=Lock, compare=False)  # held during `reading_in_turn()` on SQLite

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is in use."""
        return self.writer.dialect.name == "sqlite"

    def reading(self) -> AbstractContextManager[Session]:
        """Give a session that sees one state of the database and can change nothing."""
        return self.readers.session()

    @contextmanager
    def reading_in_turn(self) -> Iterator[Session]:
        """Give such a session for much work; on SQLite to one thread of this process at a time.

        Eight at once would be no faster, since Python runs one thread at a time, and each would hold a connection of its
        own: that took 7 MB of the 162 of a server with two workers, after comments (measured).
        """
        with self.turn if self.is_sqlite else nullcontext(), self.reading() as session:
            yield session

    def writing(self) -> AbstractContextManager[Session]:
        """Give a session that holds the write lock from its first statement; the caller commits."""
        return used(WritingSession(self.writer.connect(), info=dict(self.beside)))

    def write(self, work: Callable[[Session], Result], begin: Beginning = nothing) -> Result:
        """Return what `work` returns, once that is committed; `begin` goes before it.

        Neither of them commits, and both may be called twice. For writes that many make at the same moment: they share
        one commit, and so one wait for the disk (see group_commit.py).
        """
        return self.group_commit.do(PendingWrite(work, begin))

    def close(self) -> None:
        """Close every connection."""
        self.readers.close()
        self.group_writers.close()
        self.reader.dispose()
        self.writer.dispose()


def open_database(settings: Settings) -> Database:
    """Return the site's database, not yet migrated."""
    if settings.database_url:
        reader, writer, is_good = hosted.open_engines(settings.sqlalchemy_url)
    else:
        settings.instance.mkdir(parents=True, exist_ok=True)
        reader = embedded.open_engine(settings, query_only=True)
        writer = embedded.open_engine(settings, query_only=False)
        is_good = bool  # True for any connection: a file is always there
    beside: dict[str, object] = {}
    readers = SessionPool(lambda: ReadingSession(reader.connect()), IDLE_MAX, is_good)
    writers = SessionPool(lambda: WritingSession(writer.connect(), info=dict(beside)), IDLE_MAX, is_good)
    return Database(reader, writer, GroupCommit(writers.session), readers, writers, beside)


def migrate(settings: Settings) -> None:
    """Bring the database to the newest schema; two processes at once wait for each other."""
    if settings.database_url:
        _migrate_postgresql(settings)
    elif not _is_newest_sqlite(settings):
        _migrate_sqlite(settings)


def revisions() -> frozenset[str]:
    """Return the number of every schema that this program can begin from."""
    return frozenset(name[1:5] for name in _migrations() if _NUMBERED.match(name))


def is_current(database: Database) -> bool:
    """Tell whether the schema is the one that this program was made for."""
    with database.reader.connect() as connection:
        try:
            found = connection.exec_driver_sql(_REVISION).scalars().all()
        except sa.exc.ProgrammingError:  # no such table
            return False
    return list(found) == [_newest_revision()]


def _newest_revision() -> str | None:
    """Return where migrations lead, as the name of the last one says; without Alembic, which takes 0.2 s and 8 MB."""
    names = _migrations()
    return max(names)[1:5] if all(_NUMBERED.match(name) for name in names) else None


def _migrations() -> list[str]:
    return [path.name for path in (shipped("migrations") / "versions").glob("[!_]*.py")]


def _is_newest_sqlite(settings: Settings) -> bool:
    path = settings.instance / "broadsheet.db"
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute(_REVISION).fetchall()
    except sqlite3.Error:
        return False
    return found == [(_newest_revision(),)]


def _migrate_postgresql(settings: Settings) -> None:
    """Migrate in one transaction, whose lock ends with it: a pooler may give the next one another server process."""
    engine = sa.create_engine(
        settings.sqlalchemy_url, poolclass=sa.NullPool, connect_args={"prepare_threshold": None}
    )
    with engine.begin() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
        _upgrade(connection)
    engine.dispose()


def _migrate_sqlite(settings: Settings) -> None:
    settings.instance.mkdir(parents=True, exist_ok=True)
    with _locked(settings.instance / ".migrate.lock"):
        engine = embedded.open_rebuilding_engine(settings)
        with engine.connect() as connection:
            _upgrade(connection)
            orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if orphans:
                raise RuntimeError(f"the migration left {len(orphans)} rows without their parent")
        engine.dispose()


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command

    config = _alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _alembic_config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(shipped("migrations")))
    return config


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
