"""Searches bytes in several processes at once where there are many of them."""

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from types import TracebackType
from typing import Self

from cms.privacy.sought import Sought
from cms.privacy.trawl import Hit, trawl

# Bytes that one process searches before the others, which take half a second, are started.
ALONE = 24 * 1_048_576
SHORT = 65_536  # bytes that are searched sooner than they are handed over
MOST_PROCESSES = 4  # what reads the rows and files for them keeps no more busy
WAITING = 3  # pieces in hand for each process, so that none waits and none fills the memory

Note = Callable[[list[Hit]], None]


class Searchers:
    """Those who search: this process, and others as soon as it has searched much.

    The others are started afresh and get the addresses through a pipe, so that they stand neither in a file nor in an
    argument; they hold no file and no database.
    """

    def __init__(self, addresses: Sequence[str], sought: Sought) -> None:
        self._addresses, self._sought = addresses, sought
        self._processes = min(os.cpu_count() or 1, MOST_PROCESSES)
        self._searched = 0
        self._pool: ProcessPoolExecutor | None = None
        self._waiting: deque[tuple[Future[list[Hit]], Note]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def search(self, data: bytes, note: Note) -> None:
        """Search some bytes and have what is in them noted, now or by a later call."""
        self._searched += len(data)
        if len(data) < SHORT or self._processes == 1 or self._searched < ALONE:
            note(list(trawl(data, self._sought)))
            return
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._processes, get_context("spawn"), _begin, (self._addresses,)
            )
        self._waiting.append((self._pool.submit(_search, data), note))
        while len(self._waiting) > WAITING * self._processes:
            self._note_first()

    def finish(self) -> None:
        """Wait until everything has been searched and noted."""
        while self._waiting:
            self._note_first()

    def _note_first(self) -> None:
        future, note = self._waiting.popleft()
        note(future.result())


_theirs: list[Sought] = []  # one, in each of the other processes: built once, not sent with each piece


def _begin(addresses: Sequence[str]) -> None:
    _theirs.append(Sought(addresses))


def _search(data: bytes) -> list[Hit]:
    return list(trawl(data, _theirs[0]))
