"""Where moderators decide about all that match, watch how far it has come, and take it back."""

from flask import Blueprint, Response, abort, render_template, request

from cms.accounts.guard import staff
from cms.moderation.actions.batches import AT_ONCE_SECONDS, BatchJudgement, begin, begin_undo, carry_on
from cms.moderation.filters import filter_of
from cms.moderation.queries.batches import BatchStatus, batch_status, batches, newest_entry
from cms.moderation.queries.queue import waiting_count
from cms.moderation.rules import NOTE_MAX_CHARS, EntryKind, Verdict
from cms.moderation.views.parts import (
    asked_note,
    asked_verdict,
    counted,
    here,
    json_answer,
    note_too_long,
    tables,
    told_count,
    wants_json,
    whole_as_of,
)
from cms.moderation.views.queue import refused
from cms.moderation.wording import DONE_SENTENCES, UNDONE_SENTENCES
from cms.web import clock, private_page, say, see_other, site

blueprint = Blueprint("batches", __name__, url_prefix="/batches")


@blueprint.get("/")
def listed() -> Response:
    """Show the newest decisions about many comments."""
    with site().database.reading() as session:
        found = batches(session)
    return _page("moderation/batches.html", batches=found, counted=counted)


@blueprint.post("/")
def make() -> Response:
    """Decide about all that match a filter."""
    asked, as_of, narrowed = asked_verdict(), whole_as_of(), filter_of(request.form)
    if asked is None or asked[0] is Verdict.HOLD:
        return refused(say("The decision was not understood. Please choose one of the buttons."))
    if as_of is None:
        return refused(say("The form was not complete. Please load the queue again."))
    if not narrowed:
        return refused(say("Please narrow the queue first: this would be about everything that waits."))
    note = asked_note()
    if len(note) > NOTE_MAX_CHARS:
        return refused(note_too_long())
    later_too = request.form.get("later") == "yes"
    batch_id = begin(site(), BatchJudgement(staff().id, *asked, narrowed, as_of, later_too, note), clock())
    return _carried_on(batch_id)


@blueprint.get("/<int:batch_id>")
def show(batch_id: int) -> Response:
    """Show how far a decision about many comments has come."""
    batch = _batch_or_404(batch_id)
    if wants_json():
        return _told(batch)
    with site().database.reading() as session:
        as_of = newest_entry(session)
    return _page("moderation/batch.html", batch=batch, wanted=counted(batch.wanted), as_of=as_of)


@blueprint.post("/<int:batch_id>/undo")
def take_back(batch_id: int) -> Response:
    """Take back a decision about many comments, as far as it still stands."""
    batch = _batch_or_404(batch_id)
    return _carried_on(begin_undo(site(), staff().id, batch, clock()))


def _carried_on(batch_id: int) -> Response:
    carry_on(site(), batch_id, clock, seconds=AT_ONCE_SECONDS)
    return _told(_batch_or_404(batch_id)) if wants_json() else see_other(f"/moderation/batches/{batch_id}")


def _told(batch: BatchStatus) -> Response:
    sentence = DONE_SENTENCES[batch.verdict] if batch.verdict else UNDONE_SENTENCES[EntryKind.UNDONE]
    said = say(sentence, number=counted(batch.carried_out))
    if batch.finished_at is None:
        said = f"{said} {say('The rest follows.')}"
    with site().database.reading() as session:
        waiting = waiting_count(session)
    return json_answer(
        200,
        said,
        decided=[],
        waiting=told_count(waiting),
        batch=batch.id,
        finished=batch.finished_at is not None,
        undo={"path": f"/moderation/batches/{batch.id}/undo", "fields": []},
    )


def _batch_or_404(batch_id: int) -> BatchStatus:
    with site().database.reading() as session:
        batch = batch_status(session, batch_id)
    if batch is None:
        abort(404)
    return batch


def _page(template: str, **values: object) -> Response:
    body = render_template(
        template,
        **tables(),
        room="log",
        back=here(),
        **values,
    )
    return private_page(body)
