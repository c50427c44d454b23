"""What SQLite and PostgreSQL each say in words of their own, which are imported where one of them is in use.

SQLAlchemy's words of PostgreSQL bring those of all its drivers along: 3 MB, which a site on SQLite never needs (measured).
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlmodel import Session, SQLModel

# Takes a driver's connection, SQL and values, and returns rows. Any: each driver has types of its own.
Way = Callable[[Any, str, Any], list[Any]]


class Ways(NamedTuple):
    """How a statement goes to a kind of driver (see prebuilt.py)."""

    ask: Way  # returns the rows of its answer
    put: Way  # wants none
    put_each: Way  # wants none, with the values of each of many rows
    expect: Way | None  # is sent ahead, to be asked later; None where nothing is gained by that


def dialect_of(session: Session) -> str:
    """Return which database a session speaks to, as SQLAlchemy names it: sqlite or postgresql."""
    return session.get_bind().dialect.name


def insert_into(session: Session, table: type[SQLModel] | sa.Table) -> Any:  # Any: each database's own kind
    """Return an INSERT that can say what becomes of a row that is there already, for the database of `session`."""
    return insert_on(dialect_of(session), table)


def insert_on(dialect: str, table: type[SQLModel] | sa.Table) -> Any:  # Any: as above
    """Return the same for a database by its name: sqlite or postgresql."""
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
    """Return a CHECK that compares with one word after another, in place of a list.

    Of a list SQLite makes a table anew for each statement: a sixth of what those of a comment took (measured).
    """
    return f"CHECK ({' OR '.join(f'{found[1]} = {word.strip()}' for word in found[2].split(','))})"


class InsertNew(sa.Insert):
    """An INSERT that leaves rows which are there already as they are, in the words that both databases share."""

    inherit_cache = True


@compiles(InsertNew)
def _insert_new(insert: InsertNew, compiler: sa.sql.compiler.SQLCompiler, **options: Any) -> str:
    said: str = compiler.visit_insert(insert, **options)  # type: ignore[no-untyped-call]  # it has no types
    return f"{said} ON CONFLICT DO NOTHING"


# Any: names of columns, or SQL expressions
def partial_index(name: str, *columns: Any, where: str, unique: bool = False) -> sa.Index:
    """Return an index of those rows alone for which `where` holds, on either database."""
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


WAYS = {
    "sqlite": Ways(_ask_sqlite, _ask_sqlite, _put_sqlite_each, None),
    "postgresql": Ways(_ask_postgresql, _put_postgresql, _put_postgresql_each, _expect_postgresql),
}
