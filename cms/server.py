"""The server that `cms serve` runs: granian, with one listening socket for all its workers.

Its parent process imports nothing of the site: neither Flask nor SQLModel.
"""

import os
import signal
import socket
import time
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.net import SocketSpec  # type: ignore[attr-defined]  # granian's own module does so too
from granian.server.mp import MPServer, WorkerProcess

BACKLOG = 4_096  # connections that wait to be taken: a front page's readers in the second of a restart
CONNECTIONS = 16_384  # open ones a worker, most of them silent; a silent one costs 12 KB
HEADERS_SECONDS = 15  # for a request's headers, and between two requests of one connection
HEADERS_BYTES = 65_536  # of one request at most; browsers send 2,000
LEAVE = signal.SIGUSR1  # tells a worker that it will soon be told to end
LEAVING_SECONDS = 1.0  # in which whoever still reads is told to open another connection
FINISHING_SECONDS = 30  # that requests get to end in when a worker is told to stop
SHORT_LIFE_SECONDS = 3.0  # a worker that ends sooner could not even begin
SHORT_LIVES_MAX = 5  # in a row; then something is wrong that no new worker mends


def serve(host: str, port: int, workers: int) -> None:
    """Serve until a signal ends it."""
    Server(host, port, workers).serve(target_loader=_front)


class Server(MPServer):
    """Workers that share one socket: what waits in it is taken by another when a worker is killed or replaced.

    Granian gives each worker its own, and whoever waits in a dead worker's is reset. It also ends altogether when
    a worker dies twice within seconds, which somebody else's bad luck with memory can do.
    """

    def __init__(self, host: str, port: int, workers: int) -> None:
        """Take where to listen, and by how many worker processes."""
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
            workers_kill_timeout=FINISHING_SECONDS,
            log_level=LogLevels.warning,  # our own lines say where the site is
            log_access=False,
        )
        self._short_lives, self._all_leave = 0, False

    def _init_shared_socket(self) -> None:
        holder: Any = SocketSpec(self.bind_addr, self.bind_port, self.backlog).build()  # Any: granian's own
        self._ssp, self._shd, self._sfd = None, holder, holder.get_fd()
        self._sso = socket.socket(fileno=self._sfd)
        self._sso.set_inheritable(True)

    def _spawn_workers(self, *how: Any) -> None:
        signal.signal(LEAVE, signal.SIG_IGN)  # until a new worker knows what it means; it would end it
        super()._spawn_workers(*how)  # type: ignore[no-untyped-call]  # granian leaves it so

    def _spawn_worker(self, *how: Any, **more: Any) -> WorkerProcess:
        worker = super()._spawn_worker(*how, **more)
        end = worker.terminate

        def terminate() -> None:
            self._announce_the_end([worker])
            end()  # type: ignore[no-untyped-call]  # as above

        worker.terminate = terminate  # type: ignore[method-assign]  # granian makes the worker, we its end
        return worker

    def _stop_workers(self) -> None:
        self._announce_the_end(self.wrks)
        self._all_leave = True
        super()._stop_workers()  # type: ignore[no-untyped-call]  # as above

    def _announce_the_end(self, workers: list[WorkerProcess]) -> None:
        """Let workers close each connection with its next answer, so that nobody asks on one that is just closing."""
        living = [worker for worker in workers if worker.inner.is_alive()]
        if living and not self._all_leave:
            for worker in living:
                os.kill(worker.inner.pid, LEAVE)
            time.sleep(LEAVING_SECONDS)

    def _respawn_workers(self, workers: Any, *how: Any, **more: Any) -> None:
        died_young = any(time.monotonic() - self.wrks[one].birth < SHORT_LIFE_SECONDS for one in workers)
        self._short_lives = self._short_lives + 1 if died_young else 0
        if died_young:
            time.sleep(self._short_lives / 2)
        super()._respawn_workers(workers, *how, **more)
        if self._short_lives < SHORT_LIVES_MAX:
            self.respawned_wrks.clear()


def _front(_target: str) -> Any:  # Any: granian wants a callable, and takes an object with `__rsgi__`
    """Return the application, in a new worker; until its loop listens to signals, each ends it as it would anybody."""
    for each in (signal.SIGTERM, signal.SIGINT):  # the parent's handlers came along, and do nothing here
        signal.signal(each, signal.SIG_DFL)
    from cms.front import app

    return app
