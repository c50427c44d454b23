"""How a whole site stands against bots: what its defences catch of them, and what a flood costs those who are none.

Run: `python tests/benchmarks/bots.py [--posts N] [--seconds N] [--json]`. Serves an empty site of its own, on SQLite, or
on the empty PostgreSQL database of `CMS_DATABASE_URL`. First bots of several kinds and honest readers post interleaved
while a moderator decides about some; then a handful of networks post at full speed while others read and comment.
Ends with status 1 where an honest comment is not acknowledged during the flood.
"""

import argparse
import http.client
import itertools
import json
import os
import random
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

import sqlalchemy as sa
from kills import FORM, Served
from people import Message, bot_messages, honest_message
from sqlmodel import col

from cms import create_app, db, now_utc, open_site
from cms.accounts.actions import add_staff
from cms.accounts.rules import Role
from cms.articles.models import Article, ArticleStatus
from cms.comments.models import Comment
from cms.comments.signals import Lane
from cms.config import Settings, load_settings
from cms.moderation.rules import Verdict
from cms.site import Site
from cms.vault import secret_hash

ARTICLES = tuple(
    f"story-{number}" for number in range(30)
)  # so many that what comes before the flood is none
CLEO = ("cleo@example.org", "decides all day long")
DECIDED_EACH, DECIDED_SHARE = 40, 0.4  # after so many posts the moderator decides about a share of them
HONEST_SHARE = 0.6
MIXED_MOST = 1_000  # in ten minutes; more is a flood to the site
FLOODERS, FLOOD_THREADS = 5, 4
PROBE_SECONDS = 0.25  # between two looks at how long a page takes


@dataclass(frozen=True)
class Sent:
    """What was sent, what came back, how long that took."""

    message: Message
    status: int
    receipt: str
    seconds: float


class Open(Served):
    """A served site with its limits on, behind one proxy."""

    def _environ(self) -> dict[str, str]:
        return super()._environ() | {"CMS_RATE_LIMITS": "on", "CMS_TRUSTED_PROXIES": "1"}


class Visitor:
    """Someone who asks over a connection of her own, kept open."""

    def __init__(self, served: Served) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
        self.cookie = ""

    def ask(
        self, method: str, path: str, fields: Sequence[tuple[str, str]] = (), **headers: str
    ) -> tuple[int, str, str]:
        """Return status, location and text."""
        wanted = {**FORM, **({"Cookie": self.cookie} if self.cookie else {})}
        wanted |= {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, path, urlencode(fields) if fields else None, wanted)
        answer = self._connection.getresponse()
        self.cookie = (answer.getheader("Set-Cookie") or self.cookie).partition(";")[0]
        return answer.status, answer.getheader("Location") or "", answer.read().decode()

    def send(self, message: Message, tokens: dict[str, str]) -> Sent:
        """Send one comment; who is hasty fetches a token of this second first."""
        path = f"/articles/{message.article}/comments"
        who = {"X_Forwarded_For": message.address, "User_Agent": message.browser}
        token = tokens[message.article]
        began = time.perf_counter()
        if message.is_hasty:
            status, _, told = self.ask("GET", f"{path}/token", **who)
            token = json.loads(told)["token"] if status == 200 else token
        fields = {"name": message.name, "email": message.email, "comment": message.text, "token": token}
        status, place, _ = self.ask("POST", path, [*fields.items(), ("website", message.trap)], **who)
        return Sent(message, status, secret_hash(place.rpartition("/")[2]), time.perf_counter() - began)


class Moderator(Visitor):
    """Cleo, who decides through the dashboard."""

    def __init__(self, served: Served) -> None:
        super().__init__(served)
        token = self._field("/sign-in", "csrf_token")
        fields = [("email", CLEO[0]), ("password", CLEO[1]), ("csrf_token", token)]
        assert self.ask("POST", "/sign-in", fields)[0] == 303

    def decide(self, verdict: Verdict, ids: Sequence[int]) -> None:
        """Give one verdict on some comments."""
        if ids:
            page = self.ask("GET", "/moderation/")[2]
            hidden = [(name, _value(page, name)) for name in ("csrf_token", "as_of", "back")]
            chosen = [("verdict", verdict.value), *(("comment", str(one)) for one in ids)]
            assert self.ask("POST", "/moderation/decisions", hidden + chosen)[0] in {303, 409}

    def _field(self, path: str, name: str) -> str:
        return _value(self.ask("GET", path)[2], name)


