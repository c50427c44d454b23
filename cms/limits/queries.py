"""How often a thing was done, what a site noticed of its own set-up, and the salt of the day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.db import UtcTime
from cms.limits.models import DailySalt, LimitCount, Noticed
from cms.limits.rules import SLOW_KEY, WINDOW, Tally, proxy_notice, tally, window_start
from cms.storage.prebuilt import Prebuilt

# That a comment asks for: its network, its article, kinds of device, all comments, slow mode.
KEYS_AT_ONCE = 5
_KEYS = tuple(f"key_{place}" for place in range(KEYS_AT_ONCE))
_COUNTS = Prebuilt(
    sa.select(col(LimitCount.key), col(LimitCount.since), col(LimitCount.number)).where(
        col(LimitCount.key).in_([sa.bindparam(name) for name in _KEYS]),
        sa.or_(
            col(LimitCount.since).in_(
                [sa.bindparam(name, type_=UtcTime()) for name in ("present", "before")]
            ),
            sa.and_(
                sa.func.substr(col(LimitCount.key), 1, len(SLOW_KEY)) == SLOW_KEY,
                col(LimitCount.since) > sa.bindparam("now", type_=UtcTime()),
            ),
        ),
    ),
    overtakes=True,
)
_SLOW = sa.select(sa.func.max(col(LimitCount.since), type_=UtcTime())).where(
    col(LimitCount.key) == sa.bindparam("key"), col(LimitCount.since) > sa.bindparam("now", type_=UtcTime())
)
BELIEVED_FOR = timedelta(days=2)  # what is still so is noticed anew each day
_SALT = sa.select(col(DailySalt.salt_sealed)).where(col(DailySalt.day) == sa.bindparam("day"))
_NOTICED = sa.select(col(Noticed.at)).where(col(Noticed.what) == sa.bindparam("what"))


@dataclass(frozen=True, slots=True)
class Counts:
    """What stands in the present window and in the one before, by key."""

    numbers: dict[tuple[str, datetime], int]
    now: datetime

    def tally(self, key: str) -> Tally:
        """Return how often `key` was counted."""
        present = window_start(self.now)
        earlier, later = (self.numbers.get((key, since), 0) for since in (present - WINDOW, present))
        return tally(earlier, later, self.now)

    def is_noted(self, key: str) -> bool:
        """Tell whether something that was noted under `key` until a moment still holds."""
        return any(known == key and until > self.now for known, until in self.numbers)

    def kinds(self, key: str) -> int:
        """Return the set of kinds that was noted under `key`, one bit each."""
        present = window_start(self.now)
        return self.numbers.get((key, present - WINDOW), 0) | self.numbers.get((key, present), 0)


def counts_within(session: Session, keys: Sequence[str], *, now: datetime) -> Counts:
    """Return what was counted under KEYS_AT_ONCE `keys` or fewer, in the ten minutes before `now`, and what holds still.

    One SELECT. Raises ValueError for more of them, since a limit that nobody looked at would let everybody pass.
    """
    if len(keys) > KEYS_AT_ONCE:
        raise ValueError(f"{len(keys)} keys are more than {KEYS_AT_ONCE}")
    present = window_start(now)
    asked = {name: keys[min(place, len(keys) - 1)] for place, name in enumerate(_KEYS)}
    rows = _COUNTS.all(session, {**asked, "present": present, "before": present - WINDOW, "now": now})
    return Counts({(key, since): number for key, since, number in rows}, now)


def slow_until(session: Session, article_id: int, *, now: datetime) -> datetime | None:
    """Return until when somebody has slowed an article down, or None; one SELECT."""
    found: datetime | None = session.execute(
        _SLOW, {"key": f"{SLOW_KEY}{article_id}", "now": now}
    ).scalar_one_or_none()
    return found


def proxy_is_missing(session: Session, trusted_proxies: int, *, now: datetime) -> bool:
    """Tell whether lately a proxy was noticed that `trusted_proxies` does not count; one SELECT."""
    found = session.execute(_NOTICED, {"what": proxy_notice(trusted_proxies)}).scalar_one_or_none()
    return found is not None and now - found < BELIEVED_FOR


def sealed_salt(session: Session, day: date) -> str | None:
    """Return the sealed salt of a day, or None before anybody came; one SELECT."""
    found: str | None = session.execute(_SALT, {"day": day}).scalar_one_or_none()
    return found
