"""What every page of the reader's side promises: no cookie, no other host, nothing stale, nothing heavy."""

import re
from datetime import datetime, timedelta

import brotli
import pytest
from flask import Flask

from cms.moderation.actions.deciding import decide
from cms.moderation.rules import Verdict
from cms.site import Site
from tests.conftest import Clock
from tests.factories import hire, send_comment, write_article
from tests.reader import Page, Reader

HEAVIEST_BYTES = 30_000  # HTML and CSS of an article with 20 comments, on the wire
ARTICLE = "/articles/the-last-tram"
PUBLIC = [
    "/",
    ARTICLE,
    "/authors/ada",
    "/tags/trams",
    "/sections/city",
    "/privacy",
    "/feed.xml",
    "/sitemap.xml",
    "/robots.txt",
]
FETCHED = {
    "img": "src",
    "script": "src",
    "source": "srcset",
    "iframe": "src",
    "video": "poster",
    "object": "data",
}
FETCHED_LINKS = {
    "stylesheet",
    "icon",
    "preload",
    "modulepreload",
    "prefetch",
    "preconnect",
    "dns-prefetch",
    "manifest",
}


@pytest.fixture
def reader(site: Site, app: Flask, clock: Clock) -> Reader:
    """Give a reader of a small paper whose one article has been talked about."""
    paragraph = "<p>The last tram leaves when the driver has finished her tea, and not before that.</p>"
    article = write_article(
        site, "The last tram", clock(), body=paragraph * 12, tags=["Trams"], section="City"
    )
    write_article(site, "The first tram", clock(), tags=["Trams"], section="City")
    cleo = hire(site, "Cleo", clock())
    for number in range(20):
        said = f"Comment {number}: I was on that tram, in the rain, and {number} others were. " * 3
        comment = send_comment(site, article, clock(), text=said, name=f"Reader {number}")
        _approve(site, cleo, comment, clock() + timedelta(minutes=number))
    return Reader(app)


def _approve(site: Site, staff_id: int, comment: int, now: datetime) -> None:

    decide(site, staff_id, [comment], Verdict.APPROVE, "", 2**62, now)


def test_a_page_may_be_kept_by_anyone_who_asks_first(reader: Reader) -> None:
    for path in PUBLIC:
        first = reader.get(path, **{"Accept-Encoding": "br"})
        assert first.status_code == 200, path
        assert first.headers["Cache-Control"] == "no-cache", path
        assert first.headers["Vary"] == "Accept-Encoding", path
        again = reader.get(path, **{"Accept-Encoding": "br", "If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b""), path


def test_an_etag_belongs_to_one_encoding(reader: Reader) -> None:
    tags = {
        reader.get(ARTICLE, **{"Accept-Encoding": name}).headers["ETag"]
        for name in ("br", "gzip", "identity")
    }
    assert len(tags) == 3


def test_no_page_runs_script_of_its_own_or_can_be_framed(reader: Reader) -> None:
    for path in [*PUBLIC, "/nowhere", "/sign-in"]:
        policy = reader.client.get(path).headers["Content-Security-Policy"]
        directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
        assert directives["default-src"] == "'none'", path
        assert directives["script-src"] == "'self'", path
        assert directives["frame-ancestors"] == "'none'", path
        assert "unsafe" not in policy, path


def test_an_address_that_does_not_matter_makes_the_same_page(reader: Reader) -> None:
    plain, tracked = reader.get(ARTICLE), reader.get(f"{ARTICLE}?fbclid=abc&utm_source=x")
    assert plain.headers["ETag"] == tracked.headers["ETag"]


def test_a_page_fetches_nothing_from_another_host(reader: Reader) -> None:
    for path in (path for path in PUBLIC if "." not in path):
        wanted = [address for address in _fetched(Page(reader.get(path).text)) if not address.startswith("/")]
        assert not wanted, path


def _fetched(page: Page) -> list[str]:
    found = []
    for tag, attributes, _ in page.elements:
        if tag in FETCHED and attributes.get(FETCHED[tag]):
            found.append(attributes[FETCHED[tag]])
        if tag == "link" and set(attributes.get("rel", "").split()) & FETCHED_LINKS:
            found.append(attributes["href"])
    return found


def test_an_article_with_20_comments_weighs_less_than_30_kb(reader: Reader) -> None:
    answer = reader.get(ARTICLE, **{"Accept-Encoding": "br"})
    text = brotli.decompress(answer.data).decode()
    assert len(re.findall(r'id="comment-\d+"', text)) == 20
    sheets = [attributes["href"] for attributes, _ in Page(text).all("link", rel="stylesheet")]
    assert sheets
    weight = len(answer.data) + sum(
        len(reader.get(sheet, **{"Accept-Encoding": "br"}).data) for sheet in sheets
    )
    assert weight < HEAVIEST_BYTES


def test_a_style_sheet_is_kept_for_a_year_under_an_address_of_its_own(reader: Reader) -> None:
    page = Page(reader.get("/").text)
    sheet = page.all("link", rel="stylesheet")[0][0]["href"]
    assert "immutable" in reader.get(sheet).headers["Cache-Control"]
