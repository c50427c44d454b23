"""The server that `cms serve` runs: granian, with one listening socket for all its workers.

Its parent process imports nothing of the site: neither Flask nor SQLModel.
"""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels, logger
from granian.net import SocketSpec  # type: ignore[attr-defined]  # granian's own module does so too
from granian.server.mp import MPServer, WorkerProcess

from cms import nursery
from cms.loads import Loads
from cms.worker import serve_requests

BACKLOG = 4_096  # connections that wait to be taken: a front page's readers in the second of a restart
CONNECTIONS = 16_384  # open ones a worker, most of them silent; a silent one costs 12 KB
HEADERS_SECONDS = 15  # for a request's headers, and between two requests of one connection
HEADERS_BYTES = 65_536  # of one request at most; browsers send 2,000
TAKING_SECONDS = 60  # that a reader may take nothing of what is sent to her; granian itself waits for ever
BEGINNING_SECONDS = 1.0  # that new workers get to begin in before the old ones leave; they need a tenth
LEAVE = signal.SIGUSR1  # tells a worker that it will soon be told to end
LEAVING_SECONDS = 1.0  # in which whoever still reads is told to open another connection
FINISHING_SECONDS = 30  # that requests get to end in when a worker is told to stop
SHORT_LIFE_SECONDS = 3.0  # a worker that ends sooner could not even begin
SHORT_LIVES_MAX = 5  # in a row; then something is wrong that no new worker mends


def serve(host: str, port: int, workers: int, prepare: Callable[[], object]) -> None:
    """Serve until a signal ends it; `prepare` is called in a process of its own, from which workers are forked."""
    Server(host, port, workers, prepare).serve(target_loader=_front)


class Server(MPServer):
    """Workers that share one socket: what waits in it is taken by another when a worker is killed or replaced.

    Granian gives each worker its own, and whoever waits in a dead worker's is reset. It also ends altogether when
    a worker dies twice within seconds, which somebody else's bad luck with memory can do.
    """

    listening = -1  # the shared socket, which workers know by their parent's memory, as they do the two below
    loads = Loads(1)
    place = 0  # of this worker among all, from 0
    _spawn_rsgi_worker = staticmethod(serve_requests)

    def __init__(
        self, host: str, port: int, workers: int, prepare: Callable[[], object] = lambda: None
    ) -> None:
        """Take where to listen, by how many worker processes, and what to do once before they are forked."""
        super().__init__(
            "cms.front:app",
            address=host,
            port=port,
            interface=Interfaces.RSGI,
            workers=workers,
            http=HTTPModes.http1,
            websockets=False,
            backlog=BACKLOG,
            backpressure=CONNECTIONS,
            http1_settings=HTTP1Settings(
                header_read_timeout=HEADERS_SECONDS * 1000, max_buffer_size=HEADERS_BYTES
            ),
            respawn_failed_workers=True,
            respawn_interval=BEGINNING_SECONDS,
            log_level=LogLevels.warning,  # our own lines say where the site is
            log_access=False,
        )
        self._prepare = prepare
        Server.loads = Loads(workers)
        self._short_lives = 0

    def _init_shared_socket(self) -> None:
        holder: Any = SocketSpec(self.bind_addr, self.bind_port, self.backlog).build()  # Any: granian's own
        self._ssp, self._shd, self._sfd = None, holder, holder.get_fd()
        self._sso = socket.socket(fileno=self._sfd)
        self._sso.set_inheritable(True)
        if sys.platform == "linux":  # connections have it from the socket that they come in by
            self._sso.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TAKING_SECONDS * 1000)
        Server.listening = holder.get_fd()

    def _spawn_workers(self, *how: Any) -> None:
        signal.signal(LEAVE, signal.SIG_IGN)  # until a new worker knows what it means; it would end it
        self.wrks, are_born = self._born(range(self.workers), *how)
        if not are_born:
            sys.exit(1)
        _watch(self.wrks)

    def _respawn_workers(self, workers: Any, *how: Any, delay: float = 0) -> None:
        """Put new workers in the place of old ones, which end when the new ones have come to live."""
        places = list(workers)
        old = [self.wrks[place] for place in places]
        is_reload = all(map(_lives, old))
        if not is_reload:
            self._bear_in_mind_how_long(old, places)
        new, are_born = self._born(places, *how)
        time.sleep(delay)
        if is_reload and not (are_born and all(map(_lives, new))):
            logger.error("New workers cannot begin, so the old ones go on.")
            _end(new)
            return
        for place, worker in zip(places, new, strict=True):
            self.wrks[place] = worker
        _watch(new)
        self._let_go(old)

    def _stop_workers(self) -> None:
        self._let_go(self.wrks)
        self.wrks.clear()

    def _spawn_worker(self, *how: Any, **more: Any) -> WorkerProcess:
        worker = super()._spawn_worker(*how, **more)
        if nursery.CAN_ADOPT:
            worker.inner = nursery.Child(worker.inner.run)
        return worker

    def _born(self, places: Iterable[int], *how: Any) -> tuple[list[WorkerProcess], bool]:
        """Return new workers, forked from one process, and whether it came to that."""
        workers, are_born = [self._spawn_worker(place, *how) for place in places], True
        if nursery.CAN_ADOPT:
            are_born = nursery.bear([worker.inner for worker in workers], self._prepare)
        else:  # each prepares itself, once it is sure that it can be done
            self._prepare()
            for worker in workers:
                worker.inner.start()
        for worker in workers:
            worker.birth = time.monotonic()
        return workers, are_born

    def _let_go(self, workers: list[WorkerProcess]) -> None:
        """End workers after each has closed every connection with its next answer: nobody asks on one just closing."""
        living = list(filter(_lives, workers))
        for worker in living:
            os.kill(worker.inner.pid, LEAVE)
        if living:
            time.sleep(LEAVING_SECONDS)
        _end(workers)

    def _bear_in_mind_how_long(self, dead: list[WorkerProcess], places: list[int]) -> None:
        """Wait the longer, the more workers in a row died young; after SHORT_LIVES_MAX granian sees that it ends."""
        died_young = any(time.monotonic() - worker.birth < SHORT_LIFE_SECONDS for worker in dead)
        self._short_lives = self._short_lives + 1 if died_young else 0
        time.sleep(self._short_lives / 2)
        if self._short_lives >= SHORT_LIVES_MAX:
            self.respawned_wrks.update(dict.fromkeys(places, time.monotonic()))


