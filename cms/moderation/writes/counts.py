"""The numbers of comments that the database keeps up."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlmodel import Session

from cms.comments.upkeep import MERGE_COUNTS
from cms.db import table_of
from cms.moderation.models import CommentCount
from cms.storage.dialects import dialect_of

_COUNT = table_of(CommentCount)


def correct_counts(session: Session, by: Mapping[str, int]) -> None:
    """Add to the numbers that the database keeps up, whatever they have come to meanwhile."""
    added = {name: _COUNT.c[name] + wrong for name, wrong in by.items()}  # to SQLite's one row
    is_sqlite = dialect_of(session) == "sqlite"
    session.execute(sa.update(_COUNT).values(added) if is_sqlite else sa.insert(_COUNT).values(by))


def merge_counts(session: Session) -> None:
    """Make one row of all that PostgreSQL has written down; what others write meanwhile stays for the next time."""
    session.execute(sa.text(MERGE_COUNTS))
