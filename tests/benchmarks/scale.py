"""What a public page costs on a big site against a small one, made anew each time, as ratios of interleaved rounds.

Run: `python tests/benchmarks/scale.py [--small FOLDER --large FOLDER] [--rounds N] [--json]`. The two are instances
that `seed.py` has filled (or `postgresql://…` addresses, whose key lies in `CMS_INSTANCE`); without them, one of 20,000
articles and 200,000 comments and one ten times as large are made in a temporary folder, which takes minutes. Each page is
asked for in this process, without the page store; what is compared is the median of processor time, which others on the
machine do not lengthen, or, since PostgreSQL works in processes of its own, of the time that passes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from cms import create_app, open_site
from cms.config import load_settings
from cms.site import Site

HERE = Path(__file__).parent
GOAL = 2.2  # times what it costs on the small site, at most
SIZES = {"small": (20_000, 200_000), "large": (200_000, 2_000_000)}
FIFTY = """SELECT a.slug FROM article a JOIN comment c ON c.article_id = a.id AND c.status = 'approved'
 WHERE a.language = 'en' AND a.id IN (SELECT id FROM article ORDER BY publish_at DESC LIMIT 3000)
 GROUP BY a.id, a.slug ORDER BY abs(count(*) - 50), a.id LIMIT 1"""
BUSIEST = """SELECT slug FROM article WHERE id = (SELECT article_id FROM comment GROUP BY article_id
 ORDER BY count(*) DESC LIMIT 1)"""


class Paper:
    """One seeded site, asked for its pages in this process."""

    def __init__(self, place: str) -> None:
        """Open the site in a folder, or that of a PostgreSQL address."""
        if place.startswith("postgresql"):
            own = {"database_url": place, "instance": os.environ.get("CMS_INSTANCE", "instance")}
            self._watch = time.perf_counter
        else:
            own, self._watch = {"instance": place}, time.process_time
        self.site: Site = open_site(load_settings({}, **own))
        self.client: FlaskClient = create_app(self.site).test_client()
        self.pages = dict(self._pages())

    def _pages(self) -> Iterator[tuple[str, str]]:
        with self.site.database.reading() as session:
            fifty = session.execute(sa.text(FIFTY)).scalar_one()
            busiest = session.execute(sa.text(BUSIEST)).scalar_one()
            titles = (
                session.execute(sa.text("SELECT title FROM article ORDER BY id LIMIT 2000")).scalars().all()
            )
        yield "front page", "/"
        yield "article with some 50 comments", f"/articles/{fifty}"
        yield "article with most comments", f"/articles/{busiest}"
        for kind in ("author", "section", "tag"):
            yield f"{kind}'s archive", f"/{kind}s/{kind}-1"
        yield "feed", "/feed.xml"
        yield "sitemap's index", "/sitemap.xml"
        yield "one sitemap", "/sitemap-article-1.xml"
        yield "search for a common word", f"/search?q={titles[0].split()[0]}"
        commonest = Counter(word for title in titles for word in title.split()).most_common(2)
        yield "search for two words", f"/search?q={'+'.join(word for word, _ in commonest)}"
        deep = "/"
        for _ in range(3):
            deep = self._next(deep) or deep
        yield "front page, further back", deep

    def _next(self, path: str) -> str:
        text = self.client.get(path).text
        _, found, rest = text.partition('rel="next" href="')
        return rest.partition('"')[0].replace("&amp;", "&") if found else ""

    def cost(self, path: str) -> float:
        """Return the milliseconds that one page takes."""
        began = self._watch()
        answer = self.client.get(path)
        spent = self._watch() - began
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}")
        return spent * 1000


def main() -> None:
    """Measure, and print the table; exit with 1 where a page grows beyond GOAL."""
    asked = _arguments()
    with _places(asked) as (small, large):
        figures = compared(Paper(small), Paper(large), asked.rounds)
    worst = max(row["ratio"] for row in figures.values())
    told = {"pages": figures, "worst": worst, "goal": GOAL}
    print(json.dumps(told) if asked.json else "\n".join(_lines(figures, worst)))
    sys.exit(worst > GOAL)


def compared(small: Paper, large: Paper, rounds: int) -> dict[str, dict[str, Any]]:
    """Return what each page costs on both, and how many times as much on the large one."""
    found = {}
    for name, path in small.pages.items():
        asks: dict[str, Callable[[], float]] = {
            "small": lambda path=path: small.cost(path),  # type: ignore[misc]  # bound here
            "large": lambda path=large.pages[name]: large.cost(path),  # type: ignore[misc]  # as above
        }
        costs: dict[str, list[float]] = {size: [] for size in asks}
        for turn in range(rounds + 2):
            for size, ask in asks.items():
                cost = ask()
                if turn >= 2:  # the first two warm up
                    costs[size].append(cost)
        middle = {size: median(all_of) for size, all_of in costs.items()}
        found[name] = {
            **{f"{size}, ms": round(value, 2) for size, value in middle.items()},
            "ratio": round(middle["large"] / middle["small"], 2),
        }
    return found


def _lines(figures: dict[str, dict[str, Any]], worst: float) -> Iterator[str]:
    for name, row in figures.items():
        yield f"{name:32} {row['small, ms']:8.2f} ms {row['large, ms']:8.2f} ms   {row['ratio']:5.2f} times"
    yield f"worst: {worst} (goal: {GOAL} at most)"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", default="")
    parser.add_argument("--large", default="")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if bool(asked.small) != bool(asked.large):
        parser.error("--small and --large are given together")
    return asked


@contextmanager
def _places(asked: argparse.Namespace) -> Iterator[tuple[str, str]]:
    if asked.small:
        yield asked.small, asked.large
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, (articles, comments) in SIZES.items():
            instance = Path(folder) / name
            instance.mkdir()
            numbers = [
                "--articles",
                str(articles),
                "--comments",
                str(comments),
                "--held",
                str(comments // 20),
            ]
            place = {**os.environ, "CMS_INSTANCE": str(instance)}
            subprocess.run(
                [sys.executable, str(HERE / "seed.py"), *numbers],
                env=place,
                check=True,
                stdout=subprocess.DEVNULL,
            )
        yield str(Path(folder) / "small"), str(Path(folder) / "large")


if __name__ == "__main__":
    main()
