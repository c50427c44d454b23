"""Forking worker processes from one that has imported the site, so that they share its memory.

The site's modules take 60 MB; if each worker imported them, each would hold them once more. So a *template* process imports
everything, forks the workers and ends. The server adopts the workers (Linux: prctl(2), PR_SET_CHILD_SUBREAPER), and has
imported nothing itself. There is neither a thread nor a connection before that fork, since no child could use it. On systems
where nobody can adopt, each worker imports the site itself.

Before the workers are forked, the template process rehearses what they will do first, so that they share that as well. A
child that is forked early, before the rehearsal, can serve meanwhile.
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
GIVEN_BACK_BYTES = (
    2**20
)  # glibc returns such blocks to the system when they are freed; half as much made pages slower
POLL_SECONDS = 0.01  # between two looks whether a child has ended
KILLED = frozenset({-signal.SIGTERM, -signal.SIGKILL})
ENDED_FROM_OUTSIDE = KILLED | {0}  # 0: it was asked to end, and did


class Rehearsable(Protocol):
    """What the template process prepares and its children serve."""

    def rehearse(self) -> None:
        """Do once what each child would do first; a child that was forked before it can do without."""


class Child:
    """A process that will do `work` with what was prepared for all.

    For one thread: the system tells only once that a process has ended.
    """

    def __init__(self, work: Callable[[Any], object]) -> None:  # Any: whatever is prepared
        """Take what the process is to do; it is not forked yet."""
        self.work = work
        self.ended_from_outside = False  # rather than by something that is wrong with it
        self._pid = 0

    def adopt(self, pid: int) -> None:
        """Take the process `pid`, which is a child of this one now; 0 if it was never forked."""
        self._pid = pid

    def is_alive(self) -> bool:
        """Tell whether it runs."""
        if self._pid:
            try:
                ended, status = os.waitpid(self._pid, os.WNOHANG)
            except ChildProcessError:  # no child of this process any more
                ended, status = self._pid, 0
            if ended:
                self._pid = 0
                self.ended_from_outside = os.waitstatus_to_exitcode(status) in ENDED_FROM_OUTSIDE
        return self._pid != 0

    def has_ended_by(self, until: float) -> bool:
        """Wait for its end until the clock of `time.monotonic()` says `until`; tell whether it has ended."""
        while self.is_alive() and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
        return not self.is_alive()

    def send(self, what: signal.Signals) -> None:
        """Send a signal if it is alive."""
        if self.is_alive():
            os.kill(self._pid, what)


def fork_all(children: Sequence[Child], prepare: Callable[[], Rehearsable], early: int = 0) -> bool:
    """Fork every child from a process that has run `prepare`; return False if that failed, after its error was printed.

    If somebody kills that process, the children count as killed. The first `early` children are forked before the
    rehearsal. Where nobody can adopt there is no rehearsal, and these are not forked at all.
    """
    if CAN_ADOPT:
        return _fork_from_template(children, prepare, early)
    for child in children[early:]:
        pid = os.fork()
        if pid == 0:
            _run_child(child, prepare)
        child.adopt(pid)
    return True


def _fork_from_template(children: Sequence[Child], prepare: Callable[[], Rehearsable], early: int) -> bool:
    _set_subreaper(True)
    pids = memoryview(mmap.mmap(-1, 4 * len(children))).cast("I")  # in memory that both processes share
    template = os.fork()
    if template == 0:
        _run_template(children, prepare, early, pids)
    status = os.waitpid(template, 0)[1]
    _set_subreaper(False)  # other orphans are not for us to adopt
    ended = os.waitstatus_to_exitcode(status)
    for child, pid in zip(children, pids, strict=True):
        child.ended_from_outside = ended in KILLED  # also for one that was therefore never forked
        child.adopt(pid)
    # A template process that was killed might have succeeded; the workers that are missing are replaced.
    return ended <= 0


def _run_template(
    children: Sequence[Child], prepare: Callable[[], Rehearsable], early: int, pids: memoryview
) -> NoReturn:
    status = 1
    try:
        _reset_signals()
        _limit_malloc()
        gc.disable()  # a seventh of the time that imports take
        prepared = prepare()
        for index, child in enumerate(children):
            if index == early:
                prepared.rehearse()
            gc.freeze()  # or the first collection would write to, and so copy, every page that is shared
            pid = os.fork()
            if pid == 0:
                _run_child(child, lambda: prepared)
            pids[index] = pid
        status = 0
    except Exception:
        traceback.print_exc()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    finally:
        _exit(status)


def _run_child(child: Child, prepare: Callable[[], object]) -> NoReturn:
    status = 1
    try:
        _reset_signals()
        gc.enable()
        child.work(prepare())
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        _exit(status)


def _exit(status: int) -> NoReturn:
    """End this process without what its parent has registered for its own exit."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _reset_signals() -> None:
    """Undo what was inherited: the server blocks signals, and Python makes an exception of SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _limit_malloc() -> None:
    """Keep glibc from holding memory that a worker does not use.

    By default it gives each thread an arena of its own: 6 MB (measured). It also keeps large blocks after they are freed,
    and more of them the larger they were: 8 MB a worker, after the first pages were compressed as far as brotli can
    (measured).
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):  # only glibc has several arenas
        libc.mallopt(ARENA_MAX, 1)
        libc.mallopt(MMAP_THRESHOLD, GIVEN_BACK_BYTES)
        libc.mallopt(TRIM_THRESHOLD, GIVEN_BACK_BYTES)


def _set_subreaper(wanted: bool) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(SUBREAPER, int(wanted), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "nobody adopts workers here")
