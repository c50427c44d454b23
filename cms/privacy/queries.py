"""What the database knows of its keys, and whether it answers at all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, col

from cms.accounts.models import Staff
from cms.comments.models import Comment
from cms.privacy.models import VaultKey

AT_ONCE = 1000  # rows in memory while everything is read
_KEYS = sa.select(col(VaultKey.id)).order_by(col(VaultKey.id)).limit(100)


def known_keys(session: Session, *, for_update: bool = False) -> tuple[str, ...]:
    """Return the ids of all keys under which something is sealed, oldest first; one SELECT.

    `for_update` keeps another host from making its own first key meanwhile.
    """
    if for_update and session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("LOCK TABLE vault_key IN EXCLUSIVE MODE"))
    return tuple(session.execute(_KEYS).scalars())


@dataclass(frozen=True, slots=True)
class SealedAddress:
    """A sealed address with the row to which it is bound."""

    table: str
    id: int
    mark: str
    sealed: str


@dataclass(frozen=True, slots=True)
class KeptTable:
    """A table as it is in the database, search indexes and what no model knows included."""

    name: str
    columns: tuple[str, ...]
    statement: str


def sealed_addresses(session: Session) -> Iterator[SealedAddress]:
    """Yield every sealed address; one SELECT for each table that has some, read in portions."""
    for table, kind in ((Comment, "comment"), (Staff, "staff")):
        columns = (col(table.id), col(table.mark), col(table.email_sealed))
        statement = sa.select(*columns).where(col(table.email_sealed).is_not(None)).order_by(col(table.id))
        for row in session.execute(statement, execution_options={"yield_per": AT_ONCE}):
            yield SealedAddress(kind, *row)


def kept_tables(session: Session) -> list[KeptTable]:
    """Return every table that the database keeps but its own catalogues; a SELECT, on SQLite one more for each."""
    connection = session.connection()
    quote = connection.dialect.identifier_preparer.quote
    if connection.dialect.name == "sqlite":
        names = connection.exec_driver_sql(_SQLITE_TABLES).scalars().all()
        rows = [
            (quote(name), column, quote(column), False)
            for name in names
            for column in connection.exec_driver_sql(_SQLITE_COLUMNS, (name,)).scalars()
        ]
    else:
        rows = [
            (f"{quote(schema)}.{quote(name)}", column, quote(column), is_binary)
            for schema, name, column, is_binary in session.execute(sa.text(_POSTGRESQL_COLUMNS))
        ]
    shown = _AS_BYTES if connection.dialect.name == "sqlite" else _AS_TEXT
    tables: dict[str, list[tuple[str, str]]] = {}
    for table, column, quoted, is_binary in rows:
        tables.setdefault(table, []).append((column, quoted if is_binary else shown.format(quoted)))
    return [
        KeptTable(
            table.removeprefix("public."),
            tuple(column for column, _ in columns),
            f"SELECT {', '.join(expression for _, expression in columns)} FROM {table}",  # noqa: S608  # quoted names
        )
        for table, columns in tables.items()
    ]


def kept_rows(session: Session, table: KeptTable) -> Iterator[Sequence[Any]]:
    """Yield every row of a table, texts as they lie there; one SELECT, read in portions."""
    rows = session.execute(
        sa.text(table.statement.replace(":", "\\:")), execution_options={"yield_per": AT_ONCE}
    )
    for row in rows:
        yield tuple(row)


_SQLITE_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
_SQLITE_COLUMNS = "SELECT name FROM pragma_table_info(?) ORDER BY cid"
# A text that is no UTF-8 would end the reading; numbers stay numbers.
_AS_BYTES = "CASE typeof({0}) WHEN 'text' THEN CAST({0} AS BLOB) ELSE {0} END"
_AS_TEXT = "{0}::text"
_POSTGRESQL_COLUMNS = """
    SELECT n.nspname, c.relname, a.attname, a.atttypid = 'bytea'::regtype
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND a.attnum > 0 AND NOT a.attisdropped
        AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg!_%' ESCAPE '!'
    ORDER BY 1, 2, a.attnum"""


def answers(session: Session) -> bool:
    """Tell whether the database answers; one SELECT."""
    try:
        session.execute(sa.text("SELECT 1"))
    except DatabaseError:
        return False
    return True
