"""Every page has its query budget as a number, which no amount of rows moves."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from cms.site import Site
from tests.articles.paper import counted
from tests.conftest import Clock
from tests.factories import hire, send_comment, write_article
from tests.reader import Colleague, Reader

pytestmark = pytest.mark.both_engines

# SELECTs a page; the links above and below it take one of them, a staff session another. The queue's beyond figures, cards and
# reasons: each filled lane, the cards of what it holds, changes, folds with their samples, sections, the proxy's warning.
READERS = {
    "/": 3,
    "/articles/story-1": 11,
    "/authors/ada": 4,
    "/tags/time": 4,
    "/sections/city": 4,
    "/search?q=story": 4,
    "/feed.xml": 3,
    "/sitemap.xml": 4,
    "/privacy": 1,
    "/nowhere": 3,
}
# The queue asks what edited comments said before, and looks whether the set-up is well: whoever sees it can tell who runs the site.
STAFFS = {"/moderation/": 13, "/moderation/log": 5, "/desk/": 4, "/desk/articles/1": 6}


@pytest.fixture
def busy(site: Site, app: Flask, clock: Clock) -> Flask:
    """Give the application of a paper with some of everything."""
    hire(site, "Ben", clock())
    for number in range(1, 13):
        article = write_article(
            site,
            f"Story {number}",
            clock() - timedelta(hours=number),
            authors=["Ada", "Ben"],
            tags=["Time", "Rain"],
            section="City",
        )
        for _ in range(3):
            send_comment(site, article, clock(), name=f"Dan {number}")
    return app


def test_a_readers_page_keeps_its_query_budget(busy: Flask, site: Site) -> None:
    reader = Reader(busy)
    spent = {path: _selects(site, lambda path=path: reader.get(path)) for path in READERS}
    assert {path: count for path, count in spent.items() if count > READERS[path]} == {}


def test_a_page_of_staff_keeps_its_query_budget(busy: Flask, site: Site) -> None:
    ben = Colleague(busy, "Ben")
    spent = {path: _selects(site, lambda path=path: ben.get(path)) for path in STAFFS}
    assert {path: count for path, count in spent.items() if count > STAFFS[path]} == {}


def _selects(site: Site, fetch: Callable[[], TestResponse]) -> int:
    with counted(site) as sent:
        assert fetch().status_code in {200, 404}
    return len(sent)
