"""The form in which somebody asks for her own comments, and the page to which the letter's link leads."""

from flask import Blueprint, Response, render_template, request, url_for

from cms import logs
from cms.limits.actions import network_mark
from cms.outbox.actions.requesting import request_letter
from cms.outbox.rules import LetterKind
from cms.privacy.actions import proving
from cms.privacy.forms import AddressForm
from cms.web import clock, say, say_minutes, see_other, site, speak_as_asked, unlisted_page

blueprint = Blueprint("my_comments", __name__)


@blueprint.get("/my-comments")
def form() -> Response:
    """Show the form, or the editor's contact while the site sends no letters."""
    speak_as_asked()
    return _form(AddressForm(formdata=None), asked="asked" in request.args)


@blueprint.post("/my-comments")
def ask() -> Response:
    """Queue a letter to the address; the answer is the same for every valid address."""
    code = speak_as_asked()
    if not site().settings.mail_is_on:
        return see_other(_address("my_comments.form", code))
    typed = AddressForm(formdata=request.form)
    if site().vault_or_none is None:
        logs.write_missing_key()
        return _form(typed, 503, say("Nothing can be sent just now. Please try again later."))
    if not typed.validate():
        return _form(typed, 422)
    mark = network_mark(site(), request.remote_addr or "", clock())
    wait_seconds = request_letter(site(), LetterKind.MY_COMMENTS, typed.email.data or "", mark, code, clock())
    if wait_seconds:
        refused = _form(typed, 429, wait_sentence(wait_seconds))
        refused.headers["Retry-After"] = str(wait_seconds)
        return refused
    return see_other(_address("my_comments.form", code, asked="yes"))


@blueprint.get("/my-comments/<secret>")
def before_opening(secret: str) -> Response:
    """Show only a button: mail scanners open links, so this looks nothing up and uses nothing."""
    code = speak_as_asked()
    open_url = _address("my_comments.open_link", code, secret=secret)
    return unlisted_page(render_template("privacy/mine/open.html", open_url=open_url))


@blueprint.post("/my-comments/<secret>")
def open_link(secret: str) -> Response:
    """Use up the link and redirect to the page that it opens."""
    speak_as_asked()
    page_secret = proving.open_link(site(), secret, clock())
    if page_secret is None:
        return link_over()
    return see_other(url_for("mine.show", secret=page_secret))


@blueprint.get("/my-comments/erased")
def erased() -> Response:
    """Say that everything is erased, and how backups are treated."""
    speak_as_asked()
    return unlisted_page(render_template("privacy/mine/over.html", is_erased=True))


def link_over() -> Response:
    """Say that a link was used or is too old; the answer is the same for one that never existed."""
    return unlisted_page(render_template("privacy/mine/over.html", is_erased=False), 404)


def wait_sentence(seconds: int) -> str:
    """Return the sentence for somebody who has asked for letters too often."""
    return say_minutes(
        "This was asked often from your connection in a short time. Please try again in %(num)s minute.",
        "This was asked often from your connection in a short time. Please try again in %(num)s minutes.",
        seconds,
    )


def _form(typed: AddressForm, status: int = 200, problem: str = "", *, asked: bool = False) -> Response:
    ask_url = _address("my_comments.ask", speak_as_asked())
    return unlisted_page(
        render_template(
            "privacy/mine/ask.html",
            form=typed,
            ask_url=ask_url,
            problem=problem,
            errors=typed.problems(),
            is_asked=asked,
        ),
        status,
    )


def _address(endpoint: str, code: str, secret: str | None = None, asked: str | None = None) -> str:
    """Return an address that keeps the language `code`; the site's own language is left out of it."""
    spoken = None if code == site().settings.language else code
    return url_for(endpoint, secret=secret, asked=asked, language=spoken)
