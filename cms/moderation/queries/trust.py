"""What speaks for letting a comment appear before a moderator has read it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from cms.articles.models import Article
from cms.comments.models import Comment, HoldReason
from cms.comments.queries.visible import is_visible
from cms.comments.rules import CommentStatus
from cms.comments.signals import HoldCode, Lane
from cms.moderation.models import Decision
from cms.moderation.queries.standing import LAST_ENTRY
from cms.moderation.rules import TRUST_POLICY, EntryKind

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Harmless:
    """A comment that waits and that nothing but words, if those, speaks against, with its address's record.

    `approved` counts those of the same address that readers see; `is_refused` says that a person has rejected one or
    called it spam, and stands by it; `let_through` counts what policy let appear on the article in a day.
    """

    article_id: int
    article_title: str
    name: str
    body_html: str
    email_fingerprint: str
    body_text: str = field(repr=False)
    score: int
    approved: int
    is_refused: bool
    let_through: int


_HERS, _ON_ARTICLE = aliased(Comment), aliased(Comment)
_APPROVED = (
    sa.select(sa.func.count(col(_HERS.id)))
    .where(col(_HERS.email_fingerprint) == col(Comment.email_fingerprint), is_visible(_HERS))
    .correlate(Comment)
    .scalar_subquery()
)
_BY_PERSON = sa.exists().where(
    col(Decision.comment_id) == col(_HERS.id),
    col(Decision.to_status) == CommentStatus.SPAM,
    col(Decision.staff_id).is_not(None),
)
_REFUSED = (
    sa.exists()
    .where(
        col(_HERS.email_fingerprint) == col(Comment.email_fingerprint),
        sa.or_(
            col(_HERS.status) == CommentStatus.REJECTED,
            sa.and_(col(_HERS.status) == CommentStatus.SPAM, _BY_PERSON),
        ),
    )
    .correlate(Comment)
)
_LET_THROUGH = (
    sa.select(sa.func.count(col(Decision.id)))
    .join(_ON_ARTICLE, col(_ON_ARTICLE.id) == col(Decision.comment_id))
    .where(
        col(_ON_ARTICLE.article_id) == col(Comment.article_id),
        col(Decision.policy) == TRUST_POLICY,
        col(Decision.at) > sa.bindparam("since"),
    )
    .correlate(Comment)
    .scalar_subquery()
)
_SPOKEN_AGAINST = sa.exists().where(
    col(HoldReason.comment_id) == col(Comment.id),
    col(HoldReason.code).not_in([HoldCode.EVERY_COMMENT, HoldCode.WORDS]),
)
_HARMLESS = (
    sa.select(
        col(Comment.article_id),
        col(Article.title),
        col(Comment.name),
        col(Comment.body_html),
        col(Comment.email_fingerprint),
        col(Comment.body_text),
        col(Comment.score),
        _APPROVED.label("approved"),
        _REFUSED.label("is_refused"),
        _LET_THROUGH.label("let_through"),
    )
    .join(Article, col(Article.id) == col(Comment.article_id))
    .join(Decision, col(Decision.id) == LAST_ENTRY)
    .where(
        col(Comment.id) == sa.bindparam("id"),
        col(Comment.status) == CommentStatus.HELD,
        col(Comment.withdrawn_at).is_(None),
        col(Comment.erased_at).is_(None),
        col(Comment.email_fingerprint).is_not(None),
        col(Comment.lane) == Lane.LIKELY_FINE,
        # Nobody has said anything of it yet: neither held it on purpose, nor taken the policy's word back, nor edited it.
        col(Decision.deed) == EntryKind.SUBMITTED,
        sa.not_(_SPOKEN_AGAINST),
    )
)


def harmless(session: Session, comment_id: int, now: datetime) -> Harmless | None:
    """Return a comment that might appear before a moderator has read it, or None; one SELECT."""
    row = session.execute(_HARMLESS, {"id": comment_id, "since": now - A_DAY}).one_or_none()
    return Harmless(*row) if row else None
