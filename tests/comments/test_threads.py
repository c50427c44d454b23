"""How a thread stands on its article's page: replies, tombstones, pages."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlmodel import col, update

from cms.comments.models import Comment
from cms.comments.queries.thread import visible_thread
from cms.comments.rules import CommentStatus
from cms.moderation.writes.status import set_status
from cms.site import Site
from tests.comments.stored import only, stored
from tests.conftest import ON_SQLITE, START
from tests.factories import send_comment, write_article
from tests.reader import Page, Reader

CAT = "/articles/cat"


@pytest.fixture
def article(site: Site) -> int:
    """Give an article."""
    return write_article(site, "Cat", START)


def say(site: Site, article: int, text: str, parent: int | None = None, root: int | None = None) -> int:
    """Store an approved comment, a minute after the one before."""
    now = START + timedelta(minutes=len(stored(site)))
    comment_id = send_comment(site, article, now, text=text, parent_id=parent, root_id=root or parent)
    become(site, comment_id, CommentStatus.APPROVED)
    return comment_id


def become(site: Site, comment_id: int, status: CommentStatus) -> None:
    """Give a comment a status."""
    with site.database.writing() as session:
        set_status(session, comment_id, status=status, now=START)
        session.commit()


def withdraw(site: Site, comment_id: int) -> None:
    """Note that a comment's writer took it back."""
    with site.database.writing() as session:
        session.exec(update(Comment).where(col(Comment.id) == comment_id).values(withdrawn_at=START))
        session.commit()


def shown(page: Page) -> list[tuple[str, str]]:
    """Return id and text of each comment on a page."""
    ids = [attrs["id"] for attrs, _ in page.all("li", class_="comment")]
    return list(zip(ids, (text for _, text in page.all("div", class_="comment__body")), strict=True))


@ON_SQLITE
def test_replies_stand_below_what_they_answer(app: Flask, site: Site, article: int) -> None:
    first = say(site, article, "First.")
    second = say(site, article, "Second.")
    reply = say(site, article, "To the first.", first)
    deeper = say(site, article, "To the reply.", reply, first)
    page = Reader(app).page(CAT)
    assert shown(page) == [
        (f"comment-{first}", "First."),
        (f"comment-{reply}", "To the first."),
        (f"comment-{deeper}", "To the reply."),
        (f"comment-{second}", "Second."),
    ]
    depths = [attrs["class"].split()[1] for attrs, _ in page.all("li", class_="comment")]
    assert depths == ["comment--depth-0", "comment--depth-1", "comment--depth-2", "comment--depth-0"]


@ON_SQLITE
def test_an_article_says_above_its_text_how_many_have_answered(app: Flask, site: Site, article: int) -> None:
    def offered(address: str) -> list[tuple[str, str]]:
        meta = Reader(app).get(address).text.partition('class="article__meta"')[2].partition("</div>")[0]
        return [(attrs["href"], words) for attrs, words in Page(meta).all("a", class_="more")]

    write_article(site, "Dog", START)
    first = say(site, article, "First.")
    say(site, article, "Second.", first)
    assert offered("/articles/dog") == [("#reply", "Comments")]
    assert offered(CAT) == [("#comments", "2 comments")]
    assert ("#comments", "2 comments") not in offered(f"{CAT}?thread={first}")


@ON_SQLITE
def test_no_thread_is_indented_into_a_column_one_word_wide(app: Flask, site: Site, article: int) -> None:
    root = parent = say(site, article, "0")
    for number in range(1, 9):
        parent = say(site, article, str(number), parent, root)
    page = Reader(app).page(CAT)
    assert page.all("li", class_="comment")[-1][0]["class"].split()[1] == "comment--depth-4"


@ON_SQLITE
@pytest.mark.parametrize("status", [CommentStatus.HELD, CommentStatus.REJECTED, CommentStatus.SPAM, None])
def test_what_is_gone_leaves_a_tombstone_only_where_replies_stand_below(
    app: Flask, site: Site, article: int, status: CommentStatus | None
) -> None:
    lonely = say(site, article, "Lonely secret.")
    answered = say(site, article, "Answered secret.")
    reply = say(site, article, "The reply.", answered)
    for gone in (lonely, answered):
        become(site, gone, status) if status else withdraw(site, gone)
    page = Reader(app).page(CAT)
    assert shown(page) == [
        (f"comment-{answered}", "Removed by a moderator." if status else "Withdrawn by its writer."),
        (f"comment-{reply}", "The reply."),
    ]
    assert page.text("h2", id="comments-heading") == "1 comment"


