"""How long a moderator waits, and how fast one decision about many is, on the site of `CMS_INSTANCE` or `CMS_DATABASE_URL`.

Run: fill a site (`seed.py --articles N --comments N --held N`), then `python tests/benchmarks/moderation.py [--rounds N]
[--bulk N] [--keys N] [--compare FILE] [--json]`. Pages and decisions are timed in this process, without a network, one after another:
median and 99th percentile in milliseconds, and the processor's share of the median, beside the goal. With `--compare
FILE`, what `--json` printed on a smaller site, each stands beside what it was there. `--keys` decides that many comments by keys in a real Chromium.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import col

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cms
from cms.articles.models import Article
from cms.comments.models import Comment, CommentHost
from cms.config import load_settings
from cms.site import Site
from tests.benchmarks.seed import PASSWORD
from tests.reader import Page

GOALS = {"queue": 50, "filter": 100, "decision": 30, "undo": 30, "context": 30, "log": 50}  # ms, p99
BULK_A_SECOND, READER_MS = 2_000, 200
READER_PAUSE_SECONDS = 0.2  # between two comments of the reader; a hundred a second would measure her instead
GROWTH = 2.2  # at most, from 20,000 comments to 2 million
KEYS_MS = 100  # from a key to the next card, median
DECIDED = (
    "article",
    "reason",
    "commenter",
    "word",
    "section",
    "age",
)  # what narrows the tab of what was approved
EMAIL = "seed-moderator@example.org"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
JSON = {**SAME_ORIGIN, "Accept": "application/json"}


@dataclass
class Desk:
    """A moderator at work on the seeded site."""

    site: Site
    app: Flask
    client: FlaskClient = field(init=False)
    token: str = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()
        form = Page(self.client.get("/sign-in", headers=SAME_ORIGIN).text)
        token = next(attrs["value"] for attrs, _ in form.all("input", name="csrf_token"))
        fields = {"email": EMAIL, "password": PASSWORD, "csrf_token": token}
        assert self.client.post("/sign-in", data=fields, headers=SAME_ORIGIN).status_code == 303
        page = Page(self.client.get("/moderation/log", headers=SAME_ORIGIN).text)
        self.token = next(attrs["value"] for attrs, _ in page.all("input", name="csrf_token"))

    def get(self, path: str) -> str:
        """Fetch a page of the dashboard."""
        answer = self.client.get(path, headers=SAME_ORIGIN)
        assert answer.status_code == 200, f"{path}: {answer.status}"
        return answer.text

    def post(self, path: str, **fields: Any) -> dict[str, Any]:  # Any: what JSON holds
        """Send a form as the script of the page does."""
        answer = self.client.post(path, data={"csrf_token": self.token, **fields}, headers=JSON)
        assert answer.status_code == 200, f"{path}: {answer.status} {answer.text}"
        told: dict[str, Any] = answer.get_json()
        return told


def main() -> None:
    """Measure, and print a line for each thing with its goal, or one JSON object."""
    asked = _arguments()
    os.environ.setdefault("CMS_RATE_LIMITS", "off")
    settings = load_settings()
    site = cms.open_site(settings)
    desk = Desk(site, cms.create_app(site))
    found: dict[str, Any] = {"engine": "sqlite" if site.database.is_sqlite else "postgresql", **_sizes(site)}
    found["ms"] = dict(_pages(desk, asked.rounds))
    if asked.bulk:
        found["bulk"] = _bulk(desk, asked.bulk)
    if asked.keys:
        found["keys"] = _keys(asked.keys)
    site.database.close()
    if asked.compare:
        smaller = json.loads(asked.compare.read_text())["ms"]
        found["growth"] = {
            name: round(taken["median"] / smaller[name]["median"], 2)
            for name, taken in found["ms"].items()
            if name in smaller
        }
    print(json.dumps(found) if asked.json else _table(found))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument(
        "--bulk", type=int, default=10_000, help="comments in one decision about many; 0 = none"
    )
    parser.add_argument("--keys", type=int, default=0, help="comments decided by keys in Chromium; 0 = none")
    parser.add_argument("--compare", type=Path, help="what --json printed on a smaller site")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _sizes(site: Site) -> dict[str, int]:
    with site.database.reading() as session:
        count = sa.select(sa.func.count()).select_from
        return {
            "articles": session.execute(count(Article)).scalar_one(),
            "comments": session.execute(count(Comment)).scalar_one(),
            "waiting": session.execute(
                count(Comment).where(col(Comment.waiting_since).is_not(None))
            ).scalar_one(),
        }


def _pages(desk: Desk, rounds: int) -> Iterator[tuple[str, dict[str, float]]]:
    addresses = {"queue": "/moderation/", "queue, singly": "/moderation/?fold=off", "log": "/moderation/log"}
    queries = _queries(desk.site)
    addresses |= {f"filter {name}": f"/moderation/?{query}" for name, query in queries.items()}
    addresses |= {
        f"filter decided {name}": f"/moderation/?status=approved&{queries[name]}" for name in DECIDED
    }
    for name, address in addresses.items():
        yield name, _timed(lambda address=address: desk.get(address), rounds)  # type: ignore[misc]  # bound now
    waiting = _some_waiting(desk.site, rounds)
    yield "context", _timed(_each(lambda one: desk.get(f"/moderation/context/{one}"), waiting), rounds)
    as_of = _newest(desk.site)
    decided: list[int] = []

    def decide(one: int) -> None:
        told = desk.post("/moderation/decisions", comment=one, verdict="approve", as_of=as_of)
        decided.extend(told["decided"])

    yield "decision", _timed(_each(decide, waiting), rounds)
    yield "undo", _timed(_each(lambda one: desk.post("/moderation/undos", decision=one), decided), rounds)


def _queries(site: Site) -> dict[str, str]:
    """Return what to narrow by: things that stand in the queue, neither the rarest nor everywhere."""
    waits = col(Comment.waiting_since).is_not(None)
    with site.database.reading() as session:
        article = session.execute(
            sa.select(col(Comment.article_id))
            .where(waits)
            .group_by(col(Comment.article_id))
            .order_by(sa.func.count().desc())
            .limit(1)
        ).scalar_one()
        one, text = session.execute(
            sa.select(col(Comment.id), col(Comment.body_text)).where(waits).order_by(col(Comment.id)).limit(1)
        ).one()
        host = session.execute(sa.select(col(CommentHost.host)).limit(1)).scalar_one_or_none()
    rare = max(text.split(), key=len).strip(".,!?")
    found = {
        "article": f"article={article}",
        "reason": "reason=links",
        "lane": "lane=likely_spam",
        "commenter": f"commenter={one}",
        "network": f"network={one}",
        "word": f"words={rare}",
        "section": "section=1",
        "age": "older_hours=24",
    }
    return found | ({"host": f"host={host}"} if host else {})


def _some_waiting(site: Site, number: int) -> list[int]:
    statement = sa.select(col(Comment.id)).where(col(Comment.waiting_since).is_not(None))
    with site.database.reading() as session:
        return list(session.execute(statement.order_by(col(Comment.waiting_since)).limit(number)).scalars())


def _newest(site: Site) -> int:
    from cms.moderation.queries.batches import newest_entry

    with site.database.reading() as session:
        return newest_entry(session)


def _each(work: Callable[[int], object], over: list[int]) -> Callable[[], object]:
    left = iter(list(over))
    return lambda: work(next(left))


def _timed(work: Callable[[], object], rounds: int) -> dict[str, float]:
    taken, worked = [], []
    for _ in range(rounds):
        began, busy = time.perf_counter(), time.process_time()
        try:
            work()
        except StopIteration:
            break
        taken.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - busy) * 1000)
    return {**_summary(taken), "processor": round(statistics.median(worked), 1)}


def _summary(taken: list[float]) -> dict[str, float]:
    ordered = sorted(taken)
    return {
        "median": round(statistics.median(ordered), 1),
        "p99": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 1),
    }


def _bulk(desk: Desk, number: int) -> dict[str, float]:
    """Decide about so many at once while a reader sends one comment after another; then take it all back."""
    lane, number = _fill_lane(desk.site, number)
    waits: list[float] = []
    stop = threading.Event()
    reader = threading.Thread(target=_write_comments, args=(desk.app, _comment_form(desk.app), waits, stop))
    reader.start()
    began = time.perf_counter()
    told = desk.post("/moderation/batches/", verdict="spam", lane=lane, as_of=_newest(desk.site))
    while not told["finished"]:
        from cms.moderation.actions.batches import carry_on_all

        carry_on_all(desk.site, cms.now_utc())
        answer = desk.client.get(f"/moderation/batches/{told['batch']}", headers=JSON)
        told = answer.get_json()
    seconds = time.perf_counter() - began
    stop.set()
    reader.join()
    undo = desk.post(told["undo"]["path"])
    while not undo["finished"]:
        carry_on_all(desk.site, cms.now_utc())
        undo = desk.client.get(f"/moderation/batches/{undo['batch']}", headers=JSON).get_json()
    return {"comments": number, "a_second": round(number / seconds), "reader": _summary(waits)}  # type: ignore[dict-item]  # nested


def _fill_lane(site: Site, number: int) -> tuple[str, int]:
    """Let exactly so many comments wait in the last lane, or as many as there are; return it with their number."""
    ids = _some_waiting(site, number)
    with site.database.writing() as session:
        session.execute(
            sa.update(Comment).values(lane="likely_fine").where(col(Comment.lane) == "likely_spam")
        )
        for start in range(0, len(ids), 5000):
            some = ids[start : start + 5000]
            session.execute(sa.update(Comment).where(col(Comment.id).in_(some)).values(lane="likely_spam"))
        session.commit()
    return "likely_spam", len(ids)


def _comment_form(app: Flask) -> tuple[str, dict[str, str]]:
    """Return the address and the hidden fields of the newest article's comment form."""
    site: Site = app.extensions["site"]
    with site.database.reading() as session:
        newest = sa.select(col(Article.slug)).order_by(col(Article.id).desc()).limit(1)
        slug = session.execute(newest).scalar_one()
    form = Page(app.test_client(use_cookies=False).get(f"/articles/{slug}").text)
    hidden = {a["name"]: a.get("value", "") for a, _ in form.all("input", type="hidden") if "name" in a}
    return f"/articles/{slug}/comments", hidden


