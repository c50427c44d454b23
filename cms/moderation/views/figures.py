"""Where moderators see how the newsroom's work goes."""

from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request

from cms.comments.rules import CommentStatus
from cms.comments.signals import Lane
from cms.moderation import figures, rules
from cms.moderation.figures import PERIOD_SENTENCES, PERIODS, Period
from cms.moderation.queries import figures as queries
from cms.moderation.queries.queue import waiting_by_lane
from cms.moderation.views.parts import counted, tables
from cms.web import clock, private_page, site

blueprint = Blueprint("figures", __name__)
VERDICTS = (CommentStatus.APPROVED, CommentStatus.REJECTED, CommentStatus.SPAM)


@blueprint.get("/figures")
def show() -> Response:
    """Show what waits, what came in and was decided, how long it took, and where the filter and people disagree."""
    period = _period(request.args.get("period", ""))
    now, zone = clock(), ZoneInfo(site().settings.timezone)
    since = now - PERIODS[period]
    with site().database.reading() as session:
        tallies = queries.tallies(session, since)
        judged = queries.judged(session, since)
        waiting = waiting_by_lane(session)
        oldest = queries.oldest_waiting(session)
        hot = queries.hot_articles(session, now)
        taken_back = queries.taken_back(session, since)
    rows = figures.stretches(tallies, period, zone, since, now)
    body = render_template(
        "moderation/figures.html",
        **tables(),
        room="figures",
        period=period,
        periods=PERIOD_SENTENCES,
        waiting=[(lane, counted(waiting[lane])) for lane in Lane],
        oldest=oldest,
        waited=now - oldest if oldest else None,
        rows=rows,
        arrived=sum(row.arrived for row in rows),
        decided=sum(row.decided for row in rows),
        chart=figures.chart(rows),
        width=figures.CHART_WIDTH,
        height=figures.CHART_HEIGHT,
        begins=_begins(tallies),
        wait=figures.wait(judged),
        shares=figures.shares(tallies),
        reasons=figures.by_reason(tallies),
        lanes=figures.by_lane(judged),
        judged=len(judged),
        verdicts=VERDICTS,
        caught=figures.acts_of(tallies, rules.SPAM_POLICY),
        taken_back=taken_back,
        hot=hot,
    )
    return private_page(body)


def _period(text: str) -> Period:
    return Period(text) if text in set(Period) else Period.DAY


def _begins(tallies: "tuple[figures.HourTally, ...]") -> object:
    """Return when the oldest entry that was counted was made, where the period holds more than that; else None."""
    is_cut = sum(tally.number for tally in tallies) >= queries.ENTRIES_MAX
    return min(tally.hour for tally in tallies) if is_cut else None
