"""What a worker process bears of the application that it serves."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.served import Served, free_port, wait_until_it_answers

APPLICATION = """
import pathlib, sys, time
from cms.serving import forking, server

forking.CAN_ADOPT = "alone" not in sys.argv
server.UNREAD_SECONDS = 1
server.SHORT_LIVES_MAX = 2
server.FINISHING_SECONDS = 0.1
broken = pathlib.Path(sys.argv[2])

class Application:
    def rehearse(self):
        pass

    def __rsgi_init__(self, loop):
        pass

    def __rsgi_del__(self, loop):
        pass

    def at_once(self, scope, protocol):
        if scope.path == "/at-once":
            raise ValueError("it fails at once")
        if scope.path == "/kept":
            protocol.response_str(200, [], "kept")
        return scope.path == "/kept"

    async def __rsgi__(self, scope, protocol):
        if scope.path == "/later":
            raise ValueError("it fails on the event loop")
        if scope.path == "/long-work":
            time.sleep(3)
        protocol.response_str(200, [], "still here" * (1_000_000 if scope.path == "/long" else 1))

def prepare():
    if broken.exists():
        raise ValueError("it cannot be prepared")
    return Application()

server.serve("127.0.0.1", int(sys.argv[1]), 1, prepare)
"""


def test_an_application_that_fails_answers_500_and_goes_on(tmp_path: Path) -> None:
    with _serving(tmp_path) as server:
        for path in ("/at-once", "/later") * 2:
            assert server.ask("GET", path).status == 500
            assert server.ask("GET", "/").text == b"still here"  # type: ignore[attr-defined]


def test_what_is_answered_at_once_does_not_wait_for_the_event_loop(tmp_path: Path) -> None:
    with _serving(tmp_path) as server, server.connection() as other:
        other.sendall(b"GET /long-work HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.5)  # until the work is under way
        assert server.ask("GET", "/kept").text == b"kept"  # type: ignore[attr-defined]
        other.settimeout(0)
        with pytest.raises(BlockingIOError):
            other.recv(100)


def test_who_takes_nothing_of_an_answer_is_let_go(tmp_path: Path) -> None:
    with _serving(tmp_path) as server, server.connection() as silent:
        silent.sendall(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
        until = time.monotonic() + 20
        while _count_connections(server) and time.monotonic() < until:
            time.sleep(0.1)
        assert _count_connections(server) == 0
        assert server.ask("GET", "/").status == 200


def test_workers_go_on_where_new_ones_cannot_begin(tmp_path: Path) -> None:
    with _serving(tmp_path) as server:
        before = server.workers()
        (tmp_path / "broken").touch()
        server.process.send_signal(signal.SIGHUP)
        until = time.monotonic() + 30
        while "so the old ones go on" not in server.log.read_text() and time.monotonic() < until:
            time.sleep(0.05)
        assert server.workers() == before
        assert server.ask("GET", "/").status == 200


def test_a_hung_worker_is_killed_when_it_is_replaced_and_leaves_no_zombie(tmp_path: Path) -> None:
    with _serving(tmp_path) as server:
        (hung,) = server.workers()
        os.kill(hung, signal.SIGSTOP)
        server.process.send_signal(signal.SIGHUP)
        until = time.monotonic() + 20
        while Path(f"/proc/{hung}").exists() and time.monotonic() < until:
            time.sleep(0.05)
        assert not Path(f"/proc/{hung}").exists()
        assert server.ask("GET", "/").status == 200


def test_a_request_that_does_not_name_one_host_is_400(tmp_path: Path) -> None:
    with _serving(tmp_path) as server:
        for hosts in ("", "Host: a\r\nHost: b\r\n"):
            with server.connection() as asking:
                asking.sendall(f"GET /kept HTTP/1.1\r\n{hosts}\r\n".encode())
                assert b" 400 " in asking.recv(100)


def test_a_server_whose_workers_cannot_live_ends_with_status_1(tmp_path: Path) -> None:
    with _serving(tmp_path) as server:
        (tmp_path / "broken").touch()
        os.kill(server.workers()[0], signal.SIGKILL)
        assert server.process.wait(30) == 1


def test_a_worker_that_is_prepared_again_takes_the_place_of_a_killed_one(tmp_path: Path) -> None:
    with _serving(tmp_path) as server:
        before = server.workers()
        os.kill(before[0], signal.SIGKILL)
        assert server.ask("GET", "/").status == 200  # it has waited in the socket that all share
        assert _has_others_than(before, server)


def test_workers_are_replaced_however_often_somebody_kills_them(tmp_path: Path) -> None:
    with _serving(tmp_path) as server:
        for signal_sent in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGKILL):
            before = server.workers()
            os.kill(before[0], signal_sent)
            _wait_until_gone(before[0], server)
            assert server.ask("GET", "/").status == 200
            assert _has_others_than(before, server)


def _wait_until_gone(worker: int, server: Served) -> None:
    """Wait for a worker's end: what it takes up while it dies nobody can answer."""
    until = time.monotonic() + 20
    while worker in server.workers() and time.monotonic() < until:
        time.sleep(0.005)


def _has_others_than(before: list[int], server: Served) -> bool:
    """Tell whether other workers come to live."""
    until = time.monotonic() + 20
    while server.workers() in ([], before) and time.monotonic() < until:
        time.sleep(0.05)
    return server.workers() not in ([], before)


def test_where_nobody_can_adopt_each_worker_prepares_itself(tmp_path: Path) -> None:
    with _serving(tmp_path, "alone") as server:
        before = server.workers()
        os.kill(before[0], signal.SIGKILL)
        assert server.ask("GET", "/").status == 200
        server.process.send_signal(signal.SIGHUP)
        assert server.ask("GET", "/").status == 200
        (tmp_path / "broken").touch()
        os.kill(server.workers()[0], signal.SIGKILL)
        assert server.process.wait(30) == 1


@contextmanager
def _serving(folder: Path, *more: str) -> Iterator[Served]:
    """Serve until the block ends; while `folder` holds something called `broken`, nothing can be prepared."""
    port, log = free_port(), folder / "log"
    command = [sys.executable, "-c", APPLICATION, str(port), str(folder / "broken"), *more]
    with log.open("w") as told, subprocess.Popen(command, stderr=told) as process:
        server = Served(port, process, log)
        try:
            wait_until_it_answers(server)
            server.settle(1)
            yield server
        finally:
            process.terminate()


def _count_connections(server: Served) -> int:
    """Return how many the server has open; who does not listen is not told that one has ended."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    return sum(row[1].endswith(f":{server.port:04X}") and row[3] == "01" for row in rows)
