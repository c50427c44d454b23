"""The sections by which the queue can be narrowed."""

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.models import Section

LISTED = 200  # more than any paper has

_SECTIONS = (
    sa.select(col(Section.id), col(Section.name)).order_by(col(Section.name), col(Section.id)).limit(LISTED)
)


def sections(session: Session) -> tuple[tuple[int, str], ...]:
    """Return id and name of every section; one SELECT."""
    return tuple((row.id, row.name) for row in session.execute(_SECTIONS))
