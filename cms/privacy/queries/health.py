"""Whether the database answers at all, and knows what it holds."""

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, col

from cms.comments.models import Comment
from cms.storage.dialects import dialect_of

MANY = 1_000  # comments, from which it matters how PostgreSQL looks for them
_IS_KNOWN = sa.text(
    "SELECT 1 FROM pg_stats WHERE schemaname = current_schema() AND tablename = 'comment' LIMIT 1"
)


def answers(session: Session) -> bool:
    """Tell whether the database answers; one SELECT."""
    try:
        session.execute(sa.text("SELECT 1"))
    except DatabaseError:
        return False
    return True


def knows_its_tables(session: Session) -> bool:
    """Tell whether PostgreSQL has looked at what its tables hold, if that is much; two SELECTs, none on SQLite.

    It does so by itself, unless autovacuum is off; what `psql` brings back it looks at some minutes later.
    """
    if dialect_of(session) == "sqlite":
        return True
    holds_much = session.execute(sa.select(col(Comment.id)).offset(MANY).limit(1)).first()
    return holds_much is None or session.execute(_IS_KNOWN).first() is not None
