"""Where an editor corrects what a reader wrote."""

from flask import Blueprint, Response, abort, render_template, request

from cms.accounts.guard import staff
from cms.moderation import rules
from cms.moderation.actions.correcting import Correction, correct
from cms.moderation.actions.outcomes import NotHere
from cms.moderation.corrections import correction_reason
from cms.moderation.forms.replies import CorrectionForm
from cms.moderation.queries.queue import single_card
from cms.moderation.views.parts import TABLES, left_sentence, note_done, way_back, whole_as_of
from cms.web import clock, private_page, say, see_other, site

blueprint = Blueprint("corrections", __name__, url_prefix="/corrections")


@blueprint.get("/<int:comment_id>")
def ask(comment_id: int) -> Response:
    """Show the form, with the text as it stands."""
    return _form_page(comment_id, None)


@blueprint.post("/<int:comment_id>")
def make(comment_id: int) -> Response:
    """Correct a comment; whatever keeps it from that, the words stay."""
    form, as_of = CorrectionForm(), whole_as_of()
    reason = correction_reason(form.reason.data or "") if form.validate() else None
    if reason is None:
        return _form_page(comment_id, form, 422)
    if as_of is None:
        return _form_page(comment_id, form, 422, say("The form was not complete. Please send it again."))
    wanted = Correction(staff().id, comment_id, form.text.data, reason, as_of)
    outcome = correct(site(), wanted, clock())
    if isinstance(outcome, NotHere):
        abort(404)
    if outcome.refused:
        return _form_page(comment_id, form, 409, say("Only what waits or is published can be corrected."))
    if outcome.left:
        return _form_page(comment_id, form, 409, left_sentence(outcome.left[0]))
    done = say("Corrected. Readers see that it was, and its writer can read why.")
    note_done([done if outcome.decided else say("It says that already.")], outcome.decided)
    return see_other(way_back())


def _form_page(
    comment_id: int, form: CorrectionForm | None, status: int = 200, problem: str = ""
) -> Response:
    with site().database.reading() as session:
        page = single_card(session, comment_id, staff().id)
    if not page.cards:
        abort(404)
    shown = form or CorrectionForm(formdata=None, data={"text": page.cards[0].standing_text})
    body = render_template(
        "moderation/correction.html",
        **TABLES,
        room="moderation",
        it=page.cards[0],
        form=shown,
        problem=problem,
        errors=shown.problems(),
        as_of=page.as_of,
        back=rules.way_back(request.values.get("back", "")),
    )
    return private_page(body, status)
