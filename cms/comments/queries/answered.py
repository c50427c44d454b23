"""Whom a comment that has just appeared concerns: those above it, and its own writer."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from cms.articles.models import Article, ArticleKind, ArticleStatus
from cms.comments.models import Comment
from cms.comments.queries.visible import is_visible


@dataclass(frozen=True, slots=True)
class Answered:
    """A comment whose writer wishes to hear of replies, with the nearest new one below it."""

    comment_id: int
    reply_id: int
    thread_id: int
    email_fingerprint: str
    language: str


@dataclass(frozen=True, slots=True)
class Wishing:
    """A visible comment whose writer ticked that she wishes to hear of replies."""

    comment_id: int
    email_fingerprint: str
    language: str


@dataclass(frozen=True, slots=True)
class ToldReply:
    """A visible reply as a letter tells of it: nothing that its page does not show."""

    id: int
    name: str
    body_html: str
    article_kind: ArticleKind
    article_slug: str
    article_title: str


_HERS, _REPLY = aliased(Comment), aliased(Comment)
_IDS: sa.BindParameter[list[int]] = sa.bindparam("ids", expanding=True)
_UP = (
    sa.select(
        col(Comment.id).label("reply_id"), col(Comment.parent_id).label("above"), sa.literal(1).label("steps")
    )
    .where(col(Comment.id).in_(_IDS), is_visible())
    .cte("up", recursive=True)
)
_UP = _UP.union_all(
    sa.select(_UP.c.reply_id, col(_HERS.parent_id), _UP.c.steps + 1).where(col(_HERS.id) == _UP.c.above)
)
_ANSWERED = (
    sa.select(
        col(_HERS.id),
        _UP.c.reply_id,
        col(_HERS.root_id),
        col(_HERS.email_fingerprint),
        col(Article.language),
    )
    .select_from(_UP)
    .join(_HERS, col(_HERS.id) == _UP.c.above)
    .join(_REPLY, col(_REPLY.id) == _UP.c.reply_id)
    .join(Article, col(Article.id) == col(_HERS.article_id))
    .where(
        is_visible(_HERS),
        col(_HERS.notify),
        col(_HERS.email_sealed).is_not(None),
        sa.func.coalesce(col(_REPLY.email_fingerprint), "") != col(_HERS.email_fingerprint),
    )
    .order_by(_UP.c.reply_id, _UP.c.steps)
)
_WISHING = (
    sa.select(col(Comment.id), col(Comment.email_fingerprint), col(Article.language))
    .join(Article, col(Article.id) == col(Comment.article_id))
    .where(
        col(Comment.id).in_(_IDS), is_visible(), col(Comment.notify), col(Comment.email_sealed).is_not(None)
    )
    .order_by(col(Comment.id))
)


def answered(session: Session, ids: Collection[int]) -> list[Answered]:
    """Return whoever wishes to hear of one of these comments, since it stands below hers; one SELECT.

    Each person once for each comment, by the nearest of hers above it, and never about her own.
    """
    rows = session.execute(_ANSWERED, {"ids": sorted(ids)})
    nearest: dict[tuple[int, str], Answered] = {}
    for row in rows:
        found = Answered(*row)
        nearest.setdefault((found.reply_id, found.email_fingerprint), found)
    return list(nearest.values())


def wishing(session: Session, ids: Collection[int]) -> list[Wishing]:
    """Return those of these comments that are visible and whose writers wish to hear of replies; one SELECT."""
    return [Wishing(*row) for row in session.execute(_WISHING, {"ids": sorted(ids)})]


def replied_already(session: Session, parent_id: int, staff_id: int, body_text: str) -> bool:
    """Tell whether somebody of staff has said the same below a comment, and it still stands; one SELECT."""
    said = sa.exists().where(
        col(Comment.parent_id) == parent_id,
        col(Comment.staff_id) == staff_id,
        col(Comment.body_text) == body_text,
        is_visible(),
    )
    return bool(session.execute(sa.select(said)).scalar_one())


def told_replies(session: Session, pairs: Collection[tuple[int, int]], now: datetime) -> list[ToldReply]:
    """Return what a letter tells of pairs (her comment, the reply), oldest first; one SELECT.

    Left out is whatever has gone meanwhile: the reply, her comment or her wish at it, the article.
    """
    hers, reply = _HERS, _REPLY
    statement = (
        sa.select(
            col(reply.id),
            col(reply.name),
            col(reply.body_html),
            col(Article.kind),
            col(Article.slug),
            col(Article.title),
        )
        .join(hers, sa.tuple_(col(hers.id), col(reply.id)).in_(list(pairs)))
        .join(Article, col(Article.id) == col(reply.article_id))
        .where(
            is_visible(reply),
            is_visible(hers),
            col(hers.notify),
            col(Article.status) == ArticleStatus.PUBLISHED,
            col(Article.publish_at) <= now,
        )
        .order_by(col(reply.created_at), col(reply.id))
    )
    return [ToldReply(*row) for row in session.execute(statement)]
