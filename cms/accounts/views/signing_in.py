"""The door of the house: signing in and out, and what to do without a password."""

from flask import Blueprint, Response, render_template, request, session

from cms.accounts import actions
from cms.accounts.actions import SignedInNow, TooManyTries
from cms.accounts.forms import NewPasswordForm, SignInForm
from cms.accounts.guard import begin_session, need_key, person_at_work, too_many_tries, wrong_credentials
from cms.accounts.rules import PASSWORD_MIN_CHARS, home, is_local_path
from cms.limits.actions import network_mark
from cms.outbox.actions.requesting import request_letter
from cms.outbox.rules import LetterKind
from cms.privacy.forms import AddressForm
from cms.privacy.views.my_comments import wait_sentence
from cms.web import clock, private_page, say, see_other, site, unlisted_page

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/sign-in")
def ask() -> Response:
    """Show the sign-in form; who is signed in already goes on."""
    need_key()
    asked = request.args.get("next", "")
    found = person_at_work()
    if found:
        return see_other(asked if is_local_path(asked) else home(found.role))
    return _form(SignInForm(formdata=None, data={"next": asked}), 200, changed="changed" in request.args)


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


@blueprint.get("/sign-in/password")
def forgotten() -> Response:
    """Ask for the address of an account, or say who gives a new password while the site sends no letters."""
    return _forgotten(AddressForm(formdata=None), 200, asked="asked" in request.args)


@blueprint.post("/sign-in/password")
def request_link() -> Response:
    """Put a letter to the address; every address that could be one is answered the same."""
    need_key()
    if not site().settings.mail_is_on:
        return see_other("/sign-in/password")
    typed = AddressForm(formdata=request.form)
    if not typed.validate():
        return _forgotten(typed, 422)
    mark, code = network_mark(site(), request.remote_addr or "", clock()), site().settings.language
    wait_seconds = request_letter(site(), LetterKind.PASSWORD, typed.email.data or "", mark, code, clock())
    if wait_seconds:
        refused = _forgotten(typed, 429, wait_sentence(wait_seconds))
        refused.headers["Retry-After"] = str(wait_seconds)
        return refused
    return see_other("/sign-in/password?asked=yes")


@blueprint.get("/letters/<secret>/password")
def choose_password(secret: str) -> Response:
    """Show the form behind a letter's link; opening it uses nothing up."""
    if actions.behind_link(site(), secret, clock()) is None:
        return _new_password(NewPasswordForm(formdata=None), 404, is_over=True)
    return _new_password(NewPasswordForm(formdata=None), 200)


@blueprint.post("/letters/<secret>/password")
def set_password(secret: str) -> Response:
    """Take the password that was chosen; the link is used up, and she signs in with it."""
    form = NewPasswordForm(formdata=request.form)
    if not form.validate():
        return _new_password(form, 422)
    if not actions.reset_password(site(), secret, form.password.data, clock()):
        return _new_password(form, 404, is_over=True)
    return see_other("/sign-in?changed=yes")


def _form(form: SignInForm, status: int, problem: str = "", *, changed: bool = False) -> Response:
    form.csrf_token.data = form.csrf_token.current_token
    notice = say("Your password is changed. Sign in with the new one.") if changed else ""
    body = render_template("accounts/sign_in.html", form=form, problem=problem, notice=notice)
    return private_page(body, status)


def _forgotten(typed: AddressForm, status: int, problem: str = "", *, asked: bool = False) -> Response:
    body = render_template(
        "accounts/forgotten.html", form=typed, problem=problem, errors=typed.problems(), is_asked=asked
    )
    return private_page(body, status)


def _new_password(form: NewPasswordForm, status: int, *, is_over: bool = False) -> Response:
    body = render_template(
        "accounts/new_password.html",
        form=form,
        errors=form.problems(),
        is_over=is_over,
        least=PASSWORD_MIN_CHARS,
        action_url=request.path,
    )
    return unlisted_page(body, status)
