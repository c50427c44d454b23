"""Where a moderator closes an article's comments for a time, or slows them down."""

from datetime import datetime

from flask import Blueprint, Response, abort, render_template, request

from cms.accounts.guard import staff
from cms.moderation.actions.pausing import Paused, pause
from cms.moderation.pauses import (
    FOR_EVER,
    LIFTED_SENTENCES,
    PAUSE_SENTENCES,
    SLOW_SPANS,
    SPAN_SENTENCES,
    PauseKind,
    ends_at,
)
from cms.moderation.queries.pauses import paused_article
from cms.moderation.views.parts import local_moment
from cms.text.numbers import ID_DIGITS, whole_number
from cms.web import clock, private_page, say, see_other, site

blueprint = Blueprint("pauses", __name__, url_prefix="/pauses")


@blueprint.get("/<int:article_id>")
def show(article_id: int) -> Response:
    """Show how an article's comments stand, what can be done, and who did what."""
    return _page(article_id)


@blueprint.post("/<int:article_id>")
def change(article_id: int) -> Response:
    """Close, slow down, or end either."""
    form, now = request.form, clock()
    seen, asked = whole_number(form.get("seen", ""), ID_DIGITS), form.get("kind", "")
    if asked not in set(PauseKind) or seen is None:
        return _page(article_id, 422, say("The form was not complete. Please send it again."))
    kind, until = PauseKind(asked), None
    if form.get("ends") != "now":
        until = _until(kind, form.get("hours", ""), form.get("until", "").strip(), now)
        if until is None:
            return _page(
                article_id, 422, say("Please choose for how long, or a moment that is still to come.")
            )
    outcome = pause(site(), staff().id, article_id, kind, until, seen=seen, now=now)
    if outcome is Paused.NOT_HERE:
        abort(404)
    if outcome is Paused.LATE:
        said = say("Somebody has changed this since you opened the page. Nothing of yours was carried out.")
        return _page(article_id, 409, said)
    return see_other(f"/moderation/pauses/{article_id}")


def _until(kind: PauseKind, hours: str, typed: str, now: datetime) -> datetime | None:
    moment = local_moment(typed) if typed else None
    return None if typed and moment is None else ends_at(kind, hours, moment, now)


def _page(article_id: int, status: int = 200, problem: str = "") -> Response:
    with site().database.reading() as session:
        found = paused_article(session, article_id, clock())
    if found is None:
        abort(404)
    body = render_template(
        "moderation/pauses.html",
        room="moderation",
        it=found,
        for_ever=FOR_EVER,
        kinds=PAUSE_SENTENCES,
        lifted=LIFTED_SENTENCES,
        spans=SPAN_SENTENCES,
        slow_spans={hours: SPAN_SENTENCES[hours] for hours in SLOW_SPANS},
        problem=problem,
    )
    return private_page(body, status)
