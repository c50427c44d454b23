"""Where editors say for which reasons comments are not published."""

from flask import Blueprint, Response, abort, render_template, request

from cms.moderation import rules
from cms.moderation.actions.reasons import Kept, keep_reason, retire_reason
from cms.moderation.forms.reasons import ReasonForm
from cms.moderation.queries.reasons import ReasonLine, reasons
from cms.moderation.views.parts import staff_sentence
from cms.web import clock, language, private_page, say, see_other, site

blueprint = Blueprint("reasons", __name__, url_prefix="/reasons")
ROOM = "/moderation/reasons/"


@blueprint.get("/")
def listed() -> Response:
    """Show every reason, in the order in which keys choose them."""
    found = _reasons()
    chosen = [one for one in found if not one.is_retired]
    body = render_template(
        "moderation/reasons.html",
        room="reasons",
        rows=[(number, one, *_words(one)) for number, one in enumerate(chosen, start=1)],
        retired=[(one, *_words(one)) for one in found if one.is_retired],
    )
    return private_page(body)


@blueprint.get("/new")
def begin() -> Response:
    """Show the form for a new reason."""
    return _form_page(ReasonForm(None, len(_reasons()) + 1))


@blueprint.post("/new")
def add() -> Response:
    """Take a new reason."""
    return _keep(ReasonForm(None, 1))


@blueprint.get("/<code>")
def show(code: str) -> Response:
    """Show the form for a reason."""
    return _form_page(_form_or_404(code))


@blueprint.post("/<code>")
def change(code: str) -> Response:
    """Take other words for a reason."""
    return _keep(_form_or_404(code))


@blueprint.post("/<code>/standing")
def retire(code: str) -> Response:
    """Take a reason out of the list that people choose from, or put it back."""
    if not retire_reason(site(), code, clock(), is_retired=request.form.get("retired") == "yes"):
        abort(404)
    return see_other(ROOM)


def _keep(form: ReasonForm) -> Response:
    if not form.validate():
        return _form_page(form, 422)
    outcome = keep_reason(site(), form.line(), is_new=form.known is None)
    if outcome is Kept.TAKEN:
        form.code.errors = [say("There is a reason with this code already. It may have been retired.")]
        return _form_page(form, 422)
    if outcome is Kept.FULL:
        most = language().number(rules.REASONS_MAX)
        return _form_page(form, 422, say("The list is full: it takes %(number)s reasons.", number=most))
    return see_other(ROOM)


def _reasons() -> tuple[ReasonLine, ...]:
    with site().database.reading() as session:
        return reasons(session)


def _form_or_404(code: str) -> ReasonForm:
    known = next((one for one in _reasons() if one.code == code), None)
    if known is None:
        abort(404)
    return ReasonForm(known, known.place)


def _form_page(form: ReasonForm, status: int = 200, problem: str = "") -> Response:
    known = form.known
    staff_default, public_default = _defaults(known.code if known else "")
    body = render_template(
        "moderation/reason.html",
        room="reasons",
        form=form,
        known=known,
        called=staff_sentence(known) if known else "",
        staff_default=staff_default,
        public_default=public_default,
        problem=problem,
        errors=form.problems(),
    )
    return private_page(body, status)


def _words(one: ReasonLine) -> tuple[str, str]:
    """Return what staff and what the writer is told."""
    return staff_sentence(one), one.public_sentence or _defaults(one.code)[1]


def _defaults(code: str) -> tuple[str, str]:
    """Return the catalogue's sentences for staff and for the writer, '' where it has none."""
    if code not in rules.REASON_SENTENCES:
        return "", ""
    return say(rules.REASON_SENTENCES[code]), say(rules.PUBLIC_SENTENCES[code])
