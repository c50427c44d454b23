"""What waits and was never judged."""

from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.models import Article
from cms.comments.models import Comment
from cms.comments.rules import CommentStatus


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A held comment without a fold, which every judged one has, if only its own; `language` is its article's."""

    id: int
    article_id: int
    parent_id: int | None
    root_id: int | None
    language: str
    name: str
    body_text: str = field(repr=False)
    email_fingerprint: str = field(repr=False)


_UNJUDGED = (
    sa.select(
        col(Comment.id),
        col(Comment.article_id),
        col(Comment.parent_id),
        col(Comment.root_id),
        col(Article.language),
        col(Comment.name),
        col(Comment.body_text),
        sa.func.coalesce(col(Comment.email_fingerprint), ""),
    )
    .join(Article, col(Article.id) == col(Comment.article_id))
    .where(
        col(Comment.waiting_since).is_not(None),
        col(Comment.status) == CommentStatus.HELD,
        col(Comment.fold_id).is_(None),
    )
    .order_by(col(Comment.waiting_since), col(Comment.id))
)


def unjudged(session: Session, *, size: int, to_change: bool = False) -> list[Unjudged]:
    """Return `size` of those that wait and were never judged, oldest first; with `to_change` none that others hold."""
    statement = _UNJUDGED.limit(size)
    if to_change:
        statement = statement.with_for_update(of=Comment, skip_locked=True)
    return [Unjudged(*row) for row in session.execute(statement)]
