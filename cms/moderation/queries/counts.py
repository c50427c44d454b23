"""The numbers beside the queue's tabs and lanes, as the database keeps them up."""

import sqlalchemy as sa
from sqlmodel import Session

from cms.comments.upkeep import COUNTED_NOW
from cms.db import table_of
from cms.moderation.models import CommentCount

ROWS_MAX = 200  # that are added up for each page of the queue; so many take 0.1 ms
KEPT = sa.select(
    *[
        sa.func.coalesce(sa.func.sum(column), 0).label(column.name)
        for column in table_of(CommentCount).columns
        if column.name != "id"
    ]
).subquery()
_COUNTED = sa.text(COUNTED_NOW)
_ONE_TOO_MANY = sa.select(sa.literal(1)).select_from(CommentCount).offset(ROWS_MAX).limit(1)


def counts_are_true(session: Session) -> bool:
    """Tell whether counting every comment comes to what the database has kept up; two SELECTs, the second reads them all."""
    return not any(miscounted(session).values())


def miscounted(session: Session) -> dict[str, int]:
    """Return by how much each number that is kept up is too small; the same two SELECTs of one state of the database."""
    kept = session.execute(sa.select(KEPT)).one()
    counted = session.execute(_COUNTED).one()
    return {name: right - here for name, right, here in zip(kept._fields, counted, kept, strict=True)}


def has_too_many_rows(session: Session) -> bool:
    """Tell whether the rows of counts are to be made one again; one SELECT."""
    return session.execute(_ONE_TOO_MANY).first() is not None
