"""Statements of the hot paths, each compiled once and sent to the driver without SQLAlchemy's own execution.

There are three ways to send a statement. It is *asked* if its rows are wanted now; *put* if nobody wants an answer;
*expected* if the same transaction will ask it later. SQLite gets each at once. PostgreSQL gets what is put or expected in the
same round trip as the next statement that is asked, or as the commit (see wire.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from cms.storage.compiled import Compiled, Statement, compiled_for
from cms.storage.dialects import DRIVER_CALLS, dialect_of
from cms.storage.sessions import WritingSession


class Prebuilt:
    """A statement with named values, `sa.bindparam("id")`; none of them a list, whose SQL would differ each time.

    It takes and gives what `session.execute()` would, by the same types. That call looks the SQL up by the statement's
    structure and wraps every row: 16 µs of 19 for a statement of three rows (measured).
    """

    def __init__(self, statement: Statement, *, overtakes: bool = False) -> None:
        """Take the statement; one that `overtakes` is sent before deferred rows are stored, since it reads none of them."""
        self._statement, self._overtakes = statement, overtakes
        self._compiled: dict[str, Compiled] = {}  # by dialect, made when first asked for

    def all(self, session: Session, values: Mapping[str, Any]) -> list[Any]:
        """Return the rows as named tuples; `values` may hold more than the statement names."""
        connection, compiled = self._in(session)
        return compiled.rows(compiled.send(connection, compiled.calls.ask, compiled.values(values)))

    def first(self, session: Session, values: Mapping[str, Any]) -> Any | None:
        """Return the first row, or None; for a statement that finds one at most."""
        rows = self.all(session, values)
        return rows[0] if rows else None

    def expect(self, session: Session, values: Mapping[str, Any]) -> None:
        """Let PostgreSQL answer this with the next statement that is asked.

        If it is asked later in this transaction with the same values, the answer is here already.
        """
        if (expect := DRIVER_CALLS[dialect_of(session)].expect) is not None:
            connection, compiled = self._in(session)
            compiled.send(connection, expect, compiled.values(values))

    def put(self, session: Session, values: Mapping[str, Any]) -> None:
        """Send the statement without waiting for an answer.

        If it fails, SQLite raises that at once, PostgreSQL with the next statement that is asked or with the commit.
        """
        connection, compiled = self._in(session)
        compiled.send(connection, compiled.calls.put, compiled.values(values))

    def put_in_order(self, session: Session, values: Iterable[Any]) -> None:
        """Do as `put()` with values that stand in the order in which the statement names them."""
        connection, compiled = self._in(session)
        compiled.send(connection, compiled.calls.put, compiled.converted(values))

    def put_each(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
        """Do as `put()` for each of `rows`, which may hold more than the statement names."""
        if rows:
            connection, compiled = self._in(session)
            compiled.send(connection, compiled.calls.put_each, compiled.values_of_each(rows))

    def _in(self, session: Session) -> tuple[sa.Connection, Compiled]:
        if self._overtakes and isinstance(session, WritingSession):
            connection = session.begun()
        else:
            connection = session.connection()
        name = connection.dialect.name
        compiled = self._compiled.get(name)
        if compiled is None:
            compiled = self._compiled[name] = compiled_for(connection.dialect, self._statement)
        return connection, compiled


def expect(session: Session, values: Mapping[str, Any], *statements: Prebuilt) -> None:
    """Let PostgreSQL answer several statements with the next one that is asked; see `Prebuilt.expect()`."""
    if DRIVER_CALLS[dialect_of(session)].expect is not None:
        for statement in statements:
            statement.expect(session, values)
