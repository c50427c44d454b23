"""What a page says of itself to search engines and to who shows its link elsewhere."""

import json
from typing import Any

import pytest
from flask import Flask

from cms.articles.models import ArticleKind
from tests.articles.paper import Paper, paper_of
from tests.reader import Page, Reader


@pytest.fixture
def paper(app: Flask) -> Paper:
    """Return an empty newspaper."""
    return paper_of(app)


def facts(page: Page) -> dict[str, Any]:
    """Return the JSON-LD of a page."""
    found: dict[str, Any] = json.loads(page.text("script", type="application/ld+json"))
    return found


def said(page: Page, name: str) -> list[str]:
    """Return the content of each meta element of that name or property."""
    found = page.all("meta", name=name) + page.all("meta", property=name)
    return [attrs["content"] for attrs, _ in found]


def test_an_article_without_author_or_standfirst_claims_neither(app: Flask, paper: Paper) -> None:
    paper.article("Night")
    told = facts(Reader(app).page("/articles/article-1"))
    assert told["@type"] == "NewsArticle"
    assert told["author"] == [told["publisher"]]
    assert "description" not in told


def test_a_page_beside_the_paper_is_no_news(app: Flask, paper: Paper) -> None:
    paper.article("About us", kind=ArticleKind.PAGE)
    assert facts(Reader(app).page("/pages/article-1"))["@type"] == "WebPage"


def test_a_shared_link_shows_its_picture_large(app: Flask, paper: Paper) -> None:
    paper.article("Night", image_path="a.png", image_width=640, image_height=480)
    page = Reader(app).page("/articles/article-1")
    assert said(page, "twitter:card") == ["summary_large_image"]
    assert said(page, "og:image:width") + said(page, "og:image:height") == ["640", "480"]


def test_an_archive_is_shared_under_its_own_name(app: Flask, paper: Paper) -> None:
    paper.article("Night", tags=["Ferry"])
    page = Reader(app).page("/tags/ferry")
    assert said(page, "og:title") == ["Ferry"]
