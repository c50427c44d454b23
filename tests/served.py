"""A site served by `cms serve` itself, in processes of its own."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 60  # on a machine that does much else


@dataclass(frozen=True)
class Served:
    """A running server: where it listens, its parent process."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def workers(self) -> list[int]:
        """Return the process ids of its workers, those that have begun: who has no thread yet only forks others."""
        return [pid for pid in self._children() if _count_threads(pid) > 1]

    def settle(self, workers: int) -> None:
        """Wait until so many workers live, and who served before them has left."""
        until = time.monotonic() + START_SECONDS
        while [len(self._children()), len(self.workers())] != [workers] * 2 and time.monotonic() < until:
            time.sleep(0.02)

    def _children(self) -> list[int]:
        told = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text("ascii")
        return [int(pid) for pid in told.split()]

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, timeout: float = 30, **headers: str
    ) -> http.client.HTTPResponse:
        """Send one request on a connection of its own; the answer's body is read."""
        said = {name.replace("_", "-"): text for name, text in headers.items()}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)) as connection:
            connection.request(method, path, body, said)
            answer = connection.getresponse()
            answer.text = answer.read()  # type: ignore[attr-defined]  # kept for the test
        return answer

    def connection(self) -> socket.socket:
        """Open a connection for who writes a request by hand."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)


@contextmanager
def served(instance: Path, *, workers: int = 2, **environ: str) -> Iterator[Served]:
    """Serve the site in `instance` until the block ends; it answers when the block begins."""
    port, log = free_port(), instance / "serve.log"
    command = [
        sys.executable,
        "-m",
        "cms.cli",
        "serve",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        str(workers),
    ]
    wanted = {
        **os.environ,
        "CMS_INSTANCE": str(instance),
        "CMS_BASE_URL": f"http://127.0.0.1:{port}",
        **environ,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=wanted, stdout=output, stderr=output, start_new_session=True)
        server = Served(port, process, log)
        try:
            wait_until_it_answers(server)
            yield server
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


def _count_threads(pid: int) -> int:
    try:
        return len(list(Path(f"/proc/{pid}/task").iterdir()))
    except OSError:  # it has just ended
        return 0


def wait_until_it_answers(server: Served) -> None:
    """Return with the first answer; fail with what the server said where it has ended instead."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if server.process.poll() is not None:
            raise AssertionError(server.log.read_text())
        try:
            server.ask("GET", "/healthz")
            return
        except OSError:
            time.sleep(0.02)
    raise AssertionError(f"no answer after {START_SECONDS} s\n{server.log.read_text()}")
