"""What differs between SQLite and PostgreSQL, each imported only on a site that uses it.

SQLAlchemy's dialect of PostgreSQL imports those of all its drivers: 3 MB, which a site on SQLite never needs (measured).
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlmodel import Session, SQLModel

# Takes a driver's connection, SQL and values, and returns rows. Any: each driver has types of its own.
DriverCall = Callable[[Any, str, Any], list[Any]]


class DriverCalls(NamedTuple):
    """How a statement is sent to one kind of driver (see prebuilt.py)."""

    ask: DriverCall  # returns the rows of its answer
    put: DriverCall  # returns none
    put_each: DriverCall  # returns none, for the values of each of many rows
    expect: DriverCall | None  # sends a statement ahead, to be asked later; None if nothing is gained by that


def dialect_of(session: Session) -> str:
    """Return the name that SQLAlchemy gives to the database of a session: sqlite or postgresql."""
    return session.get_bind().dialect.name


def insert_into(session: Session, table: type[SQLModel] | sa.Table) -> Any:  # Any: each database's own kind
    """Return an INSERT that can have an ON CONFLICT clause, for the database of `session`."""
    return insert_on(dialect_of(session), table)


def insert_on(dialect: str, table: type[SQLModel] | sa.Table) -> Any:  # Any: as above
    """Do as `insert_into()` for a database by its name: sqlite or postgresql."""
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


_ONE_OF = re.compile(r"CHECK \((\w+) IN \(('[^()]*')\)\)")


@compiles(sa.CheckConstraint, "sqlite")
def _check(constraint: sa.CheckConstraint, compiler: Any, **_options: Any) -> str:  # Any: it has no types
    return _ONE_OF.sub(_compared, compiler.visit_check_constraint(constraint))


def _compared(found: re.Match[str]) -> str:
    """Return a CHECK that compares with one word after another instead of `IN (…)`.

    For a list SQLite makes a temporary table in each statement: a sixth of the time of a comment's statements (measured).
    """
    return f"CHECK ({' OR '.join(f'{found[1]} = {word.strip()}' for word in found[2].split(','))})"


class InsertNew(sa.Insert):
    """An INSERT with ON CONFLICT DO NOTHING, which both databases understand: rows that are there stay as they are."""

    inherit_cache = True


@compiles(InsertNew)
def _insert_new(insert: InsertNew, compiler: sa.sql.compiler.SQLCompiler, **options: Any) -> str:
    said: str = compiler.visit_insert(insert, **options)  # type: ignore[no-untyped-call]  # it has no types
    return f"{said} ON CONFLICT DO NOTHING"


# Any: names of columns, or SQL expressions
def partial_index(name: str, *columns: Any, where: str, unique: bool = False) -> sa.Index:
    """Return an index of only those rows for which `where` holds, on either database."""
    condition = sa.text(where)
    index = sa.Index(name, *columns, unique=unique, sqlite_where=condition)

    @sa.event.listens_for(index, "before_create")
    def _say_it_to_postgresql(_index: sa.Index, connection: sa.Connection, **_: object) -> None:
        if connection.dialect.name == "postgresql":  # the option by itself would import that dialect at once
            index.dialect_options["postgresql"]["where"] = condition

    return index


def _ask_sqlite(driver: Any, sql: str, values: Any) -> list[Any]:
    return list(driver.execute(sql, values).fetchall())


def _put_sqlite_each(driver: Any, sql: str, rows: Any) -> list[Any]:
    driver.executemany(sql, rows)
    return []


def _ask_postgresql(driver: Any, sql: str, values: Any) -> list[Any]:
    return list(driver.ask(sql, values))


def _put_postgresql(driver: Any, sql: str, values: Any) -> list[Any]:
    driver.put(sql, values)
    return []


def _put_postgresql_each(driver: Any, sql: str, rows: Any) -> list[Any]:
    for values in rows:
        driver.put(sql, values)
    return []


def _expect_postgresql(driver: Any, sql: str, values: Any) -> list[Any]:
    driver.expect(sql, values)
    return []


DRIVER_CALLS = {
    "sqlite": DriverCalls(_ask_sqlite, _ask_sqlite, _put_sqlite_each, None),
    "postgresql": DriverCalls(_ask_postgresql, _put_postgresql, _put_postgresql_each, _expect_postgresql),
}
