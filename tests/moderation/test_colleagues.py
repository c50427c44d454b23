"""What colleagues tell each other: another look asked of an editor, notes about comments and commenters."""

import io
import itertools
import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlmodel import col, select

from cms.cli import main
from cms.comments.models import Comment
from cms.comments.rules import CommentStatus
from cms.moderation.actions.deciding import decide
from cms.moderation.actions.escalating import Escalation, escalate
from cms.moderation.actions.outcomes import Outcome
from cms.moderation.actions.undoing import undo
from cms.moderation.models import Decision, Note
from cms.moderation.rules import EntryKind, Verdict
from cms.privacy.actions.erasing import erase_address, erase_comments
from cms.privacy.actions.sweeping import sweep
from cms.site import Site
from tests.comments.stored import deeds, only, stored
from tests.conftest import ON_SQLITE, START
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator, Reader

JSON = {"Accept": "application/json"}
FOR_EVER = 10**9
WORDS = "Is he the harbour master's cousin?"


@pytest.fixture
def comment(site: Site) -> int:
    hire(site, "Cleo", START)
    hire(site, "Ben", START)
    hire(site, "Abe", START)
    return send_comment(site, write_article(site, "The ferry", START), START)


@pytest.fixture
def cleo(app: Flask, comment: int) -> Moderator:
    return Moderator(app, "Cleo")


def _say(who: Moderator, path: str, **fields: Any) -> Any:
    data = {**who.hidden("/moderation/?status=held"), **fields}
    return who.client.post(f"/moderation/{path}", data=data, headers={**who.headers, **JSON})


def _listed(site: Site) -> bool:
    return only(site).escalated_at is not None


def _undo(site: Site, staff_id: int, *ids: int) -> tuple[int, ...]:
    done = undo(site, staff_id, ids, START)
    assert isinstance(done, Outcome), done
    return done.decided


def _notes(site: Site) -> list[Note]:
    with site.database.reading() as session:
        return list(session.exec(select(Note).order_by(col(Note.id))))


def test_what_is_escalated_stands_on_the_editors_list_and_in_its_lane(
    site: Site, app: Flask, cleo: Moderator, comment: int
) -> None:
    told = _say(cleo, "escalations", comment=comment, list="on", note=WORDS).get_json()
    assert told["said"] == "Escalated to an editor: 1."
    ben = Moderator(app, "Ben")
    for path in ("/moderation/escalated", "/moderation/"):
        page = ben.page(path)
        assert [card["data-comment"] for card, _ in page.all("article")] == [str(comment)]
        assert "On the editors' list: Cleo" in page.text("p", class_="panel__asked")
        assert WORDS in page.text("p", class_="notes__words")
    assert "Escalated to an editor: Held" in ben.page("/moderation/log").all("tr", data_decision="2")[0][1]
    _say(ben, "escalations", comment=comment, list="off")
    assert "Nobody asks for another look." not in ben.page("/moderation/").text("main")
    assert not _listed(site)
    assert deeds(site, comment) == ["submitted", "escalated", "returned"]


@ON_SQLITE
def test_without_a_script_the_same_form_leads_back_with_a_way_to_undo(
    site: Site, cleo: Moderator, comment: int
) -> None:
    fields = {**cleo.hidden(), "comment": str(comment), "list": "on"}
    answer = cleo.client.post("/moderation/escalations", data=fields, headers=cleo.headers)
    assert answer.status_code == 303
    page = cleo.page(answer.headers["Location"])
    assert "Escalated to an editor: 1." in page.text("div", class_="notice")
    cleo.post("/moderation/undos", "/moderation/", decision=2)
    assert not _listed(site)


def test_each_step_on_and_off_the_list_can_be_undone_and_that_too(site: Site, comment: int) -> None:
    cleo, steps = 1, []
    for deed in (EntryKind.ESCALATED, EntryKind.RETURNED):
        outcome = escalate(site, Escalation(comment, deed, cleo, FOR_EVER), START)
        assert isinstance(outcome, Outcome)
        steps += outcome.decided
    (back,) = _undo(site, cleo, steps[1])
    assert _listed(site)
    (again,) = _undo(site, cleo, back)
    assert not _listed(site)
    _undo(site, cleo, again)
    assert _listed(site)
    assert only(site).repeat_key is not None  # the same text sent again is still the same comment


