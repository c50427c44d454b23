"""Who may pass: every route that is not listed as open asks for someone whose role allows its act."""

from collections.abc import Collection
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, abort, render_template, request, session
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from cms import logs
from cms.accounts import actions
from cms.accounts.actions import SignedInNow, TooManyTries
from cms.accounts.queries import SignedIn, signed_in
from cms.accounts.rules import Act, may
from cms.answering.current import notes, this_request
from cms.answering.error_pages import exact
from cms.limits.actions import network_mark
from cms.storage.outages import is_outage
from cms.vault import secret_hash
from cms.web import clock, private_page, say, see_other, site

OPEN_BLUEPRINTS = frozenset(
    {
        "articles",
        "search",
        "feeds",
        "comments",
        "receipts",
        "reports",
        "tokens",
        "letters",
        "privacy",
        "my_comments",
        "mine",
    }
)
OPEN_ENDPOINTS = frozenset(
    f"accounts.{name}"
    for name in ("ask", "sign_in", "sign_out", "forgotten", "request_link", "choose_password", "set_password")
)
ACTS = {  # by blueprint; one inside another may ask for more, and stricter routes call `require()` besides
    "moderation": Act.MODERATE,
    "moderation.hours": Act.OVERSEE,
    "moderation.reasons": Act.SHAPE,
    "moderation.corrections": Act.CORRECT,
    "moderation.pauses": Act.PAUSE,
    "moderation.shaping": Act.SHAPE,
    "desk": Act.WRITE,
    "staff": Act.HIRE,
}
TOKEN = "csrf_token"  # noqa: S105  # a field's name
CREDENTIALS = ("sign_in_email", "sign_in_password")  # beside the fields of a form whose session had ended
NOT_CARRIED = frozenset({TOKEN, *CREDENTIALS})


def install(app: Flask) -> None:
    """Close every route of `app` that is not listed as open, and check the token of every staff form."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # only below, once it is known that the route is staff's
    app.config["WTF_CSRF_SSL_STRICT"] = False  # it wants a Referer; cms.web looks at better signs of origin
    csrf = CSRFProtect(app)

    @app.before_request
    def _close() -> Response | None:
        endpoint = this_request().endpoint
        if endpoint is None or is_open(endpoint):
            return None
        need_key()
        answer = _check_token(csrf) if person_at_work() else _sign_in_first(csrf)
        if answer is not None:
            return answer
        act = act_of(endpoint)
        if act is None or not may(staff().role, act):
            abort(403)
        return None

    @app.context_processor
    def _staff() -> dict[str, Any]:
        return {"staff": notes().staff}


def is_open(endpoint: str) -> bool:
    """Tell whether a stranger may use an endpoint."""
    return endpoint.partition(".")[0] in OPEN_BLUEPRINTS or endpoint in OPEN_ENDPOINTS


def act_of(endpoint: str) -> Act | None:
    """Return what a closed endpoint asks for: the act of the innermost of its blueprints that names one."""
    blueprint = endpoint
    while blueprint := blueprint.rpartition(".")[0]:
        if blueprint in ACTS:
            return ACTS[blueprint]
    return None


def staff() -> SignedIn:
    """Return who is signed in; only behind a closed route."""
    found: SignedIn = notes().staff
    return found


def require(act: Act) -> None:
    """Answer 403 unless the role of who is signed in allows `act`."""
    if not may(staff().role, act):
        abort(403)


def need_key() -> None:
    """Raise NoKey, which is answered 503, where the site's key is missing: then there are no sessions."""
    _vault = site().vault


def person_at_work() -> SignedIn | None:
    """Return who is signed in with this browser, or None; one SELECT, and a write once a minute."""
    if not session.get("secret"):
        return None
    with site().database.reading() as database:
        found = signed_in(
            database, secret_hash(session["secret"]), now=clock(), hours=site().settings.session_hours
        )
    if found is not None:
        notes().staff = found
        _note_seen(found)
    return found


def begin_session(opened: SignedInNow) -> None:
    """Let the browser's session begin anew, so that nothing planted in the old one is trusted."""
    session.clear()
    session["secret"] = opened.secret
    notes().pop(TOKEN, None)  # Flask-WTF keeps the token of the old session there for the rest of the request


def carried_fields(but: Collection[str] = ()) -> list[tuple[Markup, Markup]]:
    """Return the fields of this POST, without token and credentials, as hidden inputs carry them on."""
    fields = request.form.items(multi=True)
    return [(exact(name), exact(value)) for name, value in fields if name not in NOT_CARRIED | set(but)]


def wrong_credentials() -> str:
    """Return the one sentence for every sign-in that did not work."""
    return say("This e-mail address and this password do not go together.")


def too_many_tries() -> str:
    """Return the sentence for a sign-in that is not even tried."""
    return say("There were too many tries. Please wait some minutes and try again.")


def _note_seen(found: SignedIn) -> None:
    """Note that a session is in use; while nothing can be written she reads on, and is told when she writes."""
    try:
        actions.note_seen(site(), found.session_id, found.seen_at, clock())
    except SQLAlchemyError as error:
        if not is_outage(error):
            raise
        logs.write_outage(error)


def _check_token(csrf: CSRFProtect) -> Response | None:
    """Ask once more where a form's token is not this session's, as after signing in in another window."""
    try:
        csrf.protect()
    except CSRFError:
        return _ask_again(422, asks_password=False)
    return None


def _sign_in_first(csrf: CSRFProtect) -> Response | None:
    """Ask a stranger to sign in; a form that comes with credentials signs in and goes on (None).

    The token that the form brought belonged to the session that has ended, so it proves nothing and is
    dropped. The form that asks for the credentials carries a token of this browser's present session, and
    that one is checked before the credentials are looked at: no other site signs somebody in by this door.
    """
    if request.method != "POST":
        way_back = quote(_here(), safe="/")
        return see_other(f"/sign-in?next={way_back}")
    email, password = (request.form.get(name, "") for name in CREDENTIALS)
    if not email and not password:
        return _ask_again(401)
    try:
        csrf.protect()
    except CSRFError:
        return _ask_again(401, say("This form had been open for long. Please sign in again."))
    mark = network_mark(site(), request.remote_addr or "", clock())
    outcome = actions.sign_in(site(), email, password, mark, clock())
    if isinstance(outcome, TooManyTries):
        refused = _ask_again(429, too_many_tries())
        refused.headers["Retry-After"] = str(outcome.retry_after_seconds)
        return refused
    if isinstance(outcome, SignedInNow):
        begin_session(outcome)
        if person_at_work() is not None:
            return None
    return _ask_again(401, wrong_credentials())


def _ask_again(status: int, problem: str = "", *, asks_password: bool = True) -> Response:
    """Return a form that posts to the same address and carries on every field of the one that came, but no file."""
    body = render_template(
        "accounts/sign_in_again.html",
        action_url=_here(),
        carried=carried_fields(),
        loses_picture=any(file.filename for file in request.files.values()),
        email=request.form.get(CREDENTIALS[0], ""),
        asks_password=asks_password,
        token=generate_csrf(),
        problem=problem,
    )
    return private_page(body, status)


def _here() -> str:
    return request.full_path if request.query_string else request.path
