"""Who else is at the queue just now, and what came in since somebody opened it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.accounts.models import Staff
from cms.db import UtcTime
from cms.moderation.models import Decision, ReadingNow
from cms.moderation.rules import EntryKind

GONE_AFTER = timedelta(seconds=20)  # four looks missed
LISTED = 50  # colleagues at once
# Entries of the log since a page was opened; whoever left it open for longer loads it again.
LOOKED_AT = 10_000


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody else who reads a card now."""

    comment_id: int
    name: str


_MINE = sa.select(col(ReadingNow.comment_id), col(ReadingNow.seen_at)).where(
    col(ReadingNow.staff_id) == sa.bindparam("staff_id")
)
_OTHERS = (
    sa.select(col(ReadingNow.comment_id), col(Staff.name))
    .join(Staff, col(Staff.id) == col(ReadingNow.staff_id))
    .where(
        col(ReadingNow.staff_id) != sa.bindparam("staff_id"),
        col(ReadingNow.seen_at) > sa.bindparam("since", type_=UtcTime()),
    )
    .order_by(col(Staff.name), col(Staff.id))
    .limit(LISTED)
)
_SINCE = (
    sa.select(col(Decision.deed))
    .where(col(Decision.id) > sa.bindparam("as_of"))
    .order_by(col(Decision.id))
    .limit(LOOKED_AT)
    .subquery()
)
_ARRIVED = sa.select(sa.func.count()).select_from(_SINCE).where(_SINCE.c.deed == EntryKind.SUBMITTED)


def colleagues(session: Session, staff_id: int, now: datetime) -> tuple[Colleague, ...]:
    """Return who else reads which card; one SELECT."""
    rows = session.execute(_OTHERS, {"staff_id": staff_id, "since": now - GONE_AFTER})
    return tuple(Colleague(*row) for row in rows)


def arrived_since(session: Session, as_of: int) -> int:
    """Return how many comments came in behind an entry of the log; one SELECT."""
    found: int = session.execute(_ARRIVED, {"as_of": as_of}).scalar_one()
    return found


def is_noted(session: Session, staff_id: int, comment_id: int, now: datetime) -> bool:
    """Tell whether it is known already, and freshly, that somebody reads this card; one SELECT."""
    row = session.execute(_MINE, {"staff_id": staff_id}).one_or_none()
    return row is not None and row.comment_id == comment_id and now - row.seen_at < GONE_AFTER / 2
