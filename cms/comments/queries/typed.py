"""What was typed, for cleaning it anew by the rules of today."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.models import Comment


@dataclass(frozen=True, slots=True)
class TypedText:
    """What was typed, beside the HTML that was made of it."""

    id: int
    article_id: int
    body_text: str
    body_html: str


def typed_texts(session: Session, *, behind: int, size: int) -> list[TypedText]:
    """Return `size` comments with an id above `behind`, in the order of ids; one SELECT."""
    statement = (
        sa.select(col(Comment.id), col(Comment.article_id), col(Comment.body_text), col(Comment.body_html))
        .where(col(Comment.id) > behind)
        .order_by(col(Comment.id))
        .limit(size)
    )
    return [TypedText(*row) for row in session.execute(statement)]
