"""Where moderators decide, and take back what they decided."""

from flask import Blueprint, Response, request

from cms.accounts.guard import staff
from cms.moderation import rules, wording
from cms.moderation.actions.deciding import decide
from cms.moderation.actions.outcomes import NotHere
from cms.moderation.actions.undoing import undo
from cms.moderation.queries.branches import with_branches
from cms.moderation.views.outcomes import left_page, note_outcome, told
from cms.moderation.views.parts import (
    asked_note,
    asked_verdict,
    note_too_long,
    wants_json,
    way_back,
    whole_as_of,
)
from cms.moderation.views.queue import refused
from cms.web import clock, say, see_other, site

blueprint = Blueprint("decisions", __name__)


@blueprint.post("/decisions")
def make() -> Response:
    """Carry out a verdict about one comment, or about all that are ticked."""
    asked, ids = asked_verdict(), rules.whole_numbers(request.form.getlist("comment"))
    as_of = whole_as_of()
    if ids is None:
        return refused(say("No comment was chosen. Tick at least one, then choose what to do."))
    if asked is None:
        return refused(say("The decision was not understood. Please choose one of the buttons."))
    if as_of is None:
        return refused(say("The form was not complete. Please load the queue again."))
    note = asked_note()
    if len(note) > rules.NOTE_MAX_CHARS:
        return refused(note_too_long())
    if request.form.get("branch") == "all" and asked[0] in rules.TAKES_AWAY:
        with site().database.reading() as session:
            ids = with_branches(session, ids)
    outcome = decide(site(), staff().id, ids, *asked, as_of, clock(), note=note)
    if isinstance(outcome, NotHere):
        return refused(say("There is no such comment. Nothing was changed; please load the queue again."))
    if wants_json():
        return told(wording.DONE_SENTENCES[asked[0]], outcome, asked_about=len(ids))
    if len(ids) == 1 and outcome.refused:
        return refused(say("Its writer has taken this comment back, so it cannot be published."))
    if len(ids) == 1 and outcome.left:
        return left_page(outcome.left[0], asked)
    note_outcome(wording.DONE_SENTENCES[asked[0]], len(outcome.decided) + len(outcome.unchanged), outcome)
    return see_other(way_back())


@blueprint.post("/undos")
def take_back() -> Response:
    """Take one decision back, or many."""
    ids = rules.whole_numbers(request.form.getlist("decision"))
    if ids is None:
        return refused(say("No decision was chosen."))
    outcome = undo(site(), staff().id, ids, clock())
    if isinstance(outcome, NotHere):
        return refused(
            say("There is no such decision, or it is none that can be undone. Nothing was changed.")
        )
    if wants_json():
        return told(wording.UNDONE_SENTENCES[rules.EntryKind.UNDONE], outcome, asked_about=len(ids))
    if len(ids) == 1 and outcome.left:
        return left_page(outcome.left[0], None)
    note_outcome(
        wording.UNDONE_SENTENCES[rules.EntryKind.UNDONE],
        len(outcome.decided) + len(outcome.unchanged),
        outcome,
        undoes=False,
    )
    return see_other(way_back())
