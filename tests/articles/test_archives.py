"""Lists of cards, a page at a time."""

import re
from datetime import timedelta

import pytest
from flask import Flask

from cms.site import Site
from tests.conftest import Clock
from tests.factories import write_article
from tests.reader import Reader

pytestmark = pytest.mark.both_engines


@pytest.mark.parametrize("path", ["/", "/authors/ada", "/sections/city", "/tags/time"])
def test_who_goes_from_page_to_page_meets_every_article_once(
    app: Flask, site: Site, clock: Clock, path: str
) -> None:
    app.extensions["site"] = site.but(page_size=3)
    for number in range(8):  # two at each moment, so that a page ends between them
        moment = clock() - timedelta(hours=number // 2)
        write_article(site, f"Story {number}", moment, authors=["Ada"], section="City", tags=["Time"])
    met, pages, reader = [], 0, Reader(app)
    while path:
        page = reader.get(path).text
        met += re.findall(r'<a href="/articles/story-(\d)"', page)
        further = re.search(r'href="([^"]+)" rel="next"', page)
        path, pages = further[1] if further else "", pages + 1
    assert (met, pages) == (["1", "0", "3", "2", "5", "4", "7", "6"], 3)
