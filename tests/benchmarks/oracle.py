"""Whether the time of an answer tells if an address is known here.

Run: `python tests/benchmarks/oracle.py [--pairs N] [--json]`. A paper in a temporary folder knows half of the addresses:
by approved, held and rejected comments at the form and at `/my-comments`, as staff at `/sign-in`. Each pair asks a door
once with a known and once with an unknown address, in an order of chance, in this process: a network would only hide
what differs. `difference_ms` is that of the medians, `noise_ms` half the spread of the middle half, and `z` the rank
sum's distance from chance (Mann and Whitney, 1947): beyond 3, and more than once, it tells. `…_worked` are the same of
processor time, for a machine that does much else.
"""

import argparse
import json
import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

import cms
from cms.accounts import actions as accounts
from cms.accounts.rules import Role
from cms.config import load_settings
from cms.moderation.actions.deciding import decide
from cms.moderation.rules import Verdict
from cms.site import Site
from tests.benchmarks.people import honest_message
from tests.factories import PASSWORD, hire, send_comment, write_article
from tests.reader import Page, Reader

ARTICLE = "/articles/the-last-tram"
WARM_UP = 10  # pairs that are not counted: the first ones import and compile
SIGN_INS = 4  # one pair at the door of staff for so many at the others: each hashes a password
VERDICTS = (Verdict.APPROVE, None, Verdict.REJECT)
Ask = Callable[[str], None]


class Time(NamedTuple):
    """What an answer took, in milliseconds: as they passed, and of the processor, which a busy machine blurs less."""

    passed: float
    worked: float


def main() -> None:
    """Ask every door, and say what its times tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measured(Path(folder), asked.pairs)
    if asked.json:
        print(json.dumps(found))
    else:
        for door, figures in found.items():
            print(f"{door}: " + ", ".join(f"{name} {value}" for name, value in figures.items()))


def measured(
    folder: Path, pairs: int, *, warm_up: int = WARM_UP, seed: int = 7
) -> dict[str, dict[str, float]]:
    """Return the figures of each door."""
    chance = random.Random(seed)
    site = _open(folder)
    known = _known(site, chance, pairs + warm_up)
    staff = known[: max(2, pairs // SIGN_INS) + warm_up]
    for place, email in enumerate(staff):
        added = accounts.add_staff(
            site, name=f"S {place}", email=email, role=Role.AUTHOR, password=PASSWORD, now=cms.now_utc()
        )
        assert isinstance(added, int), added
    reader = Reader(cms.create_app(site))
    doors: dict[str, tuple[Ask, Sequence[str], str]] = {  # with whose address nobody has typed before
        "comment": (_comment(reader, chance), known, "alien"),
        "my-comments": (_my_comments(reader), known, "stray"),
        "sign-in": (_sign_in(reader), staff, "other"),
    }
    found = {name: figures(*_times(*door, warm_up, chance)) for name, door in doors.items()}
    site.database.close()
    return found


def figures(known: Sequence[Time], unknown: Sequence[Time]) -> dict[str, float]:
    """Return what times of known and unknown addresses tell of one another."""
    worked = [one.worked for one in known], [one.worked for one in unknown]
    passed = [one.passed for one in known], [one.passed for one in unknown]
    middle = statistics.median(passed[0]), statistics.median(passed[1])
    quarters = statistics.quantiles([*passed[0], *passed[1]], n=4)
    return {
        "pairs": len(known),
        "known_ms": round(middle[0], 3),
        "unknown_ms": round(middle[1], 3),
        "difference_ms": round(middle[0] - middle[1], 3),
        "noise_ms": round((quarters[2] - quarters[0]) / 2, 3),
        "z": round(rank_z(*passed), 2),
        "difference_worked_ms": round(statistics.median(worked[0]) - statistics.median(worked[1]), 3),
        "z_worked": round(rank_z(*worked), 2),
    }


def rank_z(ones: Sequence[float], others: Sequence[float]) -> float:
    """Return by how many standard deviations the ranks of `ones` lie above what chance gives them among `others`."""
    ordered = sorted([*ones, *others])
    rank = {}
    for place, value in enumerate(ordered, start=1):
        first, _ = rank.get(value, (place, place))
        rank[value] = (first, place)  # equal values share the middle of their places
    above = sum(sum(rank[value]) / 2 for value in ones) - len(ones) * (len(ones) + 1) / 2
    product, total = len(ones) * len(others), len(ordered)
    return (above - product / 2) / math.sqrt(product * (total + 1) / 12)


def _open(folder: Path) -> Site:
    return cms.open_site(
        load_settings(
            {},
            instance=folder,
            base_url="http://localhost",
            rate_limits=False,
            sqlite_synchronous="NORMAL",
            smtp_host="127.0.0.1",  # so that letters are written; nobody sends them
            mail_from="letters@example.org",
        )
    )


def _known(site: Site, chance: random.Random, number: int) -> list[str]:
    """Let somebody comment from each of so many addresses; return them."""
    now = cms.now_utc()
    article, cleo = write_article(site, "The last tram", now), hire(site, "Cleo", now)
    emails = []
    for place in range(number):
        said = honest_message(chance, [ARTICLE], place)
        emails.append(f"known{place:06}@example.org")
        comment = send_comment(site, article, now, email=emails[-1], name=said.name, text=said.text)
        if verdict := VERDICTS[place % len(VERDICTS)]:
            decide(site, cleo, [comment], verdict, "", 2**62, now)
    return emails


def _times(
    ask: Ask, known: Sequence[str], stranger: str, warm_up: int, chance: random.Random
) -> tuple[list[Time], list[Time]]:
    """Ask with each known address and with one that is not; return what each took."""
    times: tuple[list[Time], list[Time]] = ([], [])
    for place, email in enumerate(known):
        pair = [(0, email), (1, email.replace("known", stranger))]
        chance.shuffle(pair)
        for which, typed in pair:
            began, worked = time.perf_counter(), time.thread_time()
            ask(typed)
            took = Time((time.perf_counter() - began) * 1000, (time.thread_time() - worked) * 1000)
            if place >= warm_up:
                times[which].append(took)
    return times


def _comment(reader: Reader, chance: random.Random) -> Ask:
    form = reader.form_of(ARTICLE)
    said = iter(honest_message(chance, [ARTICLE], number).text for number in range(10**9))

    def ask(email: str) -> None:
        fields = {**form, "name": "Dan", "email": email, "comment": next(said)}
        assert reader.post(f"{ARTICLE}/comments", fields).status_code == 303

    return ask


def _my_comments(reader: Reader) -> Ask:
    form = reader.form_of("/my-comments")

    def ask(email: str) -> None:
        assert reader.post("/my-comments", {**form, "email": email}).status_code < 400

    return ask


def _sign_in(reader: Reader) -> Ask:
    client = reader.client.application.test_client()
    hidden = Page(client.get("/sign-in").text).all("input", name="csrf_token")[0][0]["value"]

    def ask(email: str) -> None:
        typed = {"csrf_token": hidden, "email": email, "password": "not the right one"}
        assert client.post("/sign-in", data=typed, headers=reader.headers).status_code != 303

    return ask


if __name__ == "__main__":
    main()