def _write_comments(
    app: Flask, form: tuple[str, dict[str, str]], waits: list[float], stop: threading.Event
) -> None:
    client, (address, hidden) = app.test_client(use_cookies=False), form
    while not stop.is_set() or not waits:
        email = f"dan-{time.time_ns()}@example.org"
        fields = {"name": "Dan", "email": email, "comment": f"I was there at {time.time_ns()}."}
        began = time.perf_counter()
        answer = client.post(address, data={**hidden, **fields}, headers=SAME_ORIGIN)
        waits.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 303, answer.status
        time.sleep(READER_PAUSE_SECONDS)


def _keys(number: int) -> dict[str, float]:
    """Decide by keys in Chromium, without a pause; measure from each key to the next card that has the focus."""
    from playwright.sync_api import sync_playwright

    from tests.journeys.conftest import CHROMIUM_FLAGS

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    environ = {**os.environ, "CMS_BASE_URL": base, "CMS_RATE_LIMITS": "off"}
    command = [sys.executable, "-m", "cms.cli", "serve", "--bind", f"127.0.0.1:{port}", "--workers", "2"]
    server = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"{base}/healthz")
        with sync_playwright() as playwright:
            path = os.environ.get("CMS_TEST_CHROMIUM", "/usr/bin/chromium")
            browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
            page = browser.new_page()
            page.goto(f"{base}/sign-in?next=/moderation/%3Ffold=off")
            page.get_by_label("E-mail address").fill(EMAIL)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("main").get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/moderation/**")
            page.goto(f"{base}/moderation/?fold=off")
            taken = [_pressed(page, "as"[turn % 2]) for turn in range(number)]
            page.wait_for_timeout(2000)
            browser.close()
    finally:
        server.terminate()
        server.wait(timeout=20)
    return _summary(taken)


def _pressed(page: Any, key: str) -> float:  # Any: a page of playwright
    before = page.evaluate("document.activeElement.id")
    began = time.perf_counter()
    page.keyboard.press(key)
    while page.evaluate("document.activeElement.id") in {before, ""}:
        assert time.perf_counter() - began < 10, "no next card"
    return (time.perf_counter() - began) * 1000


def _wait_for(url: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(url, timeout=2)  # noqa: S310  # our own server
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server does not answer")


def _table(found: dict[str, Any]) -> str:
    lines = [
        ", ".join(f"{found[name]} {name}" for name in ("articles", "comments", "waiting")),
        found["engine"],
    ]
    for name, taken in found["ms"].items():
        goal = GOALS.get(name.split(" ")[0].strip(","), 0)
        growth = (
            f"   grown {found['growth'][name]:.2f}, goal {GROWTH}" if name in found.get("growth", {}) else ""
        )
        lines.append(
            f"{name:24} median {taken['median']:7.1f} ms ({taken['processor']:.1f} of the processor)"
            f"   p99 {taken['p99']:7.1f} ms, goal {goal}{growth}"
        )
    if "bulk" in found:
        bulk = found["bulk"]
        lines.append(
            f"one decision about {bulk['comments']}: {bulk['a_second']} a second, goal {BULK_A_SECOND}"
        )
        lines.append(f"a reader's comment meanwhile: p99 {bulk['reader']['p99']} ms, goal {READER_MS}")
    if "keys" in found:
        lines.append(f"by keys: median {found['keys']['median']} ms, goal {KEYS_MS}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