def test_a_decision_answers_the_list_and_its_undo_puts_the_comment_back(site: Site, comment: int) -> None:
    escalate(site, Escalation(comment, EntryKind.ESCALATED, 1, FOR_EVER), START)
    since = only(site).escalated_at
    for verdict in (Verdict.REJECT, Verdict.APPROVE):
        decided = decide(site, 2, [comment], verdict, "", FOR_EVER, START + timedelta(hours=1))
        assert isinstance(decided, Outcome)
        assert not _listed(site)
        _undo(site, 2, *decided.decided)
        assert only(site).escalated_at == since
    decide(site, 2, [comment], Verdict.APPROVE, "", FOR_EVER, START)
    escalate(site, Escalation(comment, EntryKind.ESCALATED, 2, FOR_EVER), START)
    settled = decide(site, 1, [comment], Verdict.APPROVE, "", FOR_EVER, START)
    assert isinstance(settled, Outcome)
    assert len(settled.decided) == 1
    assert not _listed(site)


@ON_SQLITE
def test_a_decision_about_all_that_match_answers_the_list_and_gives_it_back(
    site: Site, cleo: Moderator, comment: int
) -> None:
    _say(cleo, "escalations", comment=comment, list="on")
    made = _say(cleo, "batches/", verdict="spam", article="1").get_json()
    assert not _listed(site)
    cleo.post(f"/moderation/batches/{made['batch']}/undo", "/moderation/")
    assert _listed(site)
    assert only(site).status is CommentStatus.HELD


def test_who_decides_on_what_was_escalated_meanwhile_is_told(
    site: Site, app: Flask, cleo: Moderator, comment: int
) -> None:
    ben = Moderator(app, "Ben")
    seen = ben.hidden()
    _say(cleo, "escalations", comment=comment, list="on")
    data = {**seen, "comment": comment, "verdict": "spam"}
    answer = ben.client.post("/moderation/decisions", data=data, headers={**ben.headers, **JSON})
    assert answer.status_code == 409
    assert "Cleo" in answer.get_json()["left"][0]["said"]
    assert "Escalated to an editor" in answer.get_json()["left"][0]["said"]
    page = ben.client.post("/moderation/decisions", data=data, headers=ben.headers)
    assert "has escalated this comment to an editor" in page.text
    assert only(site).status is CommentStatus.HELD


