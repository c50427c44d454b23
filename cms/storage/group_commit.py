"""Group commit: a commit waits for the disk, so several threads' writes share one transaction and one wait."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

from sqlmodel import Session

from cms.storage.outages import is_clash, is_outage
from cms.storage.sessions import WritingSession

Result = TypeVar("Result")
Beginning = Callable[[Session], object]
WRITES_MAX = 64  # in one transaction; a worker has fewer threads


class GroupCommit:
    """Carries out the writes of a process's threads, all that are queued in one transaction.

    A thread that comes while another one commits waits in a queue. Then the first thread of the queue leads: it carries
    out all the writes that are queued, and wakes each of the threads once. No thread is told of success before COMMIT
    has returned, so a process that is killed has promised nothing that is not stored.
    """

    def __init__(self, session: Callable[[], AbstractContextManager[WritingSession]]) -> None:
        """Take a function that gives a session; one thread at a time calls it."""
        self._session = session
        self._lock = threading.Lock()  # guards the next two
        self._queue: deque[PendingWrite[Any]] = deque()  # Any: each write has a result of its own
        self._is_led = False

    def __len__(self) -> int:
        """Return how many writes are queued."""
        return len(self._queue)

    def do(self, write: "PendingWrite[Result]") -> Result:
        """Return the result of a write, once that is committed.

        Raises what its work raises, and then nothing of it is stored, whatever the others in the queue have done; or
        the error because of which nothing could be stored at all.
        """
        self.do_all([write])
        return write.outcome()

    def do_all(self, writes: "Sequence[PendingWrite[Any]]") -> None:
        """Return when each of these writes is done or has failed; they are queued together."""
        with self._lock:
            self._queue.extend(writes)
            waits, self._is_led = self._is_led, self._is_led or bool(writes)
        for write in writes:
            if waits:
                write.wait()
            if not write.is_done:
                self._lead()

    def _lead(self) -> None:
        """Carry out all the writes that are queued, then let the first of those that came meanwhile lead."""
        with self._lock:
            writes = [self._queue.popleft() for _ in range(min(len(self._queue), WRITES_MAX))]
        try:
            self._do_all(writes)
        except BaseException as failure:  # of this thread; the others must not wait for it
            for write in writes:
                if not write.is_done:
                    write.fail(failure)
            raise
        finally:
            with self._lock:
                following = self._queue[0] if self._queue else None
                self._is_led = following is not None
            for write in writes[1:]:  # the first one is this thread's own
                write.wake()
            if following is not None:
                following.wake()

    def _do_all(self, writes: "list[PendingWrite[Any]]") -> None:
        """Do all in one transaction; if one of several fails, which is rare, do each in a transaction of its own."""
        try:
            results = self._committed(writes)
        except Exception as failure:
            for write in writes:
                if len(writes) > 1 and _may_succeed_alone(failure):
                    self._do_all([write])
                else:
                    write.fail(failure)
        else:
            for write, result in zip(writes, results, strict=True):
                write.succeed(result)

    def _committed(self, writes: "list[PendingWrite[Any]]") -> list[Any]:
        with self._session() as session:
            session.writes = len(writes)
            for write in writes:
                write.begin(session)
            results = [write.work(session) for write in writes]
            session.commit()
        return results


def _may_succeed_alone(failure: Exception) -> bool:
    """Tell whether writes that failed together are worth trying one by one: not while the database cannot work."""
    return not is_outage(failure) or is_clash(failure)


class PendingWrite(Generic[Result]):
    """What one thread wants to write, and what became of it."""

    def __init__(self, work: Callable[[Session], Result], begin: Beginning) -> None:
        """Take the work, and what goes before the work of all writes that share a transaction.

        Neither of them commits, and both may be called more than once. In `begin` a write announces what its work will
        ask, so that the first one asks for all.
        """
        self.work, self.begin = work, begin
        self.is_done = False
        self.failure: BaseException | None = None
        self._result: Result | None = None
        self._wakes = (
            threading.Lock()
        )  # held while there is nothing to wake for: to wait for a lock costs nothing
        self._wakes.acquire()

    def wait(self) -> None:
        """Return when it is done, or when its thread is to lead."""
        self._wakes.acquire()

    def wake(self) -> None:
        """Let the thread that waits go on."""
        self._wakes.release()

    def fail(self, failure: BaseException) -> None:
        """Note that nothing is stored, and why."""
        self.failure, self.is_done = failure, True

    def succeed(self, result: Result) -> None:
        """Note that it is committed, with this result."""
        self._result, self.is_done = result, True

    def outcome(self) -> Result:
        """Return the result of a write that is done, or raise its failure."""
        if self.failure is not None:
            raise self.failure
        return self._result  # type: ignore[return-value]  # `succeed()` has set it


def nothing(_session: Session) -> None:
    """Do nothing before the work."""
