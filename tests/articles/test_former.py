"""An old address leads on to the present one in one step."""

from urllib.parse import quote

import pytest
from flask import Flask

from cms.articles.models import ArticleKind
from tests.articles.paper import Paper, counted, paper_of

URDU = "/2024/05/کتاب-خانہ"


@pytest.fixture
def paper(app: Flask) -> Paper:
    """Return a newspaper with one article, which stood elsewhere before."""
    paper = paper_of(app)
    paper.article("Night", slug="رات", authors=["Ada"], section="Harbour", tags=["ferry"])
    return paper


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("was", "asked"),
    [
        (URDU, quote(URDU)),
        (URDU, quote(URDU).lower()),
        (URDU, quote(URDU) + "/"),
        (URDU, quote(URDU) + "?utm_source=x"),
        ("/2024/05/night", "/2024/05/night//"),
        ("/?p=7", "/?p=7"),
        ("/?cat=2&p=7", "/?p=7&cat=2"),
        ("/index.php?p=7", "/index.php?p=7"),
        ("/articles/abend", "/articles/abend"),
        ("/articles/abend", "/articles/abend?fbclid=1"),
        ("/2024/05/café", "/2024/05/cafe%CC%81"),
    ],
)
def test_an_old_address_leads_to_the_article(app: Flask, paper: Paper, was: str, asked: str) -> None:
    paper.moved(was, "article:1")
    response = app.test_client().get(asked)
    assert response.status_code == 301
    assert response.headers["Location"] == "/articles/" + quote("رات")
    assert app.test_client().get(response.headers["Location"]).status_code == 200


@pytest.mark.parametrize(
    ("thing", "suffix", "leads_to"),
    [
        ("author:1", "", "/authors/ada"),
        ("section:1", "/feed.xml", "/sections/harbour/feed.xml"),
        ("tag:1", "", "/tags/ferry"),
        ("front", "", "/"),
        ("front", "/feed.xml", "/feed.xml"),
        ("media:2024/05/a.jpg", "", "/media/2024/05/a.jpg"),
    ],
)
def test_each_thing_can_have_moved(app: Flask, paper: Paper, thing: str, suffix: str, leads_to: str) -> None:
    paper.moved("/old", thing, suffix)
    assert app.test_client().get("/old/").headers["Location"] == leads_to


@pytest.mark.both_engines
def test_two_moves_are_one_step(app: Flask, paper: Paper) -> None:
    paper.moved("/articles/first", "article:1")
    paper.change(1, slug="second")
    paper.moved("/articles/رات", "article:1")
    for old in ("/articles/first", "/articles/" + quote("رات")):
        assert app.test_client().get(old).headers["Location"] == "/articles/second"


def test_a_page_that_has_moved_is_found_among_the_pages(app: Flask, paper: Paper) -> None:
    paper.article("About", kind=ArticleKind.PAGE, slug="about")
    paper.moved("/about-us", "article:2")
    assert app.test_client().get("/about-us/").headers["Location"] == "/pages/about"


@pytest.mark.parametrize(
    "asked", ["/never", "/articles/never", "/authors/never", "/a/b/c", "/%ff%fe", "/x?p=7", "/never?q=%00"]
)
def test_an_address_that_nothing_had_is_not_found(app: Flask, paper: Paper, asked: str) -> None:
    paper.moved("/?p=7", "article:1")
    assert app.test_client().get(asked).status_code == 404


@pytest.mark.parametrize("asked", ["/?p=8", "/?utm_source=x", "/?p=", "/?p=7&p=8"])
def test_a_question_to_the_front_page_that_was_never_an_address_shows_it(
    app: Flask, paper: Paper, asked: str
) -> None:
    paper.moved("/?p=7", "article:1")
    assert app.test_client().get(asked).status_code == 200


def test_a_thing_that_is_gone_leads_nowhere(app: Flask, paper: Paper) -> None:
    paper.moved("/old", "article:99")
    assert app.test_client().get("/old").status_code == 404


@pytest.mark.both_engines
def test_leading_on_takes_two_selects(app: Flask, paper: Paper) -> None:
    paper.moved("/old", "article:1")
    with counted(paper.site) as sent:
        app.test_client().get("/old")
    assert len(sent) == 2
