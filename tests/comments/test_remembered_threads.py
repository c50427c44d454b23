"""The first page of an article's comments is remembered until the article changes."""

import pytest

from cms.comments.queries.first_page import first_page
from cms.comments.queries.thread import VisibleThread
from cms.comments.rules import CommentStatus
from cms.moderation.writes.status import set_status
from cms.pages.writes import bump, bump_all
from cms.site import Site
from tests.conftest import START
from tests.factories import send_comment, write_article

pytestmark = pytest.mark.both_engines
PAGES = pytest.mark.parametrize("size", [1, 100])  # one of many, and the only one


@pytest.fixture
def article(site: Site) -> int:
    """Give an article with two comments."""
    written = write_article(site, "Cat", START)
    for _ in range(2):
        add_comment(site, written)
    return written


def add_comment(site: Site, article: int) -> None:
    """Store an approved comment, of which nothing is noted among the versions."""
    comment_id = send_comment(site, article, START)
    with site.database.writing() as session:
        set_status(session, comment_id, status=CommentStatus.APPROVED, now=START)
        session.commit()


def shown_first(site: Site, article: int, size: int) -> VisibleThread:
    """Return the first page of an article's comments, read in a transaction of its own."""
    with site.database.reading() as session:
        return first_page(session, article, size=size)


def change(site: Site, *names: str) -> None:
    """Note that things have changed."""
    with site.database.writing() as session:
        bump(session, names)
        session.commit()


@PAGES
def test_a_first_page_is_the_same_until_its_article_changes(site: Site, article: int, size: int) -> None:
    before = shown_first(site, article, size)
    change(site, "article:4711", "front")
    assert shown_first(site, article, size) is before
    add_comment(site, article)
    change(site, f"article:{article}")
    assert shown_first(site, article, size).count == 3


@PAGES
def test_a_first_page_is_read_anew_in_what_was_put_in_the_databases_place(
    site: Site, article: int, size: int
) -> None:
    change(site, f"article:{article}")
    before = shown_first(site, article, size)
    with site.database.writing() as session:
        bump_all(session, beyond=0)
        session.commit()
    assert shown_first(site, article, size) is not before


def test_pages_of_another_size_are_others(site: Site, article: int) -> None:
    assert [len(shown_first(site, article, size).comments) for size in (1, 100, 1)] == [1, 2, 1]


def test_a_transaction_that_began_before_a_change_shows_what_was_before_it(site: Site, article: int) -> None:
    with site.database.reading() as session:
        before = first_page(session, article, size=100)
        add_comment(site, article)
        change(site, f"article:{article}")
        assert shown_first(site, article, 100).count == 3
        assert first_page(session, article, size=100) is before
    assert shown_first(site, article, 100).count == 3
