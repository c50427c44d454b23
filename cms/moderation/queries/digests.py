"""Who wishes for the daily letter, and what it says: numbers and articles, nobody's words and no address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.accounts.models import Staff
from cms.accounts.rules import ALLOWED, Act
from cms.comments.signals import Lane
from cms.moderation.models import DigestWish
from cms.moderation.queries.figures import HotArticle, hot_articles, oldest_waiting
from cms.moderation.queries.queue import queue_figures, reported_count

DIGESTS_AT_ONCE = 100  # more moderators than any newsroom has
_READERS = [role for role, acts in ALLOWED.items() if Act.MODERATE in acts]


@dataclass(frozen=True, slots=True)
class DueDigest:
    """Somebody who gets today's letter, by the fingerprint of an address that stays sealed."""

    staff_id: int
    email_fingerprint: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What waits: how much in each lane, for another look and reported by readers; since when; where it boils."""

    by_lane: dict[Lane, int]
    escalated: int
    reported: int
    oldest: datetime | None
    hot: tuple[HotArticle, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not any(self.by_lane.values()) and not self.escalated


def _due(day: date) -> sa.Select[*tuple[Any, ...]]:  # Any: columns of two kinds
    return (
        sa.select(col(Staff.id), col(Staff.email_fingerprint))
        .join(DigestWish, col(DigestWish.staff_id) == col(Staff.id))
        .where(
            col(DigestWish.wished),
            sa.or_(col(DigestWish.put_on).is_(None), col(DigestWish.put_on) < day),
            col(Staff.disabled_at).is_(None),
            col(Staff.role).in_(_READERS),
        )
        .order_by(col(Staff.id))
        .limit(DIGESTS_AT_ONCE)
    )


def due_digests(session: Session, day: date) -> Sequence[DueDigest]:
    """Return who has not got the letter of `day` yet; one SELECT."""
    return [DueDigest(*row) for row in session.execute(_due(day))]


def wishes_digest(session: Session, staff_id: int) -> bool:
    """Tell whether somebody wishes for the daily letter; one SELECT."""
    wished = sa.select(col(DigestWish.wished)).where(col(DigestWish.staff_id) == staff_id)
    return bool(session.execute(wished).scalar_one_or_none())


def digest_mark(session: Session, staff_id: int) -> str | None:
    """Return the mark from which the links in somebody's letters derive, None where she wishes for none; one SELECT."""
    found: str | None = session.execute(
        sa.select(col(DigestWish.mark))
        .join(Staff, col(Staff.id) == col(DigestWish.staff_id))
        .where(col(DigestWish.staff_id) == staff_id, col(DigestWish.wished), col(Staff.disabled_at).is_(None))
    ).scalar_one_or_none()
    return found


def digest(session: Session, now: datetime) -> Digest:
    """Return what waits; four SELECTs."""
    counted = queue_figures(session)
    return Digest(
        counted.by_lane,
        counted.escalated,
        reported_count(session, now),
        oldest_waiting(session),
        hot_articles(session, now),
    )
