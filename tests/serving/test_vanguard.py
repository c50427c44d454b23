"""Who serves while what all workers will share is still being made, and what becomes of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.served import Served, free_port, wait_until_it_answers

APPLICATION = """
import os, pathlib, sys, time
from cms.serving import server

folder = pathlib.Path(sys.argv[2])

class Application:
    rehearsed = False

    def rehearse(self):
        while (folder / "rehearsing").exists():
            time.sleep(0.02)
        if (folder / "broken").exists():
            raise ValueError("it cannot be rehearsed")
        self.rehearsed = True

    def __rsgi_init__(self, loop):
        self.parting = []
        loop.add_signal_handler(server.LEAVE, self.leave)

    def __rsgi_del__(self, loop):
        pass

    def leave(self):
        server.stop_accepting()
        self.parting = [("Connection", "close")]

    def at_once(self, scope, protocol):
        protocol.response_str(200, self.parting, f"{os.getpid()} {self.rehearsed}")
        return True

    async def __rsgi__(self, scope, protocol):
        pass

server.serve("127.0.0.1", int(sys.argv[1]), 1, Application)
"""


def test_whoever_comes_during_the_rehearsal_is_answered(tmp_path: Path) -> None:
    with _rehearsing(tmp_path) as server:
        assert _who_answers(server)[1] == "False"
        assert server.workers() == []


def test_nobody_is_turned_away_when_the_workers_take_over(tmp_path: Path) -> None:
    with _rehearsing(tmp_path) as server, closing(HTTPConnection("127.0.0.1", server.port)) as kept_open:
        first = _who_answers(server)[0]
        (tmp_path / "rehearsing").unlink()
        until = time.monotonic() + 30
        while Path(f"/proc/{first}").exists() and time.monotonic() < until:
            _who_answers(server)
            kept_open.request("GET", "/")
            assert kept_open.getresponse().read()
        last, is_rehearsed = _who_answers(server)
        assert (server.workers(), is_rehearsed) == ([last], "True")


def test_workers_come_where_the_vanguard_has_died(tmp_path: Path) -> None:
    with _rehearsing(tmp_path) as server:
        first = _who_answers(server)[0]
        os.kill(first, signal.SIGKILL)
        (tmp_path / "rehearsing").unlink()
        last, is_rehearsed = _who_answers(server)
        assert (last != first, is_rehearsed) == (True, "True")
        server.settle(1)
        assert server.workers() == [last]


def test_a_rehearsal_that_fails_ends_the_server_with_status_1_and_leaves_nobody(tmp_path: Path) -> None:
    with _rehearsing(tmp_path) as server:
        first = _who_answers(server)[0]
        (tmp_path / "broken").touch()
        (tmp_path / "rehearsing").unlink()
        assert server.process.wait(30) == 1
        assert "it cannot be rehearsed" in server.log.read_text()
        assert not Path(f"/proc/{first}").exists()


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_a_server_told_to_end_during_the_rehearsal_leaves_nobody(
    tmp_path: Path, told: signal.Signals
) -> None:
    with _rehearsing(tmp_path) as server:
        first = _who_answers(server)[0]
        server.process.send_signal(told)
        (tmp_path / "rehearsing").unlink()
        assert server.process.wait(30) == 0
        assert not Path(f"/proc/{first}").exists()
        with pytest.raises(ConnectionRefusedError):
            server.connection()


def test_ctrl_c_during_the_rehearsal_ends_everybody(tmp_path: Path) -> None:
    with _rehearsing(tmp_path) as server:
        first = _who_answers(server)[0]
        os.killpg(server.process.pid, signal.SIGINT)
        assert server.process.wait(30) == 0
        assert not Path(f"/proc/{first}").exists()


def test_workers_come_where_somebody_has_killed_who_rehearses(tmp_path: Path) -> None:
    with _rehearsing(tmp_path) as server:
        first = _who_answers(server)[0]
        rehearsing = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text("ascii")
        os.kill(int(rehearsing), signal.SIGKILL)
        until = time.monotonic() + 1
        while time.monotonic() < until:
            assert _who_answers(server)[0] == first
        (tmp_path / "rehearsing").unlink()
        last = _who_is_rehearsed(server)
        server.settle(1)
        assert server.workers() == [last]


def test_a_reload_asked_for_during_the_rehearsal_is_done_after_it(tmp_path: Path) -> None:
    with _rehearsing(tmp_path) as server:
        server.process.send_signal(signal.SIGHUP)
        (tmp_path / "rehearsing").unlink()
        first, until = _who_is_rehearsed(server), time.monotonic() + 30
        while first in server.workers() and time.monotonic() < until:
            _who_answers(server)
        server.settle(1)
        assert server.workers() == [_who_answers(server)[0]] != [first]


def _who_answers(server: Served) -> tuple[int, str]:
    """Return who does, and whether that one has rehearsed."""
    pid, is_rehearsed = server.ask("GET", "/").text.decode().split()  # type: ignore[attr-defined]
    return int(pid), is_rehearsed


def _who_is_rehearsed(server: Served) -> int:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        pid, is_rehearsed = _who_answers(server)
        if is_rehearsed == "True":
            return pid
    raise AssertionError("nobody is")


@contextmanager
def _rehearsing(folder: Path) -> Iterator[Served]:
    """Serve until the block ends; the rehearsal lasts while `folder` holds something called `rehearsing`."""
    (folder / "rehearsing").touch()
    port, log = free_port(), folder / "log"
    command = [sys.executable, "-c", APPLICATION, str(port), str(folder)]
    with log.open("w") as told, subprocess.Popen(command, stderr=told, start_new_session=True) as process:
        server = Served(port, process, log)
        try:
            wait_until_it_answers(server)
            yield server
        finally:
            (folder / "rehearsing").unlink(missing_ok=True)
            process.terminate()
