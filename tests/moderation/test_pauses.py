"""How a moderator closes an article's comments for a time or slows them down, and that both end by themselves."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlmodel import col, select
from werkzeug.test import TestResponse

from cms.comments.models import HoldReason
from cms.comments.signals import HoldCode
from cms.limits.actions import ruling_on_comment
from cms.limits.rules import Visitor
from cms.moderation.actions.pausing import Paused, pause
from cms.moderation.pauses import FOR_EVER, PauseKind, ends_at
from cms.site import Site
from tests.conftest import START, Clock
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator, Reader

ARTICLE = "/articles/the-ferry"
PATH = "/moderation/pauses/1"
IN_AN_HOUR = START + timedelta(hours=1)


@pytest.fixture
def cleo(site: Site) -> int:
    write_article(site, "The ferry", START)
    return hire(site, "Cleo", START)


def _change(someone: Moderator, **fields: str) -> TestResponse:
    data = {"csrf_token": someone.token(PATH), "seen": "0", "kind": "closed", **fields}
    return someone.client.post(PATH, data=data, headers=someone.headers)


@pytest.mark.both_engines
def test_a_pause_is_carried_out_on_the_state_that_its_moderator_saw(site: Site, cleo: int) -> None:
    done = pause(site, cleo, 1, PauseKind.CLOSED, IN_AN_HOUR, seen=0, now=START)
    late = pause(site, cleo, 1, PauseKind.CLOSED, None, seen=0, now=START)
    elsewhere = pause(site, cleo, 99, PauseKind.SLOW, IN_AN_HOUR, seen=0, now=START)
    assert (done, late, elsewhere) == (Paused.DONE, Paused.LATE, Paused.NOT_HERE)


@pytest.mark.both_engines
def test_slow_mode_by_hand_begins_at_once_and_ends_at_its_second(site: Site, cleo: int) -> None:
    pause(site, cleo, 1, PauseKind.SLOW, IN_AN_HOUR, seen=0, now=START)
    send_comment(site, 1, START)
    with site.database.reading() as session:
        reasons = session.exec(select(col(HoldReason.code))).all()
        moments = (START, IN_AN_HOUR - timedelta(seconds=1), IN_AN_HOUR)
        slow = [ruling_on_comment(site, session, Visitor("mark"), 1, now).on_article for now in moments]
    assert HoldCode.SLOW_MODE in reasons
    assert slow[:2] == [1, 1]
    assert slow[2] == 0


def test_slow_mode_ends_by_hand(site: Site, cleo: int) -> None:
    pause(site, cleo, 1, PauseKind.SLOW, IN_AN_HOUR, seen=0, now=START)
    pause(site, cleo, 1, PauseKind.SLOW, None, seen=1, now=START)
    with site.database.reading() as session:
        assert ruling_on_comment(site, session, Visitor("mark"), 1, START).on_article == 0


def test_readers_see_when_comments_open_again_and_find_the_form_at_that_second(
    site: Site, app: Flask, clock: Clock, cleo: int
) -> None:
    reader, cleos = Reader(app), Moderator(app, "Cleo")
    assert reader.page(ARTICLE).all(id="reply")
    assert _change(cleos, hours="1").status_code == 303
    closed = reader.page(ARTICLE)
    assert not closed.all(id="reply")
    assert "Comments are closed until March 2, 2026" in closed.text("section", id="comments")
    refused = reader.client.post(
        f"{ARTICLE}/comments", data={"comment": "Kept words"}, headers=reader.headers
    )
    assert refused.status_code == 403
    assert "Kept words" in refused.text
    assert "closed until" in refused.text
    clock.advance(seconds=3599)
    assert not reader.page(ARTICLE).all(id="reply")
    clock.advance(seconds=1)
    assert reader.page(ARTICLE).all(id="reply")
    assert reader.comment(ARTICLE).status_code == 303


def test_comments_that_are_closed_for_ever_are_opened_by_hand(site: Site, app: Flask, cleo: int) -> None:
    reader, cleos = Reader(app), Moderator(app, "Cleo")
    assert _change(cleos, hours="").status_code == 303
    assert "Comments are closed." in reader.page(ARTICLE).text("section", id="comments")
    assert _change(cleos, ends="now").status_code == 409
    assert _change(cleos, ends="now", seen="1").status_code == 303
    assert reader.page(ARTICLE).all(id="reply")
    assert "Cleo: Comments opened again" in cleos.page(PATH).text("ul", class_="panel__context")


@pytest.mark.parametrize(
    "fields",
    [{"hours": "7"}, {"until": "2020-01-01T00:00"}, {"until": "soon"}, {"kind": "odd"}, {"seen": "x"}],
)
def test_nonsense_pauses_nothing(app: Flask, cleo: int, fields: dict[str, str]) -> None:
    cleos = Moderator(app, "Cleo")
    assert _change(cleos, **fields).status_code == 422
    assert Reader(app).page(ARTICLE).all(id="reply")


def test_a_contributor_sees_none_of_it(site: Site, app: Flask, cleo: int) -> None:
    hire(site, "Con", START)
    con = Moderator(app, "Con")
    assert con.get(PATH).status_code == 403
    assert Moderator(app, "Cleo").get("/moderation/pauses/99999999999").status_code == 404


def test_slow_mode_lasts_a_month_at_most() -> None:
    assert ends_at(PauseKind.SLOW, "", START + timedelta(days=32), START) is None
    assert ends_at(PauseKind.SLOW, "", None, START) is None
    assert ends_at(PauseKind.CLOSED, "", None, START) == FOR_EVER
