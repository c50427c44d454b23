"""How often a thing was done, and the salt of the day."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.limits.models import DailySalt, LimitCount
from cms.limits.rules import WINDOW, sliding_count, window_start

_COUNTS = sa.select(col(LimitCount.since), col(LimitCount.number)).where(
    col(LimitCount.key) == sa.bindparam("key"),
    col(LimitCount.since).in_(sa.bindparam("windows", expanding=True)),
)
_SALT = sa.select(col(DailySalt.salt_sealed)).where(col(DailySalt.day) == sa.bindparam("day"))


def count_within(session: Session, key: str, *, now: datetime) -> float:
    """Return how often `key` was counted in the ten minutes before `now`; one SELECT."""
    present = window_start(now)
    rows = session.execute(_COUNTS, {"key": key, "windows": [present, present - WINDOW]})
    numbers = {row.since: row.number for row in rows}
    return sliding_count(numbers.get(present - WINDOW, 0), numbers.get(present, 0), now)


def sealed_salt(session: Session, day: date) -> str | None:
    """Return the sealed salt of a day, or None before anybody came; one SELECT."""
    found: str | None = session.execute(_SALT, {"day": day}).scalar_one_or_none()
    return found
