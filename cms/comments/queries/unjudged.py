"""Comments that wait although nobody has judged them yet, since an import brought them in."""

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.models import Article
from cms.comments.judged import JudgedComment
from cms.comments.models import Comment
from cms.comments.rules import CommentStatus

# A judged comment has a fold, if only its own. In the order of JudgedComment's fields.
_UNJUDGED = (
    sa.select(
        col(Comment.article_id),
        col(Comment.parent_id),
        col(Comment.root_id),
        col(Article.language),
        col(Comment.name),
        col(Comment.body_text),
        sa.func.coalesce(col(Comment.email_fingerprint), ""),
        col(Comment.id),
    )
    .join(Article, col(Article.id) == col(Comment.article_id))
    .where(
        col(Comment.waiting_since).is_not(None),
        col(Comment.status) == CommentStatus.HELD,
        col(Comment.fold_id).is_(None),
    )
    .order_by(col(Comment.waiting_since), col(Comment.id))
)


def unjudged(session: Session, *, size: int, to_change: bool = False) -> list[JudgedComment]:
    """Return `size` comments that wait and were never judged, oldest first.

    With `to_change` they are locked, and those that another transaction has locked are left out.
    """
    statement = _UNJUDGED.limit(size)
    if to_change:
        statement = statement.with_for_update(of=Comment, skip_locked=True)
    return [JudgedComment(*row) for row in session.execute(statement)]
