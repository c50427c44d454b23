"""Search engines are told of every public page and of no other."""

from datetime import datetime, timedelta
from xml.etree import ElementTree

import pytest
from flask import Flask

from cms.articles.models import ArticleKind, ArticleStatus
from cms.articles.queries.discovery import WINDOW, SitemapPart, sitemap_entries, sitemap_parts
from tests.articles.paper import Paper, counted, paper_of

NAMES = {
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "n": "http://www.google.com/schemas/sitemap-news/0.9",
}


@pytest.fixture
def paper(app: Flask) -> Paper:
    """Return an empty newspaper."""
    return paper_of(app)


def read(app: Flask, address: str) -> ElementTree.Element:
    """Return a sitemap as an XML parser reads it."""
    response = app.test_client().get(address)
    assert (response.status_code, response.mimetype) == (200, "application/xml")
    return ElementTree.fromstring(response.get_data())  # noqa: S314  # our own sitemap


def listed(app: Flask) -> set[str]:
    """Return every path that the index leads to."""
    base = app.extensions["site"].settings.base_url
    maps = [loc.text or "" for loc in read(app, "/sitemap.xml").iterfind(".//s:loc", NAMES)]
    found = [
        loc.text or ""
        for one in maps
        for loc in read(app, one.removeprefix(base)).iterfind(".//s:loc", NAMES)
    ]
    assert len(found) == len(set(found))
    return {address.removeprefix(base) for address in found}


@pytest.mark.both_engines
def test_every_public_page_is_listed_once(app: Flask, paper: Paper) -> None:
    paper.article("One", authors=["Ada", "Ben"], section="Harbour", tags=["ferry"], slug="کتاب")
    paper.article("Two", authors=["Ada"], section="Harbour", tags=["ferry", "bread"])
    paper.article("About", kind=ArticleKind.PAGE, slug="about")
    assert listed(app) == {
        "/",
        "/articles/%DA%A9%D8%AA%D8%A7%D8%A8",
        "/articles/article-2",
        "/pages/about",
        "/authors/ada",
        "/authors/ben",
        "/sections/harbour",
        "/tags/ferry",
        "/tags/bread",
    }


@pytest.mark.both_engines
@pytest.mark.parametrize(
    "fields", [{"status": ArticleStatus.DRAFT}, {"status": ArticleStatus.RETRACTED}, {"days_ago": -1}]
)
def test_what_is_not_public_is_not_listed(app: Flask, paper: Paper, fields: dict[str, object]) -> None:
    paper.article("Night", authors=["Ada"], section="Harbour", tags=["ferry"], **fields)
    assert listed(app) == {"/"}


def test_an_article_stays_in_its_sitemap(app: Flask, paper: Paper) -> None:
    paper.article("Old")
    paper.article("New", id=2 * WINDOW + 7)
    with paper.site.database.reading() as session:
        parts = sitemap_parts(session, now=paper.now)
        assert parts == [SitemapPart("article", 0), SitemapPart("article", 2)]
        entries = [[entry.path for entry in sitemap_entries(session, part, now=paper.now)] for part in parts]
    assert entries == [["/", "/articles/article-1"], ["/articles/article-2"]]


def test_a_sitemap_says_when_an_article_changed(app: Flask, paper: Paper) -> None:
    paper.article("Night", updated_at=paper.now - timedelta(hours=2))
    moments = [
        found.text or "" for found in read(app, "/sitemap-article-0.xml").iterfind(".//s:lastmod", NAMES)
    ]
    assert [datetime.fromisoformat(moment) for moment in moments] == [paper.now - timedelta(hours=2)]


@pytest.mark.parametrize(
    "address",
    ["/sitemap-article-9.xml", "/sitemap-tag-0.xml", "/sitemap-x-0.xml", f"/sitemap-tag-{10**30}.xml"],
)
def test_a_sitemap_of_nothing_is_not_there(app: Flask, paper: Paper, address: str) -> None:
    assert app.test_client().get(address).status_code == 404


@pytest.mark.both_engines
def test_the_news_are_the_articles_of_two_days(app: Flask, paper: Paper) -> None:
    paper.article("Fresh & <new>", days_ago=1.9, language="ur-PK")
    paper.article("Old", days_ago=2.1)
    paper.article("Tomorrow", days_ago=-1)
    paper.article("About", kind=ArticleKind.PAGE)
    news = read(app, "/news-sitemap.xml")
    assert [found.text for found in news.iterfind(".//n:title", NAMES)] == ["Fresh & <new>"]
    assert [found.text for found in news.iterfind(".//n:language", NAMES)] == ["ur"]
    assert [found.text for found in news.iterfind(".//s:loc", NAMES)] == [
        f"{paper.site.settings.base_url}/articles/article-1"
    ]


def test_a_site_without_news_has_an_empty_news_sitemap(app: Flask, paper: Paper) -> None:
    assert len(read(app, "/news-sitemap.xml")) == 0


def test_robots_are_told_what_is_private_and_where_the_sitemaps_are(app: Flask, paper: Paper) -> None:
    response = app.test_client().get("/robots.txt")
    lines = response.get_data(as_text=True).split("\n")
    assert response.mimetype == "text/plain"
    for path in ("/comments/", "/my-comments", "/moderation/", "/desk/", "/sign-in", "/search"):
        assert f"Disallow: {path}" in lines
    for name in ("sitemap", "news-sitemap"):
        assert f"Sitemap: {paper.site.settings.base_url}/{name}.xml" in lines


@pytest.mark.parametrize(
    ("address", "selects"), [("/sitemap.xml", 4), ("/sitemap-article-0.xml", 1), ("/news-sitemap.xml", 1)]
)
def test_a_sitemap_takes_few_selects(app: Flask, paper: Paper, address: str, selects: int) -> None:
    for number in range(9):
        paper.article(f"Night {number}", tags=["x"], authors=["Ada"], days_ago=0.5)
    with counted(paper.site) as sent:
        app.test_client().get(address)
    assert len(sent) == selects
