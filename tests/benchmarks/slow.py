"""What slow, silent and lying clients cost a reader and a commenter who come at the same time.

Run: `python tests/benchmarks/slow.py [--clients N] [--seconds N] [--idle N] [--json]`. A site is served; one reader and
one commenter come again and again, first alone, then beside each kind of client below. Figures are the slowest
hundredth of their answers in milliseconds, how many times that of before it is, the server's own processor time in
each second, and what it takes more of memory. Exit status 1 where an answer failed.
"""

import argparse
import http.client
import json
import os
import re
import resource
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parents[2]))
from cms import db, now_utc, open_site  # found from any folder
from cms.config import load_settings
from tests.factories import hire, send_comment, write_article
from tests.served import Served, served

ARTICLE = "/articles/tide"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
PAUSE_SECONDS = 0.02  # of reader and commenter, between an answer and the next request
DRIP_SECONDS = 1.0  # between two pieces of what a slow client sends
POST = f"POST {ARTICLE}/comments HTTP/1.1\r\nHost: x\r\n"
LIES = (
    f"{POST}Content-Length: 5\r\nContent-Length: 50\r\n\r\nhello",
    f"{POST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nzz\r\nno chunk",
    f"{POST}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    f"GET / HTTP/1.1\r\nX: {'x' * 200_000}\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n\0\0\0",
)


