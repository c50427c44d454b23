"""Whoever has read an article is led to its kin, and its kin lead to it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from cms.articles import writes
from cms.articles.models import ArticleKind, ArticleStatus
from cms.articles.queries import kin
from cms.articles.queries.onward import onward
from cms.articles.queries.reading import article_at_work, public_article
from cms.articles.related import KEPT, kin_of_many
from tests.articles.paper import Paper, paper_of
from tests.conftest import ON_SQLITE

pytestmark = pytest.mark.both_engines


@pytest.fixture
def paper(app: Flask) -> Paper:
    """Return an empty newspaper."""
    return paper_of(app)


def kin_of(paper: Paper, article_id: int) -> list[int]:
    """Return the ids of the kin that are kept of an article, closest first."""
    with paper.site.database.reading() as session:
        found = kin.kept_kin(session, [article_id])[article_id]
    return [one.id for one in sorted(found, key=lambda one: -one.score)]


def all_kin(paper: Paper) -> set[tuple[int, int, float]]:
    """Return every stored kinship."""
    with paper.site.database.reading() as session:
        rows = session.execute(sa.text("SELECT article_id, related_id, score FROM related"))
        return {(row.article_id, row.related_id, round(row.score, 6)) for row in rows}


def test_a_new_article_appears_at_its_older_kin(paper: Paper) -> None:
    old = paper.article("Bread", tags=["ferry"], days_ago=300)
    paper.article("News", days_ago=1)
    new = paper.article("Night", tags=["ferry"], days_ago=0.5)
    assert (kin_of(paper, old), kin_of(paper, new)) == ([new], [old])


def test_an_article_with_nothing_in_common_has_no_kin(paper: Paper) -> None:
    for number in range(4):
        paper.article(f"Night{number}", tags=[f"tag {number}"], section="Harbour", authors=["Ada"])
    assert all_kin(paper) == set()


def test_titles_that_share_a_word_are_kin_however_it_is_spelt(paper: Paper) -> None:
    one = paper.article("كتاب علي", language="ar")
    other = paper.article("کتاب کی دنیا", language="ur")
    paper.article("The ferry")
    assert kin_of(paper, one) == [other]


def test_an_article_has_no_more_kin_than_are_kept(paper: Paper) -> None:
    ids = [paper.article(f"Night{number}", tags=["ferry"], days_ago=number) for number in range(KEPT + 3)]
    paper.article("Other", tags=["bread"])
    assert max(len(kin_of(paper, article_id)) for article_id in ids) == KEPT


@pytest.mark.parametrize("change", [{"status": ArticleStatus.DRAFT}, {"status": ArticleStatus.RETRACTED}])
def test_what_is_no_longer_in_print_is_nobodys_kin(paper: Paper, change: dict[str, object]) -> None:
    paper.article("Bread", tags=["ferry"])
    gone = paper.article("Night", tags=["ferry"])
    paper.change(gone, **change)
    assert all_kin(paper) == set()


def test_a_page_is_nobodys_kin(paper: Paper) -> None:
    paper.article("About the ferry", kind=ArticleKind.PAGE, tags=["ferry"])
    paper.article("The ferry", tags=["ferry"])
    assert all_kin(paper) == set()


def test_relating_one_by_one_finds_what_an_import_works_out_at_once(paper: Paper) -> None:
    tags = [["a", "b"], ["a"], ["b"], ["c"], ["a", "c"], []]
    ids = [paper.article(f"Ferry {number}" if number % 2 else f"Night {number}", tags=some, days_ago=number)
           for number, some in enumerate(tags)]  # fmt: skip
    with paper.site.database.writing() as session:
        for article_id in ids:
            writes.relate(session, article_id)
        session.commit()
    with paper.site.database.reading() as session:
        at_once = kin_of_many(kin.all_subjects(session), ids)
    kinships = {(one, found.id, round(found.score, 6)) for one, kept in at_once.items() for found in kept}
    assert all_kin(paper) == kinships != set()


def test_relating_twice_changes_nothing(paper: Paper) -> None:
    ids = [paper.article(f"Night {number}", tags=["ferry"]) for number in range(3)]
    found = []
    for _ in range(2):
        with paper.site.database.writing() as session:
            for article_id in ids:
                writes.relate(session, article_id)
            session.commit()
        found.append(all_kin(paper))
    assert found[0] == found[1]


def test_a_page_shows_its_kin_when_their_time_has_come(paper: Paper) -> None:
    paper.article("Night", tags=["ferry"], slug="night")
    paper.article("Later", tags=["ferry"], days_ago=-1)

    def shown() -> list[str]:
        with paper.site.database.reading() as session:
            page = public_article(session, ArticleKind.ARTICLE, "night", now=paper.now)
            assert page is not None
            return [headline.title for headline in onward(session, page, now=paper.now).related]

    assert shown() == []
    paper.now += timedelta(days=2)
    assert shown() == ["Later"]


@ON_SQLITE
def test_the_kin_of_an_article_is_found_without_a_walk_through_the_site(paper: Paper) -> None:
    shown = paper.article("Night", tags=["ferry"])
    paper.article("Day", tags=["ferry"])

    def steps() -> int:
        taken: list[int] = []
        with paper.site.database.reading() as session:
            page = article_at_work(session, shown, now=paper.now)
            assert page is not None
            driver = session.connection().connection.driver_connection
            assert driver is not None
            driver.set_progress_handler(lambda: taken.append(1), 1)
            assert len(onward(session, page, now=paper.now).related) == 1
            driver.set_progress_handler(None, 1)
        return len(taken)

    among_few = steps()
    for number in range(30):
        paper.article(f"Unlike {number}", days_ago=2)
    assert steps() < among_few * 1.5
