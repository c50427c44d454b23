"""Whatever is done, the next reader of any page at any worker gets what would be made anew."""

import io
import random
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from cms.comments.actions.recleaning import reclean
from cms.config import Settings
from cms.exchange.actions.wordpress import import_wxr
from cms.moderation.actions.correcting import Correction, correct
from cms.moderation.actions.featuring import feature
from cms.moderation.actions.pausing import pause
from cms.moderation.actions.replying import StaffReply, reply
from cms.moderation.corrections import CorrectionReason
from cms.moderation.pauses import PauseKind
from cms.site import Site
from tests.conftest import Clock
from tests.desk.typist import Typist, photograph
from tests.exchange.conftest import comment, export, post, term
from tests.factories import hire, send_comment, write_article
from tests.pages.kept import Worker
from tests.reader import Moderator, Reader

LISTS = "/ /feed.xml /feed.json /news-sitemap.xml /sitemap.xml /sitemap-article-0.xml /privacy /robots.txt".split()
ARCHIVES = "/authors/ada /authors/ben /tags/rain /tags/sun /sections/city /sections/harbour /tags/rain/feed.xml".split()
ARTICLES = "/articles/tide /articles/tram /articles/bell /articles/new-bell /articles/post-1".split()
AT_ONCE = 2  # deeds between two looks at every page


@pytest.fixture
def worker(settings: Settings, clock: Clock) -> Iterator[Worker]:
    started = Worker(settings, clock)
    yield started
    started.close()


class Newsroom:
    """Everybody's deeds, each done by the real action."""

    def __init__(self, site: Site, app: Flask, clock: Clock) -> None:
        self.site, self.clock = site, clock
        for name in ("Ben", "Cleo"):
            hire(site, name, clock())
        for title, tags in (("Tide", ["Rain"]), ("Tram", ["Rain", "Sun"])):
            write_article(site, title, clock(), authors=["Ada", "Ben"], tags=tags, section="City")
        self.reader, self.ben, self.cleo = Reader(app), Typist(app, "Ben"), Moderator(app, "Cleo")
        self.bell = self.ben.write("publish", title="Bell", tags="Rain", section="City", authors="Ada")
        self.about = self.ben.write("publish", title="About", kind="page")
        self.held = [send_comment(site, one, clock(), name=f"Dan {one}") for one in (1, 1, 2, 3)]
        self.receipt = self.reader.comment("/articles/tide", name="Mia").headers["Location"]

    def deeds(self) -> dict[str, Callable[[], object]]:
        """Return what may be done, by what it is."""
        return {
            "a title changes": lambda: self.ben.change(self.bell, title=f"Bell {self.clock().minute}"),
            "an article moves": lambda: self.ben.change(
                self.bell, section="Harbour", tags="Sun", authors="Ben"
            ),
            "its picture changes": lambda: self.ben.change(self.bell, **self._picture()),
            "its picture goes": lambda: self.ben.change(self.bell, lead_remove="y"),
            "its address changes": lambda: self.ben.change(self.bell, slug="new-bell"),
            "it is taken back": lambda: self.ben.change(self.bell, "unpublish"),
            "it comes out": lambda: self.ben.change(self.bell, "publish"),
            "it will come out": lambda: self.ben.write(
                "publish",
                title="Later",
                section=f"Section {self.clock().minute}",
                publish_at=(self.clock() + timedelta(minutes=3)).strftime("%Y-%m-%dT%H:%M"),
            ),
            "a static page is renamed": lambda: self.ben.change(
                self.about, title=f"About {self.clock().minute}"
            ),
            "a static page goes": lambda: self.ben.change(self.about, "unpublish"),
            "a static page comes out": lambda: self.ben.change(self.about, "publish"),
            "a static page will come out": lambda: self.ben.write(
                "publish",
                title="Imprint",
                kind="page",
                publish_at=(self.clock() + timedelta(minutes=3)).strftime("%Y-%m-%dT%H:%M"),
            ),
            "time goes on": lambda: self.clock.advance(minutes=4),
            "comments close": lambda: self.ben.change("/desk/articles/1", comments="closed"),
            "comments open": lambda: self.ben.change("/desk/articles/1", comments="open"),
            "comments are approved": lambda: self.cleo.decide("approve", *self.held),
            "a comment is rejected": lambda: self.cleo.decide("reject", self.held[0]),
            "staff answer": lambda: reply(
                self.site, StaffReply(1, "Ben", self.held[2], "Thank you.", 10**9), self.clock()
            ),
            "one is featured": lambda: feature(self.site, 1, self.held[2], self.clock(), on=True),
            "one is corrected": lambda: correct(
                self.site,
                Correction(1, self.held[2], "Put right.", CorrectionReason.SLIP, 10**9),
                self.clock(),
            ),
            "comments pause": lambda: pause(
                self.site,
                1,
                2,
                PauseKind.CLOSED,
                self.clock() + timedelta(minutes=2),
                seen=0,
                now=self.clock(),
            ),
            "a comment is undone": lambda: self.cleo.decide("hold", self.held[1]),
            "a comment is withdrawn": lambda: self._press("withdrawal"),
            "hers is approved": lambda: self.cleo.decide("approve", 5),
            "all is cleaned anew": lambda: reclean(self.site),
            "a site comes in": self._import,
            "somebody comments": lambda: self.reader.comment(
                "/articles/tram", comment=str(self.clock().minute)
            ),
        }

    def _picture(self) -> dict[str, str]:
        file = (io.BytesIO(photograph(size=(30, 20))), "bell.jpg")
        return {"lead_file": file, "lead_alt": f"A bell {self.clock().minute}"}  # type: ignore[dict-item]  # as werkzeug takes a file

    def _press(self, button: str) -> None:
        self.reader.post(f"{self.receipt}/{button}", self.reader.form_of(self.receipt))

    def _import(self) -> None:
        number = self.clock().minute
        fields = {"title": f"Post {number}", "content_encoded": f"Text of {number}."}
        text = export(post(1, term("post_tag", "rain"), comment(number + 1), **fields))
        import_wxr(self.site, io.BytesIO(text.encode()), now=self.clock())


@pytest.mark.both_engines
def test_no_worker_ever_shows_what_is_no_longer_so(
    site: Site, app: Flask, clock: Clock, worker: Worker
) -> None:
    newsroom = Newsroom(site, app, clock)
    deeds, chance = newsroom.deeds(), random.Random(site.database.is_sqlite)
    _compare(app, worker, ["nothing"])
    order = chance.sample(list(deeds), len(deeds))
    for names in (order[start : start + AT_ONCE] for start in range(0, len(order), AT_ONCE)):
        for name in names:
            clock.advance(seconds=20)
            deeds[name]()
        _compare(app, worker, names)
    clock.advance(days=8)  # beyond the week of every form's token, and of every scheduled article
    _compare(app, worker, ["a week"])


def _compare(app: Flask, worker: Worker, done: list[str]) -> None:
    fresh, kept = Reader(app), Reader(worker.app)
    for path in LISTS + ARCHIVES + ARTICLES:
        wanted, found = _told(fresh.get(path)), _told(kept.get(path))
        assert found == wanted, f"{path} after {done}"
    before = worker.made
    pages = [path for path in LISTS if kept.get(path).status_code == 200]
    assert worker.made == before, f"{pages} are kept"


def _told(response: TestResponse) -> tuple[object, ...]:
    headers = response.headers
    return response.status_code, headers.get("ETag"), headers.get("Location"), response.data
