"""Feeds carry the newest articles in full, in a form that any feed reader takes."""

import json
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask

from cms.articles.absolute import absolute_addresses
from cms.articles.models import ArticleStatus
from tests.articles.paper import Paper, counted, paper_of

ATOM = {"a": "http://www.w3.org/2005/Atom"}
MEDIA = "{http://search.yahoo.com/mrss/}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
ADDRESSES = ["/feed", "/authors/ada/feed", "/sections/harbour/feed", "/tags/ferry/feed"]


@pytest.fixture
def paper(app: Flask) -> Paper:
    """Return an empty newspaper."""
    return paper_of(app)


@pytest.fixture
def full(paper: Paper) -> Paper:
    """Return a newspaper with one article that stands in every archive."""
    paper.article("The last ferry", authors=["Ada"], section="Harbour", tags=["ferry"])
    return paper


def atom(app: Flask, address: str = "/feed.xml") -> ElementTree.Element:
    """Return an Atom feed as an XML parser reads it."""
    return ElementTree.fromstring(app.test_client().get(address).get_data())  # noqa: S314  # our own feed


def entries(app: Flask, address: str = "/feed.xml") -> list[ElementTree.Element]:
    """Return the entries of an Atom feed."""
    return atom(app, address).findall("a:entry", ATOM)


def items(app: Flask, address: str = "/feed.json") -> list[dict[str, Any]]:
    """Return the items of a JSON feed."""
    found: list[dict[str, Any]] = json.loads(app.test_client().get(address).get_data())["items"]
    return found


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_site_and_each_archive_have_both_feeds(app: Flask, full: Paper, address: str) -> None:
    assert [entry.findtext("a:title", namespaces=ATOM) for entry in entries(app, f"{address}.xml")] == [
        "The last ferry"
    ]
    assert [item["title"] for item in items(app, f"{address}.json")] == ["The last ferry"]


@pytest.mark.parametrize(
    ("address", "kind"), [("/feed.xml", "application/atom+xml"), ("/feed.json", "application/feed+json")]
)
def test_a_feed_is_sent_as_what_it_is(app: Flask, full: Paper, address: str, kind: str) -> None:
    response = app.test_client().get(address)
    assert response.mimetype == kind
    assert response.headers["Cache-Control"] == "no-cache"
    assert "Cookie" not in response.headers.get("Vary", "")


@pytest.mark.parametrize(
    "address", [f"{address}.{form}" for address in ADDRESSES for form in ("xml", "json")]
)
def test_a_feed_that_has_not_changed_is_not_sent_again(app: Flask, full: Paper, address: str) -> None:
    client = app.test_client()
    tag = client.get(address).headers["ETag"]
    again = client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.get_data()) == (304, b"")
    full.change(1, title="The first ferry")
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("address", ["/authors/nobody/feed.xml", "/tags/none/feed.json", "/feeds/feed.xml"])
def test_a_feed_of_nothing_is_not_there(app: Flask, paper: Paper, address: str) -> None:
    assert app.test_client().get(address).status_code == 404


def test_the_feed_of_an_archive_that_has_moved_leads_on(app: Flask, full: Paper) -> None:
    full.moved("/tags/boat", "tag:1")
    response = app.test_client().get("/tags/boat/feed.xml")
    assert (response.status_code, response.headers["Location"]) == (301, "/tags/ferry/feed.xml")


def test_a_feed_without_articles_is_valid(app: Flask, paper: Paper) -> None:
    feed = atom(app)
    for name in ("id", "title", "updated", "author"):
        assert feed.find(f"a:{name}", ATOM) is not None
    assert items(app) == []


def test_a_feed_says_where_it_is_and_what_it_is_of(app: Flask, full: Paper) -> None:
    base = full.site.settings.base_url
    links = {
        link.get("rel"): link.get("href")
        for link in atom(app, "/authors/ada/feed.xml").findall("a:link", ATOM)
    }
    assert links == {"self": f"{base}/authors/ada/feed.xml", "alternate": f"{base}/authors/ada"}
    feed = json.loads(app.test_client().get("/authors/ada/feed.json").get_data())
    assert (feed["feed_url"], feed["home_page_url"]) == (
        f"{base}/authors/ada/feed.json",
        f"{base}/authors/ada",
    )
    assert feed["version"] == "https://jsonfeed.org/version/1.1"


def test_an_entry_has_all_that_atom_asks_for(app: Flask, paper: Paper) -> None:
    paper.article("کتاب", "متن", authors=["Ada", "Ben"], tags=["Books"], language="ur", standfirst="ایک سطر")
    entry = entries(app)[0]
    assert entry.get(LANG) == "ur"
    assert [author.findtext("a:name", namespaces=ATOM) for author in entry.findall("a:author", ATOM)] == [
        "Ada",
        "Ben",
    ]
    assert [category.attrib["label"] for category in entry.findall("a:category", ATOM)] == ["Books"]
    assert entry.findtext("a:summary", namespaces=ATOM) == "ایک سطر"
    for name in ("published", "updated"):
        assert datetime.fromisoformat(entry.findtext(f"a:{name}", "", ATOM)) == paper.now - timedelta(days=1)
    content = entry.find("a:content", ATOM)
    assert content is not None
    assert content.get("type") == "html"
    assert "<p>متن</p>" in (content.text or "")
    assert 'dir="rtl"' in (content.text or "")