def main() -> None:
    """Serve, let them come, say what was found."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        settings = _settings(Path(folder))
        site = open_site(settings)
        _fill(site)
        served = Open(settings, workers=2)
        served.start()
        try:
            tokens = {slug: _value(served.page(f"/articles/{slug}"), "token") for slug in ARTICLES}
            until = time.monotonic() + asked.seconds
            mixed = _mixed(site, served, tokens, min(MIXED_MOST, asked.posts // 4), until - asked.seconds / 2)
            figures = {**_judged(site, mixed), "flood": _flood(served, tokens, asked.posts, until)}
        finally:
            served.stop()
            site.database.close()
    print(json.dumps(figures) if asked.json else json.dumps(figures, indent=2))
    if figures["flood"]["honest_acknowledged"] < figures["flood"]["honest_sent"]:
        raise SystemExit(1)


def _mixed(site: Site, served: Served, tokens: dict[str, str], posts: int, until: float) -> list[Sent]:
    """Let bots and honest readers post one after the other, and a moderator decide about some."""
    chance, visitor, cleo = random.Random(7), Visitor(served), Moderator(served)
    bots = bot_messages(chance, ARTICLES)
    sent: list[Sent] = []
    while len(sent) < posts and time.monotonic() < until:
        is_honest = chance.random() < HONEST_SHARE
        message = honest_message(chance, ARTICLES, len(sent)) if is_honest else next(bots)
        sent.append(visitor.send(message, tokens))
        if len(sent) % DECIDED_EACH == 0:
            some = chance.sample(sent[-DECIDED_EACH:], int(DECIDED_EACH * DECIDED_SHARE))
            ids = {receipt: found[0] for receipt, found in _stored(site).items()}
            for verdict, is_spam in ((Verdict.APPROVE, False), (Verdict.SPAM, True)):
                chosen = [one for one in some if (one.message.kind != "honest") is is_spam]
                cleo.decide(verdict, [ids[one.receipt] for one in chosen if one.receipt in ids])
    return sent


def _judged(site: Site, sent: Sequence[Sent]) -> dict[str, object]:
    """Return precision and recall of all defences together, and the share that they caught of each kind."""
    stored, caught, kinds = _stored(site), Counter[str](), Counter(one.message.kind for one in sent)
    statuses: dict[str, Counter[int]] = defaultdict(Counter)
    for one in sent:
        lane = stored.get(one.receipt, (0, None))[1]
        caught[one.message.kind] += one.status == 429 or lane is Lane.LIKELY_SPAM
        statuses[one.message.kind][one.status] += 1
    right = caught.total() - caught["honest"]
    return {
        "precision": right / max(1, caught.total()),
        "recall": right / max(1, len(sent) - kinds["honest"]),
        "caught": {kind: [caught[kind], number] for kind, number in sorted(kinds.items())},
        "statuses": {kind: dict(found) for kind, found in sorted(statuses.items())},
    }


def _flood(served: Served, tokens: dict[str, str], posts: int, until: float) -> dict[str, object]:
    """Measure a page and an honest comment while nothing happens, then while a flood does."""
    fresh = itertools.count(30_000)
    calm = _probed(served, tokens, fresh, time.monotonic() + min(5, max(2, until - time.monotonic()) / 5))
    numbers, statuses, threads = itertools.count(), Counter[int](), []
    ended = threading.Event()

    def flood() -> None:
        visitor, chance = Visitor(served), random.Random()
        while (number := next(numbers)) < posts and time.monotonic() < until:
            message = honest_message(chance, ARTICLES, number)
            message = replace(
                message, address=f"198.51.{number % FLOODERS}.9", text=f"{message.text} {number}"
            )
            statuses[visitor.send(replace(message, browser=f"Bot {number}"), tokens).status] += 1

    for _ in range(FLOOD_THREADS):
        threads.append(threading.Thread(target=flood))
        threads[-1].start()
    threading.Thread(target=lambda: [*map(threading.Thread.join, threads), ended.set()]).start()
    began = time.monotonic()
    busy = _probed(served, tokens, fresh, until, ended.is_set)
    return {
        "posts": statuses.total(),
        "posts_per_second": statuses.total() / (time.monotonic() - began),
        "statuses": dict(statuses),
        "honest_sent": len(busy[1]),
        "honest_acknowledged": sum(one.status == 303 for one in busy[1]),
        "page": _compared(calm[0], busy[0]),
        "comment": _compared([one.seconds for one in calm[1]], [one.seconds for one in busy[1]]),
    }


def _probed(
    served: Served,
    tokens: dict[str, str],
    fresh: "itertools.count[int]",
    until: float,
    is_over: Callable[[], bool] = lambda: False,
) -> tuple[list[float], list[Sent]]:
    """Fetch a page and send a comment from a fresh network again and again; return how long each took."""
    reader, dan, chance = Visitor(served), Visitor(served), random.Random(3)
    pages, sent = list[float](), list[Sent]()
    while time.monotonic() < until and not is_over():
        began = time.perf_counter()
        reader.ask("GET", f"/articles/{ARTICLES[0]}")
        pages.append(time.perf_counter() - began)
        sent.append(dan.send(honest_message(chance, ARTICLES, next(fresh)), tokens))
        time.sleep(PROBE_SECONDS)
    return pages, sent


def _compared(calm: Sequence[float], busy: Sequence[float]) -> dict[str, float]:
    """Return milliseconds in calm and in the flood, with what the flood makes of them."""
    found = {"calm": _p50_p99(calm), "flood": _p50_p99(busy)}
    named = {
        f"{when}_{name}_ms": 1000 * value for when, both in found.items() for name, value in both.items()
    }
    ratios = {f"{name}_ratio": found["flood"][name] / found["calm"][name] for name in ("p50", "p99")}
    return {name: round(value, 1) for name, value in {**named, **ratios}.items()}


def _p50_p99(seconds: Sequence[float]) -> dict[str, float]:
    if len(seconds) < 2:
        return {"p50": float("nan"), "p99": float("nan")}
    return {"p50": median(seconds), "p99": quantiles(seconds, n=100, method="inclusive")[98]}


def _stored(site: Site) -> dict[str, tuple[int, Lane]]:
    """Return id and lane of every comment by the hash of its receipt."""
    with site.database.reading() as session:
        rows = session.execute(sa.select(col(Comment.receipt_hash), col(Comment.id), col(Comment.lane)))
        return {row.receipt_hash: (row.id, row.lane) for row in rows}


def _value(page: str, name: str) -> str:
    """Return the value of a page's first hidden field of that name."""
    return page.partition(f'name="{name}"')[2].partition('value="')[2].partition('"')[0]


def _settings(instance: Path) -> Settings:
    database = {"database_url": os.environ["CMS_DATABASE_URL"]} if "CMS_DATABASE_URL" in os.environ else {}
    settings = load_settings({}, instance=instance, trusted_proxies=1, **database)
    db.migrate(settings)
    return settings


def _fill(site: Site) -> None:
    create_app(site)  # which knows every table
    now = now_utc()
    dates = {"publish_at": now, "created_at": now, "changed_at": now, "status": ArticleStatus.PUBLISHED}
    rows = [
        {"slug": slug, "title": slug.title(), "body_html": f"<p>{slug}</p>", "body_text": slug, **dates}
        for slug in ARTICLES
    ]
    with site.database.writing() as session:
        session.execute(sa.insert(Article), rows)
        session.commit()
    add_staff(site, name="Cleo", email=CLEO[0], role=Role.MODERATOR, password=CLEO[1], now=now)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--posts", type=int, default=10_000, help="of the flood; up to a fourth as many come before it"
    )
    parser.add_argument("--seconds", type=int, default=600, help="the longest that all of it takes")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
