"""What a worker process bears of the application that it serves."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.served import Served, free_port, wait_until_it_answers

APPLICATION = """
import signal, sys
from cms.server import LEAVE, Server

class Application:
    def __rsgi_init__(self, loop):
        pass

    def __rsgi_del__(self, loop):
        pass

    def at_once(self, scope, protocol):
        if scope.path == "/at-once":
            raise ValueError("it fails at once")
        return False

    async def __rsgi__(self, scope, protocol):
        if scope.path == "/later":
            raise ValueError("it fails on the event loop")
        protocol.response_str(200, [], "still here")

def load(target):
    signal.signal(LEAVE, signal.SIG_IGN)
    return Application()

Server("127.0.0.1", int(sys.argv[1]), 1).serve(target_loader=load)
"""


def test_an_application_that_fails_answers_500_and_goes_on() -> None:
    with _serving() as server:
        for path in ("/at-once", "/later") * 2:
            assert server.ask("GET", path).status == 500
            assert server.ask("GET", "/").text == b"still here"  # type: ignore[attr-defined]


@contextmanager
def _serving() -> Iterator[Served]:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-c", APPLICATION, str(port)], stderr=subprocess.DEVNULL
    ) as process:
        server = Served(port, process, Path())
        try:
            wait_until_it_answers(server)
            yield server
        finally:
            process.terminate()
