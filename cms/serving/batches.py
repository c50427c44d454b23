"""Requests that one thread answers several at a time: it prepares all answers, commits once, then sends them."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, Protocol, TypeVar

from sqlmodel import Session

from cms.db import Database
from cms.serving.bridge import Answer, Wsgi, answered
from cms.serving.threads import Full
from cms.storage.group_commit import PendingWrite
from cms.storage.interleaved import Interleaved, SharedReadingFailed

BATCH = "cms.batch"  # the key in a request's environ of the RequestBatch in which it is answered
# Requests; the first waits until the others are prepared. With 4 a tenth fewer were answered, with 32 as many (measured).
BATCH_MAX = 16

Result = TypeVar("Result")


class Promise(Protocol[Result]):
    """What must be stored before the answer that says so is sent."""

    def begin(self, session: Session) -> None:
        """Do what must come before the first `store()` of a transaction that several promises share."""

    def store(self, session: Session) -> Result:
        """Store it; the caller commits, and may call this twice."""

    def is_kept(self, result: Result) -> bool:
        """Tell whether the answer is true, now that `result` is committed."""


@dataclass(frozen=True, slots=True)
class RequestBatch:
    """What a view gets for a request that is answered in a batch: a session to share, and a list for its promise."""

    reading: Callable[[], AbstractContextManager[Session]]
    promises: list[Promise[Any]] = field(default_factory=list)  # Any: each has a result of its own


class Batches:
    """A thread that answers requests for an event loop, as many at a time as have come.

    Threads that each wait for a commit must be woken after it, and then compete for Python's lock: with six of them a
    comment took 2.2 ms of processor time instead of 1.35 (measured). Here no thread waits. An answer is made at once, with a
    promise, and is held back until the promise is stored; the answers of one batch are made interleaved. A request whose
    promise is not kept, or whose reading fails because of another one's, is answered again by itself.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, app: Wsgi, database: Database, most: int) -> None:
        """Take the database in which promises are stored, and how many requests may wait or be answered at once."""
        self._loop, self._app, self._database = loop, app, database
        self._waiting: SimpleQueue[_Asked | None] = SimpleQueue()
        self._most, self._present = most, 0
        self._thread = Thread(target=self._work, name="batches")
        self._thread.start()

    async def run(self, environ: dict[str, Any]) -> Answer:  # Any: as WSGI has it
        """Return the answer to a request. Raises Full where too many wait already."""
        if self._present >= self._most:
            raise Full
        asked = _Asked(environ, self._loop.create_future())
        self._present += 1
        try:
            self._waiting.put(asked)
            return await asked.answer
        finally:
            self._present -= 1

    def close(self) -> None:
        """Answer the requests that wait, and end."""
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            coming, room = [first, *self._others(BATCH_MAX - 1)], BATCH_MAX
            promising = list[_Promising]()
            while coming:
                room -= len(coming)
                promising += self._prepared(coming)
                coming = self._others(room)
            self._let_go(self._outcome(promising))

    def _others(self, most: int) -> "list[_Asked]":
        """Return the requests that have come by now.

        Those that come while these are answered would read the state of the database from before they came.
        """
        others = list[_Asked]()
        while len(others) < most and not self._waiting.empty():
            asked = self._waiting.get()
            if asked is None:  # the end; put back, so that it is found again when no request is left
                self._waiting.put(None)
                break
            others.append(asked)
        return others

    def _prepared(self, coming: "list[_Asked]") -> "list[_Promising]":
        """Return the requests whose answers promise something; other answers are sent at once."""
        interleaved = Interleaved(self._database)
        try:
            prepared = interleaved.do_all([partial(self._prepare, asked, interleaved) for asked in coming])
        except Exception as failure:  # else nobody would answer any of them
            self._let_go([(asked, failure) for asked in coming])
            return []
        return [one for one in prepared if one is not None]

    def _prepare(self, asked: "_Asked", interleaved: Interleaved) -> "_Promising | None":
        """Return the request if its answer promises something; any other answer is sent at once."""
        batch = RequestBatch(interleaved.reading)
        try:
            answer = self._answered(asked.environ | {BATCH: batch})
        except SharedReadingFailed:
            answer, batch = self._answered_anew(asked), RequestBatch(interleaved.reading)
        if batch.promises:
            return _Promising(asked, answer, batch.promises[0])
        self._let_go([(asked, answer)])
        return None

    def _outcome(self, promising: "list[_Promising]") -> "list[_Answered]":
        """Store what the answers promise; return the requests with their answers."""
        writes = [PendingWrite(one.promise.store, one.promise.begin) for one in promising]
        try:
            self._database.group_commit.do_all(writes)
            return [
                (one.asked, one.answer if one.is_kept(write) else self._answered_anew(one.asked))
                for one, write in zip(promising, writes, strict=True)
            ]
        except Exception as failure:  # as above
            return [(one.asked, failure) for one in promising]

    def _answered_anew(self, asked: "_Asked") -> Answer | Exception:
        asked.environ["wsgi.input"].seek(0)
        return self._answered(asked.environ)

    def _let_go(self, answered: "list[_Answered]") -> None:
        self._loop.call_soon_threadsafe(_set_answers, answered)

    def _answered(self, environ: dict[str, Any]) -> Answer | Exception:
        try:
            return answered(self._app, environ)
        except Exception as failure:  # which Flask could not answer either
            return failure


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request, and the future that waits for its answer."""

    environ: dict[str, Any]
    answer: asyncio.Future[Answer]


@dataclass(frozen=True, slots=True)
class _Promising:
    """A request with an answer that may be sent as soon as what it promises is stored."""

    asked: _Asked
    answer: Answer | Exception
    promise: Promise[Any]

    def is_kept(self, write: PendingWrite[Any]) -> bool:
        """Tell, by what became of the write, whether the promise is kept."""
        return write.failure is None and self.promise.is_kept(write.outcome())


_Answered = tuple[_Asked, Answer | Exception]


def _set_answers(answered: list[_Answered]) -> None:
    for asked, answer in answered:
        if asked.answer.done():  # the client has gone
            continue
        if isinstance(answer, Exception):
            asked.answer.set_exception(answer)
        else:
            asked.answer.set_result(answer)
