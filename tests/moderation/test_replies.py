"""How staff answer in the thread and put comments forward, and that an undo takes all of it back."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlmodel import col, select

from cms.comments.models import Comment
from cms.comments.rules import CommentStatus
from cms.moderation.actions.deciding import decide
from cms.moderation.actions.featuring import feature
from cms.moderation.actions.outcomes import NotHere, Outcome
from cms.moderation.actions.replying import StaffReply, reply
from cms.moderation.actions.undoing import undo
from cms.moderation.models import Decision
from cms.moderation.rules import EntryKind, Verdict
from cms.site import Site
from tests.conftest import ON_SQLITE, START, Clock
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator, Reader

LATER = START + timedelta(minutes=9)
SEEN_ALL = 10**9


@pytest.fixture
def cleo(site: Site) -> int:
    write_article(site, "The ferry", START)
    return hire(site, "Cleo", START)


@pytest.fixture
def comment(site: Site, cleo: int) -> int:
    return send_comment(site, 1, START)


def _reply(site: Site, staff: int, parent: int, text: str = "Thank you.", as_of: int = SEEN_ALL) -> Outcome:
    outcome = reply(site, StaffReply(staff, "Cleo", parent, text, as_of), LATER)
    assert isinstance(outcome, Outcome)
    return outcome


def _undo(site: Site, staff: int, outcome: Outcome) -> Outcome:
    taken_back = undo(site, staff, outcome.decided, LATER)
    assert isinstance(taken_back, Outcome)
    return taken_back


def _states(site: Site) -> list[CommentStatus]:
    with site.database.reading() as session:
        return list(session.exec(select(col(Comment.status)).order_by(col(Comment.id))))


def _deeds(site: Site, comment: int) -> list[EntryKind]:
    with site.database.reading() as session:
        statement = select(col(Decision.deed)).where(col(Decision.comment_id) == comment)
        return list(session.exec(statement.order_by(col(Decision.id))))


def test_a_reply_approves_what_it_answers_and_one_undo_takes_both_back(
    site: Site, cleo: int, comment: int
) -> None:
    both = _reply(site, cleo, comment)
    assert _states(site) == [CommentStatus.APPROVED, CommentStatus.APPROVED]
    assert len(both.decided) == 1
    back = _undo(site, cleo, both)
    assert _states(site) == [CommentStatus.HELD, CommentStatus.REJECTED]
    assert len(back.decided) == 1
    _undo(site, cleo, back)
    assert _states(site) == [CommentStatus.APPROVED, CommentStatus.APPROVED]


def test_a_reply_that_somebody_decided_about_since_stays_when_its_approval_is_undone(
    site: Site, cleo: int, comment: int
) -> None:
    both = _reply(site, cleo, comment)
    decide(site, hire(site, "Ben", START), [comment + 1], Verdict.HOLD, "", SEEN_ALL, LATER)
    _undo(site, cleo, both)
    assert _states(site) == [CommentStatus.HELD, CommentStatus.HELD]


def test_an_approval_that_cannot_be_undone_keeps_its_reply(site: Site, cleo: int, comment: int) -> None:
    both = _reply(site, cleo, comment)
    feature(site, hire(site, "Ben", START), comment, LATER, on=True)
    assert _undo(site, cleo, both).left
    assert _states(site) == [CommentStatus.APPROVED, CommentStatus.APPROVED]


def test_the_same_reply_sent_twice_is_published_once(site: Site, cleo: int, comment: int) -> None:
    _reply(site, cleo, comment)
    assert _reply(site, cleo, comment).unchanged == (comment,)
    assert _reply(site, cleo, comment, "And welcome.").decided
    assert len(_states(site)) == 3


def test_a_reply_to_what_somebody_has_decided_since_publishes_nothing(
    site: Site, cleo: int, comment: int
) -> None:
    decide(site, hire(site, "Ben", START), [comment], Verdict.REJECT, "rude", SEEN_ALL, LATER)
    assert _reply(site, cleo, comment, as_of=1).left[0].by_name == "Ben"
    assert _states(site) == [CommentStatus.REJECTED]
    assert isinstance(reply(site, StaffReply(cleo, "Cleo", 99, "Hm.", SEEN_ALL), LATER), NotHere)


def test_featuring_is_told_in_the_log_and_undone_by_its_opposite(site: Site, cleo: int, comment: int) -> None:
    held = feature(site, cleo, comment, LATER, on=True)
    assert isinstance(held, Outcome)
    assert held.refused == (comment,)
    decide(site, cleo, [comment], Verdict.APPROVE, "", SEEN_ALL, LATER)
    done = feature(site, cleo, comment, LATER, on=True)
    assert isinstance(done, Outcome)
    again = feature(site, cleo, comment, LATER, on=True)
    assert isinstance(again, Outcome)
    assert again.unchanged == (comment,)
    _undo(site, cleo, _undo(site, cleo, done))
    assert _deeds(site, comment)[2:] == [EntryKind.FEATURED, EntryKind.UNFEATURED, EntryKind.FEATURED]
    with site.database.reading() as session:
        assert session.exec(select(col(Comment.featured_at))).one() is not None


@ON_SQLITE
def test_readers_see_who_is_staff_and_nobody_gets_the_mark_by_a_name(
    site: Site, app: Flask, cleo: int, comment: int
) -> None:
    decide(site, cleo, [send_comment(site, 1, START, name="Cleo")], Verdict.APPROVE, "", SEEN_ALL, LATER)
    reader = Reader(app)
    assert not reader.page("/articles/the-ferry").all(class_="comment__mark")
    _reply(site, cleo, comment)
    page = reader.page("/articles/the-ferry")
    assert [text for _, text in page.all(class_="comment__mark")] == ["Staff"]
    assert "example.org" not in reader.get("/articles/the-ferry").text


@ON_SQLITE
def test_what_is_featured_stands_above_the_comments_and_goes_with_its_comment(
    site: Site, app: Flask, cleo: int
) -> None:
    reader, cleos = Reader(app), Moderator(app, "Cleo")
    made = [send_comment(site, 1, START, name=f"Dan {number}", text=f"Word {number}") for number in range(5)]
    decide(site, cleo, made, Verdict.APPROVE, "", SEEN_ALL, LATER)
    for minutes, number in enumerate(made):
        feature(site, cleo, number, LATER + timedelta(minutes=minutes), on=True)
    shown = reader.page("/articles/the-ferry")
    assert [text for _, text in shown.all(class_="featured__text")] == ["Word 4", "Word 3", "Word 2"]
    decide(site, cleo, [made[4]], Verdict.REJECT, "", SEEN_ALL, LATER)
    shown = reader.page("/articles/the-ferry")
    assert [text for _, text in shown.all(class_="featured__text")] == ["Word 3", "Word 2", "Word 1"]
    data = {**cleos.hidden("/moderation/?status=approved"), "comment": str(made[3]), "featured": "no"}
    assert cleos.client.post("/moderation/featured", data=data, headers=cleos.headers).status_code == 303
    assert len(reader.page("/articles/the-ferry").all(class_="featured__text")) == 3
    assert "No longer featured." in cleos.get("/moderation/?status=approved").text


@ON_SQLITE
def test_a_moderator_replies_from_a_page_and_no_word_is_lost(
    site: Site, app: Flask, clock: Clock, cleo: int, comment: int
) -> None:
    cleos = Moderator(app, "Cleo")
    path = f"/moderation/replies/{comment}"
    fields = {**cleos.hidden(path), "reply": "Thank you for that."}
    empty = cleos.client.post(path, data={**fields, "reply": " "}, headers=cleos.headers)
    assert empty.status_code == 422
    decide(site, hire(site, "Ben", START), [comment], Verdict.REJECT, "rude", SEEN_ALL, LATER)
    late = cleos.client.post(path, data=fields, headers=cleos.headers)
    assert late.status_code == 409
    assert "Thank you for that." in late.text
    assert "Ben" in late.text
    again = {**fields, "as_of": str(SEEN_ALL)}
    assert cleos.client.post(path, data=again, headers=cleos.headers).status_code == 303
    assert "Your reply is published." in cleos.get("/moderation/").text
    assert _states(site) == [CommentStatus.APPROVED, CommentStatus.APPROVED]
    assert cleos.get("/moderation/replies/999999999999").status_code == 404