def test_in_a_race_one_escalates_or_decides_and_the_others_are_told(site: Site, comment: int) -> None:
    begin, outcomes = threading.Barrier(8), []

    def work(number: int) -> None:
        begin.wait()
        if number % 2:
            outcomes.append(
                escalate(site, Escalation(comment, EntryKind.ESCALATED, 1 + number // 4, 1), START)
            )
        else:
            outcomes.append(decide(site, 1 + number // 4, [comment], Verdict.SPAM, "", 1, START))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with site.database.reading() as session:
        log = list(session.exec(select(Decision).order_by(col(Decision.id))))
    assert len(outcomes) == 8
    assert len({entry.staff_id for entry in log[1:]}) == 1  # whoever came first; the other was told
    for before, after in itertools.pairwise(log):
        assert after.from_status is before.to_status
        assert (after.escalated_from is not None) is (before.deed is EntryKind.ESCALATED)
    assert _listed(site) is (log[-1].deed is EntryKind.ESCALATED)


@ON_SQLITE
@pytest.mark.parametrize(
    "fields",
    [{"list": "on"}, {"comment": "1"}, {"comment": "1", "list": "x"}, {"comment": ["1", "2"], "list": "on"}],
)
def test_an_escalation_that_makes_no_sense_changes_nothing(
    site: Site, cleo: Moderator, comment: int, fields: dict[str, Any]
) -> None:
    answer = _say(cleo, "escalations", **{"comment": "", **fields})
    assert answer.status_code == 422
    assert deeds(site, comment) == ["submitted"]


@ON_SQLITE
def test_what_was_rejected_is_nothing_for_the_editors_list(site: Site, cleo: Moderator, comment: int) -> None:
    cleo.decide("reject", comment)
    assert _say(cleo, "escalations", comment=comment, list="on").status_code == 422
    assert "Escalate" not in cleo.page(f"/moderation/?comment={comment}").text("article")


def test_notes_stand_beside_what_they_are_about_and_nowhere_else(
    site: Site, app: Flask, cleo: Moderator, comment: int
) -> None:
    other = send_comment(site, 1, START, text="Another word of mine.")
    send_comment(site, 1, START, text="A stranger's.", email="eve@example.org", name="Eve")
    _say(cleo, "notes", comment=comment, note="Only of this one.")
    _say(cleo, "notes", comment=comment, note="He <b>means</b> well.", about="commenter")
    cleo.decide("approve", comment, other)
    ben = Moderator(app, "Ben")
    for number, words in {
        comment: ["Only of this one.", "He <b>means</b> well."],
        other: ["He <b>means</b> well."],
        3: [],
    }.items():
        for path in (f"/moderation/?comment={number}", f"/moderation/context/{number}"):
            assert [text for _, text in ben.page(path).all("p", class_="notes__words")] == words
    for path in ("/articles/the-ferry", "/feed.xml"):
        assert "well" not in Reader(app).get(path).text
    for path in ("/moderation/log", "/moderation/log.csv", f"/moderation/log?comment={comment}"):
        assert "well" not in ben.get(path).text
    fingerprint = only_of(site, comment).email_fingerprint
    assert fingerprint
    assert fingerprint not in ben.get(f"/moderation/?comment={comment}").text


def test_a_note_is_taken_back_by_its_author_or_an_admin(
    site: Site, app: Flask, cleo: Moderator, comment: int
) -> None:
    ben, abe = Moderator(app, "Ben"), Moderator(app, "Abe")
    for _ in range(2):
        assert _say(cleo, "notes", comment=comment, note=WORDS).status_code == 200
    first, second = (note.id for note in _notes(site))
    assert _say(ben, "notes/withdrawals", note_id=first).status_code == 403
    assert "Take back" not in ben.page(f"/moderation/?comment={comment}").text("article")
    undo = {"path": "/moderation/notes/withdrawals", "fields": [["note_id", str(second)]]}
    assert _say(cleo, "notes", comment=comment, note="A third.").get_json()["undo"]["path"] == undo["path"]
    assert _say(cleo, "notes/withdrawals", note_id=first).get_json()["said"] == "The note is gone."
    assert _say(abe, "notes/withdrawals", note_id=second).status_code == 200
    assert _say(abe, "notes/withdrawals", note_id=second).status_code == 422
    assert [note.body_text for note in _notes(site)] == ["A third."]


@ON_SQLITE
@pytest.mark.parametrize("words", ["", " \n ", "x" * 1001, "\u200b"])
def test_a_note_without_words_or_with_too_many_is_refused(
    site: Site, cleo: Moderator, comment: int, words: str
) -> None:
    assert _say(cleo, "notes", comment=comment, note=words).status_code == 422
    assert _notes(site) == []


@ON_SQLITE
def test_nobody_but_moderators_speaks_to_them(site: Site, app: Flask, comment: int) -> None:
    hire(site, "Con", START)
    con = Moderator(app, "Con")
    for path in ("escalations", "notes", "notes/withdrawals"):
        fields = {
            "csrf_token": con.token("/desk/"),
            "comment": comment,
            "list": "on",
            "note": WORDS,
            "note_id": 1,
        }
        assert con.client.post(f"/moderation/{path}", data=fields, headers=con.headers).status_code == 403
    assert deeds(site, comment) == ["submitted"]


def test_notes_go_with_what_they_are_about_and_by_age(site: Site, cleo: Moderator, comment: int) -> None:
    other = send_comment(site, 1, START, text="Another word of mine.")
    _say(cleo, "notes", comment=comment, note="Of the comment.")
    _say(cleo, "notes", comment=comment, note="Of the commenter.", about="commenter")
    erase_comments(site, [comment], START)
    assert [note.body_text for note in _notes(site)] == ["Of the commenter."]
    erase_comments(site, [other], START)
    assert _notes(site) == []
    late = send_comment(site, 1, START, text="And one more of mine.")
    _say(cleo, "notes", comment=late, note="Of the commenter.", about="commenter")
    erase_address(site, only_of(site, late).email_fingerprint or "", START)
    assert _notes(site) == []
    last = send_comment(site, 1, START, text="The last of mine.")
    _say(cleo, "notes", comment=last, note="Of the last.")
    assert sweep(site, START + timedelta(days=180))["notes"] == 0
    assert sweep(site, START + timedelta(days=181))["notes"] == 1
    assert _notes(site) == []


@ON_SQLITE
def test_whoever_runs_the_site_can_tell_somebody_what_was_noted_of_her(
    site: Site, cleo: Moderator, comment: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _say(cleo, "notes", comment=comment, note="Of the comment.")
    _say(cleo, "notes", comment=comment, note="Of the commenter.", about="commenter")
    monkeypatch.setenv("CMS_INSTANCE", str(site.settings.instance))
    asked = CliRunner().invoke(
        main, ["privacy", "access", "--email-stdin", "--json"], input="dan@example.org\n"
    )
    kept = json.load(io.StringIO(asked.output))
    assert [(note["about"], note["text"]) for note in kept["notes"]] == [
        (str(comment), "Of the comment."),
        ("commenter", "Of the commenter."),
    ]


def only_of(site: Site, comment_id: int) -> Comment:
    """Return one comment as it is stored."""
    return next(one for one in stored(site) if one.id == comment_id)
