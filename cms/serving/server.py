"""The server that `cms serve` runs: one listening socket, and a parent that keeps workers at it.

The parent imports nothing of the site, neither Flask nor SQLModel, nor granian, which workers serve with (see
worker.py): all that it would hold besides is 5 MB of its own (measured).
"""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from cms.serving import nursery
from cms.serving.loads import Loads
from cms.serving.nursery import Child

if TYPE_CHECKING:
    from cms.serving.worker import Application

BACKLOG = 4_096  # connections that wait to be taken: a front page's readers in the second of a restart
TAKING_SECONDS = 60  # that a reader may take nothing of what is sent to her; granian itself waits for ever
BEGINNING_SECONDS = 1.0  # that new workers get to begin in before the old ones leave; they need a tenth
LEAVE = signal.SIGUSR1  # tells a worker that it will soon be told to end
LEAVING_SECONDS = 1.0  # in which whoever still reads is told to open another connection
FINISHING_SECONDS = 30  # that requests get to end in when a worker is told to stop
# What the vanguard is told when workers live, and how long until it is told the next.
PARTINGS = ((LEAVE, LEAVING_SECONDS), (signal.SIGTERM, FINISHING_SECONDS), (signal.SIGKILL, 0))
SHORT_LIFE_SECONDS = 3.0  # a worker that ends sooner could not even begin
SHORT_LIVES_MAX = 5  # times in a row; then something is wrong that no new worker mends
HEARD = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGALRM})


def serve(host: str, port: int, workers: int, prepare: "Callable[[], Application]") -> None:
    """Serve until a signal ends it what `prepare` returns, in a process of its own from which workers are forked."""
    Server(host, port, workers, prepare).serve()


def stop_accepting() -> None:
    """Leave whoever comes to the other workers: from now on this one accepts where nobody knocks.

    Granian accepts until it ends, and would close what it has just accepted without an answer (measured).
    """
    if Server.listening >= 0:
        with socket.create_server(("127.0.0.1", 0)) as nobodys:
            nobodys.setblocking(False)  # or its thread would wait there for ever, and end with nobody
            os.dup2(nobodys.fileno(), Server.listening)


class Server:
    """Workers that share one socket: what waits in it is taken by another when a worker is killed or replaced.

    Granian's own server gives each worker a socket, and whoever waits in a dead worker's is reset. It also ends
    altogether when a worker dies twice within seconds, which somebody else's bad luck with memory can do.
    """

    listening = -1  # the shared socket, which workers know by their parent's memory, as they do what follows
    loads = Loads(1)
    place = 0  # of this worker among all, from 0
    is_vanguard = False  # this process, which is not for long: what takes its time is left to the workers

    def __init__(self, host: str, port: int, workers: int, prepare: "Callable[[], Application]") -> None:
        """Take where to listen, by how many worker processes, and what makes the application before they are forked."""
        self._socket = _listening_at(host, port)
        self._places = range(workers)
        self._prepare = prepare
        self._workers: list[Child] = []
        self._vanguard, self._partings = Child(self._serve_meanwhile), 0
        self._short_lives, self._born_at = 0, 0.0
        Server.listening = self._socket.fileno()
        Server.loads = Loads(workers)

    def serve(self) -> None:
        """Serve; exit with status 1 where no worker can live.

        Until the first workers are born, a vanguard serves, which has not rehearsed: who has no memory to share with
        anybody for long may begin 0.2 s sooner (measured). It leaves as old workers do, but nobody sleeps meanwhile.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)  # each waits until it is asked for
        signal.signal(LEAVE, signal.SIG_IGN)  # until a new worker knows what it means; it would end it
        self._workers, are_born = self._born(self._places, self._vanguard)
        self._relieve_vanguard()
        while are_born and self._short_lives < SHORT_LIVES_MAX:
            told = signal.sigwait(HEARD)
            if told == signal.SIGHUP:
                self._roll_over()
            elif told == signal.SIGCHLD:
                self._replace_dead()
                self._relieve_vanguard()
            elif told == signal.SIGALRM:
                self._part_with_vanguard()
            else:
                break
        self._socket.close()
        _let_go([self._vanguard, *self._workers])
        sys.exit(not are_born or self._short_lives >= SHORT_LIVES_MAX)

    def _born(self, places: Sequence[int], *early: Child) -> tuple[list[Child], bool]:
        """Return new workers, forked from one process as are those born early, and whether it came to that."""
        workers = [Child(partial(self._work, place)) for place in places]
        are_born = nursery.bear([*early, *workers], self._prepared, len(early))
        self._born_at = time.monotonic()
        return workers, are_born

    def _prepared(self) -> "Application":
        import cms.serving.worker  # noqa: F401  # granian, for all workers at once

        return self._prepare()

    def _work(self, place: int, application: "Application") -> None:
        from cms.serving.worker import serve_requests

        Server.place = place
        serve_requests(place, Server.listening, BACKLOG, application)

    def _serve_meanwhile(self, application: "Application") -> None:
        Server.is_vanguard = True
        self._work(0, application)

    def _relieve_vanguard(self) -> None:
        """Begin to part with the vanguard, once there is a worker in each place."""
        if self._partings == 0 and all(worker.is_alive() for worker in self._workers):
            self._part_with_vanguard()

    def _part_with_vanguard(self) -> None:
        told, seconds = PARTINGS[self._partings]
        self._partings += 1
        self._vanguard.send(told)
        signal.setitimer(signal.ITIMER_REAL, seconds)

    def _roll_over(self) -> None:
        """Put new workers in the place of the old ones, which end when the new ones have come to live."""
        new, are_born = self._born(self._places)
        time.sleep(BEGINNING_SECONDS)
        if are_born and all(worker.is_alive() for worker in new):
            old, self._workers = self._workers, new
            _let_go(old)
        else:
            _say("New workers cannot begin, so the old ones go on.")
            _end(new)

    def _replace_dead(self) -> None:
        self._vanguard.is_alive()  # or its end would be noticed by nobody
        dead = [place for place in self._places if not self._workers[place].is_alive()]
        if dead:
            _say(f"{len(dead)} of {len(self._places)} workers ended unasked and will be replaced.")
            self._bear_in_mind_how_long([self._workers[place] for place in dead])
            for place, worker in zip(dead, self._born(dead)[0], strict=True):
                self._workers[place] = worker

    def _bear_in_mind_how_long(self, dead: Sequence[Child]) -> None:
        """Wait the longer, the more often in a row some died young, and of themselves."""
        is_early = time.monotonic() - self._born_at < SHORT_LIFE_SECONDS
        died_young = is_early and not all(worker.ended_from_outside for worker in dead)
        self._short_lives = self._short_lives + 1 if died_young else 0
        time.sleep(self._short_lives / 2)


def _listening_at(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sys.platform == "linux":  # connections have it from the socket that they come in by
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TAKING_SECONDS * 1000)
    listening.bind((host, port))
    listening.listen(BACKLOG)
    listening.setblocking(False)
    return listening


def _let_go(workers: list[Child]) -> None:
    """End workers after each has closed every connection with its next answer: nobody asks on one just closing."""
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


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
