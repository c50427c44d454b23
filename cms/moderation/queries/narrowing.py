"""A filter of the queue as conditions on the comments that wait."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from cms.articles.models import Article
from cms.comments.models import Comment, CommentHost, HoldReason
from cms.comments.rules import CommentStatus
from cms.db import UtcTime
from cms.moderation.filters import Filter

FEW = 5000  # ids that are cheaper looked up one by one than met on the way through the queue
Condition = sa.ColumnElement[bool]
_OTHER = aliased(Comment)
_ABOUT = aliased(Article)
_EARLIER = aliased(Comment, name="earlier")
_FOUND_BY_WORDS = {
    "sqlite": "{comment}.id IN (SELECT rowid FROM comment_search WHERE comment_search MATCH :words)",
    "postgresql": (
        "to_tsvector('simple', {comment}.name || ' ' || {comment}.body_text) @@ plainto_tsquery('simple', :words)"
    ),
}


def conditions(session: Session, narrowed: Filter, now: datetime) -> list[Condition]:
    """Return what a waiting comment must fulfil; one SELECT each for a reason and a host, to choose the shorter way."""
    return _conditions(session, narrowed, now, Comment, "comment")


def is_first_of_fold(session: Session, narrowed: Filter, now: datetime) -> Condition:
    """Return the condition that of a comment's near-copies which the filter lets through none waits longer.

    An edit of a published comment stands alone: it is read beside what it changes.
    """
    earlier = col(_EARLIER.waiting_since), col(_EARLIER.id)
    return ~sa.exists().where(
        col(Comment.status) == CommentStatus.HELD,
        col(_EARLIER.status) == CommentStatus.HELD,
        col(_EARLIER.fold_id) == col(Comment.fold_id),
        sa.tuple_(*earlier) < sa.tuple_(col(Comment.waiting_since), col(Comment.id)),
        *_conditions(session, narrowed, now, _EARLIER, "earlier"),
    )


def _conditions(
    session: Session, narrowed: Filter, now: datetime, of: Any, called: str
) -> list[Condition]:  # Any: Comment or an alias of it
    found: list[Condition] = [col(of.waiting_since).is_not(None)]
    found += [condition for wanted, condition in _plain(narrowed, of) if wanted]
    if narrowed.older_hours:
        found.append(col(of.waiting_since) <= _ago(now, narrowed.older_hours))
    if narrowed.newer_hours:
        found.append(col(of.waiting_since) >= _ago(now, narrowed.newer_hours))
    if narrowed.reason:
        found.append(_has(session, HoldReason, col(HoldReason.code) == narrowed.reason, of))
    if narrowed.host:
        found.append(_has(session, CommentHost, col(CommentHost.host) == narrowed.host, of))
    if words := narrowed.search_words():
        found.append(_says(session, words, called))
    return found


def _plain(narrowed: Filter, of: Any) -> list[tuple[object, Condition]]:  # Any: as above
    return [
        (narrowed.lane, col(of.lane) == narrowed.lane),
        (narrowed.article, col(of.article_id) == narrowed.article),
        (narrowed.section, _in_section(of, narrowed.section)),
        (narrowed.score_from, col(of.score) >= narrowed.score_from),
        (narrowed.language, col(of.language) == narrowed.language),
        (narrowed.campaign, col(of.fold_id) == narrowed.campaign),
        (narrowed.commenter, _like(col(of.email_fingerprint), _OTHER.email_fingerprint, narrowed.commenter)),
        (narrowed.network, _like(col(of.network_mark), _OTHER.network_mark, narrowed.network)),
    ]


def _in_section(of: Any, section_id: int) -> Condition:  # Any: as above
    return sa.exists().where(col(_ABOUT.id) == col(of.article_id), col(_ABOUT.section_id) == section_id)


def _like(column: Any, others: Any, comment_id: int) -> Condition:  # Any: columns of a nullable text
    """Return the condition that a column is as it is in the comment with this id."""
    return sa.and_(column == sa.select(others).where(col(_OTHER.id) == comment_id).scalar_subquery())


def _has(
    session: Session, table: Any, wanted: Condition, of: Any
) -> Condition:  # Any: a table with comment_id
    """Return the condition that a row stands beside the comment: looked up where few do, else met on the way."""
    beside = sa.select(col(table.comment_id)).where(wanted)
    count = sa.select(sa.func.count()).select_from(beside.limit(FEW + 1).subquery())
    if session.execute(count).scalar_one() > FEW:
        return sa.exists().where(col(table.comment_id) == col(of.id), wanted)
    return col(of.id).in_(beside)


def _says(session: Session, words: tuple[str, ...], called: str) -> Condition:
    dialect = session.get_bind().dialect.name
    asked = " ".join(f'"{word}"' for word in words) if dialect == "sqlite" else " ".join(words)
    return sa.text(_FOUND_BY_WORDS[dialect].format(comment=called)).bindparams(words=asked)  # type: ignore[return-value]  # a text is one


def _ago(now: datetime, hours: int) -> sa.BindParameter[datetime]:
    return sa.literal(now - timedelta(hours=hours), type_=UtcTime())
