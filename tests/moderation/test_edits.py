"""How moderators see and decide what writers changed, and that an undo gives every text back."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlmodel import col, select

from cms.comments.actions.editing import Edit, Edited, edit
from cms.comments.models import Comment, CommentEdit
from cms.comments.writes.changing import ask_second_look
from cms.limits.rules import Visitor
from cms.moderation.actions.batches import begin_undo_of_hour, carry_on
from cms.moderation.actions.deciding import decide
from cms.moderation.actions.outcomes import Outcome
from cms.moderation.actions.undoing import undo
from cms.moderation.models import Decision
from cms.moderation.queries.batches import Hour, newest_entry
from cms.moderation.rules import Verdict
from cms.site import Site
from tests.conftest import ON_SQLITE, START
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator, Reader

EDITED_AT = START + timedelta(minutes=5)
LATER = START + timedelta(minutes=9)
SEEN_ALL = 10**9


@pytest.fixture
def cleo(site: Site) -> int:
    write_article(site, "The ferry", START)
    return hire(site, "Cleo", START)


@pytest.fixture
def comment(site: Site, cleo: int) -> int:
    """Give a published comment that says red, whose writer wants it to say blue."""
    made = send_comment(site, 1, START, text="It was red.")
    _say(site, cleo, Verdict.APPROVE, made)
    _edit(site, made, "It was blue.", name="Daniel")
    return made


def _say(
    site: Site, staff: int, verdict: Verdict, comment: int, reason: str = "", as_of: int = SEEN_ALL
) -> Outcome:
    outcome = decide(site, staff, [comment], verdict, reason, as_of, LATER)
    assert isinstance(outcome, Outcome)
    return outcome


def _edit(site: Site, comment: int, text: str, name: str = "Dan") -> None:
    wanted = Edit(name=name, text=text, origin_known=True, visitor=Visitor())
    assert edit(site, comment, wanted, EDITED_AT) in {Edited.HELD, Edited.CHANGED}


def _stands(site: Site, comment: int) -> tuple[object, ...]:
    """Return all that a decision may change: state, words, place in the queue, and the edit that waits."""
    with site.database.reading() as session:
        row = session.exec(select(Comment).where(col(Comment.id) == comment)).one()
        waits = session.exec(select(CommentEdit).where(col(CommentEdit.comment_id) == comment)).one_or_none()
        words = (waits.name, waits.body_text, waits.body_html, waits.at) if waits else None
        return row.status.value, row.name, row.body_text, row.body_html, row.waiting_since, words


RED, BLUE = ("Dan", "It was red.", "<p>It was red.</p>"), ("Daniel", "It was blue.", "<p>It was blue.</p>")
BEFORE = ("approved", *RED, EDITED_AT, (*BLUE, EDITED_AT))
AFTER: dict[Verdict, tuple[tuple[object, ...], str]] = {
    Verdict.APPROVE: (("approved", *BLUE, None, None), "revised"),
    Verdict.REJECT: (("approved", *RED, None, None), "kept"),
    Verdict.SPAM: (("spam", *BLUE, None, None), "decided"),
    Verdict.HOLD: (("held", *BLUE, START, None), "decided"),
}


@pytest.mark.both_engines
@pytest.mark.parametrize("verdict", AFTER)
def test_a_verdict_settles_an_edit_and_undo_after_undo_restores_every_text(
    site: Site, cleo: int, comment: int, verdict: Verdict
) -> None:
    wanted, deed = AFTER[verdict]
    entries = _say(site, cleo, verdict, comment).decided
    assert _stands(site, comment) == wanted
    with site.database.reading() as session:
        assert session.exec(select(col(Decision.deed)).where(col(Decision.id) == entries[0])).one() == deed
    for expected in (BEFORE, wanted, BEFORE, wanted):
        undone = undo(site, cleo, entries, LATER)
        assert isinstance(undone, Outcome)
        assert _stands(site, comment) == expected
        entries = undone.decided


@pytest.mark.both_engines
def test_nobody_decides_about_an_edit_that_she_has_not_seen(site: Site, cleo: int) -> None:
    made = send_comment(site, 1, START, text="It was red.")
    seen = _say(site, cleo, Verdict.APPROVE, made).decided[0]
    _edit(site, made, "Buy my boats.")
    assert _say(site, cleo, Verdict.REJECT, made, as_of=seen).left
    assert _say(site, cleo, Verdict.APPROVE, made, as_of=seen).left
    assert _stands(site, made)[0] == "approved"


@pytest.mark.both_engines
@pytest.mark.parametrize("verdict", [Verdict.APPROVE, Verdict.REJECT])
def test_a_button_pressed_twice_does_not_reject_the_comment_itself(
    site: Site, cleo: int, comment: int, verdict: Verdict
) -> None:
    with site.database.reading() as session:
        seen = max(number for number in session.exec(select(col(Decision.id))) if number)
    _say(site, cleo, verdict, comment, as_of=seen)
    assert _say(site, cleo, verdict, comment, as_of=seen).unchanged == (comment,)
    other = Verdict.REJECT if verdict is Verdict.APPROVE else Verdict.SPAM
    assert _say(site, cleo, other, comment, as_of=seen).left
    assert _stands(site, comment)[0] == "approved"


@pytest.mark.both_engines
def test_an_edit_waits_in_the_queue_with_its_difference_marked(app: Flask, site: Site, comment: int) -> None:
    send_comment(site, 1, datetime.fromtimestamp(EDITED_AT.timestamp() + 60, START.tzinfo), name="Mallory")
    page = Moderator(app, "Cleo").page("/moderation/")
    ids = [attrs["data-comment"] for _, attrs, _ in page.elements if "data-comment" in attrs]
    assert ids == [str(comment), str(comment + 1)]
    assert "Edit of a published comment" in page.text("article", id=f"comment-{comment}")
    assert (page.text("del"), page.text("ins")) == ("red", "blue")
    assert "The name was Dan." in page.text("article", id=f"comment-{comment}")


@ON_SQLITE
def test_a_held_comment_shows_what_its_writer_changed(app: Flask, site: Site, cleo: int) -> None:
    made = send_comment(site, 1, START, text="Nice <b>boat</b>.")
    for text in ("Nice <b>boats</b>.", "Buy <b>boats</b>."):
        _edit(site, made, text)
    page = Moderator(app, "Cleo").page("/moderation/")
    assert [text for _, text in page.all("del")] == ["Nice", "boat"]
    assert [text for _, text in page.all("ins")] == ["Buy", "boats"]


@pytest.mark.both_engines
def test_a_published_edit_is_what_readers_see(app: Flask, site: Site, cleo: int, comment: int) -> None:
    reader, moderator = Reader(app), Moderator(app, "Cleo")
    before = reader.get("/articles/the-ferry")
    assert moderator.decide("approve", comment).status_code == 303
    after = reader.get("/articles/the-ferry")
    assert ("It was red." in before.text, "It was blue." in after.text) == (True, True)
    assert before.headers["ETag"] != after.headers["ETag"]
    assert "Edit published: Approved" in moderator.page("/moderation/log").text("tr", data_decision="4")


@ON_SQLITE
def test_second_looks_have_a_list_of_their_own(app: Flask, site: Site, cleo: int) -> None:
    made = send_comment(site, 1, START, name="Dan the patient")
    send_comment(site, 1, START, name="Another")
    _say(site, cleo, Verdict.REJECT, made)
    moderator = Moderator(app, "Cleo")
    assert "Nobody asks for another look." in moderator.get("/moderation/escalated").text
    with site.database.writing() as session:
        assert ask_second_look(session, made, LATER)
        session.commit()
    page = moderator.page("/moderation/escalated")
    assert [attrs["data-comment"] for _, attrs, _ in page.elements if "data-comment" in attrs] == [str(made)]
    assert (
        moderator.decide("approve", made, back="/moderation/escalated")
        .headers["Location"]
        .endswith("/moderation/escalated")
    )
    assert "Nobody asks for another look." in moderator.get("/moderation/escalated").text


@pytest.mark.both_engines
def test_an_hour_taken_back_gives_back_the_text_that_an_edit_replaced(
    site: Site, cleo: int, comment: int
) -> None:
    before = _stands(site, comment)
    _say(site, cleo, Verdict.SPAM, comment)
    assert _stands(site, comment) != before
    with site.database.reading() as session:
        as_of = newest_entry(session)
    hour = Hour(cleo, LATER, LATER + timedelta(minutes=1))
    undo_id = begin_undo_of_hour(site, cleo, hour, as_of, 1, LATER)
    assert carry_on(site, undo_id, lambda: LATER, seconds=60)
    assert _stands(site, comment) == before
