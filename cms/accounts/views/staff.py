"""Where an admin takes people on, gives them roles, lets them go and has them back."""

from flask import Blueprint, Response, abort, render_template, request

from cms.accounts import actions, queries
from cms.accounts.forms import HireForm
from cms.accounts.guard import staff
from cms.accounts.rules import INVITATION_LIVES, ROLE_SENTENCES, TRUST_SENTENCES, Refusal, Role
from cms.web import clock, private_page, say, see_other, site

blueprint = Blueprint("staff", __name__, url_prefix="/staff")
ROOM = "/staff/"


@blueprint.get("/")
def listed() -> Response:
    """Show everybody who works or worked here, without addresses."""
    return _page(HireForm(formdata=None))


@blueprint.post("/")
def add() -> Response:
    """Take someone on, and show the link by which she chooses a password."""
    form = HireForm()
    if not form.validate():
        return _page(form, 422)
    person = (form.name.data, form.email.data, Role(form.role.data))
    outcome = actions.invite(site(), *person, clock())
    if isinstance(outcome, Refusal):
        form.email.errors = [say("Somebody with this e-mail address is here already.")]
        return _page(form, 422)
    return _page(HireForm(formdata=None), link_of=outcome)


@blueprint.post("/<int:staff_id>/links")
def make_link(staff_id: int) -> Response:
    """Show a link by which someone chooses a new password; the one that she has works until then."""
    if _line_or_404(staff_id).disabled:
        return _refused(say("This account is disabled. Enable it first."))
    return _page(HireForm(formdata=None), link_of=staff_id)


@blueprint.post("/<int:staff_id>/role")
def change_role(staff_id: int) -> Response:
    """Trust someone with another role."""
    _line_or_404(staff_id)
    asked = request.form.get("role", "")
    if asked not in set(Role):
        return _refused(say("Please choose one of the roles."))
    if staff_id == staff().id:
        return _refused(_own())
    actions.change_role(site(), staff_id, Role(asked))
    return see_other(ROOM)


@blueprint.post("/<int:staff_id>/standing")
def stand(staff_id: int) -> Response:
    """Let someone go, or have her back."""
    _line_or_404(staff_id)
    if staff_id == staff().id:
        return _refused(_own())
    if request.form.get("works") == "yes":
        actions.enable_staff(site(), staff_id)
    else:
        actions.disable_staff(site(), staff_id, clock())
    return see_other(ROOM)


def _own() -> str:
    return say("This is your own account. Another admin can change it, so that nobody shuts herself out.")


def _line_or_404(staff_id: int) -> queries.StaffLine:
    with site().database.reading() as session:
        found = queries.staff_line(session, staff_id)
    return found or abort(404)


def _refused(problem: str) -> Response:
    return _page(HireForm(formdata=None), 422, problem)


def _page(form: HireForm, status: int = 200, problem: str = "", *, link_of: int = 0) -> Response:
    with site().database.reading() as session:
        lines = queries.staff_list(session)
    path = actions.password_path(site(), link_of, clock()) if link_of else ""
    body = render_template(
        "accounts/staff.html",
        room="staff",
        form=form,
        lines=lines,
        roles=ROLE_SENTENCES,
        trust=TRUST_SENTENCES,
        link=f"{site().settings.base_url}{path}" if path else "",
        link_name=next((line.name for line in lines if line.id == link_of), ""),
        link_days=INVITATION_LIVES.days,
        problem=problem,
        errors=form.problems(),
    )
    return private_page(body, status)
