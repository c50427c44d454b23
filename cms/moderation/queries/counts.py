"""Whether the numbers beside the queue's tabs and lanes are those of the comments."""

import sqlalchemy as sa
from sqlmodel import Session

from cms.comments.upkeep import COUNTED_NOW
from cms.db import table_of
from cms.moderation.models import CommentCount

_KEPT = sa.select(*[column for column in table_of(CommentCount).columns if column.name != "id"])
_COUNTED = sa.text(COUNTED_NOW)


def counts_are_true(session: Session) -> bool:
    """Tell whether counting every comment comes to what the database has kept up; two SELECTs, the second reads them all."""
    kept = session.execute(_KEPT).one_or_none()
    return kept is not None and tuple(kept) == tuple(session.execute(_COUNTED).one())
