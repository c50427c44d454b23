"""What surrounds a comment: how heated its article is, what else its writer said, who else writes from there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from cms.articles.models import Article
from cms.articles.rules import address_of
from cms.comments.models import Comment
from cms.comments.rules import CommentStatus
from cms.db import UtcTime
from cms.moderation.models import Decision
from cms.moderation.queries.notes import NoteBeside, notes_beside

COUNTED = 1000  # comments of the article's last hour, of the writer, of the network; beyond that it says so
SHOWN = 5
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class OtherComment:
    """Another comment by the same writer, as its first words."""

    id: int
    article_title: str
    article_language: str
    status: CommentStatus
    is_gone: bool
    created_at: datetime
    beginning: str


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds a comment; every count stops at COUNTED.

    `hers_waiting` counts this comment too, where it is held; `as_of` is the log's newest entry.
    `by_status` counts the writer's newest other comments; both it and `others` are empty where nobody knows her address.
    """

    comment_id: int
    name: str
    article_id: int
    article_title: str
    article_language: str
    article_address: str
    article_publish_at: datetime | None
    in_last_hour: int
    by_status: dict[CommentStatus, int]
    others: tuple[OtherComment, ...]
    from_network: int
    hers_waiting: int
    as_of: int
    notes: tuple[NoteBeside, ...]


_LAST_CHARS = 200
_OTHER = aliased(Comment)
_ABOUT: sa.Select[*tuple[Any, ...]] = (  # Any: columns of many kinds
    sa.select(
        col(Comment.id),
        col(Comment.name),
        col(Comment.article_id),
        col(Comment.email_fingerprint),
        col(Comment.network_mark),
        col(Article.title),
        col(Article.language),
        col(Article.kind),
        col(Article.slug),
        col(Article.publish_at),
    )
    .join(Article, col(Article.id) == col(Comment.article_id))
    .where(col(Comment.id) == sa.bindparam("comment_id"))
)
_NEWEST = (
    sa.select(col(Comment.id), col(Comment.status))
    .where(
        col(Comment.email_fingerprint) == sa.bindparam("fingerprint"),
        col(Comment.id) != sa.bindparam("comment_id"),
    )
    .order_by(col(Comment.id).desc())
    .limit(COUNTED)
)
_OTHERS: sa.Select[*tuple[Any, ...]] = (  # Any: as above
    sa.select(
        col(Comment.id),
        col(Article.title),
        col(Article.language),
        col(Comment.status),
        sa.or_(col(Comment.withdrawn_at).is_not(None), col(Comment.erased_at).is_not(None)).label("is_gone"),
        col(Comment.created_at),
        sa.func.substr(col(Comment.body_text), 1, _LAST_CHARS),
    )
    .join(Article, col(Article.id) == col(Comment.article_id))
    .where(col(Comment.id).in_(sa.bindparam("ids", expanding=True)))
    .order_by(col(Comment.id).desc())
)


def context(session: Session, comment_id: int, now: datetime) -> Context | None:
    """Return what surrounds a comment, or None where there is none; five SELECTs at most."""
    row = session.execute(_ABOUT, {"comment_id": comment_id}).one_or_none()
    if row is None:
        return None
    newest = session.execute(_NEWEST, {"fingerprint": row.email_fingerprint, "comment_id": comment_id}).all()
    statuses = [one.status for one in newest]
    ids = [one.id for one in newest[:SHOWN]]
    return Context(
        comment_id=row.id,
        name=row.name,
        article_id=row.article_id,
        article_title=row.title,
        article_language=row.language,
        article_address=address_of(row.kind, row.slug),
        article_publish_at=row.publish_at,
        **_counts(session, row, now),
        by_status={status: statuses.count(status) for status in CommentStatus if status in statuses},
        others=tuple(OtherComment(*one) for one in session.execute(_OTHERS, {"ids": ids})) if ids else (),
        notes=notes_beside(session, [row.id]).get(row.id, ()),
    )


def _counts(session: Session, row: Any, now: datetime) -> dict[str, int]:
    lately = col(Comment.created_at) >= sa.literal(now - HOUR, type_=UtcTime())
    on_article = _counted(col(Comment.article_id) == row.article_id, lately)
    waits = col(Comment.waiting_since).is_not(None)
    of_network = _counted(col(Comment.network_mark) == row.network_mark, waits, col(Comment.id) != row.id)
    is_held = col(Comment.status) == CommentStatus.HELD
    hers = _counted(col(Comment.email_fingerprint) == row.email_fingerprint, waits, is_held)
    newest = sa.select(sa.func.max(col(Decision.id))).scalar_subquery()
    found = session.execute(
        sa.select(
            on_article.label("hour"), of_network.label("network"), hers.label("hers"), newest.label("newest")
        )
    ).one()
    return {
        "in_last_hour": found.hour,
        "from_network": found.network if row.network_mark else 0,
        "hers_waiting": found.hers if row.email_fingerprint else 0,
        "as_of": found.newest or 0,
    }


def _counted(*wanted: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    some = sa.select(sa.literal(1)).select_from(Comment).where(*wanted).limit(COUNTED)
    return sa.select(sa.func.count()).select_from(some.subquery()).scalar_subquery()
