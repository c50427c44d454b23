"""Cleaning many texts, on every core of the machine where there are enough of them."""

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import chain
from multiprocessing import resource_tracker

from cms import sanitize

WORTH_IT = (
    3_000_000  # bytes of an export, which is some 2,000 texts; a process takes a third of a second to start
)
MOST_PROCESSES = 8  # the process that reads and stores cannot feed more
PORTION = 50  # texts handed over at once


class Cleaners:
    """Cleans comments and bodies here, or in other processes."""

    def __init__(self, pool: ProcessPoolExecutor | None = None) -> None:
        self._pool = pool

    def comments(self, texts: Sequence[str]) -> Iterator[str]:
        """Return the HTML of comments in their order; the work begins at once."""
        portions = [texts[start : start + PORTION] for start in range(0, len(texts), PORTION)]
        if self._pool is None:
            return chain.from_iterable(map(sanitize.comments_html, portions))
        with uninterrupted():
            return chain.from_iterable(self._pool.map(sanitize.comments_html, portions))

    def bodies(self, sources: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Return HTML and text of articles in their order; the work begins at once."""
        if self._pool is None:
            return map(_body, sources)
        with uninterrupted():
            return self._pool.map(_body, sources, chunksize=PORTION // 5)


@contextmanager
def cleaners(processes: int) -> Iterator[Cleaners]:
    """Give what cleans, in so many processes that begin at once; 0 for this one."""
    if not processes:
        yield Cleaners()
        return
    # Spawned, not forked: a fork would share the database's connections.
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"))
    with uninterrupted():
        for _ in range(processes):
            pool.submit(sanitize.comments_html, [])
    try:
        yield Cleaners(pool)
    finally:
        pool.shutdown(cancel_futures=True)


def processes_for(size: int) -> int:
    """Return how many processes are worth their start for an export of `size` bytes; 0 where this one does it all."""
    cores = os.cpu_count() or 1
    return min(cores, MOST_PROCESSES) if size >= WORTH_IT and cores > 1 else 0


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Start processes that a Ctrl-C does not reach: theirs is to be ended by the one that stores.

    Only what is started here inherits the mask, and it starts when it is given its first work. The pool's own
    thread bears no mask, so a Ctrl-C that it takes is kept until every process has what it needs to begin.
    """
    resource_tracker.ensure_running()  # or the first process starts it, and it lifts the mask when it has begun
    kept: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, _frame: kept.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, handler)
        for number in kept:
            signal.raise_signal(number)


def _body(source: str) -> tuple[str, str]:
    html = sanitize.article_html(source)
    return html, sanitize.plain_text(html)
