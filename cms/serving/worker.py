"""What each worker process runs: granian's RSGI, and a shortcut that answers kept pages outside of the event loop."""

import asyncio
from typing import Any, Protocol

from granian._granian import CallbackScheduler, RSGIWorker, SocketHolder
from granian._loops import loops
from granian._signals import set_loop_signals
from granian.constants import HTTPModes
from granian.http import HTTP1Settings
from granian.log import LogLevels, configure_logging

from cms.serving.bridge import Scope

Granian = Any  # granian's own objects, which have no types
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
        """Answer a request if that takes no waiting, and tell whether it was answered; called in granian's own thread."""


class Scheduler(CallbackScheduler):
    """Passes requests on to the event loop, except those that the application answers at once.

    Granian's own scheduler passes on all of them, from a thread that holds Python's lock to one that must wake up and wait
    for it: a constant answer took 25 µs of processor time instead of 12 (measured; nginx takes 6).
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, application: Application, *_unused: None) -> None:
        super().__init__()
        self._events, self._application = loop, application
        self._schedule_fn = self._schedule

    def _schedule(self, request: Granian) -> None:
        try:
            if _names_no_single_host(request.scope):
                request.proto.response_str(400, [("Connection", "close")], "A request must name one host.\n")
                request.done()
            elif self._application.at_once(request.scope, request.proto):
                request.done()
            else:
                self._events.call_soon_threadsafe(self._begin, request)
        except Exception as failure:
            # An exception beyond this point would end granian's thread, and no request would be answered any more (measured).
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


def _names_no_single_host(scope: Scope) -> bool:
    """Tell whether a request must be refused for its Host fields (RFC 9112, section 3.2); 1.0 needs none."""
    hosts = scope.headers.get_all("host")
    return len(hosts) != 1 and (bool(hosts) or scope.http_version == "1.1")


def serve_requests(index: int, listening: int, backlog: int, application: Application) -> None:
    """Serve the socket with the file descriptor `listening`, as the worker with this index, until a signal ends it."""
    configure_logging(LogLevels.warning)  # our own lines say where the site is
    loop = loops.get("auto")
    stop = set_loop_signals(loop)  # type: ignore[no-untyped-call]  # granian leaves it so
    stopped = asyncio.Event()
    stop.add_cb(lambda: loop.call_soon_threadsafe(stopped.set))
    application.__rsgi_init__(loop)
    worker = RSGIWorker(*_arguments(index, SocketHolder(listening, False, backlog)))  # type: ignore[call-arg]  # its stubs are of an older one
    worker.serve_str(Scheduler(loop, application, None, None, None), loop, stop)  # type: ignore[attr-defined]  # as above
    loop.run_until_complete(stopped.wait())
    application.__rsgi_del__(loop)


def _arguments(index: int, shared: SocketHolder) -> tuple[Granian, ...]:
    """Return the arguments of granian's worker, in its order."""
    http1 = HTTP1Settings(header_read_timeout=HEADERS_SECONDS * 1000, max_buffer_size=HEADERS_BYTES)
    # In granian's order: its own, those that read files, Python's, and the seconds that one may be idle.
    threads = 1, 512, 1, 30
    other_protocols_and_files = None, False, None
    no_tls: tuple[Granian, ...] = False, None, None, None, "tls1.3", None, [], False
    ipc, metrics = None, (None, None)
    http = CONNECTIONS, HTTPModes.http1, http1, *other_protocols_and_files
    return index + 1, (None, shared), ipc, *threads, *http, *no_tls, metrics
