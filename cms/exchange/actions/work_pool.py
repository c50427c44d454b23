"""The part of an import that needs no database, spread over the machine's cores when there is enough of it."""

import multiprocessing
import os
import signal
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, repeat
from multiprocessing import resource_tracker

from cms import sanitize
from cms.articles.folding import words_to_index
from cms.articles.related import Kinship, Subject, kin_of_many

WORTH_IT = 3_000_000  # bytes of an export, some 2,000 texts; a process takes a third of a second to start
MOST_PROCESSES = 8  # the process that reads and stores cannot feed more
KIN_WORTH_IT = (
    2_000  # articles: comparing them takes half a second, sending the subjects to a process a tenth
)
PORTION = 50  # texts sent to a process at once


@dataclass(frozen=True, slots=True)
class Body:
    """An article's cleaned body as HTML, as text, and as the words of the search index."""

    html: str = ""
    text: str = ""
    indexed: str = ""


class WorkPool:
    """Cleans comments and bodies and finds related articles, here or in other processes."""

    def __init__(self, pool: ProcessPoolExecutor | None = None, processes: int = 1) -> None:
        self._pool, self._processes = pool, processes

    def comments(self, texts: Sequence[str]) -> Iterator[str]:
        """Return the HTML of comments in their order; the work begins at once."""
        portions = [texts[start : start + PORTION] for start in range(0, len(texts), PORTION)]
        if self._pool is None:
            return chain.from_iterable(map(sanitize.comments_html, portions))
        with shielded_from_interrupts():
            return chain.from_iterable(self._pool.map(sanitize.comments_html, portions))

    def bodies(self, sources: Sequence[str]) -> Iterator[Body]:
        """Return the bodies of articles in their order; the work begins at once."""
        if self._pool is None:
            return map(_body, sources)
        with shielded_from_interrupts():
            return self._pool.map(_body, sources, chunksize=PORTION // 5)

    def kin(self, subjects: Sequence[Subject], wanted: Collection[int]) -> dict[int, list[Kinship]]:
        """Return the kin of each of the `wanted` articles among all `subjects`."""
        if self._pool is None or len(wanted) < KIN_WORTH_IT:
            return kin_of_many(subjects, wanted)
        shares = [sorted(wanted)[start :: self._processes] for start in range(self._processes)]
        with shielded_from_interrupts():
            found = self._pool.map(kin_of_many, repeat(subjects), shares)
        return {one: kin for share in found for one, kin in share.items()}


@contextmanager
def work_pool(processes: int) -> Iterator[WorkPool]:
    """Yield a pool of so many processes, started at once; 0 means this process alone."""
    if not processes:
        yield WorkPool()
        return
    # Spawned, not forked: a fork would share the database's connections.
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"))
    with shielded_from_interrupts():
        for _ in range(processes):
            pool.submit(sanitize.comments_html, [])
    try:
        yield WorkPool(pool, processes)
    finally:
        pool.shutdown(cancel_futures=True)


def processes_for(size: int) -> int:
    """Return how many processes are worth starting for an export of `size` bytes; 0 for none but this one."""
    cores = os.cpu_count() or 1
    return min(cores, MOST_PROCESSES) if size >= WORTH_IT and cores > 1 else 0


@contextmanager
def shielded_from_interrupts() -> Iterator[None]:
    """Start processes that ignore Ctrl-C, since the process that stores ends them.

    A process inherits the signal mask when it starts, which is when it gets its first work. The pool's own thread is
    not masked, so a Ctrl-C that it receives is raised again when the block ends.
    """
    resource_tracker.ensure_running()  # otherwise the first process starts it, and starting it lifts the mask
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


def _body(source: str) -> Body:
    html = sanitize.article_html(source)
    text = sanitize.plain_text(html)
    return Body(html, text, " ".join(words_to_index(text)))
