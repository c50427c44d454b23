"""The figures of the dashboard: what the log says of the newsroom's work."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from cms.comments.rules import CommentStatus
from cms.comments.signals import Lane
from cms.moderation.figures import (
    CHART_HEIGHT,
    HourTally,
    Judged,
    Period,
    Stretch,
    by_lane,
    by_reason,
    chart,
    shares,
    stretches,
    wait,
)
from cms.moderation.rules import EntryKind
from cms.site import Site
from tests.articles.paper import counted
from tests.conftest import START, Clock
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FIGURES_BUDGET = 9  # tallies, judged, lanes, oldest, boiling, taken back, and who is signed in


def _tally(number: int = 1, **fields: object) -> HourTally:
    row = {
        "hour": NOON,
        "deed": EntryKind.DECIDED,
        "by_name": "Cleo",
        "to_status": CommentStatus.APPROVED,
        "reason": "",
        "policy": "",
    }
    return HourTally(**{**row, **fields}, number=number)  # type: ignore[arg-type]  # each field by its own name


def test_hours_without_a_comment_are_there_too() -> None:
    tallies = [_tally(3), _tally(5, deed=EntryKind.SUBMITTED, hour=NOON - timedelta(hours=2), by_name="")]
    rows = stretches(tallies, Period.DAY, UTC, NOON - timedelta(hours=3), NOON + timedelta(minutes=20))
    assert [(row.arrived, row.decided) for row in rows] == [(0, 0), (5, 0), (0, 0), (0, 3)]


def test_a_day_is_the_newsrooms_own() -> None:
    karachi = ZoneInfo("Asia/Karachi")  # 12:00 there is 7:00 in UTC
    evening = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
    rows = stretches(
        [_tally(2, hour=evening)],
        Period.WEEK,
        karachi,
        evening - timedelta(days=1),
        evening + timedelta(hours=1),
    )
    assert [(row.start.day, row.decided) for row in rows] == [(2, 0), (3, 2)]


def test_people_come_before_policies_and_the_busiest_first() -> None:
    found = shares(
        [
            _tally(1, by_name="", policy="spam filter", to_status=CommentStatus.SPAM),
            _tally(2),
            _tally(7, by_name="Ben", to_status=CommentStatus.REJECTED),
            _tally(1, by_name="Ben", deed=EntryKind.UNDONE),
            _tally(9, by_name="", deed=EntryKind.SUBMITTED),
        ]
    )
    assert [(share.name, share.all, share.undone) for share in found] == [
        ("Ben", 7, 1),
        ("Cleo", 2, 0),
        ("spam filter", 1, 0),
    ]


def test_reasons_are_counted_where_a_comment_was_rejected() -> None:
    rejected = CommentStatus.REJECTED
    told = [_tally(2, to_status=rejected, reason="rude"), _tally(3, to_status=rejected), _tally(9)]
    assert by_reason(told) == (("", 3), ("rude", 2))


def test_the_time_to_a_decision_is_told_by_its_middle_and_its_ninth_tenth() -> None:
    judged = [Judged(Lane.LIKELY_FINE, CommentStatus.APPROVED, timedelta(minutes=m)) for m in range(1, 12)]
    found = wait(judged)
    assert found is not None
    assert (found.median, found.p90) == (timedelta(minutes=6), timedelta(minutes=10))
    assert wait([]) is None
    assert by_lane(judged)[Lane.LIKELY_FINE][CommentStatus.APPROVED] == 11


@pytest.mark.parametrize(
    ("most", "top"), [(0, 1), (1, 1), (3, 4), (7, 10), (11, 20), (399, 400), (4001, 10_000)]
)
def test_a_chart_ends_at_a_round_number_and_no_bar_leaves_it(most: int, top: int) -> None:
    drawn = chart([Stretch(NOON, most, 0)])
    assert drawn.lines[-1] == (0.0, top)
    assert all(0 <= bar.y <= CHART_HEIGHT and bar.y + bar.height <= CHART_HEIGHT + 0.1 for bar in drawn.bars)


def test_the_page_tells_what_came_in_what_was_decided_and_what_boils(
    site: Site, app: Flask, clock: Clock
) -> None:
    hire(site, "Cleo", START)
    cleo = Moderator(app, "Cleo")
    assert "Nothing came in and nothing was decided." in cleo.get("/moderation/figures").text
    article = write_article(site, "The ferry", START)
    first, _second = (send_comment(site, article, clock(), name=name) for name in ("Dan", "Eve"))
    clock.advance(minutes=12)
    cleo.decide("reject", first, reason="rude")
    page = cleo.page("/moderation/figures")
    for said in ("Half were decided within12 minutes", "Cleo", "Rude", "The ferry", "Articles that boil"):
        assert said in page.text("main")
    assert "dan@example.org" not in cleo.get("/moderation/figures?period=month").text
    with counted(site) as sent:
        cleo.get("/moderation/figures?period=week")
    assert len(sent) <= FIGURES_BUDGET
