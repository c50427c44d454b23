"""How often a thing was done, what a site noticed of its own set-up, and the salt of the day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.db import UtcTime
from cms.limits.models import DailySalt, LimitCount, Noticed
from cms.limits.rules import SLOW_KEY, WINDOW, Tally, proxy_notice, tally, window_start
from cms.storage.listed import Listed
from cms.storage.sessions import once_per_transaction

Numbers = dict[str, dict[datetime, int]]  # by key, and by when their window began
_COUNTS = Listed(
    sa.select(col(LimitCount.key), col(LimitCount.since), col(LimitCount.number)).where(
        col(LimitCount.since) >= sa.bindparam("oldest", type_=UtcTime())
    ),
    col(LimitCount.key),
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

    numbers: Numbers
    now: datetime

    def tally(self, key: str) -> Tally:
        """Return how often `key` was counted."""
        return tally(*self._windows(key), self.now)

    def is_noted(self, key: str) -> bool:
        """Tell whether something that was noted under `key` until a moment still holds."""
        return any(until > self.now for until in self.numbers[key])

    def kinds(self, key: str) -> int:
        """Return the set of kinds that was noted under `key`, one bit each."""
        earlier, later = self._windows(key)
        return earlier | later

    def _windows(self, key: str) -> tuple[int, int]:
        present = window_start(self.now)
        return self.numbers[key].get(present - WINDOW, 0), self.numbers[key].get(present, 0)


def foresee(session: Session, keys: Iterable[str]) -> None:
    """Say that this transaction will look at `keys`, once it holds them; who looks first looks at all of them."""
    _foreseen(session).update(keys)


def counts_within(session: Session, keys: Iterable[str], *, now: datetime) -> Counts:
    """Return what was counted under `keys` in the ten minutes before `now`, and what holds still.

    One SELECT; none in a transaction that writes where it has looked at all of them, since it holds them (see
    `writes.hold()`) and knows what it has counted itself.
    """
    known = known_numbers(session)
    if not known.keys() >= {*keys}:
        asked = sorted({*keys, *_foreseen(session)} - known.keys())
        # A window more than this one needs: others of the transaction may have come a moment before it began.
        rows = _COUNTS.all(session, asked, {"oldest": window_start(now) - 2 * WINDOW})
        known.update((key, {}) for key in asked)
        for key, since, number in rows:
            known[key][since] = number
    return Counts(known, now)


def known_numbers(session: Session) -> Numbers:
    """Return what a transaction that writes has looked at, with what it has counted itself; nothing for one that reads."""
    numbers: Numbers = once_per_transaction(session, "known counts", dict)
    return numbers


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


def _foreseen(session: Session) -> set[str]:
    keys: set[str] = once_per_transaction(session, "foreseen counts", set)
    return keys
