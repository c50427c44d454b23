"""A statement compiled for one database: its SQL goes straight to the driver, and its rows come straight back."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from cms.storage.dialects import DRIVER_CALLS, DriverCall, DriverCalls

Convert = Callable[[Any], Any]
Picking = Callable[[Mapping[str, Any]], tuple[Any, ...]]
Statement = sa.Select[*tuple[Any, ...]] | sa.CompoundSelect[*tuple[Any, ...]] | sa.Insert | sa.Delete


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A statement as one kind of database takes it."""

    sql: str
    names: tuple[str, ...]  # of its values, in their order
    pick: Picking  # takes those values out of a mapping
    to_driver: tuple[tuple[int, Convert], ...]  # converts the values that come with each call, by their index
    constants: dict[str, Any]  # the statement's own values, converted
    row: Callable[[Sequence[Any]], Any]  # makes a named tuple
    from_driver: tuple[tuple[int, Convert], ...]  # converts columns, by their index
    calls: DriverCalls

    def values(self, given: Mapping[str, Any]) -> Any:  # Any: each driver's own form
        """Return the values that were given, and the statement's own, as the driver takes them."""
        return self.converted(self.pick({**given, **self.constants}))

    def converted(self, values: Iterable[Any]) -> Any:  # Any: as above
        """Return values that stand in the statement's order as the driver takes them."""
        converted = list(values)
        for index, convert in self.to_driver:
            converted[index] = convert(converted[index])
        return tuple(converted)

    def values_of_each(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:  # Any: as above
        """Do as `values()` for many rows; column by column, which takes three quarters of the time (measured)."""
        columns = [
            [self.constants[name]] * len(rows) if name in self.constants else [row[name] for row in rows]
            for name in self.names
        ]
        for index, convert in self.to_driver:
            columns[index] = _converted(columns[index], convert)
        return list(zip(*columns, strict=True))

    def rows(self, answered: Sequence[Sequence[Any]]) -> list[Any]:
        """Return the driver's rows as named tuples, in Python's types."""
        if not self.from_driver:
            return list(map(self.row, answered))
        found = [list(row) for row in answered]
        for index, convert in self.from_driver:
            for row in found:
                row[index] = convert(row[index])
        return list(map(self.row, found))

    def send(self, connection: sa.Connection, call: DriverCall, values: Any) -> list[Any]:
        """Send the statement with its values, or with those of each row, and return the rows of the answer.

        Listeners to the engine's statements hear of it; of one that is expected they hear when it is asked.
        """
        driver = connection.connection.dbapi_connection
        listeners = connection.engine.dispatch.before_cursor_execute
        if listeners and call is not self.calls.expect:
            listeners(connection, None, self.sql, values, None, call is self.calls.put_each)
        try:
            return call(driver, self.sql, values)
        except Exception as error:
            errors: Any = connection.dialect.loaded_dbapi.Error  # Any: each driver's own class
            if not isinstance(error, errors):
                raise
            is_lost = connection.dialect.is_disconnect(error, driver, None)
            if is_lost:
                connection.invalidate(error)
            raise DBAPIError.instance(
                self.sql, values, error, errors, hide_parameters=True, connection_invalidated=is_lost
            ) from error


def compiled_for(dialect: sa.Dialect, statement: Statement) -> Compiled:
    """Return a statement compiled for a database. Raises ValueError for one with a list of values."""
    compiled: Any = statement.compile(
        dialect=dialect
    )  # Any: declared as if it could be a statement of DDL as well
    if compiled.post_compile_params:
        raise ValueError("a statement with a list of values cannot be built beforehand")
    columns = statement.exported_columns
    binds = {name: (bind, _to_driver(bind.type, dialect)) for name, bind in compiled.binds.items()}
    names = tuple(compiled.positiontup)
    row: Any = namedtuple("Row", list(map(str, columns.keys())))  # type: ignore[misc]  # its fields are the statement's
    return Compiled(
        sql=compiled.string,
        names=names,
        pick=picking(names),
        to_driver=tuple(
            (index, convert)
            for index, (bind, convert) in enumerate(binds[name] for name in names)
            if bind.required and convert is not None
        ),
        constants={
            name: convert(bind.value) if convert else bind.value
            for name, (bind, convert) in binds.items()
            if not bind.required
        },
        row=partial(tuple.__new__, row),  # `_make` would count the columns of each row
        from_driver=tuple(
            (index, convert)
            for index, column in enumerate(columns)
            if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ),
        calls=DRIVER_CALLS[dialect.name],
    )


def picking(names: Sequence[str]) -> Picking:
    """Return a function that takes the values of these names out of a mapping, as a tuple."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)  # itemgetter gives no tuple of one name


def _converted(column: Sequence[Any], convert: Convert) -> list[Any]:
    """Convert each value; only once if all are the same object, as the time in an import's rows is."""
    first = column[0]
    are_same = all(value is first for value in column)
    return [convert(first)] * len(column) if are_same else list(map(convert, column))


def _to_driver(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)
