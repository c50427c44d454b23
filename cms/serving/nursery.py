"""Worker processes that are born together: one process imports the site, they share what it has in memory.

Python's modules take 60 MB; workers that each import them hold them as often. So a process in between imports
everything, forks the workers and ends; who started it adopts them (Linux: prctl(2), PR_SET_CHILD_SUBREAPER) and has
imported nothing itself. Neither a thread nor a connection exists before that fork: neither would come along. Where
nobody can adopt, each worker imports them for itself.

Before the other children are born, what they will do first is rehearsed, so that they share that too. Somebody who is
born early can serve meanwhile.
"""

import ctypes
import gc
import mmap
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, Protocol

CAN_ADOPT = sys.platform == "linux"
SUBREAPER = 36  # linux/prctl.h
ARENA_MAX, MMAP_THRESHOLD, TRIM_THRESHOLD = -8, -3, -1  # malloc.h of glibc
# What is so large is the system's again when it is freed; half as much made pages slower.
GIVEN_BACK_BYTES = 2**20
LOOK_SECONDS = 0.01  # between two looks whether a child has ended
KILLED = frozenset({-signal.SIGTERM, -signal.SIGKILL})
ENDED_FROM_OUTSIDE = KILLED | {0}  # 0: it was asked to, and finished


class Prepared(Protocol):
    """What children are born with."""

    def rehearse(self) -> None:
        """Do once what each of them would do first; those who are born before it can do without."""


class Child:
    """A process that does `work` with what was prepared for all, and that this one may end and waits for.

    It is for one thread: who has ended is asked for once, and then forgotten by the system.
    """

    def __init__(self, work: Callable[[Any], object]) -> None:  # Any: whatever is prepared
        """Take what it is to do; it is not born yet."""
        self.work = work
        self.ended_from_outside = False  # rather than by something that is wrong with it
        self._pid = 0

    def adopt(self, pid: int) -> None:
        """Be the process `pid`, a child of this one now; 0 for one that was never born."""
        self._pid = pid

    def is_alive(self) -> bool:
        """Tell whether it runs."""
        if self._pid:
            try:
                ended, status = os.waitpid(self._pid, os.WNOHANG)
            except ChildProcessError:  # nobody's any more
                ended, status = self._pid, 0
            if ended:
                self._pid = 0
                self.ended_from_outside = os.waitstatus_to_exitcode(status) in ENDED_FROM_OUTSIDE
        return self._pid != 0

    def has_ended_by(self, until: float) -> bool:
        """Wait for its end until the clock of `time.monotonic()` says `until`; tell whether it has come."""
        while self.is_alive() and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
        return not self.is_alive()

    def send(self, what: signal.Signals) -> None:
        """Send a signal, to nobody if it has ended."""
        if self.is_alive():
            os.kill(self._pid, what)


def bear(children: Sequence[Child], prepare: Callable[[], Prepared], early: int = 0) -> bool:
    """Give every child its process, all forked from one that ran `prepare`; False where that failed, and said why.

    Where somebody kills that one, children are as dead as if they had been killed themselves.
    The first `early` ones are born before the rehearsal; where nobody can adopt there is none, nor are they.
    """
    if CAN_ADOPT:
        return _bear_together(children, prepare, early)
    for child in children[early:]:
        pid = os.fork()
        if pid == 0:
            _live(child, prepare)
        child.adopt(pid)
    return True


def _bear_together(children: Sequence[Child], prepare: Callable[[], Prepared], early: int) -> bool:
    _be_subreaper(True)
    # Each child's number, in memory that both share.
    born = memoryview(mmap.mmap(-1, 4 * len(children))).cast("I")
    nursery = os.fork()
    if nursery == 0:
        _be_nursery(children, prepare, early, born)
    status = os.waitpid(nursery, 0)[1]
    _be_subreaper(False)  # whose parents else end here are no business of ours
    ended = os.waitstatus_to_exitcode(status)
    for child, pid in zip(children, born, strict=True):
        child.ended_from_outside = ended in KILLED  # as is who was never born for that
        child.adopt(pid)
    # A nursery that was killed could have borne them all; those who are missing are replaced.
    return ended <= 0


def _be_nursery(
    children: Sequence[Child], prepare: Callable[[], Prepared], early: int, born: memoryview
) -> NoReturn:
    status = 1
    try:
        _be_like_anybody()
        _be_sparing()
        gc.disable()  # a seventh of the time that imports take
        prepared = prepare()
        for place, child in enumerate(children):
            if place == early:
                prepared.rehearse()
            gc.freeze()  # or the first collection would write to, and so copy, every page that is shared
            pid = os.fork()
            if pid == 0:
                _live(child, lambda: prepared)
            born[place] = pid
        status = 0
    except Exception:
        traceback.print_exc()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    finally:
        _end(status)


def _live(child: Child, prepare: Callable[[], object]) -> NoReturn:
    status = 1
    try:
        _be_like_anybody()
        gc.enable()
        child.work(prepare())
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        _end(status)


def _end(status: int) -> NoReturn:
    """End without what the parent wants done when it exits."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _be_like_anybody() -> None:
    """Hear signals as a process does that nobody forked from a listening one."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # it ends this as it would anybody, not by an exception
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # the parent's came along


def _be_sparing() -> None:
    """Let a worker take no more memory than it uses.

    All its threads take it from one place, where glibc would give each its own: 6 MB (measured). glibc also keeps what
    was large and freed, ever more of it the larger it was, unless it is told how much to keep: after the first pages
    were made as small as brotli can, 8 MB a worker (measured).
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):  # others than glibc have one place anyway
        libc.mallopt(ARENA_MAX, 1)
        libc.mallopt(MMAP_THRESHOLD, GIVEN_BACK_BYTES)
        libc.mallopt(TRIM_THRESHOLD, GIVEN_BACK_BYTES)


def _be_subreaper(wanted: bool) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(SUBREAPER, int(wanted), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "nobody adopts workers here")
