"""Deciding about comments: what is carried out, what is left, and that two people at once lose nothing."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from cms.comments.actions.receipts import withdraw
from cms.comments.models import Comment
from cms.comments.rules import CommentStatus
from cms.moderation.actions import deciding
from cms.moderation.actions.deciding import decide
from cms.moderation.actions.outcomes import NotHere, Outcome
from cms.moderation.actions.undoing import undo
from cms.moderation.models import Decision
from cms.moderation.rules import EntryKind, Verdict
from cms.pages.models import Version
from cms.site import Site
from tests.conftest import START
from tests.factories import hire, send_comment, write_article

pytestmark = pytest.mark.both_engines

LATER = START + timedelta(minutes=5)
RACERS = 10  # who decide about the same comments at the same moment


def _status(site: Site, comment_id: int) -> CommentStatus:
    with site.database.reading() as session:
        return session.exec(select(col(Comment.status)).where(col(Comment.id) == comment_id)).one()


def _log(site: Site, comment_id: int) -> list[Decision]:
    with site.database.reading() as session:
        statement = select(Decision).where(col(Decision.comment_id) == comment_id).order_by(col(Decision.id))
        return list(session.exec(statement))


def _newest(site: Site) -> int:
    with site.database.reading() as session:
        return session.execute(sa.select(sa.func.max(col(Decision.id)))).scalar_one()


def _version(site: Site, thing: str) -> int:
    with site.database.reading() as session:
        found = session.execute(sa.select(col(Version.number)).where(col(Version.thing) == thing))
        return found.scalar_one_or_none() or 0


def _decide(
    site: Site, staff_id: int, verdict: Verdict, *ids: int, reason: str = "", as_of: int = -1
) -> Outcome:
    seen = _newest(site) if as_of < 0 else as_of
    outcome = decide(site, staff_id, ids, verdict, reason, seen, LATER)
    assert isinstance(outcome, Outcome), outcome
    return outcome


@pytest.fixture
def cleo(site: Site) -> int:
    return hire(site, "Cleo", START)


@pytest.fixture
def ben(site: Site) -> int:
    return hire(site, "Ben", START)


@pytest.fixture
def article(site: Site, cleo: int) -> int:
    return write_article(site, "The ferry", START)


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (Verdict.APPROVE, CommentStatus.APPROVED),
        (Verdict.REJECT, CommentStatus.REJECTED),
        (Verdict.SPAM, CommentStatus.SPAM),
    ],
)
def test_a_verdict_gives_the_status_and_one_entry(
    site: Site, cleo: int, article: int, verdict: Verdict, status: CommentStatus
) -> None:
    comment = send_comment(site, article, START)
    outcome = _decide(site, cleo, verdict, comment, reason="rude")
    entry = _log(site, comment)[-1]
    assert _status(site, comment) is status
    assert outcome.decided == (entry.id,)
    assert (entry.deed, entry.staff_id, entry.from_status, entry.to_status, entry.at) == (
        EntryKind.DECIDED,
        cleo,
        CommentStatus.HELD,
        status,
        LATER,
    )
    assert entry.reason == ("" if verdict is Verdict.APPROVE else "rude")


def test_holding_again_makes_an_approved_comment_wait(site: Site, cleo: int, article: int) -> None:
    comment = send_comment(site, article, START)
    _decide(site, cleo, Verdict.APPROVE, comment)
    _decide(site, cleo, Verdict.HOLD, comment)
    assert _status(site, comment) is CommentStatus.HELD


def test_the_same_verdict_twice_makes_one_entry(site: Site, cleo: int, article: int) -> None:
    comment = send_comment(site, article, START)
    _decide(site, cleo, Verdict.SPAM, comment)
    outcome = _decide(site, cleo, Verdict.SPAM, comment)
    assert outcome == Outcome(unchanged=(comment,))
    assert len(_log(site, comment)) == 2


def test_the_same_person_may_change_her_mind_on_an_old_page(site: Site, cleo: int, article: int) -> None:
    comment, seen = send_comment(site, article, START), _newest(site)
    _decide(site, cleo, Verdict.APPROVE, comment, as_of=seen)
    assert _decide(site, cleo, Verdict.REJECT, comment, as_of=seen).decided
    assert _status(site, comment) is CommentStatus.REJECTED


def test_what_somebody_else_decided_since_is_left_and_named(
    site: Site, cleo: int, ben: int, article: int
) -> None:
    comment, seen = send_comment(site, article, START), _newest(site)
    _decide(site, ben, Verdict.APPROVE, comment)
    outcome = _decide(site, cleo, Verdict.SPAM, comment, as_of=seen)
    assert not outcome.decided
    assert [(left.by_name, left.at, left.status) for left in outcome.left] == [
        ("Ben", LATER, CommentStatus.APPROVED)
    ]
    assert _status(site, comment) is CommentStatus.APPROVED


def test_what_its_writer_withdrew_since_is_left(site: Site, cleo: int, article: int) -> None:
    comment, seen = send_comment(site, article, START), _newest(site)
    _withdraw(site, comment)
    outcome = _decide(site, cleo, Verdict.APPROVE, comment, as_of=seen)
    assert [left.deed for left in outcome.left] == [EntryKind.WITHDRAWN]


def test_a_withdrawn_comment_cannot_be_approved(site: Site, cleo: int, article: int) -> None:
    comment = send_comment(site, article, START)
    _withdraw(site, comment)
    assert _decide(site, cleo, Verdict.APPROVE, comment) == Outcome(refused=(comment,))
    assert _status(site, comment) is CommentStatus.HELD


def test_an_unknown_id_stops_the_whole_request(site: Site, cleo: int, article: int) -> None:
    comment = send_comment(site, article, START)
    outcome = decide(site, cleo, [comment, 999], Verdict.APPROVE, "", _newest(site), LATER)
    assert outcome == NotHere((999,))
    assert _status(site, comment) is CommentStatus.HELD


def test_many_are_decided_about_in_pieces_and_each_once(
    site: Site, cleo: int, article: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "AT_ONCE", 3)
    ids = [send_comment(site, article, START, name=f"Dan {number}") for number in range(8)]
    outcome = _decide(site, cleo, Verdict.SPAM, *ids)
    assert len(outcome.decided) == 8
    assert {_status(site, one) for one in ids} == {CommentStatus.SPAM}
    assert decide(site, cleo, [*ids, 999], Verdict.APPROVE, "", _newest(site), LATER) == NotHere((999,))
    assert {_status(site, one) for one in ids} == {CommentStatus.SPAM}


def test_only_what_readers_see_bumps_the_article(site: Site, cleo: int, article: int) -> None:
    comment, thing = send_comment(site, article, START), f"article:{article}"
    before = _version(site, thing)
    _decide(site, cleo, Verdict.REJECT, comment)
    assert _version(site, thing) == before
    _decide(site, cleo, Verdict.APPROVE, comment)
    assert _version(site, thing) == before + 1
    _decide(site, cleo, Verdict.SPAM, comment)
    assert _version(site, thing) == before + 2


def test_an_undo_restores_the_state_and_its_reason(site: Site, cleo: int, article: int) -> None:
    comment = send_comment(site, article, START)
    _decide(site, cleo, Verdict.REJECT, comment, reason="off_topic")
    approved = _decide(site, cleo, Verdict.APPROVE, comment).decided
    undone = undo(site, cleo, approved, LATER)
    entry = _log(site, comment)[-1]
    assert isinstance(undone, Outcome)
    assert undone.decided == (entry.id,)
    assert (entry.deed, entry.undo_of, entry.reason) == (EntryKind.UNDONE, approved[0], "off_topic")
    assert _status(site, comment) is CommentStatus.REJECTED


def test_an_undo_of_an_undo_decides_anew(site: Site, cleo: int, article: int) -> None:
    comment = send_comment(site, article, START)
    approved = _decide(site, cleo, Verdict.APPROVE, comment).decided
    undone = undo(site, cleo, approved, LATER)
    assert isinstance(undone, Outcome)
    undo(site, cleo, undone.decided, LATER)
    assert _status(site, comment) is CommentStatus.APPROVED


def test_undo_pressed_twice_undoes_once(site: Site, cleo: int, article: int) -> None:
    comment = send_comment(site, article, START)
    approved = _decide(site, cleo, Verdict.APPROVE, comment).decided
    undo(site, cleo, approved, LATER)
    assert undo(site, cleo, approved, LATER) == Outcome(unchanged=(comment,))


def test_an_undo_of_what_was_decided_over_is_left(site: Site, cleo: int, ben: int, article: int) -> None:
    comment = send_comment(site, article, START)
    approved = _decide(site, cleo, Verdict.APPROVE, comment).decided
    _decide(site, ben, Verdict.SPAM, comment)
    outcome = undo(site, cleo, approved, LATER)
    assert isinstance(outcome, Outcome)
    assert [left.by_name for left in outcome.left] == ["Ben"]
    assert _status(site, comment) is CommentStatus.SPAM


def test_a_submission_cannot_be_undone(site: Site, cleo: int, article: int) -> None:
    comment = send_comment(site, article, START)
    first = _log(site, comment)[0].id
    assert first is not None
    assert undo(site, cleo, [first], LATER) == NotHere((first,))


@pytest.mark.parametrize("statement", ["UPDATE decision SET reason = 'rude'", "DELETE FROM decision"])
def test_the_database_refuses_to_change_the_log(site: Site, cleo: int, article: int, statement: str) -> None:
    send_comment(site, article, START)
    with pytest.raises(DBAPIError, match="append-only"), site.database.writing() as session:
        session.execute(sa.text(statement))


def test_in_a_race_one_wins_and_the_log_adds_up(site: Site, cleo: int, ben: int, article: int) -> None:
    comments = [send_comment(site, article, START, name=f"Dan {number}") for number in range(12)]
    seen, outcomes, begin = _newest(site), [], threading.Barrier(RACERS + 1)

    def work(staff_id: int, verdict: Verdict, ids: list[int]) -> None:
        begin.wait()
        outcomes.append(_decide(site, staff_id, verdict, *ids, as_of=seen))

    def withdraw_some() -> None:
        begin.wait()
        for comment in comments[::4]:
            _withdraw(site, comment)

    sender_of = [(cleo, Verdict.APPROVE), (ben, Verdict.SPAM)]
    threads = [
        threading.Thread(target=work, args=(*sender_of[number % 2], comments[number % 3 :: 1 + number % 4]))
        for number in range(RACERS)
    ]
    threads.append(threading.Thread(target=withdraw_some))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(outcomes) == RACERS
    assert any(outcome.left for outcome in outcomes)
    for comment in comments:
        entries = _log(site, comment)
        states = [entry.to_status for entry in entries]
        assert [entry.from_status for entry in entries[1:]] == states[:-1]
        assert states[-1] is _status(site, comment)
        assert len({entry.staff_id for entry in entries if entry.deed is EntryKind.DECIDED}) <= 1


def _withdraw(site: Site, comment_id: int) -> None:
    withdraw(site, [comment_id], LATER)
