"""Statements of the hot paths, built once: their SQL goes straight to the driver, and its rows come straight back.

A statement is *asked*, when its rows are wanted now; *put*, when nobody wants an answer; *expected*, when somebody will ask
it in this transaction. To SQLite each goes at once. PostgreSQL gets what is put or expected by the same journey as the next
statement that is asked, or as the commit (see wire.py).
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, count
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from cms.storage.dialects import WAYS, InsertNew, Way, Ways, dialect_of
from cms.storage.sessions import Rows, WritingSession, once_per_transaction, store_later

FEW = 8  # rows in one INSERT; a comment has three reasons and four bands
Convert = Callable[[Any], Any]
Picking = Callable[[Mapping[str, Any]], tuple[Any, ...]]
Statement = sa.Select[*tuple[Any, ...]] | sa.CompoundSelect[*tuple[Any, ...]] | sa.Insert | sa.Delete


class Prebuilt:
    """A statement with named values, `sa.bindparam("id")`; a list of values is none, since its SQL is another each time.

    It takes and gives what `session.execute()` would, by the same types. That call looks the SQL up by the statement's
    shape and wraps every row: 16 µs of 19 for a statement of three rows (measured).
    """

    def __init__(self, statement: Statement, *, overtakes: bool = False) -> None:
        """Take the statement; one that `overtakes` goes before rows whose storing was deferred, since it reads none of them."""
        self._statement, self._overtakes = statement, overtakes
        self._forms: dict[str, _Form] = {}  # by dialect, made when first asked for

    def all(self, session: Session, values: Mapping[str, Any]) -> list[Any]:
        """Return the rows as named tuples; `values` may hold more than is asked for."""
        connection, form = self._in(session)
        return form.rows(_send(connection, form, form.ways.ask, form.values(values)))

    def first(self, session: Session, values: Mapping[str, Any]) -> Any | None:
        """Return the first row, or None; for a statement that finds one at most."""
        rows = self.all(session, values)
        return rows[0] if rows else None

    def expect(self, session: Session, values: Mapping[str, Any]) -> None:
        """Let PostgreSQL answer this with the next question; whoever asks it with the same values finds the answer here."""
        if (expect := WAYS[dialect_of(session)].expect) is not None:
            connection, form = self._in(session)
            _send(connection, form, expect, form.values(values))

    def put(self, session: Session, values: Mapping[str, Any]) -> None:
        """Send the statement without waiting for an answer.

        Where it fails, SQLite raises that at once, PostgreSQL with the next statement that is asked or with the commit.
        """
        connection, form = self._in(session)
        _send(connection, form, form.ways.put, form.values(values))

    def put_in_order(self, session: Session, values: Iterable[Any]) -> None:
        """Do as `put()` with values that stand in the order in which the statement names them."""
        connection, form = self._in(session)
        _send(connection, form, form.ways.put, form.converted(values))

    def put_each(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
        """Do as `put()` for each of `rows`, which may hold more than is asked for."""
        if rows:
            connection, form = self._in(session)
            _send(connection, form, form.ways.put_each, form.values_of_each(rows))

    def _in(self, session: Session) -> "tuple[sa.Connection, _Form]":
        if self._overtakes and isinstance(session, WritingSession):
            connection = session.begun()
        else:
            connection = session.connection()
        name = connection.dialect.name
        form = self._forms.get(name)
        if form is None:
            form = self._forms[name] = _form(self._statement, connection.dialect)
        return connection, form


def expect(session: Session, values: Mapping[str, Any], *statements: Prebuilt) -> None:
    """Let PostgreSQL answer several statements with the next question; see `Prebuilt.expect()`."""
    if WAYS[dialect_of(session)].expect is not None:
        for one in statements:
            one.expect(session, values)


class Inserting:
    """The INSERT of rows that give exactly these columns of a table, up to FEW rows in one statement.

    A statement for each row costs PostgreSQL's driver as much as the first one again. With `new_only`, rows that are
    there already are left as they are.
    """

    def __init__(self, table: sa.Table, *names: str, new_only: bool = False) -> None:
        self._table = table
        self._names = tuple(one.name for one in table.c if one.name in names)  # as SQLAlchemy orders them
        self._pick = _picking(self._names)
        self._insert = InsertNew(table) if new_only else sa.insert(table)
        self._by_number: dict[int, Prebuilt] = {}  # of rows, made when first asked for

    def store(self, session: Session, rows: Rows) -> None:
        """Store each of `rows`, which may hold more than is asked for."""
        for start in range(0, len(rows), FEW):
            some = rows[start : start + FEW]
            self._statement(len(some)).put_in_order(session, chain.from_iterable(map(self._pick, some)))

    def store_later(self, session: Session, rows: Rows) -> None:
        """Store each of `rows`, together with others of this kind, before anything reads them."""
        store_later(session, self.store, rows)

    def _statement(self, number: int) -> Prebuilt:
        found = self._by_number.get(number)
        if found is None:
            given = [
                {
                    name: sa.bindparam(f"{name}_{place}", type_=self._table.c[name].type)
                    for name in self._names
                }
                for place in range(number)
            ]
            found = self._by_number[number] = Prebuilt(self._insert.values(given))
        return found


class Numbers:
    """The ids of rows to come of a table: for who stores rows that name one another's ids in one go."""

    def __init__(self, table: sa.Table) -> None:
        # The sequence has the name that PostgreSQL gives it: to ask for that took as long as to take an id (measured).
        sequence: sa.ColumnElement[Any] = sa.literal_column(f"'{table.name}_id_seq'::regclass")
        series = sa.func.generate_series(1, sa.bindparam("number", type_=sa.Integer))
        self._key = f"ids of {table.name}"
        self._newest = Prebuilt(sa.select(sa.func.max(table.c.id).label("id")))
        self._following = Prebuilt(
            sa.select(sa.func.nextval(sequence).label("id")).select_from(series), overtakes=True
        )

    def next(self, session: Session) -> int:
        """Return an id; PostgreSQL is asked for as many at once as the session has deeds.

        SQLite has no sequence: there the ids after the greatest one are free, since nobody else writes meanwhile.
        """
        reserve = self._counted_on if dialect_of(session) == "sqlite" else self._reserved
        return int(next(once_per_transaction(session, self._key, partial(reserve, session))))

    def expect(self, session: Session) -> None:
        """Let PostgreSQL give the ids with its answer to the next question."""
        once_per_transaction(
            session,
            f"expected {self._key}",
            lambda: self._following.expect(session, {"number": _deeds(session)}),
        )

    def _counted_on(self, session: Session) -> Iterator[int]:
        return count((self._newest.all(session, {})[0].id or 0) + 1)

    def _reserved(self, session: Session) -> Iterator[int]:
        while True:
            yield from (row.id for row in self._following.all(session, {"number": _deeds(session)}))


