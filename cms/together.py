"""Writing together: a commit waits for the disk, and one commit can wait for many deeds at once."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlmodel import Session

from cms.outages import is_outage
from cms.sessions import WritingSession

Result = TypeVar("Result")
AT_ONCE = 64  # deeds in one transaction; a worker has fewer threads


class Together:
    """Carries out the deeds of a process's threads on SQLite, all that wait in one transaction.

    Who comes while another commits waits in a line, without asking again and again; then whoever has the turn
    carries out what all in the line want. Nobody is told of success before COMMIT has returned, so a process that
    is killed has told nobody.
    """

    def __init__(self, writer: sa.Engine, beside: Mapping[str, object]) -> None:
        self._writer, self._beside = writer, beside
        self._turn = threading.Lock()
        self._line: deque[_Deed[Any]] = deque()  # Any: each deed returns what it likes

    def __len__(self) -> int:
        """Return how many wait in the line."""
        return len(self._line)

    def do(self, work: Callable[[Session], Result]) -> Result:
        """Return what `work` returns, once that is committed; `work` itself never commits, and may be done twice.

        Raises what `work` raises, and then nothing of it is stored, whatever the others in the line have done;
        or what says why nothing could be stored at all.
        """
        deed = _Deed(work)
        self._line.append(deed)
        with self._turn:
            if not deed.told.done():
                self._do_all([self._line.popleft() for _ in range(min(len(self._line), AT_ONCE))])
        return deed.told.result()

    def _do_all(self, deeds: "list[_Deed[Any]]") -> None:
        try:
            results = self._committed(deeds)
        except BaseException as failure:
            for deed in deeds:
                deed.refuse(failure)
            if not isinstance(failure, Exception):
                raise
        else:
            for deed, result in zip(deeds, results, strict=True):
                deed.thank(result)

    def _committed(self, deeds: "list[_Deed[Any]]") -> list[Any]:
        """Do all as one, or, where one of several goes wrong, all anew with each in a part of its own.

        A part costs two statements, a tenth of what a comment does, and hardly any goes wrong.
        """
        try:
            with self._session() as session:
                results = [deed.work(session) for deed in deeds]
                session.commit()
        except Exception as failure:
            if len(deeds) == 1 or is_outage(failure):
                raise
            with self._session() as session:
                results = [deed.done_apart(session) for deed in deeds]
                session.commit()
        return results

    def _session(self) -> Session:
        return WritingSession(self._writer, autoflush=False, info=dict(self._beside))


class _Deed(Generic[Result]):
    """What one thread wants done, maybe more than once before it is committed, and what it is told of it."""

    def __init__(self, work: Callable[[Session], Result]) -> None:
        self.told: Future[Result] = Future()
        self.work = work

    def done_apart(self, session: Session) -> Result | None:
        """Do it in a part of the transaction; what goes wrong with it alone is taken back and told at once, an outage goes to everybody."""
        part = session.begin_nested()
        try:
            result = self.work(session)
            part.commit()
        except Exception as failure:
            if is_outage(failure):  # some of which have ended the whole transaction already
                raise
            part.rollback()
            self.told.set_exception(failure)
            return None
        return result

    def refuse(self, failure: BaseException) -> None:
        """Tell why nothing is stored, whoever has not been told why already."""
        if not self.told.done():
            self.told.set_exception(failure)

    def thank(self, result: Result | None) -> None:
        """Tell what was stored, unless it was taken back."""
        if not self.told.done():
            self.told.set_result(result)  # type: ignore[arg-type]  # None only where it was told already
