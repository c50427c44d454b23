"""The finished pages that one process keeps in memory, and those that it is making."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, RLock
from typing import Generic, Protocol, TypeVar

SEEN_ONCE_SHARE = 4  # at most a quarter of the bytes is for pages that were asked for only once
WAIT_SECONDS = 5.0  # for another thread that makes the same page; after that a thread makes it itself


class Keepable(Protocol):
    """What the store needs to know about a page."""

    @property
    def things(self) -> frozenset[str]:
        """What it was made of."""

    @property
    def due(self) -> datetime | None:
        """When it stops being true, even if nothing changes."""

    @property
    def size(self) -> int:
        """How many bytes it takes."""


Page = TypeVar("Page", bound=Keepable)


@dataclass(slots=True, eq=False)
class Making(Generic[Page]):
    """One page that is being made. What changes meanwhile is noted here; threads that want the page wait for `done`."""

    key: str
    changed: set[str] = field(default_factory=set)
    all_changed: bool = False
    done: Event = field(default_factory=Event)


@dataclass(slots=True)
class Store(Generic[Page]):
    """Finished pages by their key, at most `capacity` bytes of them; safe for any number of threads.

    A new page comes to `_once`, a queue, and moves to `_often` when it is asked for again. So a crawler that walks through
    the whole archive, or makes addresses up, pushes out only pages that were asked for once. `_often` drops by second
    chance (the CLOCK algorithm): the oldest page goes, unless it was asked for since it was last looked at.
    """

    capacity: int
    _once: OrderedDict[str, Page] = field(default_factory=OrderedDict)
    _often: OrderedDict[str, Page] = field(default_factory=OrderedDict)
    # Keys of `_often` that were asked for since they were last looked at for dropping.
    _asked: set[str] = field(default_factory=set)
    _sizes: dict[str, int] = field(default_factory=dict)
    _made_of: dict[str, set[str]] = field(default_factory=dict)
    _making: dict[str, Making[Page]] = field(default_factory=dict)
    _bytes_once: int = 0
    _bytes_often: int = 0
    _lock: RLock = field(default_factory=RLock)

    def get(self, key: str, clock: Callable[[], datetime]) -> Page | None:
        """Return the page kept under `key` unless its time is over; takes no lock for pages that are asked for often."""
        page = self._often.get(key)
        if page is None:
            page = self._promoted(key)
        else:
            self._asked.add(key)
        if page is None or page.due is None or page.due > clock():
            return page
        with self._lock:
            self._drop(key)
        return None

    def asked_often(self) -> list[tuple[str, Page]]:
        """Return the pages that were asked for more than once lately, with their keys."""
        asked = tuple(self._asked)  # a copy first: readers add to it without the lock
        with self._lock:
            return [(key, self._often[key]) for key in asked if key in self._often]

    def begin(self, key: str) -> Making[Page] | None:
        """Return a `Making` if this thread is to make the page, None if another has just done so: look the page up again."""
        with self._lock:
            other = self._making.get(key)
            if other is None:
                self._making[key] = mine = Making[Page](key)
                return mine
        other.done.wait(WAIT_SECONDS)
        return None

    def finish(self, making: Making[Page], page: Page | None) -> None:
        """Keep the page that was made, unless something that it is made of has changed meanwhile."""
        with self._lock:
            if self._making.get(making.key) is making:
                del self._making[making.key]
            stale = making.all_changed or (page is not None and not making.changed.isdisjoint(page.things))
            if page is not None and not stale:
                self._keep(making.key, page)
        making.done.set()

    def forget(self, things: Iterable[str]) -> None:
        """Drop every page that is made of one of these."""
        with self._lock:
            for thing in things:
                for key in tuple(self._made_of.get(thing, ())):
                    self._drop(key)
                for making in self._making.values():
                    making.changed.add(thing)

    def forget_all(self) -> None:
        """Drop every page."""
        with self._lock:
            for making in self._making.values():
                making.all_changed = True
            self._once.clear()
            self._often.clear()
            self._asked.clear()
            self._sizes.clear()
            self._made_of.clear()
            self._bytes_once = self._bytes_often = 0

    def grown(self, key: str, page: Page) -> None:
        """Count the bytes of a page anew, since another encoding of it was made."""
        with self._lock:
            if self._often.get(key) is page:
                self._bytes_often += page.size - self._sizes[key]
                self._sizes[key] = page.size
                self._make_room()

    @property
    def bytes_kept(self) -> int:
        """How many bytes the kept pages take."""
        return self._bytes_once + self._bytes_often

    def _keep(self, key: str, page: Page) -> None:
        self._drop(key)
        self._once[key] = page
        self._sizes[key] = page.size
        self._bytes_once += page.size
        for thing in page.things:
            self._made_of.setdefault(thing, set()).add(key)
        self._make_room()

    def _promoted(self, key: str) -> Page | None:
        with self._lock:
            page = self._once.pop(key, None)
            if page is None:
                return self._often.get(key)
            self._often[key] = page
            self._bytes_once -= self._sizes[key]
            self._bytes_often += self._sizes[key]
            self._make_room()
            return page

    def _make_room(self) -> None:
        for_once = self.capacity // SEEN_ONCE_SHARE
        while self._bytes_once > for_once:
            self._drop(next(iter(self._once)))
        while self._bytes_often > self.capacity - for_once:
            oldest = next(iter(self._often))
            if oldest in self._asked:
                self._asked.discard(oldest)
                self._often.move_to_end(oldest)
            else:
                self._drop(oldest)

    def _drop(self, key: str) -> None:
        page = self._once.pop(key, None)
        if page is not None:
            self._bytes_once -= self._sizes.pop(key)
        else:
            page = self._often.pop(key, None)
            if page is None:
                return
            self._bytes_often -= self._sizes.pop(key)
            self._asked.discard(key)
        for thing in page.things:
            keys = self._made_of[thing]
            keys.discard(key)
            if not keys:
                del self._made_of[thing]
