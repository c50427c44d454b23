"""An article under which thousands have written: bounded pages, and an address that leads to each comment."""

import re
from dataclasses import astuple
from datetime import timedelta

import brotli
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import col

from cms.articles.rules import Cursor, cursor
from cms.comments.models import Comment
from cms.comments.queries.thread import FOLDED_AT, visible_thread
from cms.comments.rules import CommentStatus
from cms.site import Site
from tests.articles.paper import counted
from tests.conftest import ON_SQLITE, START
from tests.factories import write_article
from tests.reader import Page, Reader

CAT = "/articles/cat"
MANY = 3000
HEAVIEST_BYTES = 60_000  # of the first page with 3,000 comments on the wire
SELECTS = 13  # whatever their number


def fill(site: Site, article: int, *, roots: int, number: int = MANY) -> None:
    """Store approved comments 1 to `number`; each answers one of the first `roots`, or the last reply to that."""
    rows = []
    for own in range(1, number + 1):
        root = own if own <= roots else 1 + own % roots
        parent = None if own == root else max(root, own - roots * (1 + own % 3))
        text = f"Comment {own}: {' '.join(str(own * step % 9973) for step in range(1, 50))}"
        rows.append(
            {
                "id": own,
                "mark": f"{own:032}",
                "receipt_hash": f"{own:064}",
                "article_id": article,
                "parent_id": parent if parent is None or parent % roots == root % roots else root,
                "root_id": root,
                "name": f"Reader {own}",
                "body_text": text,
                "body_html": f"<p>{text}</p>",
                "language": "en",
                "notify": False,
                "status": "approved",
                "created_at": START + timedelta(seconds=own),
                "foreign_id": own + 10 * number,
            }
        )
    with site.database.writing() as session:
        session.execute(sa.insert(Comment), rows)
        session.commit()


def numbers(page: Page) -> list[int]:
    """Return the numbers of the comments on a page."""
    return [int(attrs["id"].removeprefix("comment-")) for attrs, _ in page.all("li", class_="comment")]


def followed(reader: Reader, number: int) -> tuple[str, Page]:
    """Return where `?comment=` leads, and the page there."""
    answer = reader.get(f"{CAT}?comment={number}")
    assert answer.status_code == 302
    assert answer.headers["Cache-Control"] == "no-cache"
    return answer.headers["Location"], reader.page(answer.headers["Location"].partition("#")[0])


@ON_SQLITE
@pytest.mark.parametrize("roots", [1, 40, MANY])
def test_the_first_page_of_3000_comments_is_bounded(app: Flask, site: Site, roots: int) -> None:
    fill(site, write_article(site, "Cat", START), roots=roots)
    reader = Reader(app)
    with counted(site) as sent:
        answer = reader.get(CAT, **{"Accept-Encoding": "br"})
    assert len(sent) <= SELECTS
    assert len(answer.data) <= HEAVIEST_BYTES
    page = Page(brotli.decompress(answer.data).decode())
    assert len(numbers(page)) == min(site.settings.thread_size, roots * FOLDED_AT)
    assert page.text("h2", id="comments-heading") == "3000 comments"


@pytest.mark.both_engines
@pytest.mark.parametrize("roots", [1, 7, 200])
def test_every_comment_has_an_address_that_leads_to_it(app: Flask, site: Site, roots: int) -> None:
    fill(site, write_article(site, "Cat", START), roots=roots, number=400)
    app.extensions["site"] = site.but(thread_size=40)
    reader = Reader(app)
    for number in (1, 40, 41, 200, 400):
        where, page = followed(reader, number)
        assert where.endswith(f"#comment-{number}")
        assert number in numbers(page)
        assert len(numbers(page)) <= 40
    assert followed(reader, number + 4000)[0] == where  # the number that it had where it came from


@ON_SQLITE
def test_a_folded_thread_has_pages_of_its_own_with_every_comment_once(app: Flask, site: Site) -> None:
    fill(site, write_article(site, "Cat", START), roots=1, number=250)
    reader, path, seen = Reader(app), CAT, []
    more = Reader(app).page(CAT).all("li", class_="thread__more")
    assert [text for _, text in more] == [f"{250 - FOLDED_AT} more comments in this thread"]
    path = f"{CAT}?thread=1"
    while path:
        page = reader.page(path)
        assert page.text("h2", id="comments-heading") == "250 comments in this thread"
        assert page.all("link", rel="canonical")[0][0]["href"].endswith(CAT)
        seen.append(numbers(page))
        path = next((a["href"] for a, text in page.all("a", rel="next") if text == "More comments"), "")
    assert sorted(number for some in seen for number in some) == list(range(1, 251))
    assert [len(some) for some in seen] == [100, 100, 50]


@ON_SQLITE
def test_a_reply_to_a_comment_on_another_page_names_it_and_leads_there(app: Flask, site: Site) -> None:
    fill(site, write_article(site, "Cat", START), roots=1, number=120)
    page = Reader(app).page(followed(Reader(app), 101)[0].partition("#")[0])
    links = page.all("a", class_="comment__link")
    elsewhere = [(attrs["href"], text) for attrs, text in links if "?comment=" in attrs["href"]]
    assert elsewhere
    for href, text in elsewhere:
        number = re.search(r"comment=(\d+)", href)
        assert number
        assert text == f"In reply to Reader {number[1]}"
        assert int(number[1]) not in numbers(page)


@pytest.mark.both_engines
def test_an_address_of_no_comment_leads_to_all_and_one_of_no_thread_nowhere(app: Flask, site: Site) -> None:
    fill(site, write_article(site, "Cat", START), roots=1, number=3)
    reader = Reader(app)
    for asked in ("0", "x", "4711", "9" * 18, "-1", ""):
        answer = reader.get(f"{CAT}?comment={asked}")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{CAT}#comments")
    for asked in ("2", "4711", "9" * 18):
        assert reader.get(f"{CAT}?thread={asked}").status_code == 404


@ON_SQLITE
def test_a_page_may_begin_with_any_thread(app: Flask, site: Site) -> None:
    fill(site, write_article(site, "Cat", START), roots=200, number=200)
    where, page = followed(Reader(app), 150)
    assert numbers(page) == list(range(150, 201))
    found = re.search(r"comments=([^#&]+)", where)
    assert found
    assert cursor(found[1])


@pytest.mark.both_engines
def test_comments_that_fit_on_one_page_stand_as_they_would_on_many(site: Site) -> None:
    article = write_article(site, "Cat", START)
    fill(site, article, roots=3, number=90)
    before_all = Cursor(START - timedelta(days=1), 0)
    with site.database.writing() as session:
        gone = col(Comment.id).in_([2, 5, 8, 30, 90])
        session.execute(sa.update(Comment).where(gone).values(status=CommentStatus.REJECTED))
        session.commit()
    with site.database.reading() as session:
        whole = visible_thread(session, article, after=None, size=100)
        paged = visible_thread(session, article, after=before_all, size=100)
    assert astuple(whole) == astuple(paged)
    assert (whole.count, [one.folded for one in whole.comments if one.folded]) == (85, [3, 4, 3])