@dataclass(frozen=True, slots=True, eq=False)
class _Form:
    """A statement as one kind of database takes it."""

    sql: str
    names: tuple[str, ...]  # of its values, in their order
    pick: Picking  # takes those values out of a mapping
    # What converts the values that come with each call, by their place.
    to_driver: tuple[tuple[int, Convert], ...]
    constants: dict[str, Any]  # the statement's own values, converted
    row: Callable[[Sequence[Any]], Any]  # makes a named tuple
    from_driver: tuple[tuple[int, Convert], ...]  # what converts columns, by their place
    ways: Ways

    def values(self, given: Mapping[str, Any]) -> Any:  # Any: each driver's own form
        """Return the values that were given, and the statement's own, as the driver takes them."""
        return self.converted(self.pick({**given, **self.constants}))

    def converted(self, values: Iterable[Any]) -> Any:  # Any: as above
        """Return values that stand in the statement's order as the driver takes them."""
        converted = list(values)
        for place, convert in self.to_driver:
            converted[place] = convert(converted[place])
        return tuple(converted)

    def values_of_each(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:  # Any: as above
        """Return the same of many rows; column by column, which takes three quarters of the time (measured)."""
        columns = [
            [self.constants[name]] * len(rows) if name in self.constants else [row[name] for row in rows]
            for name in self.names
        ]
        for place, convert in self.to_driver:
            columns[place] = _converted(columns[place], convert)
        return list(zip(*columns, strict=True))

    def rows(self, answered: Sequence[Sequence[Any]]) -> list[Any]:
        """Return the driver's rows as named tuples, in Python's types."""
        if not self.from_driver:
            return list(map(self.row, answered))
        found = [list(row) for row in answered]
        for place, convert in self.from_driver:
            for row in found:
                row[place] = convert(row[place])
        return list(map(self.row, found))


def _form(statement: Statement, dialect: sa.Dialect) -> _Form:
    compiled: Any = statement.compile(dialect=dialect)  # Any: it is declared as what DDL compiles to, too
    if compiled.post_compile_params:
        raise ValueError("a statement with a list of values cannot be built beforehand")
    columns = statement.exported_columns
    binds = {name: (bind, _to_driver(bind.type, dialect)) for name, bind in compiled.binds.items()}
    names = tuple(compiled.positiontup)
    row: Any = namedtuple("Row", list(map(str, columns.keys())))  # type: ignore[misc]  # its fields are the statement's
    return _Form(
        sql=compiled.string,
        names=names,
        pick=_picking(names),
        to_driver=tuple(
            (place, convert)
            for place, (bind, convert) in enumerate(binds[name] for name in names)
            if bind.required and convert is not None
        ),
        constants={
            name: convert(bind.value) if convert else bind.value
            for name, (bind, convert) in binds.items()
            if not bind.required
        },
        row=partial(tuple.__new__, row),  # `_make` would count the columns of each row
        from_driver=tuple(
            (place, convert)
            for place, column in enumerate(columns)
            if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ),
        ways=WAYS[dialect.name],
    )


def _converted(column: Sequence[Any], convert: Convert) -> list[Any]:
    """Return what becomes of each value; once where all are the same, as the moment of an import's rows is."""
    first = column[0]
    alike = all(value is first for value in column)
    return [convert(first)] * len(column) if alike else list(map(convert, column))


def _deeds(session: Session) -> int:
    return session.deeds if isinstance(session, WritingSession) else 1


def _to_driver(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _picking(names: Sequence[str]) -> Picking:
    """Return what takes the values of these names as a tuple, which itemgetter gives for two names or more."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)


def _send(connection: sa.Connection, form: _Form, way: Way, values: Any) -> list[Any]:
    """Send a statement with its values, or with those of each row, and return the rows of the answer.

    Whoever listens to the engine's statements hears of this one as well; of one that is expected when it is asked.
    """
    driver = connection.connection.dbapi_connection
    if (hearing := connection.engine.dispatch.before_cursor_execute) and way is not form.ways.expect:
        hearing(connection, None, form.sql, values, None, way is form.ways.put_each)
    try:
        return way(driver, form.sql, values)
    except Exception as error:
        errors: Any = connection.dialect.loaded_dbapi.Error  # Any: each driver's own kind, as below
        if not isinstance(error, errors):
            raise
        is_lost = connection.dialect.is_disconnect(error, driver, None)
        if is_lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            form.sql, values, error, errors, hide_parameters=True, connection_invalidated=is_lost
        ) from error