@ON_SQLITE
def test_a_reply_is_written_from_the_page_that_names_whom_it_answers(
    app: Flask, site: Site, article: int
) -> None:
    first = say(site, article, "First.")
    reader = Reader(app)
    path = f"{CAT}?reply_to={first}"
    assert "You are replying to" in reader.page(path).text("section", id="reply")
    hidden = reader.form_of(path)
    assert hidden["reply_to"] == str(first)
    assert reader.comment(CAT, comment="Second.", reply_to=str(first)).status_code == 303
    reply = stored(site)[-1]
    assert (reply.parent_id, reply.root_id) == (first, first)


@ON_SQLITE
@pytest.mark.parametrize("gone", ["held", "rejected", "withdrawn", "foreign"])
def test_a_reply_to_what_is_not_here_gets_its_words_back(
    app: Flask, site: Site, article: int, gone: str
) -> None:
    elsewhere = write_article(site, "Dog", START)
    parent = say(site, elsewhere if gone == "foreign" else article, "First.")
    if gone == "withdrawn":
        withdraw(site, parent)
    elif gone != "foreign":
        become(site, parent, CommentStatus(gone))
    reader = Reader(app)
    refused = reader.comment(CAT, comment="My reply.", reply_to=str(parent))
    page = Page(refused.text)
    assert refused.status_code == 422
    assert "My reply." in page.text("textarea", id="comment")
    fields = {
        "name": "Dan",
        "email": "dan@example.org",
        "comment": "My reply.",
        "token": page.all("input", name="token")[0][0]["value"],
        "reply_to": page.all("input", name="reply_to")[0][0]["value"],
    }
    assert reader.post(f"{CAT}/comments", fields).status_code == 303
    assert stored(site)[-1].parent_id is None


@ON_SQLITE
@pytest.mark.parametrize("asked", ["x", "0", "-1", "99999999999", "9" * 30])
def test_a_page_that_is_asked_for_a_reply_to_nothing_is_the_plain_page(
    app: Flask, article: int, asked: str
) -> None:
    assert Reader(app).form_of(f"{CAT}?reply_to={asked}")["reply_to"] == ""


@pytest.mark.both_engines
def test_many_threads_are_paged_and_each_is_shown_once(site: Site, article: int, app: Flask) -> None:
    said = [say(site, article, f"Thread {number}.") for number in range(5)]
    reply = say(site, article, "To the first.", said[0])
    app.extensions["site"] = site.but(thread_size=2)
    reader, path, seen = Reader(app), CAT, []
    while path:
        page = reader.page(path)
        seen.append([anchor for anchor, _ in shown(page)])
        path = next(
            (attrs["href"] for attrs, text in page.all("a", rel="next") if text == "More comments"), ""
        )
        assert page.text("h2", id="comments-heading") == "6 comments"
    ids = [[said[0], reply], [said[1], said[2]], [said[3], said[4]]]
    assert seen == [[f"comment-{one}" for one in some] for some in ids]


@pytest.mark.both_engines
def test_threads_of_the_same_moment_are_paged_without_loss(site: Site, article: int) -> None:
    ids = [send_comment(site, article, START, text=f"Number {number}.") for number in range(5)]
    for one in ids:
        become(site, one, CommentStatus.APPROVED)
    seen: list[int] = []
    after = None
    with site.database.reading() as session:
        while True:
            page = visible_thread(session, article, after=after, size=2)
            seen += [comment.id for comment in page.comments]
            if page.next_page is None:
                break
            after = page.next_page
    assert seen == ids


@ON_SQLITE
@pytest.mark.parametrize("asked", ["x", "1", "1.", ".1", "1.1.1", "9" * 40 + ".1"])
def test_a_page_of_comments_that_nobody_made_is_404(app: Flask, article: int, asked: str) -> None:
    assert Reader(app).get(f"{CAT}?comments={asked}").status_code == 404


@ON_SQLITE
def test_the_canonical_address_of_every_page_of_a_thread_is_the_articles(app: Flask, article: int) -> None:
    page = Reader(app).page(f"{CAT}?comments=1.1&fbclid=x")
    assert page.all("link", rel="canonical")[0][0]["href"] == "http://localhost/articles/cat"


@ON_SQLITE
def test_a_comments_direction_is_its_own(app: Flask, site: Site, article: int) -> None:
    say(site, article, "یہ اچھا ہے۔")
    page = Reader(app).page(CAT)
    assert [attrs["dir"] for attrs, _ in page.all("div", class_="comment__body")] == ["auto"]
    assert page.all("bdi", class_="comment__name")
    assert only(site).body_html == "<p>یہ اچھا ہے۔</p>"
