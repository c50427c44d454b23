"""A cache whose entries are found by everything that they were made from, so that none is ever out of date."""

import sys
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

CAPACITY_BYTES = 4_194_304  # fragments, with their keys, of some thirty articles that are being discussed
OVERHEAD_BYTES = 500  # of each value: its key and its entry

Value = TypeVar("Value")


class ContentCache(Generic[Value]):
    """Values by their keys, at most about `capacity` bytes of them; safe for any number of threads.

    A key holds everything from which its value is made, read for the page that shows the value. So no value is ever
    stale, and none has to be invalidated. The same part of a key must always have the same type, because 1 equals True,
    and a text equals its Markup.

    There are two generations. A value that is asked for moves to the young one. When the young one is full it becomes the
    old one, and the values of the former old one are dropped. So to look up a young value takes no lock and hashes the
    key once.
    """

    def __init__(self, capacity: int = CAPACITY_BYTES) -> None:
        self._room = capacity // 2
        self._young: dict[Hashable, Value] = {}
        self._old: dict[Hashable, Value] = {}
        self._young_bytes = self._old_bytes = 0
        self._lock = Lock()

    def value(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of `key`, made by `make` if it is not here."""
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is None:
                found = make()
            self._keep(key, found)
        return found

    @property
    def bytes_kept(self) -> int:
        """How many bytes the values take, by estimate."""
        return self._young_bytes + self._old_bytes

    def _keep(self, key: Hashable, value: Value) -> None:
        # Three times about the same: what is in the key, the value, and its encoded bytes.
        size = 3 * sys.getsizeof(value) + OVERHEAD_BYTES
        with self._lock:
            self._young[key] = value
            self._young_bytes += size
            if self._young_bytes > self._room:
                self._old, self._old_bytes = self._young, self._young_bytes
                self._young, self._young_bytes = {}, 0
