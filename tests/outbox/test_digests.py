"""The daily letter to moderators: wished for, once a day, without any reader's words, ended by one click."""

import threading
from email.message import EmailMessage

import pytest
from flask import Flask

from cms.jobs import run_due
from cms.limits.rules import Visitor
from cms.moderation.actions import digests
from cms.moderation.actions.digests import put_digests, wish_digest
from cms.outbox.rules import LetterKind
from cms.reports.actions import Complaint, report
from cms.reports.rules import ReportReason
from tests.conftest import application
from tests.factories import hire
from tests.outbox.correspondence import Correspondence, link_in, text_of
from tests.reader import Moderator, Reader


def _day(paper: Correspondence, **time_passing: float) -> list[EmailMessage]:
    """Let time pass and the site's own clock put what is due; return the letters that came."""
    paper.clock.advance(**time_passing)
    run_due(paper.site, [digests.JOB], paper.clock, "a worker")
    return paper.post(seconds=10)


@pytest.mark.both_engines
def test_a_moderator_who_wishes_for_it_hears_once_a_day_what_waits(paper: Correspondence) -> None:
    paper.comment("Dan", text="Secret words of a reader.")
    assert _day(paper) == [], "nobody has asked for it"
    wish_digest(paper.site, paper.cleo, on=True)
    (letter,) = _day(paper, minutes=2)
    assert letter["To"] == "cleo@example.org"
    text = text_of(letter)
    assert "Likely fine: 1\n" in text
    assert "The last tram: 1\n" in text
    assert "The oldest waits since March 2, 2026" in text
    for never in ("Dan", "dan@", "Secret", "decisions", "reader"):
        assert never not in text
    assert _day(paper, hours=12) == []
    assert len(_day(paper, hours=12)) == 1


def test_the_letter_tells_how_much_readers_have_reported(paper: Correspondence) -> None:
    comment = paper.comment("Dan")
    paper.approve(comment)
    report(paper.site, Complaint(comment, ReportReason.RUDE, "", Visitor("network")), paper.clock())
    wish_digest(paper.site, paper.cleo, on=True)
    (letter,) = [one for one in _day(paper, minutes=2) if one["To"] == "cleo@example.org"]
    assert "Reported by readers: 1." in text_of(letter)


def test_nothing_is_sent_where_nothing_waits_or_before_its_hour(paper: Correspondence) -> None:
    wish_digest(paper.site, paper.cleo, on=True)
    assert _day(paper) == []
    paper.comment("Dan")
    assert _day(paper, minutes=5) == [], "that was today's"
    assert _day(paper, hours=15) == [], "it is night"
    assert len(_day(paper, hours=8)) == 1


def test_what_was_decided_before_the_letter_left_takes_it_away(paper: Correspondence) -> None:
    comment = paper.comment("Eve")
    wish_digest(paper.site, paper.cleo, on=True)
    put_digests(paper.site, paper.clock())
    paper.approve(comment)
    assert paper.post(minutes=1) == []
    assert [one for one in paper.letters() if one.kind is LetterKind.DIGEST] == []


@pytest.mark.both_engines
def test_many_workers_put_one_letter(paper: Correspondence) -> None:
    paper.comment("Dan")
    wish_digest(paper.site, paper.cleo, on=True)
    workers = [threading.Thread(target=put_digests, args=(paper.site, paper.clock())) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len([one for one in paper.letters() if one.kind is LetterKind.DIGEST]) == 1


def test_its_link_acts_by_a_button_or_by_one_click_in_a_mailbox(paper: Correspondence) -> None:
    paper.comment("Dan")
    wish_digest(paper.site, paper.cleo, on=True)
    (letter,) = _day(paper)
    path, reader = link_in(letter), Reader(application(paper.site, paper.clock))
    assert str(letter["List-Unsubscribe"]) == f"<https://news.example.org{path}>"
    reader.page(path)
    assert len(_day(paper, days=1)) == 1, "opening it has changed nothing"
    in_a_mailbox = Reader(application(paper.site, paper.clock), origin="")
    assert in_a_mailbox.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert _day(paper, days=1) == []
    assert reader.get(path.replace("/letters/", "/letters/0")).status_code == 404


def test_each_moderator_chooses_at_the_dashboard(paper: Correspondence) -> None:
    app: Flask = application(paper.site, paper.clock)
    cleo = Moderator(app, "Cleo")
    path = "/moderation/digest/"
    assert "You do not get it." in cleo.get(path).text
    assert cleo.post(path, path, digest="on").status_code == 303
    assert "You get it each day at 07:00 (UTC)" in cleo.get(path).text
    hire(paper.site, "Con", paper.clock())
    assert Moderator(app, "Con").get(path).status_code == 403
