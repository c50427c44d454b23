"""Prebuilt INSERTs of several rows at once, and the ids of rows that name one another."""

from collections.abc import Iterator
from functools import partial
from itertools import chain, count
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from cms.storage.compiled import picking
from cms.storage.dialects import InsertNew, dialect_of
from cms.storage.prebuilt import Prebuilt
from cms.storage.sessions import Rows, WritingSession, once_per_transaction, store_later

ROWS_MAX = 8  # in one INSERT; a comment has three reasons and four bands


class PrebuiltInsert:
    """The INSERT of rows that give exactly these columns of a table, up to ROWS_MAX rows in one statement.

    If each row had a statement of its own, PostgreSQL's driver would take as long for each as for the first. With
    `new_only`, rows that are there already are left as they are.
    """

    def __init__(self, table: sa.Table, *names: str, new_only: bool = False) -> None:
        self._table = table
        self._names = tuple(
            column.name for column in table.c if column.name in names
        )  # as SQLAlchemy orders them
        self._pick = picking(self._names)
        self._insert = InsertNew(table) if new_only else sa.insert(table)
        self._by_number: dict[int, Prebuilt] = {}  # of rows, made when first asked for

    def store(self, session: Session, rows: Rows) -> None:
        """Store each of `rows`, which may hold more columns than these."""
        for start in range(0, len(rows), ROWS_MAX):
            some = rows[start : start + ROWS_MAX]
            self._statement(len(some)).put_in_order(session, chain.from_iterable(map(self._pick, some)))

    def store_later(self, session: Session, rows: Rows) -> None:
        """Store each of `rows`, together with others of this kind, before anything reads them."""
        store_later(session, self.store, rows)

    def _statement(self, number: int) -> Prebuilt:
        found = self._by_number.get(number)
        if found is None:
            values = [
                {
                    name: sa.bindparam(f"{name}_{index}", type_=self._table.c[name].type)
                    for name in self._names
                }
                for index in range(number)
            ]
            found = self._by_number[number] = Prebuilt(self._insert.values(values))
        return found


class IdAllocator:
    """Gives the ids of a table's next rows, so that rows can name one another's ids before they are stored."""

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
        """Return an id; PostgreSQL is asked for as many at once as writes share the transaction.

        SQLite has no sequence. There the ids after the greatest one are free, since nobody else writes meanwhile.
        """
        reserve = self._counted_on if dialect_of(session) == "sqlite" else self._reserved
        return int(next(once_per_transaction(session, self._key, partial(reserve, session))))

    def expect(self, session: Session) -> None:
        """Let PostgreSQL give the ids with its answer to the next statement that is asked."""
        once_per_transaction(
            session,
            f"expected {self._key}",
            lambda: self._following.expect(session, {"number": _writes(session)}),
        )

    def _counted_on(self, session: Session) -> Iterator[int]:
        return count((self._newest.all(session, {})[0].id or 0) + 1)

    def _reserved(self, session: Session) -> Iterator[int]:
        while True:
            yield from (row.id for row in self._following.all(session, {"number": _writes(session)}))


def _writes(session: Session) -> int:
    return session.writes if isinstance(session, WritingSession) else 1
