"""An action bumps what shows an article, no page that shows it is forgotten and no other is made anew."""

import pytest
from flask import Flask

from cms.articles.models import ArticleKind
from cms.articles.queries.touched import things_touched_by
from tests.articles.paper import Paper, counted, paper_of

pytestmark = pytest.mark.both_engines


@pytest.fixture
def paper(app: Flask) -> Paper:
    """Return an empty newspaper."""
    return paper_of(app)


def touched(paper: Paper, article_id: int) -> set[str]:
    """Return what an article touches."""
    with paper.site.database.reading() as session:
        found = things_touched_by(session, article_id)
    assert len(found) == len(set(found))
    return set(found)


def test_an_article_touches_its_lists_and_the_front(paper: Paper) -> None:
    found = touched(paper, paper.article("Night", authors=["Ada", "Ben"], section="Harbour", tags=["a", "b"]))
    assert found == {"article:1", "author:1", "author:2", "section:1", "tag:1", "tag:2", "front"}


def test_an_article_touches_its_neighbours_in_time_and_no_further(paper: Paper) -> None:
    for number in range(5):
        paper.article(f"Night{number}", days_ago=5 - number)
    assert touched(paper, 3) == {"article:2", "article:3", "article:4", "front"}


def test_an_article_touches_those_that_name_it_as_kin(paper: Paper) -> None:
    kin = paper.article("Bread", tags=["ferry"], days_ago=9)
    paper.article("Between", days_ago=5)
    article_id = paper.article("Night", tags=["ferry"])
    assert f"article:{kin}" in touched(paper, article_id)


def test_a_page_touches_itself_and_the_sitemap(paper: Paper) -> None:
    paper.article("Night")
    assert touched(paper, paper.article("About", kind=ArticleKind.PAGE, tags=["a"])) == {"article:2", "front"}


def test_what_is_not_there_touches_nothing(paper: Paper) -> None:
    assert touched(paper, 99) == set()


def test_asking_takes_six_selects(paper: Paper) -> None:
    article_id = paper.article("Night", authors=["Ada"], tags=["a", "b", "c"])
    with counted(paper.site) as sent:
        touched(paper, article_id)
    assert len(sent) == 6
