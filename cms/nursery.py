"""Worker processes that are born together: one process imports the site, they share what it has in memory.

Python's modules take 60 MB; workers that each import them hold them as often. So a process in between imports
everything, forks the workers and ends; who started it adopts them (Linux: prctl(2), PR_SET_CHILD_SUBREAPER) and has
imported nothing itself. Neither a thread nor a connection exists before that fork: neither would come along.
"""

import ctypes
import gc
import os
import select
import signal
import sys
import traceback
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn

SUBREAPER = 36  # linux/prctl.h
ARENA_MAX, MMAP_THRESHOLD, TRIM_THRESHOLD = -8, -3, -1  # malloc.h of glibc
GIVEN_BACK_BYTES = (
    2**20
)  # what is so large is the system's again when it is freed; half as much made pages slower
CAN_ADOPT = sys.platform == "linux"


class Child:
    """A process that runs `work`; as much of multiprocessing's Process as granian asks for."""

    def __init__(self, work: Callable[[], object]) -> None:
        """Take what it is to do; it is not born yet."""
        self.work = work
        self.pid: int | None = None
        self._handle = -1

    def adopt(self, pid: int) -> None:
        """Be the process `pid`, a child of this one now."""
        self.pid, self._handle = pid, os.pidfd_open(pid)
        weakref.finalize(self, os.close, self._handle)

    def start(self) -> None:
        """Do nothing: it is born already."""

    def is_alive(self) -> bool:
        """Tell whether it runs."""
        return not self._has_ended(0)

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended, `timeout` seconds at most; several threads may wait."""
        self._has_ended(timeout)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send(signal.SIGKILL)

    def send(self, what: signal.Signals) -> None:
        """Send a signal, to nobody if it has ended."""
        if self._handle >= 0:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, what)

    def _has_ended(self, timeout: float | None) -> bool:
        if self._handle < 0:
            return True
        waiting = select.poll()
        waiting.register(self._handle, select.POLLIN)
        if not waiting.poll(None if timeout is None else timeout * 1000):
            return False
        with suppress(ChildProcessError):  # another thread was here first
            os.waitid(os.P_PIDFD, self._handle, os.WEXITED)
        return True


def bear(children: Sequence[Child], prepare: Callable[[], object]) -> bool:
    """Give every child its process, all forked from one that ran `prepare`; False where that failed, and said why."""
    _be_subreaper(True)
    told, telling = os.pipe()
    nursery = os.fork()
    if nursery == 0:
        _be_nursery(children, prepare, telling)
    os.close(telling)
    with open(told, encoding="ascii") as pids:
        born = [int(pid) for pid in pids]
    status = os.waitpid(nursery, 0)[1]
    _be_subreaper(False)  # whose parents else end here are no business of ours
    for child, pid in zip(children, born, strict=False):  # fewer where somebody has killed it halfway
        child.adopt(pid)
    return status == 0


def _be_nursery(children: Sequence[Child], prepare: Callable[[], object], telling: int) -> NoReturn:
    status = 1
    try:
        for each in (signal.SIGTERM, signal.SIGINT):  # the parent's handlers came along, and do nothing here
            signal.signal(each, signal.SIG_DFL)
        _be_sparing()
        gc.disable()  # a seventh of the time that imports take
        prepare()
        gc.freeze()  # or the first collection would write to, and so copy, every page that is shared
        for child in children:
            pid = os.fork()
            if pid == 0:
                os.close(telling)
                _live(child)
            os.write(telling, b"%d\n" % pid)
        status = 0
    except Exception:
        traceback.print_exc()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    finally:
        _end(status)


def _live(child: Child) -> NoReturn:
    status = 1
    try:
        gc.enable()
        child.work()
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
    if ctypes.CDLL(None, use_errno=True).prctl(SUBREAPER, int(wanted), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "nobody adopts workers here")