@dataclass
class Visitor:
    """Somebody who comes again and again, with the seconds that each answer took."""

    ask: Callable[[], int]
    expected: int
    seconds: list[float] = field(default_factory=list)
    failures: list[object] = field(default_factory=list)

    def come(self, until: float) -> None:
        """Ask until the moment `until`."""
        while time.monotonic() < until:
            began = time.perf_counter()
            try:
                status = self.ask()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
            else:
                self.seconds.append(time.perf_counter() - began)
                self.failures += [] if status == self.expected else [status]
            time.sleep(PAUSE_SECONDS)

    def slowest_hundredth(self) -> float:
        """Return in milliseconds what 99 of 100 answers took at most."""
        ordered = sorted(self.seconds) or [float("inf")]
        return ordered[len(ordered) * 99 // 100] * 1000


@dataclass(frozen=True)
class Found:
    """What the two met, and how much of a processor the server took."""

    reader: Visitor
    commenter: Visitor
    processor: float

    def told(self, alone: "Found") -> dict[str, object]:
        """Return the figures, some of them as against what the two met `alone`."""
        told: dict[str, object] = {}
        for name in ("reader", "commenter"):
            slowest = getattr(self, name).slowest_hundredth()
            told[f"{name}, p99 in ms"] = round(slowest, 1)
            told[f"{name}, times alone"] = round(slowest / getattr(alone, name).slowest_hundredth(), 2)
        failures = self.reader.failures + self.commenter.failures
        return {**told, "processor": round(self.processor, 2), "failures": [str(one) for one in failures[:5]]}


def main() -> None:
    """Measure each kind, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    _let_open(asked.idle + 4_096)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        told = _measure(asked, Path(folder), running)
    print(json.dumps(told) if asked.json else "\n".join(f"{name}: {value}" for name, value in told.items()))
    sys.exit(any(one["failures"] for one in told.values()))


def _measure(asked: argparse.Namespace, folder: Path, running: ExitStack) -> dict[str, dict[str, object]]:
    settings = load_settings(instance=folder)
    db.migrate(settings)
    site = open_site(settings)
    hire(site, "Ben", now_utc())
    write_article(site, "Tide", now_utc(), body="<p>The tide comes in.</p>" * 2_000)
    for number in range(20):
        send_comment(site, 1, now_utc(), text=f"Number {number}.")
    site.database.close()
    server = running.enter_context(served(folder, CMS_RATE_LIMITS="off"))
    kinds: dict[str, tuple[int, Callable[[Served, int], None]]] = {
        "slow headers": (asked.clients, _drip(b"GET / HTTP/1.1\r\nHost: x\r\n", b"X-Slow: 1\r\n")),
        "slow bodies": (asked.clients, _drip(f"{POST}Content-Length: 5000\r\n\r\nname=".encode(), b"x")),
        "never reading": (asked.clients, _never_read),
        "lies": (asked.clients, _lie),
        "idle": (asked.idle, _wait),
    }
    _beside(server, asked.seconds // 3)  # for templates, connections and Python's own caches
    alone = _beside(server, asked.seconds)
    told = {"nobody": alone.told(alone)}
    for name, (clients, behave) in kinds.items():
        before = _megabytes(server)
        with _clients(server, clients, behave):
            found = _beside(server, asked.seconds)
            told[name] = {
                **found.told(alone),
                "memory, MB more": round(_megabytes(server) - before, 1),
            }
    return told


def _beside(server: Served, seconds: float) -> Found:
    visitors = (Visitor(lambda: _read(server), 200), Visitor(_commenter(server), 303))
    until, spent = time.monotonic() + seconds, _processor_seconds(server)
    threads = [threading.Thread(target=one.come, args=(until,)) for one in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Found(*visitors, (_processor_seconds(server) - spent) / seconds)


def _read(server: Served) -> int:
    return server.ask("GET", ARTICLE, Accept_Encoding="br").status


def _commenter(server: Served) -> Callable[[], int]:
    page = server.ask("GET", ARTICLE).text.decode()  # type: ignore[attr-defined]
    token = re.search(r'name="token"[^>]*value="([^"]+)"', page)
    fields = {"token": token[1] if token else "", "name": "Dan", "email": "dan@example.org"}
    numbers = count(time.monotonic_ns())

    def send() -> int:
        words = f"Number {next(numbers)} says that the tide comes in twice a day."
        body = urlencode({**fields, "comment": words}).encode()
        return server.ask("POST", f"{ARTICLE}/comments", body, **FORM).status

    return send


@contextmanager
def _clients(server: Served, number: int, behave: Callable[[Served, int], None]) -> Iterator[None]:
    """Let so many clients behave badly in a process of their own, until the block ends."""
    child = os.fork()
    if child == 0:
        try:
            behave(server, number)
        finally:
            os._exit(0)
    try:
        time.sleep(2)  # until all are there
        yield
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def _drip(first: bytes, more: bytes) -> Callable[[Served, int], None]:
    def behave(server: Served, number: int) -> None:
        held = [_opened(server, first) for _ in range(number)]
        while True:
            time.sleep(DRIP_SECONDS)
            for place, client in enumerate(held):
                try:
                    client.send(more)
                except OSError:  # thrown out, so it comes again
                    client.close()
                    held[place] = _opened(server, first)

    return behave


def _never_read(server: Served, number: int) -> None:
    """Ask for more than the kernel's buffers hold, and take none of it."""
    _hold(
        [_opened(server, f"GET {ARTICLE} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 50) for _ in range(number)]
    )


def _lie(server: Served, number: int) -> None:
    while True:
        for place in range(number):
            with _opened(server, LIES[place % len(LIES)].encode()) as client, suppress(OSError):
                client.recv(1_000)
            time.sleep(DRIP_SECONDS / number)


def _wait(server: Served, number: int) -> None:
    _hold([_opened(server, b"") for _ in range(number)])


def _hold(clients: list[socket.socket]) -> None:
    while clients:
        time.sleep(DRIP_SECONDS)


def _opened(server: Served, first: bytes) -> socket.socket:
    client = server.connection()
    client.settimeout(0.2)
    with suppress(OSError):
        client.sendall(first)
    return client


def _processor_seconds(server: Served) -> float:
    stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in server.workers()]
    return sum(int(one[11]) + int(one[12]) for one in stats) / os.sysconf("SC_CLK_TCK")


def _megabytes(server: Served) -> float:
    rollups = [Path(f"/proc/{pid}/smaps_rollup") for pid in (server.process.pid, *server.workers())]
    found = [re.search(r"Pss: +(\d+)", path.read_text("ascii")) for path in rollups]
    return sum(int(one[1]) for one in found if one) / 1024


def _let_open(files: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, files), hard), hard))


if __name__ == "__main__":
    main()
