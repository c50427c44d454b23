"""Where moderators answer in the thread and put comments of others forward."""

from flask import Blueprint, Response, abort, render_template, request

from cms.accounts.guard import staff
from cms.moderation import rules
from cms.moderation.actions.featuring import feature
from cms.moderation.actions.outcomes import NotHere
from cms.moderation.actions.replying import StaffReply, reply
from cms.moderation.forms.replies import ReplyForm
from cms.moderation.queries.queue import single_card
from cms.moderation.views.parts import TABLES, left_sentence, note_done, way_back, whole_as_of
from cms.moderation.views.queue import refused
from cms.text.numbers import whole_number
from cms.web import clock, private_page, say, see_other, site

blueprint = Blueprint("replies", __name__)


@blueprint.get("/replies/<int:comment_id>")
def ask(comment_id: int) -> Response:
    """Show the form for a reply; a script puts it into the card."""
    return _form_page(comment_id, ReplyForm(formdata=None))


@blueprint.post("/replies/<int:comment_id>")
def send(comment_id: int) -> Response:
    """Publish a reply, and approve what it answers; whatever keeps it from that, the words stay."""
    form, as_of = ReplyForm(), whole_as_of()
    if as_of is None:
        return _form_page(comment_id, form, 422, say("The form was not complete. Please send it again."))
    if not form.validate():
        return _form_page(comment_id, form, 422)
    person = staff()
    outcome = reply(site(), StaffReply(person.id, person.name, comment_id, form.reply.data, as_of), clock())
    if isinstance(outcome, NotHere):
        abort(404)
    if outcome.refused:
        gone = say("Its writer has taken this comment back, so nobody can answer it.")
        return _form_page(comment_id, form, 409, gone)
    if outcome.left:
        return _form_page(comment_id, form, 409, left_sentence(outcome.left[0]))
    note_done([say("Your reply is published.")], outcome.decided)
    return see_other(way_back())


@blueprint.post("/featured")
def put_forward() -> Response:
    """Put a published comment forward, or no longer."""
    ids, on = rules.whole_numbers(request.form.getlist("comment")), request.form.get("featured") == "yes"
    if ids is None:
        return refused(say("The form was not complete. Please load the queue again."))
    outcome = feature(site(), staff().id, ids[0], clock(), on=on)
    if isinstance(outcome, NotHere):
        return refused(say("There is no such comment. Nothing was changed; please load the queue again."))
    if outcome.refused:
        return refused(say("Only a published comment can be featured."))
    note_done([say("Featured above the comments.") if on else say("No longer featured.")], outcome.decided)
    return see_other(way_back())


def _form_page(comment_id: int, form: ReplyForm, status: int = 200, problem: str = "") -> Response:
    """Return the form, made on the state that its reader has seen; after a refusal, on the present one."""
    with site().database.reading() as session:
        page = single_card(session, comment_id, staff().id)
    if not page.cards:
        abort(404)
    seen = whole_number(request.args.get("as_of", ""))
    body = render_template(
        "moderation/reply.html",
        **TABLES,
        room="moderation",
        it=page.cards[0],
        form=form,
        problem=problem,
        errors=form.problems(),
        as_of=seen if seen is not None and status == 200 else page.as_of,
        back=rules.way_back(request.values.get("back", "")),
    )
    return private_page(body, status)
