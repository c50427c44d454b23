"""Turns at a costly thing, and reading that is stopped in time."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from cms.serving import turns
from cms.serving.turns import Turn, Turns
from cms.site import SEARCHES_A_MINUTE, Site
from cms.storage.deadlines import TookTooLong, reading_within
from tests.articles.paper import paper_of

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ENDLESS = {
    True: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    False: "SELECT pg_sleep(20)",
}


class Broken(Exception):
    """What goes wrong while somebody has a turn."""


def _wish(held: Turns, network: str, now: datetime = NOON) -> Turn:
    with held.turn(network, now) as turn:
        return turn


def test_a_network_has_so_many_turns_a_minute_and_others_have_theirs() -> None:
    held = Turns(at_once=1, a_minute=2)
    assert [_wish(held, "203.0.113.0") for _ in range(3)] == [Turn.HERS, Turn.HERS, Turn.TOO_MANY]
    assert _wish(held, "198.51.100.0") is Turn.HERS
    assert _wish(held, "203.0.113.0", NOON + timedelta(minutes=1)) is Turn.HERS


def test_who_cannot_be_told_apart_is_not_counted() -> None:
    held = Turns(at_once=1, a_minute=1)
    assert [_wish(held, "") for _ in range(3)] == 3 * [Turn.HERS]


def test_a_turn_is_given_back_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.01)
    held = Turns(at_once=1, a_minute=9)
    with pytest.raises(Broken, match=Turn.BUSY), held.turn("", NOON):
        raise Broken(_wish(held, ""))
    assert _wish(held, "") is Turn.HERS


def test_the_database_stops_what_takes_too_long_and_works_on(site: Site) -> None:
    with pytest.raises(TookTooLong), reading_within(site.database, 0.05) as session:
        session.execute(sa.text(ENDLESS[site.database.is_sqlite]))
    with site.database.reading() as session:
        assert session.execute(sa.text("SELECT 1")).scalar_one() == 1


def test_a_search_that_cannot_be_made_now_keeps_its_words(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.01)
    paper = paper_of(app)
    paper.article("The ferry")
    seen = paper.site.searching
    with seen.turn("", NOON), seen.turn("", NOON):
        busy = app.test_client().get("/search?q=ferry")
    assert busy.status_code == 503
    assert busy.headers["Retry-After"] == "5"
    assert 'value="ferry"' in busy.text
    from_afar = {"REMOTE_ADDR": "203.0.113.7"}
    answers = [
        app.test_client().get("/search?q=ferry", environ_base=from_afar).status_code
        for _ in range(SEARCHES_A_MINUTE + 1)
    ]
    assert answers == [200] * SEARCHES_A_MINUTE + [429]
    assert app.test_client().get("/search?q=ferry").status_code == 200
