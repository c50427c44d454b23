"""A filter of the queue as conditions on the comments that wait."""

from dataclasses import dataclass
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

Condition = sa.ColumnElement[bool]
_OTHER = aliased(Comment)
_ABOUT = aliased(Article)
_EARLIER = aliased(Comment, name="earlier")
_REASON, _HOST = aliased(HoldReason), aliased(CommentHost)
_FOUND_BY_WORDS = {
    "sqlite": "{comment}.id IN (SELECT rowid FROM comment_search WHERE comment_search MATCH :words)",
    "postgresql": (
        "to_tsvector('simple', {comment}.name || ' ' || {comment}.body_text) @@ plainto_tsquery('simple', :words)"
    ),
}


@dataclass(frozen=True, slots=True)
class Way:
    """The shortest way to what a filter lets through: the tables, the conditions, and the order by (`at`, `id`).

    A reason and a host lead through their own table, which holds the queue's order beside each (see comments/models.py).
    """

    tables: sa.FromClause
    conditions: tuple[Condition, ...]
    at: Any  # columns, which SQLAlchemy types as of a table or of its model
    id: Any

    def counted(self, at_most: int, *more: Condition) -> sa.Select[int]:
        """Return the statement that counts what is on this way, `at_most` of it."""
        some = sa.select(sa.literal(1)).select_from(self.tables).where(*self.conditions, *more)
        return sa.select(sa.func.count()).select_from(some.limit(at_most).subquery())


def way(session: Session, narrowed: Filter, now: datetime) -> Way:
    """Return the way to the comments that wait and match."""
    beside: Any = (
        HoldReason if narrowed.reason else CommentHost
    )  # Any: a table with comment_id and waiting_since
    found = conditions(session, narrowed, now)
    if not narrowed.reason and not narrowed.host:
        return Way(Comment.__table__, tuple(found), col(Comment.waiting_since), col(Comment.id))  # type: ignore[attr-defined]  # SQLModel gives every table one
    is_it = col(beside.code) == narrowed.reason if narrowed.reason else col(beside.host) == narrowed.host
    on = col(Comment.id) == col(beside.comment_id)
    return Way(
        sa.join(beside, Comment, on),
        (is_it, col(beside.waiting_since).is_not(None), *found),
        col(beside.waiting_since),
        col(beside.comment_id),
    )


def conditions(session: Session, narrowed: Filter, now: datetime) -> list[Condition]:
    """Return what a comment that is met on another way must fulfil to be one that waits and matches."""
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
    found = [
        col(of.waiting_since).is_not(None),
        *of_one_kind(narrowed, now, since=col(of.waiting_since), of=of),
    ]
    if words := narrowed.search_words():
        found.append(_says(session, words, called))
    return found


def of_one_kind(narrowed: Filter, now: datetime, *, since: Any, of: Any) -> list[Condition]:  # Any: as above
    """Return what a filter asks beside words of any comment, waiting or decided; its hours are those `since`."""
    found = [condition for wanted, condition in _plain(narrowed, of) if wanted]
    if narrowed.older_hours:
        found.append(since <= _ago(now, narrowed.older_hours))
    if narrowed.newer_hours:
        found.append(since >= _ago(now, narrowed.newer_hours))
    if narrowed.reason:
        found.append(_stands_beside(_REASON, col(_REASON.code) == narrowed.reason, of))
    if narrowed.host:
        found.append(_stands_beside(_HOST, col(_HOST.host) == narrowed.host, of))
    return found


def _plain(narrowed: Filter, of: Any) -> list[tuple[object, Condition]]:  # Any: as above
    return [
        (narrowed.lane, col(of.lane) == narrowed.lane),
        (narrowed.article, col(of.article_id) == narrowed.article),
        (narrowed.section, _in_section(of, narrowed.section)),
        (narrowed.score_from, col(of.score) >= narrowed.score_from),
        (narrowed.language, col(of.language) == narrowed.language),
        (narrowed.reported, col(of.reported_at).is_not(None)),
        (narrowed.campaign, col(of.fold_id) == narrowed.campaign),
        (narrowed.commenter, _like(col(of.email_fingerprint), _OTHER.email_fingerprint, narrowed.commenter)),
        (narrowed.network, _like(col(of.network_mark), _OTHER.network_mark, narrowed.network)),
    ]


def _in_section(of: Any, section_id: int) -> Condition:  # Any: as above
    return sa.exists().where(col(_ABOUT.id) == col(of.article_id), col(_ABOUT.section_id) == section_id)


def _like(column: Any, others: Any, comment_id: int) -> Condition:  # Any: columns of a nullable text
    """Return the condition that a column is as it is in the comment with this id."""
    return sa.and_(column == sa.select(others).where(col(_OTHER.id) == comment_id).scalar_subquery())


def _stands_beside(table: Any, wanted: Condition, of: Any) -> Condition:  # Any: tables with a comment's id
    return sa.exists().where(col(table.comment_id) == col(of.id), wanted)


def _says(session: Session, words: tuple[str, ...], called: str) -> Condition:
    dialect = session.get_bind().dialect.name
    asked = " ".join(f'"{word}"' for word in words) if dialect == "sqlite" else " ".join(words)
    return sa.text(_FOUND_BY_WORDS[dialect].format(comment=called)).bindparams(words=asked)  # type: ignore[return-value]  # a text is one


def _ago(now: datetime, hours: int) -> sa.BindParameter[datetime]:
    return sa.literal(now - timedelta(hours=hours), type_=UtcTime())
