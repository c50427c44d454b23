"""Every sealed value of the site, by the one list of the columns that hold any."""

from collections.abc import Iterator
from dataclasses import dataclass

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


# A key's rotation seals all of these anew, and an audit looks for the addresses among them; a test of the house
# finds a column called `…_sealed` that is not here.
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
