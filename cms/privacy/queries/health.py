"""Whether the database answers at all."""

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session


def answers(session: Session) -> bool:
    """Tell whether the database answers; one SELECT."""
    try:
        session.execute(sa.text("SELECT 1"))
    except DatabaseError:
        return False
    return True
