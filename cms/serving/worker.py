"""What each worker process runs: granian's RSGI, in which a kept page is answered before it comes to the event loop."""

import asyncio
from typing import Any, Protocol

from granian._granian import CallbackScheduler, RSGIWorker, SocketHolder
from granian._loops import loops
from granian._signals import set_loop_signals
from granian.constants import HTTPModes
from granian.http import HTTP1Settings
from granian.log import LogLevels, configure_logging

from cms.serving.bridge import Scope

Granian = Any  # what granian hands over and wants back, of which it tells no type
CONNECTIONS = 16_384  # open ones a worker, most of them silent; a silent one costs 12 KB
HEADERS_SECONDS = 15  # for a request's headers, and between two requests of one connection
HEADERS_BYTES = 65_536  # of one request at most; browsers send 2,000


class Application(Protocol):
    """What is served: an application as RSGI has it (granian's specification, 1.6), and `at_once`."""

    def rehearse(self) -> None:
        """Do once what each worker would do first; it can serve without."""

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


def serve_requests(place: int, listening: int, backlog: int, application: Application) -> None:
    """Serve whoever comes to the socket `listening`, in which so many may wait, until a signal ends it.

    The worker is the one in `place`, from 0.
    """
    configure_logging(LogLevels.warning)  # our own lines say where the site is
    loop = loops.get("auto")
    stop = set_loop_signals(loop)  # type: ignore[no-untyped-call]  # granian leaves it so
    stopped = asyncio.Event()
    stop.add_cb(lambda: loop.call_soon_threadsafe(stopped.set))
    application.__rsgi_init__(loop)
    worker = RSGIWorker(*_given(place, SocketHolder(listening, False, backlog)))  # type: ignore[call-arg]  # its stubs are of an older one
    worker.serve_str(Scheduler(loop, application, None, None, None), loop, stop)  # type: ignore[attr-defined]  # as above
    loop.run_until_complete(stopped.wait())
    application.__rsgi_del__(loop)


def _given(place: int, shared: SocketHolder) -> tuple[Granian, ...]:
    """Return what a worker of granian is made of, in its order."""
    http1 = HTTP1Settings(header_read_timeout=HEADERS_SECONDS * 1000, max_buffer_size=HEADERS_BYTES)
    # As granian has them: its own, those that read files, Python's, seconds that one is idle.
    threads = 1, 512, 1, 30
    other_protocols_and_files = None, False, None
    no_tls: tuple[Granian, ...] = False, None, None, None, "tls1.3", None, [], False
    told, measured = None, (None, None)  # to nobody, and nothing
    of_http = CONNECTIONS, HTTPModes.http1, http1, *other_protocols_and_files
    return place + 1, (None, shared), told, *threads, *of_http, *no_tls, measured
