"""A served site that is killed again and again while readers send comments, and what is found afterwards."""

import http.client
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from sqlmodel import col, select

from cms import db
from cms.comments.models import Comment
from cms.config import Settings

ROOT = Path(__file__).parents[2]
READY_SECONDS = 30.0
TRIES_AT_THE_END = (
    50  # of a comment that the last server refuses; what is tried fifty times will not be taken
)
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}


@dataclass
class Served:
    """`cms serve` for one site, in a process group of its own that can be killed whole."""

    settings: Settings
    workers: int = 1
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> float:
        """Start the server; return the seconds until it answers."""
        if not self.port:
            with socket.create_server(("127.0.0.1", 0)) as listening:
                self.port = listening.getsockname()[1]
        began = time.monotonic()
        command = [sys.executable, "-m", "cms.cli", "serve", "--bind", f"127.0.0.1:{self.port}"]
        with (self.settings.instance / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--workers", str(self.workers)],
                cwd=self.settings.instance,
                env=self._environ(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        while self.get("/healthz") != 200:
            if time.monotonic() - began > READY_SECONDS or self.process.poll() is not None:
                raise RuntimeError(f"the server does not answer, see {self.settings.instance}/server.log")
            time.sleep(0.01)
        return time.monotonic() - began

    def get(self, path: str) -> int:
        """Return the status of a page, 0 where nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def page(self, path: str) -> str:
        """Return the text of a page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        text = connection.getresponse().read().decode()
        connection.close()
        return text

    def kill(self) -> None:
        """Kill the whole group at once, as when the power goes; return when it has left its port."""
        assert self.process
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        while not self._is_port_free():
            time.sleep(0.005)

    def kill_a_worker(self) -> None:
        """Kill one process below the first."""
        if workers := self.worker_ids():
            os.kill(random.choice(workers), signal.SIGKILL)

    def worker_ids(self) -> list[int]:
        """Return the processes below the first, in order."""
        assert self.process
        below = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return sorted(map(int, below.split()))

    def settle(self) -> None:
        """Wait until the workers live, which have threads, and nobody besides."""
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            threads = [len(list(Path(f"/proc/{pid}/task").glob("*"))) for pid in self.worker_ids()]
            if len(threads) == self.workers and min(threads) > 1:
                break
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server and wait for it."""
        assert self.process
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()

    def _is_port_free(self) -> bool:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError:
                return False
            return True

    def _environ(self) -> dict[str, str]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CMS_")}
        return environ | {
            "CMS_INSTANCE": str(self.settings.instance),
            "CMS_DATABASE_URL": self.settings.database_url,
            "CMS_BASE_URL": f"http://127.0.0.1:{self.port}",
            "CMS_RATE_LIMITS": "off",
            "PYTHONPATH": str(ROOT),
        }


@dataclass
class Senders:
    """Readers who send without end, two tabs for each: both send every comment at about the same moment."""

    served: Served
    path: str
    token: str
    acknowledged: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # text: receipts
    refused: Counter[int] = field(default_factory=Counter)
    ended: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def begin(self, readers: int) -> None:
        """Let so many readers begin."""
        self.threads = [
            threading.Thread(target=self._send_on, args=(reader,)) for reader in range(readers) for _ in "ab"
        ]
        for thread in self.threads:
            thread.start()

    def wait_for_thanks(self) -> None:
        """Wait until one more comment is acknowledged, so that a kill meets comments on their way."""
        before, until = len(self.acknowledged), time.monotonic() + READY_SECONDS
        while len(self.acknowledged) == before and time.monotonic() < until:
            time.sleep(0.005)

    def end(self) -> None:
        """Let each finish the comment that it sends; the server answers again."""
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def _send_on(self, reader: int) -> None:
        number = 0
        while not self.ended.is_set():
            number += 1
            self._send_until_taken(f"Reader {reader} says number {number}.")

    def _send_until_taken(self, text: str) -> None:
        """Send as a person does who has not been thanked: again, and at the end not for ever."""
        patience = TRIES_AT_THE_END
        while True:
            status, receipt = send(self.served.port, self.path, {"comment": text, "token": self.token})
            if status == 303:
                self.acknowledged[text].add(receipt)
                return
            self.refused[status] += 1
            if self.ended.is_set() and (patience := patience - 1) == 0:
                return
            time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Found:
    """What a loop of kills left behind."""

    kills: int
    acknowledged: int
    once: int
    lost: int
    doubled: int
    receipts_differing: int
    refused: int
    integrity: str
    back_median_seconds: float
    back_worst_seconds: float


def send(port: int, path: str, fields: dict[str, str]) -> tuple[int, str]:
    """Send a comment as Dan; return status and the address that follows, 0 where the connection broke."""
    body = urlencode({"name": "Dan", "email": "dan@example.org", **fields})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", f"{path}/comments", body, FORM)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Location", "")
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def token_of(page: str) -> str:
    """Return the token of the comment form on a page."""
    found = re.search(r'name="token"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]


def kill_again_and_again(
    served: Served, path: str, *, kills: int, readers: int, whole: float = 1.0, seed: int = 7
) -> Found:
    """Serve, let readers send, and kill `kills` times within half a second of somebody's thanks.

    The share `whole` of the kills meets the whole group.
    """
    chance = random.Random(seed)
    back: list[float] = []
    served.start()
    senders = Senders(served, path, token_of(served.page(path)))
    senders.begin(readers)
    try:
        for _ in range(kills):
            senders.wait_for_thanks()
            time.sleep(chance.uniform(0.02, 0.5))
            if chance.random() < whole:
                served.kill()
                back.append(served.start())
            else:
                served.kill_a_worker()
    finally:
        senders.end()
        served.stop()
    return _found(served.settings, senders, kills, back)


def _found(settings: Settings, senders: Senders, kills: int, back: list[float]) -> Found:
    stored = _stored(settings)
    receipts = senders.acknowledged
    return Found(
        kills=kills,
        acknowledged=len(receipts),
        once=sum(stored[text] == 1 for text in receipts),
        lost=sum(stored[text] == 0 for text in receipts),
        doubled=sum(number > 1 for number in stored.values()),
        receipts_differing=sum(len(some) > 1 for some in receipts.values()),
        refused=sum(senders.refused.values()),
        integrity=_integrity(settings),
        back_median_seconds=round(sorted(back)[len(back) // 2], 2) if back else 0.0,
        back_worst_seconds=round(max(back, default=0.0), 2),
    )


def _stored(settings: Settings) -> Counter[str]:
    database = db.open_database(settings)
    with database.reading() as session:
        found = Counter(session.exec(select(col(Comment.body_text))))
    database.close()
    return found


def _integrity(settings: Settings) -> str:
    """Return "ok" where SQLite says so of itself; PostgreSQL has no such question."""
    if settings.database_url:
        return "ok"
    database = db.open_database(settings)
    with database.reader.connect() as connection:
        answer = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    database.close()
    return f"{len(orphans)} orphans" if orphans else " ".join(answer)
