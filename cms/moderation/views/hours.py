"""Where an admin takes back what somebody decided within a stretch of time, after seeing what would change."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request

from cms.accounts.guard import staff
from cms.accounts.queries import staff_list
from cms.moderation import rules, wording
from cms.moderation.actions.batches import AT_ONCE_SECONDS, begin_undo_of_hour, carry_on
from cms.moderation.queries.batches import Hour, Undoable, newest_entry, undoable_of_hour
from cms.moderation.views.parts import TABLES, counted, here, local_moment, whole_as_of
from cms.moderation.views.queue import refused
from cms.web import clock, private_page, say, see_other, site

blueprint = Blueprint("hours", __name__, url_prefix="/hours")
HOUR = timedelta(hours=1)


@blueprint.get("/")
def preview() -> Response:
    """Show what taking back an hour of somebody's decisions would change; the last hour unless told otherwise."""
    hour = _asked(request.args.get("by", ""), request.args.get("since", ""), request.args.get("until", ""))
    with site().database.reading() as session:
        as_of = newest_entry(session)
        found: tuple[Undoable, ...] = ()
        if hour is not None:
            found = undoable_of_hour(session, hour, as_of=as_of, size=rules.COUNTED_MAX + 1)
        people = staff_list(session)
    since = hour.since if hour else clock() - HOUR
    until = hour.until if hour else clock() + timedelta(minutes=1)
    body = render_template(
        "moderation/hour.html",
        **TABLES,
        room="log",
        people=people,
        hour=hour,
        since=_local(since),
        until=_local(until),
        number=counted(len(found)),
        changes=list(_by_change(found).items()),
        as_of=as_of,
        back=here(),
    )
    return private_page(body)


@blueprint.post("/")
def take_back() -> Response:
    """Take back what the preview showed, as one decision with one undo."""
    form, as_of = request.form, whole_as_of()
    hour = _asked(form.get("by", ""), form.get("since", ""), form.get("until", ""))
    if hour is None or as_of is None:
        return refused(say("The form was not complete. Please load the queue again."))
    with site().database.reading() as session:
        wanted = len(undoable_of_hour(session, hour, as_of=as_of, size=rules.COUNTED_MAX + 1))
    batch_id = begin_undo_of_hour(site(), staff().id, hour, as_of, wanted, clock())
    carry_on(site(), batch_id, clock, seconds=AT_ONCE_SECONDS)
    return see_other(f"/moderation/batches/{batch_id}")


def _asked(by: str, since: str, until: str) -> Hour | None:
    """Return the stretch of time that is asked for, in the site's own time zone, or None where it makes no sense."""
    ids, first, last = rules.whole_numbers([by]), local_moment(since), local_moment(until)
    if not ids or first is None or last is None or first >= last:
        return None
    return Hour(ids[0], first, last)


def _local(moment: datetime) -> str:
    """Return a moment as a field for date and time takes it."""
    return moment.astimezone(ZoneInfo(site().settings.timezone)).strftime("%Y-%m-%dT%H:%M")


def _by_change(found: tuple[Undoable, ...]) -> dict[tuple[str, str], str]:
    """Return how many would go back from each state to each."""
    number: dict[tuple[str, str], int] = {}
    for one in found:
        change = (wording.STATUS_SENTENCES[one.to_status], wording.STATUS_SENTENCES[one.from_status])
        number[change] = number.get(change, 0) + 1
    return {change: counted(count) for change, count in sorted(number.items())}
