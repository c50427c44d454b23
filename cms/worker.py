"""What each worker process runs: granian's RSGI, in which a kept page is answered before it comes to the event loop."""

import asyncio
from typing import Any, Protocol

from granian._granian import CallbackScheduler, RSGIWorker
from granian._signals import set_loop_signals
from granian.server.common import WORKERS_METHODS
from granian.server.mp import WorkerProcess

from cms.bridge import Scope

Granian = Any  # what granian hands over and wants back, of which it tells no type


class Application(Protocol):
    """What is served: an application as RSGI has it (granian's specification, 1.6), and `at_once`."""

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None: ...

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None: ...

    async def __rsgi__(self, scope: Scope, protocol: Granian) -> None: ...

    def at_once(self, scope: Scope, protocol: Granian) -> bool:
        """Answer what can be answered without waiting, and tell whether that was done; not in the loop's thread."""


class Scheduler(CallbackScheduler):
    """Passes requests on to the event loop, those excepted that the application answers at once.

    Granian's own passes on all of them, from a thread that holds Python's lock to one that must wake and wait for it:
    a constant answer took twice the processor time, 25 µs where it takes 12 now (measured; nginx takes 6).
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, application: Application, *_unused: None) -> None:
        super().__init__()
        self._events, self._application = loop, application
        self._schedule_fn = self._schedule

    def _schedule(self, request: Granian) -> None:
        try:
            if self._application.at_once(request.scope, request.proto):
                request.done()
            else:
                self._events.call_soon_threadsafe(self._begin, request)
        except Exception as failure:
            # Beyond this it would end granian's thread, and nobody would be answered any more (measured).
            request.err(failure)

    def _begin(self, request: Granian) -> None:
        request.taskref(self._events.create_task(self._answer(request)))

    async def _answer(self, request: Granian) -> None:
        try:
            await self._application.__rsgi__(request.scope, request.proto)
        except BaseException as failure:  # granian writes it down and answers 500
            request.err(failure)
        else:
            request.done()


@WorkerProcess.wrap_target  # type: ignore[untyped-decorator]  # granian leaves it so
def serve_requests(
    number: int,
    application: Application,
    socket: Granian,
    pipe: Granian,
    loop: asyncio.AbstractEventLoop,
    mode: Granian,
    *more: Granian,
) -> None:
    """Serve until a signal ends it; the arguments are those that granian has for its own `_spawn_rsgi_worker`."""
    *threads, _tasks, http_mode, http1, http2, websockets, files, _log, tls, _scope, metrics = more
    stop = set_loop_signals(loop)  # type: ignore[no-untyped-call]  # as above
    stopped = asyncio.Event()
    stop.add_cb(lambda: loop.call_soon_threadsafe(stopped.set))
    from cms.server import Server  # which makes workers of this

    Server.place = number - 1  # granian counts from 1
    application.__rsgi_init__(loop)
    worker = RSGIWorker(  # type: ignore[call-arg]  # its stubs are of an older one
        number, socket, pipe, *threads, http_mode, http1, http2, websockets, files, *tls, metrics
    )
    serve = getattr(worker, WORKERS_METHODS[mode][False])
    serve(Scheduler(loop, application, None, None, None), loop, stop)
    loop.run_until_complete(stopped.wait())
    application.__rsgi_del__(loop)
