"""Whether the database answers, and whether PostgreSQL's planner has statistics."""

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, col

from cms.comments.models import Comment
from cms.storage.dialects import dialect_of

MANY = 1_000  # comments: with fewer, a bad plan of PostgreSQL's does not matter
_HAS_STATISTICS = sa.text(
    "SELECT 1 FROM pg_stats WHERE schemaname = current_schema() AND tablename = 'comment' LIMIT 1"
)


def database_answers(session: Session) -> bool:
    """Tell whether the database answers; one SELECT."""
    try:
        session.execute(sa.text("SELECT 1"))
    except DatabaseError:
        return False
    return True


def has_planner_statistics(session: Session) -> bool:
    """Tell whether PostgreSQL has statistics of the comments, if there are MANY; two SELECTs, none on SQLite.

    Autovacuum collects them, but only some minutes after `psql` has restored a dump.
    """
    if dialect_of(session) == "sqlite":
        return True
    holds_much = session.execute(sa.select(col(Comment.id)).offset(MANY).limit(1)).first()
    return holds_much is None or session.execute(_HAS_STATISTICS).first() is not None
