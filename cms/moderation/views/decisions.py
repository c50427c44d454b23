"""Where moderators decide, and take back what they decided."""

from flask import Blueprint, Response, render_template, request

from cms import sanitize
from cms.accounts.guard import staff
from cms.moderation import rules
from cms.moderation.actions.deciding import decide
from cms.moderation.actions.outcomes import NotHere, Outcome
from cms.moderation.actions.undoing import undo
from cms.moderation.queries.queue import waiting_count
from cms.moderation.rules import LeftAsItIs, Verdict
from cms.moderation.views.parts import (
    asked_verdict,
    json_answer,
    left_sentence,
    note_done,
    tables,
    told_count,
    wants_json,
    way_back,
    whole_as_of,
)
from cms.moderation.views.queue import refused
from cms.web import clock, language, private_page, say, see_other, site

blueprint = Blueprint("decisions", __name__)
LEFT_NAMED = 10  # the notice travels in a cookie of 4 KB; who needs more finds them in the log


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
    note = sanitize.comment_text(request.form.get("note", ""))
    if len(note) > rules.NOTE_MAX_CHARS:
        most = language().number(rules.NOTE_MAX_CHARS)
        return refused(say("The note is too long: it takes at most %(limit)s characters.", limit=most))
    outcome = decide(site(), staff().id, ids, *asked, as_of, clock(), note=note)
    if isinstance(outcome, NotHere):
        return refused(say("There is no such comment. Nothing was changed; please load the queue again."))
    if wants_json():
        return _told(rules.DONE_SENTENCES[asked[0]], outcome, asked_about=len(ids))
    if len(ids) == 1 and outcome.refused:
        return refused(say("Its writer has taken this comment back, so it cannot be published."))
    if len(ids) == 1 and outcome.left:
        return _left_page(outcome.left[0], asked)
    _note_done(rules.DONE_SENTENCES[asked[0]], len(outcome.decided) + len(outcome.unchanged), outcome)
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
        return _told(rules.UNDONE_SENTENCES[rules.Deed.UNDONE], outcome, asked_about=len(ids))
    if len(ids) == 1 and outcome.left:
        return _left_page(outcome.left[0], None)
    _note_done(
        rules.UNDONE_SENTENCES[rules.Deed.UNDONE],
        len(outcome.decided) + len(outcome.unchanged),
        outcome,
        undoes=False,
    )
    return see_other(way_back())


def _told(sentence: str, outcome: Outcome, *, asked_about: int) -> Response:
    """Return the outcome as a script takes it: 409 where the one comment asked about was left."""
    with site().database.reading() as session:
        waiting = waiting_count(session)
    number = len(outcome.decided) + len(outcome.unchanged)
    sentences = [say(sentence, number=language().number(number))] if number else []
    if outcome.refused:
        sentences.append(say("Its writer has taken this comment back, so it cannot be published."))
    sentences += [left_sentence(left) for left in outcome.left[:LEFT_NAMED]]
    return json_answer(
        409 if asked_about == 1 and (outcome.left or outcome.refused) else 200,
        " ".join(sentences),
        as_of=max(outcome.decided, default=0),
        decided=outcome.decided,
        undo={"path": "/moderation/undos", "fields": [["decision", str(one)] for one in outcome.decided]},
        unchanged=outcome.unchanged,
        left=[{"comment": left.comment_id, "said": left_sentence(left)} for left in outcome.left],
        refused=outcome.refused,
        waiting=told_count(waiting),
    )


def _left_page(left: LeftAsItIs, asked: tuple[Verdict, str] | None) -> Response:
    """Return the 409 that says who was faster, with both ways on."""
    may_go_on = asked is not None and left.deed is not rules.Deed.WITHDRAWN
    body = render_template(
        "moderation/left.html",
        **tables(),
        room="moderation",
        left=left,
        verdict=asked[0] if asked and may_go_on else None,
        anyway=say(rules.ANYWAY_SENTENCES[asked[0]]) if asked else "",
        reason=asked[1] if asked else "",
        note=request.form.get("note", "") if asked else "",
        back=way_back(),
    )
    return private_page(body, 409)


def _note_done(sentence: str, number: int, outcome: Outcome, *, undoes: bool = True) -> None:
    """Keep for the next page what was done and what was left."""
    sentences = [say(sentence, number=language().number(number))] if number else []
    sentences += [left_sentence(left) for left in outcome.left[:LEFT_NAMED]]
    if len(outcome.left) > LEFT_NAMED:
        others = language().number(len(outcome.left) - LEFT_NAMED)
        sentences.append(say("Others had been decided meanwhile too: %(number)s.", number=others))
    if outcome.refused:
        number_refused = language().number(len(outcome.refused))
        sentences.append(
            say("Taken back by their writers and not published: %(number)s.", number=number_refused)
        )
    note_done(sentences, outcome.decided if undoes else (), alarm=bool(outcome.left or outcome.refused))
