"""Work that an event loop leaves to threads: a bounded pool, and a look-up that all waiting requests share."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

Result = TypeVar("Result")


class Full(Exception):
    """As many calls wait for a thread as are allowed."""


class Threads:
    """A pool of threads for an event loop, with a limit to the calls that wait for one of them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, name: str, threads: int, waiting: int) -> None:
        self._loop = loop
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._most = threads + waiting
        self._present = 0

    async def run(self, work: Callable[..., Result], *asked: Any) -> Result:  # Any: whatever `work` takes
        """Return what `work` returns, done in a thread. Raises Full where too many wait already."""
        if self._present >= self._most:
            raise Full
        self._present += 1
        try:
            return await self._loop.run_in_executor(self._pool, work, *asked)
        finally:
            self._present -= 1

    async def run_in_turn(self, work: Callable[..., Result], *asked: Any) -> Result:  # Any: as above
        """Return what `work` returns, done in a thread; without a limit, for an answer that has begun."""
        return await self._loop.run_in_executor(self._pool, work, *asked)

    def close(self) -> None:
        """Take no more work, and wait for what is being done."""
        self._pool.shutdown(wait=True)


class SharedLook:
    """A look-up in a thread, one at a time: all who ask while one is under way share the next one."""

    def __init__(self, loop: asyncio.AbstractEventLoop, look: Callable[[], None]) -> None:
        self._loop, self._look = loop, look
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="look")
        self._next: asyncio.Future[None] | None = None
        self._looking = False

    async def begun_now(self) -> None:
        """Return after a look that has begun no earlier than now. Raises what that look raised."""
        if not self._looking:
            look = self._begin(self._loop.create_future())
        else:
            look = self._next = self._next or self._loop.create_future()
        await asyncio.shield(look)  # shared: a request that is cancelled must not cancel it for the others

    def close(self) -> None:
        """Look no more."""
        self._pool.shutdown(wait=True)

    def _begin(self, shared: asyncio.Future[None]) -> asyncio.Future[None]:
        self._looking = True
        looked = self._loop.run_in_executor(self._pool, self._look)
        looked.add_done_callback(partial(self._ended, shared))
        return shared

    def _ended(self, shared: asyncio.Future[None], looked: asyncio.Future[None]) -> None:
        self._looking = False
        if self._next is not None:
            following, self._next = self._next, None
            self._begin(following)
        failure = looked.exception()
        if failure is None:
            shared.set_result(None)
        else:
            shared.set_exception(failure)
