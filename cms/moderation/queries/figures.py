"""What the log says of the newsroom's work, read from its newest entries so that no figure costs more on a great site."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.accounts.models import Staff
from cms.articles.models import Article
from cms.articles.rules import address_of
from cms.comments.models import Comment
from cms.comments.rules import CommentStatus
from cms.db import UtcTime
from cms.moderation.figures import HourTally, Judged
from cms.moderation.models import Decision
from cms.moderation.queries.standing import EARLIER, EARLIER_ID
from cms.moderation.rules import SPAM_POLICY, EntryKind
from cms.storage.dialects import dialect_of

ENTRIES_MAX = 50_000  # of the log that are tallied at most; the page says where they begin
JUDGED_MAX = 1_000  # newest decisions of people whose time and lane are looked at
HOT_MAX, HOT_ENTRIES_MAX = 5, 5_000
_HOUR = {"sqlite": "substr(at, 1, 13)", "postgresql": "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24')"}
_NEWEST_FIRST = (col(Decision.at).desc(), col(Decision.id).desc())
_SINCE = sa.bindparam("since", type_=UtcTime())


@dataclass(frozen=True, slots=True)
class HotArticle:
    """An article with the comments that came in on it in the last hour."""

    id: int
    title: str
    address: str
    language: str
    arrived: int


_JUDGED = (
    sa.select(
        col(Comment.lane),
        col(Decision.to_status),
        col(Decision.at),
        col(Comment.created_at),
    )
    .join(Comment, col(Comment.id) == col(Decision.comment_id))
    .where(
        col(Decision.at) >= _SINCE,
        col(Decision.deed) == EntryKind.DECIDED,
        col(Decision.from_status) == CommentStatus.HELD,
        col(Decision.to_status) != CommentStatus.HELD,
        col(Decision.staff_id).is_not(None),
        col(Comment.foreign_id).is_(None),  # what an import brought waited elsewhere
    )
    .order_by(*_NEWEST_FIRST)
    .limit(JUDGED_MAX)
)
_TAKEN_BACK = (
    sa.select(sa.func.count())
    .select_from(Decision)
    .join(EARLIER, col(EARLIER.id) == EARLIER_ID)
    .where(
        col(Decision.at) >= _SINCE,
        col(Decision.staff_id).is_not(None),
        col(Decision.from_status) == CommentStatus.SPAM,
        col(Decision.to_status) != CommentStatus.SPAM,
        col(EARLIER.policy) == SPAM_POLICY,
    )
)
_JUST_IN = (
    sa.select(col(Decision.comment_id))
    .where(col(Decision.at) >= _SINCE, col(Decision.deed) == EntryKind.SUBMITTED)
    .order_by(*_NEWEST_FIRST)
    .limit(HOT_ENTRIES_MAX)
    .subquery()
)
_ARRIVED = sa.func.count().label("arrived")
_HOT: sa.Select[*tuple[Any, ...]] = (  # Any: columns of many kinds
    sa.select(
        col(Article.id),
        col(Article.title),
        col(Article.kind),
        col(Article.slug),
        col(Article.language),
        _ARRIVED,
    )
    .select_from(_JUST_IN)
    .join(Comment, col(Comment.id) == _JUST_IN.c.comment_id)
    .join(Article, col(Article.id) == col(Comment.article_id))
    .group_by(col(Article.id))
    .order_by(_ARRIVED.desc(), col(Article.id).desc())
    .limit(HOT_MAX)
)
_OLDEST = sa.select(sa.func.min(col(Comment.waiting_since))).where(col(Comment.waiting_since).is_not(None))


def tallies(session: Session, since: datetime) -> tuple[HourTally, ...]:
    """Return what the log's newest entries say, hour by hour, of ENTRIES_MAX of them at most; one SELECT."""
    hour: sa.ColumnElement[str] = sa.literal_column(_HOUR[dialect_of(session)], sa.String())
    newest = (
        sa.select(
            hour.label("hour"),
            col(Decision.deed),
            col(Decision.staff_id),
            col(Decision.to_status),
            col(Decision.reason),
            col(Decision.policy),
        )
        .where(col(Decision.at) >= _SINCE)
        .order_by(*_NEWEST_FIRST)
        .limit(ENTRIES_MAX)
        .subquery()
    )
    alike = (newest.c.hour, newest.c.deed, newest.c.to_status, newest.c.reason, newest.c.policy)
    statement = (
        sa.select(
            *alike, sa.func.coalesce(col(Staff.name), "").label("by_name"), sa.func.count().label("number")
        )
        .outerjoin(Staff, col(Staff.id) == newest.c.staff_id)
        .group_by(*alike, newest.c.staff_id, col(Staff.name))
    )
    return tuple(_tally(row) for row in session.execute(statement, {"since": since}))


def judged(session: Session, since: datetime) -> tuple[Judged, ...]:
    """Return the newest first decisions that people made of what waited, JUDGED_MAX at most; one SELECT."""
    rows = session.execute(_JUDGED, {"since": since})
    return tuple(Judged(row.lane, row.to_status, row.at - row.created_at) for row in rows)


def taken_back(session: Session, since: datetime) -> int:
    """Return how often people took out of the spam folder what the filter had put there; one SELECT."""
    found: int = session.execute(_TAKEN_BACK, {"since": since}).scalar_one()
    return found


def hot_articles(session: Session, now: datetime) -> tuple[HotArticle, ...]:
    """Return the articles on which most came in within an hour, HOT_MAX at most; one SELECT."""
    rows = session.execute(_HOT, {"since": now - timedelta(hours=1)})
    return tuple(
        HotArticle(row.id, row.title, address_of(row.kind, row.slug), row.language, row.arrived)
        for row in rows
    )


def oldest_waiting(session: Session) -> datetime | None:
    """Return since when the comment waits that has waited longest; one SELECT."""
    found: datetime | None = session.execute(_OLDEST).scalar_one()
    return found


def _tally(row: Any) -> HourTally:
    hour = datetime.fromisoformat(f"{row.hour}:00").replace(tzinfo=UTC)
    return HourTally(hour, row.deed, row.by_name, row.to_status, row.reason, row.policy, row.number)
