"""The door of the house: signing in and out."""

from flask import Blueprint, Response, render_template, request, session

from cms.accounts import actions
from cms.accounts.actions import SignedInNow, TooManyTries
from cms.accounts.forms import SignInForm
from cms.accounts.guard import begin_session, need_key, person_at_work, too_many_tries, wrong_credentials
from cms.accounts.rules import home, is_local_path
from cms.limits.actions import network_mark
from cms.web import clock, private_page, say, see_other, site

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/sign-in")
def ask() -> Response:
    """Show the sign-in form; who is signed in already goes on."""
    need_key()
    asked = request.args.get("next", "")
    found = person_at_work()
    if found:
        return see_other(asked if is_local_path(asked) else home(found.role))
    return _form(SignInForm(formdata=None, data={"next": asked}), 200)


@blueprint.post("/sign-in")
def sign_in() -> Response:
    """Open a session, in a browser's session that begins anew."""
    need_key()
    form = SignInForm()
    if not form.validate():
        return _form(form, 422, say("This form had been open for long. Please sign in again."))
    mark = network_mark(site(), request.remote_addr or "", clock())
    outcome = actions.sign_in(site(), form.email.data or "", form.password.data or "", mark, clock())
    if isinstance(outcome, SignedInNow):
        begin_session(outcome)
        asked = form.next.data or ""
        return see_other(asked if is_local_path(asked) else home(outcome.role))
    if isinstance(outcome, TooManyTries):
        refused = _form(form, 429, too_many_tries())
        refused.headers["Retry-After"] = str(outcome.retry_after_seconds)
        return refused
    return _form(form, 422, wrong_credentials())


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End the session; its cookie is SameSite, so another site's button does not even bring it along."""
    if session.get("secret"):
        actions.sign_out(site(), session["secret"], clock())
    session.clear()
    return see_other("/sign-in")


def _form(form: SignInForm, status: int, problem: str = "") -> Response:
    form.csrf_token.data = form.csrf_token.current_token
    return private_page(render_template("accounts/sign_in.html", form=form, problem=problem), status)
