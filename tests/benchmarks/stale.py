"""Whether any reader ever gets a page that was no longer true when she asked for it.

Run: `python tests/benchmarks/stale.py [--reads N] [--hosts N] [--kills] [--json]`: readers fetch an article from
every worker of every host while a moderator approves and rejects a comment on it. On SQLite with one host, or over
the empty PostgreSQL database that `CMS_DATABASE_URL` names with several. Exit status 1 where a read was stale.
"""

import argparse
import http.client
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from cms import db, now_utc, open_site  # found from any folder
from cms.config import load_settings
from cms.moderation.actions.deciding import decide
from cms.moderation.rules import Verdict
from tests.factories import hire, send_comment, write_article
from tests.served import Served, served

READERS = 6
NEWEST = 2_147_483_647  # a moderator who has seen the whole log
KILL_EVERY_SECONDS = 4.0


def main() -> None:
    """Read and decide until enough was read, and print how many reads were stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=10_000)
    parser.add_argument("--hosts", type=int, default=1)
    parser.add_argument("--kills", action="store_true", help="kill a worker every few seconds")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        told = _race(asked, Path(folder), running)
    print(json.dumps(told) if asked.json else "\n".join(f"{name}: {value}" for name, value in told.items()))
    sys.exit(bool(told["stale"]))


@dataclass
class Race:
    """What the moderator has had acknowledged: after so many decisions the comment is to be seen, or not."""

    wanted: int
    decisions: list[bool] = field(default_factory=lambda: [False])
    acknowledged: int = 0
    begun: int = 0  # decisions that may be visible already
    reads: int = 0
    stale: int = 0
    broken: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def judge(self, acknowledged: int, seen: bool) -> None:
        """Count a read: it has to show the state acknowledged before it was asked for, or a later one."""
        self.reads += 1
        possible = self.decisions[acknowledged : self.begun + 1]
        self.stale += seen not in possible
        if self.reads >= self.wanted:
            self.over.set()


def _race(asked: argparse.Namespace, folder: Path, running: ExitStack) -> dict[str, int]:
    settings = load_settings(instance=folder)
    db.migrate(settings)
    site = open_site(settings)
    running.callback(site.database.close)
    cleo = hire(site, "Cleo", now_utc())
    comment = send_comment(site, write_article(site, "Tide", now_utc()), now_utc(), text="Now you see me.")
    hosts = [running.enter_context(served(folder)) for _ in range(asked.hosts)]
    race = Race(asked.reads)
    threads = [
        threading.Thread(target=_read, args=(race, hosts[number % len(hosts)])) for number in range(READERS)
    ]
    threads += [threading.Thread(target=_kill, args=(race, hosts))] if asked.kills else []
    for thread in threads:
        thread.start()
    chance = random.Random(7)
    while not race.over.wait(chance.random() / 50):
        seen = not race.decisions[-1]
        race.decisions.append(seen)
        race.begun = len(race.decisions) - 1
        decide(site, cleo, [comment], Verdict.APPROVE if seen else Verdict.REJECT, "rude", NEWEST, now_utc())
        race.acknowledged = race.begun
    for thread in threads:
        thread.join()
    return {"reads": race.reads, "stale": race.stale, "decisions": race.begun, "broken by kills": race.broken}


def _read(race: Race, host: Served) -> None:
    connection: http.client.HTTPConnection | None = None
    while not race.over.is_set():
        acknowledged = race.acknowledged
        try:
            connection = connection or http.client.HTTPConnection("127.0.0.1", host.port, timeout=20)
            connection.request("GET", "/articles/tide")
            body = connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            race.broken += 1
            connection = None
            continue
        race.judge(acknowledged, b"Now you see me." in body)
        if random.random() < 0.1:  # so that every worker is asked
            connection.close()
            connection = None


def _kill(race: Race, hosts: list[Served]) -> None:
    while not race.over.wait(KILL_EVERY_SECONDS):
        with suppress(ProcessLookupError, IndexError):
            os.kill(random.choice(random.choice(hosts).workers()), signal.SIGKILL)
            time.sleep(0.1)


if __name__ == "__main__":
    main()
