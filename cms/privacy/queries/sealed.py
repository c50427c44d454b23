"""Every sealed value of the site, and the list of the columns that hold them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from cms.accounts.models import Staff
from cms.comments.models import Comment
from cms.limits.models import DailySalt
from cms.outbox.models import Letter

AT_ONCE = 1000  # rows in memory while everything is read


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed values, each bound to its table's name and to the row's `mark`."""

    model: type[SQLModel]
    name: str = "email_sealed"
    key: str = "id"
    mark: str = "mark"
    is_address: bool = True

    @property
    def table(self) -> sa.Table:
        """The table in which it stands; its name is the one that every seal is bound to."""
        found: sa.Table = self.model.__table__  # type: ignore[attr-defined]  # made by SQLModel at run time
        return found


# A rotation seals these anew, and an audit looks for the addresses among them. A test fails for a column named
# `…_sealed` that is missing here.
SEALED_COLUMNS = (
    SealedColumn(Comment),
    SealedColumn(Staff),
    SealedColumn(Letter),
    SealedColumn(DailySalt, "salt_sealed", key="day", mark="day", is_address=False),
)


@dataclass(frozen=True, slots=True)
class SealedAddress:
    """A sealed address with the row to which it is bound."""

    table: str
    id: int
    mark: str
    sealed: str


@dataclass(frozen=True, slots=True)
class SealedValue:
    """A sealed value by its row's key, with the mark to which it is bound."""

    key: Any  # an id or a day, as the column has it
    mark: str
    sealed: str


# Any: as above; None for the first
def sealed_under_others(
    session: Session, column: SealedColumn, key_id: str, *, after: Any, size: int
) -> Sequence[SealedValue]:
    """Return the next `size` values of a column that are sealed under any key but one; one SELECT."""
    rows = column.table.c
    statement = sa.select(rows[column.key], rows[column.mark], rows[column.name]).where(
        _is_under_another(column, key_id)
    )
    if after is not None:
        statement = statement.where(rows[column.key] > after)
    found = session.execute(statement.order_by(rows[column.key]).limit(size))
    return [SealedValue(key, str(mark), sealed) for key, mark, sealed in found]


def is_used(session: Session, key_id: str) -> bool:
    """Tell whether any value is sealed under a key; one SELECT for each column, over the whole of it where none is."""
    return any(
        session.execute(
            sa.select(column.table.c[column.key]).where(_is_under(column, key_id)).limit(1)
        ).first()
        for column in SEALED_COLUMNS
    )


def count_under_others(session: Session, key_id: str) -> int:
    """Return how many values are sealed under any key but one; one SELECT for each column, over the whole of it."""
    counted = 0
    for column in SEALED_COLUMNS:
        counting = sa.select(sa.func.count()).select_from(column.table)
        counted += session.execute(counting.where(_is_under_another(column, key_id))).scalar_one()
    return counted


def sealed_addresses(session: Session) -> Iterator[SealedAddress]:
    """Yield every sealed address; one SELECT for each table that has some, read in portions."""
    for column in SEALED_COLUMNS:
        if column.is_address:
            rows = column.table.c
            statement = (
                sa.select(rows[column.key], rows[column.mark], rows[column.name])
                .where(rows[column.name].is_not(None))
                .order_by(rows[column.key])
            )
            for row in session.execute(statement, execution_options={"yield_per": AT_ONCE}):
                yield SealedAddress(column.table.name, *row)


def _is_under(column: SealedColumn, key_id: str) -> sa.ColumnElement[bool]:
    return column.table.c[column.name].startswith(f"{key_id}:", autoescape=True)


def _is_under_another(column: SealedColumn, key_id: str) -> sa.ColumnElement[bool]:
    return column.table.c[column.name].is_not(None) & ~_is_under(column, key_id)
