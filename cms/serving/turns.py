"""Limits to costly work: a few turns at once in this process, and a few a minute for one network."""

import hmac
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from threading import BoundedSemaphore, Lock

# Told apart within a minute; beyond it nobody new is counted, and the turns at once still hold.
NETWORKS_MAX = 20_000
PATIENCE_SECONDS = 0.5  # for a free turn; a thread that waits longer is one that reads no page


class Turn(StrEnum):
    """Whether somebody has a turn, and if not, why."""

    HERS = "hers"
    TOO_MANY = "too_many"  # from her network in this minute
    BUSY = "busy"  # all turns are taken by others


class Turns:
    """Gives turns; safe for any number of threads.

    Networks are counted in memory only, as digests under a random key of this process, until the minute ends.
    """

    def __init__(self, at_once: int, a_minute: int) -> None:
        """Take how many turns there are at once and, for one network, in a minute."""
        self._free = BoundedSemaphore(at_once)
        self._a_minute = a_minute
        self._key = secrets.token_bytes(16)
        self._minute = datetime.min.replace(tzinfo=UTC)
        self._seen = Counter[bytes]()
        self._lock = Lock()

    @contextmanager
    def turn(self, network: str, now: datetime) -> Iterator[Turn]:
        """Give a turn, or say why there is none; `network` is '' where nobody can be counted."""
        if network and not self._counts(network, now):
            yield Turn.TOO_MANY
        elif not self._free.acquire(timeout=PATIENCE_SECONDS):
            yield Turn.BUSY
        else:
            try:
                yield Turn.HERS
            finally:
                self._free.release()

    def _counts(self, network: str, now: datetime) -> bool:
        """Count a wish; tell whether it is within what a network has in a minute."""
        mark = hmac.digest(self._key, network.encode(), "sha256")
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            if minute != self._minute:
                self._minute, self._seen = minute, Counter()
            if mark in self._seen or len(self._seen) < NETWORKS_MAX:
                self._seen[mark] += 1
            return self._seen[mark] <= self._a_minute
