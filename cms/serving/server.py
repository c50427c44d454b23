"""The server that `cms serve` runs: one listening socket, worker processes, and a parent that replaces dead ones.

The parent imports nothing of the site, neither Flask nor SQLModel nor granian, with which the workers serve (see
worker.py). So it takes 5 MB (measured).
"""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from cms.serving import forking
from cms.serving.forking import Child
from cms.serving.loads import Loads

if TYPE_CHECKING:
    from cms.serving.worker import Application

BACKLOG = 4_096  # connections that wait to be accepted: a front page's readers during the second of a restart
UNREAD_SECONDS = 60  # that a reader may leave what is sent to her unread; granian itself waits for ever
BEGINNING_SECONDS = 1.0  # that new workers have to start before the old ones leave; they need a tenth of it
LEAVE = signal.SIGUSR1  # tells a worker that it will soon be asked to end
LEAVING_SECONDS = 1.0  # in which a worker closes each connection with its next answer
FINISHING_SECONDS = 30  # that a worker has to finish its requests after it was asked to end
# The signals by which the vanguard is ended once the workers live, each with the seconds until the next one.
PARTINGS = ((LEAVE, LEAVING_SECONDS), (signal.SIGTERM, FINISHING_SECONDS), (signal.SIGKILL, 0))
DYING_SECONDS = 1.0  # in which a killed process ends
SHORT_LIFE_SECONDS = 3.0  # a worker that ends sooner has failed to start
SHORT_LIVES_MAX = 5  # in a row; after that, new workers would fail as well
HEARD = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGALRM})


def serve(host: str, port: int, workers: int, prepare: "Callable[[], Application]") -> None:
    """Serve what `prepare` returns until a signal ends it; `prepare` runs in the process that workers are forked from."""
    Server(host, port, workers, prepare).serve()


def stop_accepting() -> None:
    """Leave new connections to the other workers, by replacing this one's socket by one to which nobody connects.

    Granian accepts until it ends, and then closes what it has just accepted without an answer (measured).
    """
    if Server.listening >= 0:
        with socket.create_server(("127.0.0.1", 0)) as unused:
            unused.setblocking(False)  # or granian's thread would block in accept() and never end
            os.dup2(unused.fileno(), Server.listening)


