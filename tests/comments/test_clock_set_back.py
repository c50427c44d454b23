"""A clock that was wrong and is set back: nobody's comment is lost, doubled or in the wrong place."""

import pytest
from flask import Flask
from sqlmodel import col, select

from cms.comments.models import Comment
from cms.moderation.actions.deciding import decide
from cms.moderation.rules import Verdict
from cms.site import Site
from tests.comments.stored import stored
from tests.conftest import ON_SQLITE, START, Clock, application
from tests.desk.typist import fields_of
from tests.factories import hire, write_article
from tests.reader import Reader, check_page

CAT = "/articles/cat"
pytestmark = ON_SQLITE


@pytest.fixture
def reader(app: Flask, site: Site) -> Reader:
    """Give a reader of an article that is older than any clock's error."""
    write_article(site, "Cat", START, days_ago=400)
    return Reader(app)


def test_a_form_from_the_future_is_422_with_its_words_and_taken_at_once_when_sent_again(
    reader: Reader, site: Site, clock: Clock
) -> None:
    fields = {"name": "Dan", "email": "dan@example.org", "comment": "My very words.", **reader.form_of(CAT)}
    clock.advance(days=-70)
    answer = reader.post(f"{CAT}/comments", fields)
    assert answer.status_code == 422
    assert check_page(answer).text("textarea", id="comment") == "My very words."
    assert reader.post(f"{CAT}/comments", fields_of(answer)).status_code == 303
    assert len(stored(site)) == 1


@pytest.mark.parametrize("hours", [-2, -24 * 70])
def test_a_repeat_of_what_came_in_the_future_leads_to_its_receipt(
    reader: Reader, site: Site, clock: Clock, hours: int
) -> None:
    first = reader.comment(CAT).headers["Location"]
    clock.advance(hours=hours)
    assert reader.comment(CAT).headers["Location"] == first
    assert len(stored(site)) == 1


def test_a_reply_that_is_older_than_what_it_answers_stands_below_it(
    reader: Reader, site: Site, clock: Clock
) -> None:
    cleo = hire(site, "Cleo", clock())

    def say(text: str, reply_to: str = "") -> int:
        assert reader.comment(CAT, comment=text, reply_to=reply_to).status_code == 303
        number = stored(site)[-1].id
        assert number is not None
        decide(site, cleo, [number], Verdict.APPROVE, "", 2**62, clock())
        return number

    other = say("Another one.")
    root = say("The question.")
    clock.advance(days=-30)
    reply = say("The answer.", str(root))
    anchors = [attrs["id"] for attrs, _ in reader.page(CAT).all("li", class_="comment")]
    assert anchors == [f"comment-{number}" for number in (other, root, reply)]
    for number in (root, reply):
        assert reader.get(f"{CAT}?comment={number}").headers["Location"] == f"{CAT}#comment-{number}"
    with site.database.reading() as session:
        parents = session.exec(select(col(Comment.parent_id)).where(col(Comment.id) == reply)).all()
    assert parents == [root]


def test_who_was_stopped_in_the_future_is_not_stopped_for_so_long(site: Site, clock: Clock) -> None:
    write_article(site, "Cat", START, days_ago=400)
    reader = Reader(application(site.but(comments_per_ten_minutes=1), clock))
    assert reader.comment(CAT, comment="One.").status_code == 303
    clock.advance(days=-70)
    statuses = set()
    for number in range(3):
        answer = reader.comment(CAT, comment=f"Number {number}.")
        statuses.add(answer.status_code)
        assert int(answer.headers.get("Retry-After", 0)) <= 600
        clock.advance(minutes=11)
    assert 303 in statuses
    assert statuses <= {303, 429}