def _lives(worker: WorkerProcess) -> bool:
    lives: bool = worker.inner.is_alive()
    return lives


def _watch(workers: list[WorkerProcess]) -> None:
    for worker in workers:
        worker._watch()  # type: ignore[no-untyped-call]  # granian leaves it so


def _end(workers: list[WorkerProcess]) -> None:
    """Ask workers to end; kill those that have not after FINISHING_SECONDS."""
    for worker in workers:
        worker.terminate()  # type: ignore[no-untyped-call]  # as above
    until = time.monotonic() + FINISHING_SECONDS
    for worker in workers:
        worker.join(max(until - time.monotonic(), 0))  # type: ignore[no-untyped-call]  # as above
        if _lives(worker):
            worker.kill()  # type: ignore[no-untyped-call]  # as above
            worker.join()  # type: ignore[no-untyped-call]  # as above


def stop_accepting() -> None:
    """Leave whoever comes to the other workers: from now on this one accepts where nobody knocks.

    Granian accepts until it ends, and would close what it has just accepted without an answer (measured).
    """
    if Server.listening >= 0:
        with socket.create_server(("127.0.0.1", 0)) as nobodys:
            nobodys.setblocking(False)  # or its thread would wait there for ever, and end with nobody
            os.dup2(nobodys.fileno(), Server.listening)


def _front(_target: str) -> Any:  # Any: granian wants a callable, and takes an object with `__rsgi__`
    """Return the application, in a new worker; until its loop listens to signals, each ends it as it would anybody."""
    for each in (signal.SIGTERM, signal.SIGINT):  # the parent's handlers came along, and do nothing here
        signal.signal(each, signal.SIG_DFL)
    from cms.front import app

    return app
