"""Every page has its query budget as a number, which no amount of rows moves."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask

from cms.accounts import actions as accounts
from cms.site import Site
from tests.articles.paper import counted
from tests.conftest import Clock
from tests.factories import hire, send_comment, write_article
from tests.reader import Colleague, Reader

# SELECTs a page; the masthead's sections take one of them, a staff session another.
READERS = {
    "/": 3,
    "/articles/story-1": 12,
    "/authors/ada": 4,
    "/tags/time": 4,
    "/sections/city": 4,
    "/search?q=story": 4,
    "/feed.xml": 3,
    "/sitemap.xml": 4,
    "/privacy": 1,
    "/nowhere": 3,
}
STAFFS = {"/moderation/": 5, "/moderation/log": 3, "/desk/": 4, "/desk/articles/1": 6}


@pytest.fixture
def busy(site: Site, app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Give the application of a paper with some of everything."""
    monkeypatch.setattr(accounts, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
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


@pytest.mark.parametrize(("path", "budget"), READERS.items())
def test_a_readers_page_keeps_its_query_budget(busy: Flask, site: Site, path: str, budget: int) -> None:
    reader = Reader(busy)
    with counted(site) as sent:
        assert reader.get(path).status_code == (404 if path == "/nowhere" else 200)
    assert len(sent) <= budget


@pytest.mark.parametrize(("path", "budget"), STAFFS.items())
def test_a_page_of_staff_keeps_its_query_budget(busy: Flask, site: Site, path: str, budget: int) -> None:
    ben = Colleague(busy, "Ben")
    with counted(site) as sent:
        assert ben.get(path).status_code == 200
    assert len(sent) <= budget
