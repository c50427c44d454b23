"""Lists of cards, a page at a time."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import col

from cms.articles.models import Article, ArticleKind, ArticleStatus
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


@pytest.mark.parametrize("path", ["/authors/ada", "/sections/city", "/tags/time", "/tags/time/feed.xml"])
def test_what_becomes_of_an_article_is_seen_in_its_archives(
    app: Flask, site: Site, clock: Clock, path: str
) -> None:
    article = write_article(site, "Dawn", clock(), authors=["Ada"], section="City", tags=["Time"])
    write_article(site, "Noon", clock(), days_ago=2, authors=["Ada"], section="City", tags=["Time"])

    def shown() -> list[str]:
        return list(dict.fromkeys(re.findall(r"/articles/(dawn|noon)", Reader(app).get(path).text)))

    def shown_after(**values: object) -> list[str]:
        with site.database.writing() as session:
            session.execute(sa.update(Article).where(col(Article.id) == article).values(**values))
            session.commit()
        return shown()

    assert shown() == ["dawn", "noon"]
    assert shown_after(publish_at=clock() - timedelta(days=3)) == ["noon", "dawn"]
    assert shown_after(publish_at=clock() + timedelta(days=3)) == ["noon"]
    clock.advance(days=4)
    assert shown() == ["dawn", "noon"]
    assert shown_after(status=ArticleStatus.DRAFT) == ["noon"]
    assert shown_after(status=ArticleStatus.PUBLISHED) == ["dawn", "noon"]
    assert shown_after(kind=ArticleKind.PAGE) == ["noon"]