class Server:
    """Workers that share one socket: if one is killed or replaced, another takes the connections that wait in it.

    Granian's own server gives each worker a socket, and resets the connections that wait in a dead worker's. It also ends
    altogether if a worker dies twice within seconds, for which a system that is short of memory is enough.
    """

    # These four are for the code that runs in a worker, which inherits them by the fork.
    listening = -1  # the file descriptor of the shared socket
    loads = Loads(1)
    index = 0  # of this worker, from 0
    is_vanguard = False  # this process ends soon, so timed jobs are left to the workers

    def __init__(self, host: str, port: int, workers: int, prepare: "Callable[[], Application]") -> None:
        """Take where to listen, the number of worker processes, and a function that makes the application to serve."""
        self._socket = _listening_at(host, port)
        self._indexes = range(workers)
        self._prepare = prepare
        self._workers: list[Child] = []
        self._vanguard, self._partings = Child(self._serve_meanwhile), 0
        self._short_lives, self._forked_at = 0, 0.0
        Server.listening = self._socket.fileno()
        Server.loads = Loads(workers)

    def serve(self) -> None:
        """Serve; exit with status 1 if workers cannot live.

        Until the first workers are forked, a vanguard serves: a process that does not wait for the rehearsal, and so can
        begin 0.2 s sooner (measured). It leaves as old workers do, except that the server does not sleep meanwhile.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)  # for sigwait()
        signal.signal(LEAVE, signal.SIG_IGN)  # it would end a worker that has not installed its handler yet
        self._workers, are_forked = self._forked(self._indexes, self._vanguard)
        self._relieve_vanguard()
        while are_forked and self._short_lives < SHORT_LIVES_MAX:
            heard = signal.sigwait(HEARD)
            if heard == signal.SIGHUP:
                self._roll_over()
            elif heard == signal.SIGCHLD:
                self._replace_dead()
                self._relieve_vanguard()
            elif heard == signal.SIGALRM:
                self._part_with_vanguard()
            else:
                break
        self._socket.close()
        _end_gently([self._vanguard, *self._workers])
        sys.exit(not are_forked or self._short_lives >= SHORT_LIVES_MAX)

    def _forked(self, indexes: Sequence[int], *early: Child) -> tuple[list[Child], bool]:
        """Fork workers, and before them the `early` processes; return the workers, and whether that succeeded."""
        workers = [Child(partial(self._work, index)) for index in indexes]
        are_forked = forking.fork_all([*early, *workers], self._prepared, len(early))
        self._forked_at = time.monotonic()
        return workers, are_forked

    def _prepared(self) -> "Application":
        import cms.serving.worker  # noqa: F401  # granian, for all workers at once

        return self._prepare()

    def _work(self, index: int, application: "Application") -> None:
        from cms.serving.worker import serve_requests

        Server.index = index
        serve_requests(index, Server.listening, BACKLOG, application)

    def _serve_meanwhile(self, application: "Application") -> None:
        Server.is_vanguard = True
        self._work(0, application)

    def _relieve_vanguard(self) -> None:
        """Begin to end the vanguard, once every worker lives."""
        if self._partings == 0 and all(worker.is_alive() for worker in self._workers):
            self._part_with_vanguard()

    def _part_with_vanguard(self) -> None:
        parting, seconds = PARTINGS[self._partings]
        self._partings += 1
        self._vanguard.send(parting)
        signal.setitimer(signal.ITIMER_REAL, seconds)

    def _roll_over(self) -> None:
        """Start new workers, and end the old ones once the new ones live."""
        new, are_forked = self._forked(self._indexes)
        time.sleep(BEGINNING_SECONDS)
        if are_forked and all(worker.is_alive() for worker in new):
            old, self._workers = self._workers, new
            _end_gently(old)
        else:
            _say("New workers cannot begin, so the old ones go on.")
            _end(new)

    def _replace_dead(self) -> None:
        self._vanguard.is_alive()  # or it would stay a zombie
        dead = [index for index in self._indexes if not self._workers[index].is_alive()]
        if dead:
            _say(f"{len(dead)} of {len(self._indexes)} workers ended unasked and will be replaced.")
            self._slow_down_after([self._workers[index] for index in dead])
            for index, worker in zip(dead, self._forked(dead)[0], strict=True):
                self._workers[index] = worker

    def _slow_down_after(self, dead: Sequence[Child]) -> None:
        """Wait before dead workers are replaced; longer each time that some have failed soon after their start."""
        is_early = time.monotonic() - self._forked_at < SHORT_LIFE_SECONDS
        died_young = is_early and not all(worker.ended_from_outside for worker in dead)
        self._short_lives = self._short_lives + 1 if died_young else 0
        time.sleep(self._short_lives / 2)


def _listening_at(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sys.platform == "linux":  # connections inherit it from the listening socket
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_SECONDS * 1000)
    listening.bind((host, port))
    listening.listen(BACKLOG)
    listening.setblocking(False)
    return listening


def _end_gently(workers: list[Child]) -> None:
    """End workers after they have closed their connections with a last answer, so that no request is lost."""
    for worker in workers:
        worker.send(LEAVE)
    if any(worker.is_alive() for worker in workers):
        time.sleep(LEAVING_SECONDS)
    _end(workers)


def _end(workers: list[Child]) -> None:
    """Ask workers to end; kill those that have not after FINISHING_SECONDS."""
    for worker in workers:
        worker.send(signal.SIGTERM)
    until = time.monotonic() + FINISHING_SECONDS
    for worker in workers:
        if not worker.has_ended_by(until):
            worker.send(signal.SIGKILL)
            worker.has_ended_by(time.monotonic() + DYING_SECONDS)  # or it would stay a zombie


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
