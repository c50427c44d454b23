"""Readers report a published comment: somebody looks again, and only a person decides."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import col, select
from werkzeug.test import TestResponse

from cms.comments.models import Comment
from cms.comments.rules import CommentStatus
from cms.limits.rules import Visitor
from cms.moderation.actions.deciding import decide
from cms.moderation.actions.outcomes import Outcome
from cms.moderation.actions.undoing import undo
from cms.moderation.rules import Verdict
from cms.privacy.actions.erasing import erase_comments
from cms.privacy.actions.sweeping import sweep
from cms.reports.actions import Complaint, report
from cms.reports.models import Report
from cms.reports.rules import ReportReason
from cms.site import Site
from tests.comments.stored import deeds, only
from tests.conftest import ON_SQLITE, START
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator, Reader, check_page

FOR_EVER = 10**9
WORDS = "The second sentence names my sister."


@pytest.fixture
def comment(site: Site) -> int:
    """Give a published comment."""
    hire(site, "Cleo", START)
    hire(site, "Ben", START)
    made = send_comment(site, write_article(site, "The ferry", START), START)
    decide(site, 1, [made], Verdict.APPROVE, "", FOR_EVER, START)
    return made


def _send(
    reader: Reader, comment_id: int, address: str = "198.51.100.7", origin: str = "same-origin", **fields: str
) -> TestResponse:
    path = f"/reports/{comment_id}"
    filled = {**reader.form_of(path), "reason": "private", "words": WORDS, **fields}
    headers = {"Sec-Fetch-Site": origin}
    return reader.post(path, filled, headers=headers, environ_overrides={"REMOTE_ADDR": address})


def _report(site: Site, comment_id: int, network: str, reason: ReportReason = ReportReason.RUDE) -> None:
    assert report(site, Complaint(comment_id, reason, "", Visitor(network)), START) is True


def _decide(site: Site, comment_id: int, verdict: Verdict, staff_id: int = 1) -> tuple[int, ...]:
    outcome = decide(site, staff_id, [comment_id], verdict, "", FOR_EVER, START)
    assert isinstance(outcome, Outcome)
    return outcome.decided


def test_a_reported_comment_stays_public_and_comes_before_moderators(
    site: Site, app: Flask, comment: int
) -> None:
    reader = Reader(app)
    article = reader.page("/articles/the-ferry")
    link = article.all("a", href=f"/reports/{comment}")
    assert [text for _, text in link] == ["Report"]
    assert reader.page(f"/reports/{comment}").text("legend") == "What is wrong with it?"
    answer = _send(reader, comment)
    assert answer.status_code == 200
    assert "only a person decides" in check_page(answer).text("p", role="status")
    assert "I was there" in reader.get("/articles/the-ferry").text
    card = Moderator(app, "Cleo").page("/moderation/").text("article", data_comment=str(comment))
    assert "Reported by readers: 1. It tells something private about a person: 1" in card
    assert WORDS in card
    assert deeds(site, comment) == ["submitted", "decided", "reported"]
    for path in ("/articles/the-ferry", f"/reports/{comment}", "/feed.xml"):
        assert WORDS not in reader.get(path).text


@pytest.mark.both_engines
def test_the_queue_shows_alone_what_readers_have_reported(site: Site, app: Flask, comment: int) -> None:
    other = send_comment(site, 1, START, name="Eve", text="Another one waits, which nobody has reported.")
    _report(site, comment, "a")
    queue = Moderator(app, "Cleo").page("/moderation/?reported=1")
    assert [attrs["data-card"] for _, attrs, _ in queue.elements if "data-card" in attrs] == [str(comment)]
    ((tick, _),) = queue.all("input", name="reported", type="checkbox")
    assert "checked" in tick
    assert str(other) in Moderator(app, "Cleo").get("/moderation/").text


@pytest.mark.both_engines
def test_one_network_reports_a_comment_once(site: Site, app: Flask, comment: int) -> None:
    reader = Reader(app)
    assert _send(reader, comment).status_code == _send(reader, comment, reason="rude").status_code == 200
    assert only(site).reports == 1
    _send(reader, comment, "203.0.113.9")
    assert only(site).reports == 2
    assert deeds(site, comment).count("reported") == 1


@pytest.mark.both_engines
def test_many_at_once_are_counted_each_and_raise_it_once(site: Site, comment: int) -> None:
    begin = threading.Barrier(8)

    def work(number: int) -> None:
        begin.wait()
        _report(site, comment, f"network {number % 6}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert only(site).reports == 6
    assert only(site).status is CommentStatus.APPROVED
    assert deeds(site, comment).count("reported") == 1


@pytest.mark.both_engines
def test_approving_answers_the_reports_and_its_undo_asks_again(site: Site, comment: int) -> None:
    _report(site, comment, "a")
    _report(site, comment, "b")
    decided = _decide(site, comment, Verdict.APPROVE)
    assert len(decided) == 1
    assert (only(site).reports, only(site).waiting_since) == (None, None)
    undone = undo(site, 1, decided, START)
    assert isinstance(undone, Outcome)
    assert (only(site).reports, only(site).waiting_since) == (2, START)
    undo(site, 1, undone.decided, START)
    assert (only(site).reports, only(site).waiting_since) == (None, None)
    _report(site, comment, "a")  # said before, and answered
    assert only(site).reports is None
    _report(site, comment, "c")
    assert only(site).reports == 1


def test_rejecting_answers_them_too_and_an_undo_gives_both_back(site: Site, comment: int) -> None:
    _report(site, comment, "a")
    decided = _decide(site, comment, Verdict.REJECT)
    assert (only(site).status, only(site).reports) == (CommentStatus.REJECTED, None)
    undo(site, 1, decided, START)
    assert (only(site).status, only(site).reports) == (CommentStatus.APPROVED, 1)
    assert only(site).waiting_since is not None


def test_who_decides_without_having_seen_the_report_is_told(site: Site, comment: int) -> None:
    _report(site, comment, "a")
    outcome = decide(site, 2, [comment], Verdict.APPROVE, "", 2, START)
    assert isinstance(outcome, Outcome)
    assert [left.deed.value for left in outcome.left] == ["reported"]


@ON_SQLITE
@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"token": "x"}, 422),
        ({"reason": "nonsense"}, 422),
        ({"reason": ""}, 422),
        ({"words": "x" * 501}, 422),
        ({"origin": "cross-site"}, 403),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_words_kept(
    site: Site, app: Flask, comment: int, fields: dict[str, str], status: int
) -> None:
    answer = _send(Reader(app), comment, **fields)
    assert answer.status_code == status
    assert fields.get("words", WORDS) in check_page(answer).text("textarea")
    assert only(site).reports is None


@ON_SQLITE
def test_a_network_that_reports_too_much_is_told_when_to_go_on(site: Site, app: Flask, comment: int) -> None:
    reader = Reader(app)
    for _ in range(site.settings.reports_per_ten_minutes):
        _send(reader, comment)
    answer = _send(reader, comment)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 1200
    assert WORDS in check_page(answer).text("textarea")
    assert _send(reader, comment, "203.0.113.9").status_code == 200


@ON_SQLITE
def test_what_readers_do_not_see_cannot_be_reported(site: Site, app: Flask, comment: int) -> None:
    held = send_comment(site, 1, START, text="I wait.")
    for number in (held, 999, 2**40):
        assert Reader(app).get(f"/reports/{number}").status_code == 404
        assert Reader(app).post(f"/reports/{number}", {"reason": "rude"}).status_code == 404


def test_marks_go_the_next_day_and_reports_with_their_comment(site: Site, comment: int) -> None:
    _report(site, comment, "a")
    sweep(site, START + timedelta(days=1))
    with site.database.reading() as session:
        assert list(session.exec(select(col(Report.network_mark)))) == [None]
    _decide(site, comment, Verdict.APPROVE)
    sweep(site, START + timedelta(days=181))
    with site.database.reading() as session:
        assert list(session.exec(select(Report))) == []
    _report(site, comment, "b")
    erase_comments(site, [comment], START)
    with site.database.reading() as session:
        assert session.execute(sa.select(col(Report.id), col(Comment.reports)).join(Comment)).all() == []
