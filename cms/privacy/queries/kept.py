"""Every row of every table in the database, for an audit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

AT_ONCE = 1000  # rows in memory while everything is read


@dataclass(frozen=True, slots=True)
class KeptTable:
    """A table of the database; search indexes and tables without a model count as well."""

    name: str
    columns: tuple[str, ...]
    statement: str


def kept_tables(session: Session) -> list[KeptTable]:
    """Return every table except the database's catalogues; one SELECT, on SQLite one more for each table."""
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
    """Yield every row of a table, texts undecoded on SQLite; one SELECT, read in portions."""
    rows = session.execute(
        sa.text(table.statement.replace(":", "\\:")), execution_options={"yield_per": AT_ONCE}
    )
    for row in rows:
        yield tuple(row)


_SQLITE_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
_SQLITE_COLUMNS = "SELECT name FROM pragma_table_info(?) ORDER BY cid"
# As bytes, since decoding a text that is not UTF-8 would raise.
_AS_BYTES = "CASE typeof({0}) WHEN 'text' THEN CAST({0} AS BLOB) ELSE {0} END"
_AS_TEXT = "{0}::text"
_POSTGRESQL_COLUMNS = """
    SELECT n.nspname, c.relname, a.attname, a.atttypid = 'bytea'::regtype
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND a.attnum > 0 AND NOT a.attisdropped
        AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg!_%' ESCAPE '!'
    ORDER BY 1, 2, a.attnum"""
