"""Where moderators speak to each other: the editors' list, and notes about comments and commenters."""

from flask import Blueprint, Response, abort, request

from cms import sanitize
from cms.accounts.guard import staff
from cms.accounts.rules import Act, may
from cms.moderation import rules
from cms.moderation.actions.escalating import Escalation, escalate
from cms.moderation.actions.noting import NobodyKnown, note, take_back_note
from cms.moderation.actions.outcomes import NotHere
from cms.moderation.rules import EntryKind
from cms.moderation.views.outcomes import left_page, note_outcome, told, told_plainly
from cms.moderation.views.parts import asked_note, note_too_long, wants_json, way_back, whole_as_of
from cms.moderation.views.queue import refused
from cms.web import clock, say, see_other, site

blueprint = Blueprint("colleagues", __name__)
DEEDS = {"on": EntryKind.ESCALATED, "off": EntryKind.RETURNED}
LISTED_SENTENCES = {
    EntryKind.ESCALATED: "Escalated to an editor: %(number)s.",
    EntryKind.RETURNED: "Taken off the editors' list: %(number)s.",
}


@blueprint.post("/escalations")
def list_or_unlist() -> Response:
    """Put one comment on the editors' list or take it off."""
    comment_id, words = _comment_id(), asked_note()
    deed, as_of = DEEDS.get(request.form.get("list", "")), whole_as_of()
    if comment_id is None or deed is None or as_of is None:
        return refused(say("The form was not complete. Please load the queue again."))
    if len(words) > rules.NOTE_MAX_CHARS:
        return refused(note_too_long())
    outcome = escalate(site(), Escalation(comment_id, deed, staff().id, as_of, words), clock())
    if isinstance(outcome, NotHere):
        return refused(say("There is no such comment. Nothing was changed; please load the queue again."))
    if outcome.refused:
        return refused(say("Only what waits or is published can be escalated to an editor."))
    if wants_json():
        return told(LISTED_SENTENCES[deed], outcome, asked_about=1)
    if outcome.left:
        return left_page(outcome.left[0], None)
    note_outcome(LISTED_SENTENCES[deed], 1, outcome)
    return see_other(way_back())


@blueprint.post("/notes")
def make_note() -> Response:
    """Keep a note about a comment or about whoever wrote it."""
    comment_id, words = _comment_id(), asked_note()
    if comment_id is None or sanitize.is_blank(words):
        return refused(say("Please write the note first."))
    if len(words) > rules.NOTE_MAX_CHARS:
        return refused(note_too_long())
    about_commenter = request.form.get("about") == "commenter"
    note_id = note(site(), staff().id, comment_id, words, clock(), about_commenter=about_commenter)
    if note_id is None:
        return refused(say("There is no such comment. Nothing was changed; please load the queue again."))
    if isinstance(note_id, NobodyKnown):
        return refused(
            say("Nobody knows any more who wrote this comment. Note it about the comment instead.")
        )
    undo: dict[str, object] = {"path": "/moderation/notes/withdrawals", "fields": [["note_id", str(note_id)]]}
    return _done(say("The note is kept. Only staff see it."), undo)


@blueprint.post("/notes/withdrawals")
def take_back() -> Response:
    """Take a note away for good; its author may, and an admin."""
    ids = rules.whole_numbers(request.form.getlist("note_id"))
    if ids is None or len(ids) != 1:
        return refused(say("No note was chosen."))
    done = take_back_note(site(), staff().id, ids[0], is_admin=may(staff().role, Act.OVERSEE))
    if done is None:
        return refused(say("That note is gone already."))
    if not done:
        abort(403)
    return _done(say("The note is gone."), {"path": "", "fields": []})


def _done(said: str, undo: dict[str, object]) -> Response:
    return told_plainly(said, undo) if wants_json() else see_other(way_back())


def _comment_id() -> int | None:
    ids = rules.whole_numbers(request.form.getlist("comment"))
    return ids[0] if ids and len(ids) == 1 else None
