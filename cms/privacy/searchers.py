"""Searches bytes for addresses, in several processes when there is much to search."""

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from types import TracebackType
from typing import Self

from cms.privacy.scan import Hit, scan
from cms.privacy.sought import SoughtAddresses

# Bytes that this process searches before it starts others, which takes half a second.
ALONE = 24 * 1_048_576
SHORT = 65_536  # bytes: less is searched sooner here than it is handed over
MOST_PROCESSES = 4  # the one process that reads rows and files cannot keep more of them busy
WAITING = 3  # chunks queued for each process: enough that none is idle, few enough to fit in memory

Note = Callable[[list[Hit]], None]


class Searchers:
    """Searches in this process, and in others as soon as this one has searched much.

    The others are spawned and get the addresses through a pipe, so that no address stands in a file or an argument.
    They hold no open file and no database connection.
    """

    def __init__(self, addresses: Sequence[str], sought: SoughtAddresses) -> None:
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
        """Search some bytes and pass the hits to `note`, now or during a later call."""
        self._searched += len(data)
        if len(data) < SHORT or self._processes == 1 or self._searched < ALONE:
            note(list(scan(data, self._sought)))
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


_theirs: list[
    SoughtAddresses
] = []  # one, in each of the other processes: built once, not sent with each piece


def _begin(addresses: Sequence[str]) -> None:
    _theirs.append(SoughtAddresses(addresses))


def _search(data: bytes) -> list[Hit]:
    return list(scan(data, _theirs[0]))
