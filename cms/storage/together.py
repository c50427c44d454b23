"""Writing together: a commit waits for the disk, and one commit can wait for many deeds at once."""

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
AT_ONCE = 64  # deeds in one transaction; a worker has fewer threads


class Together:
    """Carries out the deeds of a process's threads, all that wait in one transaction.

    Who comes while another commits waits in a line; then its first one carries out what all in the line want, and
    wakes each of them once. Nobody is told of success before COMMIT has returned, so a process that is killed has
    told nobody.
    """

    def __init__(self, session: Callable[[], AbstractContextManager[WritingSession]]) -> None:
        """Take what gives a session, to one thread at a time."""
        self._session = session
        self._lock = threading.Lock()  # of the two below
        self._line: deque[Deed[Any]] = deque()  # Any: each deed returns what it likes
        self._is_led = False

    def __len__(self) -> int:
        """Return how many wait in the line."""
        return len(self._line)

    def do(self, deed: "Deed[Result]") -> Result:
        """Return what a deed's work returns, once that is committed.

        Raises what the work raises, and then nothing of it is stored, whatever the others in the line have done;
        or what says why nothing could be stored at all.
        """
        self.do_all([deed])
        return deed.outcome()

    def do_all(self, deeds: "Sequence[Deed[Any]]") -> None:
        """Let each deed be told what became of it, as `do()` would tell it; they wait together."""
        with self._lock:
            self._line.extend(deeds)
            waits, self._is_led = self._is_led, self._is_led or bool(deeds)
        for deed in deeds:
            if waits:
                deed.wait()
            if not deed.is_told:
                self._lead()

    def _lead(self) -> None:
        """Carry out what all in the line want, and let whoever has come meanwhile be the next to do so."""
        with self._lock:
            deeds = [self._line.popleft() for _ in range(min(len(self._line), AT_ONCE))]
        try:
            self._do_all(deeds)
        except BaseException as failure:  # of who leads: nobody shall wait for her
            for deed in deeds:
                if not deed.is_told:
                    deed.refuse(failure)
            raise
        finally:
            with self._lock:
                following = self._line[0] if self._line else None
                self._is_led = following is not None
            for deed in deeds[1:]:  # the first one is who leads
                deed.wake()
            if following is not None:
                following.wake()

    def _do_all(self, deeds: "list[Deed[Any]]") -> None:
        """Do all as one, or, where one of several goes wrong, each in a transaction of its own; hardly any goes wrong."""
        try:
            results = self._committed(deeds)
        except Exception as failure:
            for deed in deeds:
                if len(deeds) > 1 and _may_succeed_alone(failure):
                    self._do_all([deed])
                else:
                    deed.refuse(failure)
        else:
            for deed, result in zip(deeds, results, strict=True):
                deed.thank(result)

    def _committed(self, deeds: "list[Deed[Any]]") -> list[Any]:
        with self._session() as session:
            session.deeds = len(deeds)
            for deed in deeds:
                deed.begin(session)
            results = [deed.work(session) for deed in deeds]
            session.commit()
        return results


def _may_succeed_alone(failure: Exception) -> bool:
    """Tell whether what several wanted at once may be done one by one: not while the database cannot work at all."""
    return not is_outage(failure) or is_clash(failure)


class Deed(Generic[Result]):
    """What one thread wants done, maybe more than once before it is committed, and what it is told of it."""

    def __init__(self, work: Callable[[Session], Result], begin: Beginning) -> None:
        """Take what to do, which itself never commits, and what goes before the work of all deeds of a transaction.

        There a deed says what it will look for, so that the first one looks for all.
        """
        self.work, self.begin = work, begin
        self.is_told = False
        self._result: Result | None = None
        self.failure: BaseException | None = None
        self._news = threading.Lock()  # held until there are any: waiting for them costs nothing
        self._news.acquire()

    def wait(self) -> None:
        """Return when it has been told, or is the first in the line."""
        self._news.acquire()

    def wake(self) -> None:
        """Let who waits go on."""
        self._news.release()

    def refuse(self, failure: BaseException) -> None:
        """Tell why nothing is stored."""
        self.failure, self.is_told = failure, True

    def thank(self, result: Result) -> None:
        """Tell what was stored."""
        self._result, self.is_told = result, True

    def outcome(self) -> Result:
        """Return the result, or raise why there is none."""
        if self.failure is not None:
            raise self.failure
        return self._result  # type: ignore[return-value]  # it has been told


def at_once(_session: Session) -> None:
    """Begin with the work itself."""