def test_an_item_has_all_that_json_feed_asks_for(app: Flask, paper: Paper) -> None:
    base = paper.site.settings.base_url
    paper.article("Night", "text", authors=["Ada", "Ben"], tags=["Books"], image_path="a.png", image_alt="A")
    item = items(app)[0]
    assert item["url"] == f"{base}/articles/article-1"
    assert [author["name"] for author in item["authors"]] == ["Ada", "Ben"]
    assert (item["tags"], item["language"], item["image"]) == (["Books"], "en", f"{base}/media/a.png")
    assert f'<img src="{base}/media/a.png" alt="A">' in item["content_html"]


def test_an_entry_names_its_picture_apart_from_its_text(app: Flask, paper: Paper) -> None:
    paper.article("Plain", days_ago=2)
    paper.article("Night", image_path="a.png", image_alt="A <bell>", image_width=640, image_height=480)
    pictured, plain = entries(app)
    picture = pictured.find(f"{MEDIA}content")
    assert picture is not None
    address = f"{paper.site.settings.base_url}/media/a.png"
    assert picture.attrib == {"url": address, "medium": "image", "width": "640", "height": "480"}
    assert picture.findtext(f"{MEDIA}description") == "A <bell>"
    assert plain.find(f"{MEDIA}content") is None


@pytest.mark.both_engines
def test_an_update_is_told_by_its_time(app: Flask, paper: Paper) -> None:
    paper.article("Night", updated_at=paper.now - timedelta(hours=1))
    assert atom(app).findtext("a:updated", "", ATOM) == entries(app)[0].findtext("a:updated", "", ATOM)
    assert datetime.fromisoformat(items(app)[0]["date_modified"]) == paper.now - timedelta(hours=1)


def test_an_entry_keeps_its_id_when_its_address_changes(app: Flask, paper: Paper) -> None:
    article_id = paper.article("Night")
    before = entries(app)[0].findtext("a:id", namespaces=ATOM)
    paper.change(article_id, slug="day", publish_at=paper.now)
    assert entries(app)[0].findtext("a:id", namespaces=ATOM) == before == items(app)[0]["id"]
    assert before
    assert before.startswith("tag:")


def test_an_entry_keeps_the_id_that_it_came_with(app: Flask, paper: Paper) -> None:
    paper.article("Night", entry_id="https://old.example/?p=7&x=1")
    assert (
        entries(app)[0].findtext("a:id", namespaces=ATOM)
        == items(app)[0]["id"]
        == "https://old.example/?p=7&x=1"
    )


@pytest.mark.both_engines
@pytest.mark.parametrize(
    "fields", [{"status": ArticleStatus.DRAFT}, {"status": ArticleStatus.RETRACTED}, {"days_ago": -1}]
)
def test_what_is_not_public_is_in_no_feed(app: Flask, paper: Paper, fields: dict[str, object]) -> None:
    paper.article("Night", authors=["Ada"], **fields)
    assert entries(app) == entries(app, "/authors/ada/feed.xml") == []


@pytest.mark.both_engines
def test_a_feed_holds_the_newest_of_its_size(app: Flask, paper: Paper) -> None:
    size = paper.site.settings.feed_size
    for number in range(size + 2):
        paper.article(f"Night {number}", days_ago=number)
    found = [item["title"] for item in items(app)]
    assert found == [f"Night {number}" for number in range(size)]


def test_no_character_breaks_a_feed(app: Flask, paper: Paper) -> None:
    paper.article(
        "]]> & <b>\x0b\x01\ufffe", body_html="<p>\x08a ]]> &amp; &lt;b&gt;</p>", authors=["A & <B>"]
    )
    entry = entries(app)[0]
    assert entry.findtext("a:title", namespaces=ATOM) == "]]> & <b>"
    assert "<p>a ]]> &amp; &lt;b&gt;</p>" in entry.findtext("a:content", "", ATOM)
    assert items(app)[0]["authors"][0]["name"] == "A & <B>"


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ('<a href="/pages/x">x</a>', '<a href="https://o.example/pages/x">x</a>'),
        ('<a href="#text-1" rel="x">1</a>', '<a href="https://o.example/articles/a#text-1" rel="x">1</a>'),
        ('<img src="/media/a.png" alt="a">', '<img src="https://o.example/media/a.png" alt="a">'),
        ('<video controls="" poster="/media/p">', '<video controls="" poster="https://o.example/media/p">'),
        ('<a href="http://p.example/?a=1&amp;b=2">x</a>', '<a href="http://p.example/?a=1&amp;b=2">x</a>'),
        ('<a href="mailto:a@b.example">x</a>', '<a href="mailto:a@b.example">x</a>'),
        ('<a href="http://[/">x</a>', '<a href="http://[/">x</a>'),
        ('<p>a href="/x" b</p>', '<p>a href="/x" b</p>'),
        ('<img alt=" href=&quot;/x&quot; >" src="/a">', '<img alt=" href=&quot;/x&quot; >" src="https://o.example/a">'),
    ],
)  # fmt: skip
def test_every_address_in_a_feed_is_whole(written: str, sent: str) -> None:
    assert absolute_addresses(written, "https://o.example/articles/a") == sent


@pytest.mark.parametrize(("address", "selects"), [("/feed.xml", 3), ("/authors/ada/feed.json", 4)])
def test_a_feed_takes_few_selects_however_long_it_is(
    app: Flask, paper: Paper, address: str, selects: int
) -> None:
    for number in range(9):
        paper.article(f"Night {number}", authors=["Ada", "Ben"], tags=["x", "y"])
    with counted(paper.site) as sent:
        app.test_client().get(address)
    assert len(sent) == selects
