"""How an editor corrects a comment: under a mark, with the original kept, undone exactly."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlmodel import col, select

from cms.comments.actions.editing import Edit, Edited, edit
from cms.comments.actions.receipts import receipt_secret
from cms.comments.models import Comment, CommentEdit
from cms.limits.rules import Visitor
from cms.moderation.actions.correcting import Correction, correct
from cms.moderation.actions.deciding import decide
from cms.moderation.actions.outcomes import Outcome
from cms.moderation.actions.undoing import undo
from cms.moderation.corrections import CorrectionReason
from cms.moderation.rules import Verdict
from cms.site import Site
from tests.conftest import ON_SQLITE, START
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator, Reader

LATER = START + timedelta(minutes=9)
SEEN_ALL = 10**9


@pytest.fixture
def ben(site: Site) -> int:
    write_article(site, "The ferry", START)
    return hire(site, "Ben", START)


@pytest.fixture
def comment(site: Site, ben: int) -> int:
    return send_comment(site, 1, START, text="It was red, says my neighbour Zed.")


def _correct(site: Site, ben: int, comment: int, text: str = "It was red.", as_of: int = SEEN_ALL) -> Outcome:
    outcome = correct(site, Correction(ben, comment, text, CorrectionReason.PRIVATE, as_of), LATER)
    assert isinstance(outcome, Outcome)
    return outcome


def _decide(site: Site, ben: int, verdict: Verdict, comment: int, reason: str = "") -> Outcome:
    outcome = decide(site, ben, [comment], verdict, reason, SEEN_ALL, LATER)
    assert isinstance(outcome, Outcome)
    return outcome


def _undo(site: Site, ben: int, outcome: Outcome) -> Outcome:
    back = undo(site, ben, outcome.decided, LATER)
    assert isinstance(back, Outcome)
    assert back.decided
    return back


def _edit(site: Site, comment: int, text: str) -> Edited:
    done = edit(site, comment, Edit("Dan", text, origin_known=True, visitor=Visitor()), LATER)
    assert isinstance(done, Edited)
    return done


def _stands(site: Site, comment: int) -> tuple[str, datetime | None, datetime | None, str]:
    """Return what a comment says, since when corrected, since when waiting, and the edit beside it."""
    with site.database.reading() as session:
        row = session.exec(select(Comment).where(col(Comment.id) == comment)).one()
        waits = session.exec(select(col(CommentEdit.body_text))).one_or_none()
    return row.body_text, row.corrected_at, row.waiting_since, waits or ""


@pytest.mark.parametrize("is_public", [True, False])
def test_a_correction_is_undone_exactly_and_made_good_again(
    site: Site, ben: int, comment: int, is_public: bool
) -> None:
    if is_public:
        _decide(site, ben, Verdict.APPROVE, comment)
    before = _stands(site, comment)
    done = _correct(site, ben, comment)
    corrected = _stands(site, comment)
    assert corrected[:2] == ("It was red.", LATER)
    back = _undo(site, ben, done)
    assert _stands(site, comment) == before
    _undo(site, ben, back)
    assert _stands(site, comment) == corrected


def test_an_edit_that_waits_stays_and_takes_the_mark_away_once_it_is_published(
    site: Site, ben: int, comment: int
) -> None:
    _decide(site, ben, Verdict.APPROVE, comment)
    assert _edit(site, comment, "It was blue.") is Edited.HELD
    waiting = _stands(site, comment)[2]
    done = _correct(site, ben, comment)
    assert _stands(site, comment) == ("It was red.", LATER, waiting, "It was blue.")
    _undo(site, ben, _undo(site, ben, done))
    assert _stands(site, comment) == ("It was red.", LATER, waiting, "It was blue.")
    taken = _decide(site, ben, Verdict.APPROVE, comment)
    assert _stands(site, comment) == ("It was blue.", None, None, "")
    _undo(site, ben, taken)
    assert _stands(site, comment)[:2] == ("It was red.", LATER)


def test_the_writers_own_edit_of_a_held_comment_takes_the_mark_away(
    site: Site, ben: int, comment: int
) -> None:
    _correct(site, ben, comment)
    assert _edit(site, comment, "It was green.") is Edited.CHANGED
    assert _stands(site, comment)[:2] == ("It was green.", None)


def test_nothing_is_corrected_over_a_decision_that_its_editor_has_not_seen(
    site: Site, ben: int, comment: int
) -> None:
    _decide(site, hire(site, "Cleo", START), Verdict.REJECT, comment, "rude")
    assert _correct(site, ben, comment, as_of=1).left[0].by_name == "Cleo"
    assert _correct(site, ben, comment).refused == (comment,)
    assert _correct(site, ben, comment, "It was red, says my neighbour Zed.").unchanged == (comment,)


@ON_SQLITE
def test_readers_see_the_mark_and_its_writer_why(site: Site, app: Flask, ben: int, comment: int) -> None:
    reader = Reader(app)
    _decide(site, ben, Verdict.APPROVE, comment)
    assert not reader.page("/articles/the-ferry").all(class_="comment__corrected")
    bens = Moderator(app, "Ben")
    path = f"/moderation/corrections/{comment}"
    fields = {**bens.hidden(path), "text": "It was red.", "reason": "correction:private"}
    without = bens.client.post(path, data={**fields, "reason": ""}, headers=bens.headers)
    assert without.status_code == 422
    assert bens.client.post(path, data=fields, headers=bens.headers).status_code == 303
    page = reader.page("/articles/the-ferry")
    assert page.text(class_="comment__corrected") == "Corrected by the editors, March 2, 2026"
    assert "Zed" not in reader.get("/articles/the-ferry").text
    with site.database.reading() as session:
        mark = session.exec(select(col(Comment.mark))).one()
    receipt = reader.get(f"/comments/{receipt_secret(site, mark)}").text
    assert "my neighbour Zed" in receipt
    assert "something private about a person" in receipt
    card = bens.get(f"/moderation/?comment={comment}").text
    assert "<del>, says my neighbour Zed" in card
    assert "Something private was taken out" in bens.get("/moderation/log").text


@ON_SQLITE
def test_a_moderator_corrects_nothing(site: Site, app: Flask, ben: int, comment: int) -> None:
    hire(site, "Cleo", START)
    cleo = Moderator(app, "Cleo")
    assert "/moderation/corrections/" not in cleo.get("/moderation/").text
    assert cleo.get(f"/moderation/corrections/{comment}").status_code == 403
