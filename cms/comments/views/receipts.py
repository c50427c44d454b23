"""Where a comment's receipt is shown to the one who holds it, and where she changes what it is for."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, render_template
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from cms import logs, sanitize
from cms.articles.rules import address_of
from cms.comments.actions import receipts as actions
from cms.comments.actions.editing import Edit, Edited
from cms.comments.actions.editing import edit as change
from cms.comments.actions.preparing import TooMany
from cms.comments.forms import WordsForm, blank_token, is_good_button, old_form
from cms.comments.queries.editing import originals, reason_of_correction
from cms.comments.queries.receipts import Receipt, receipt
from cms.comments.rules import place_address, receipt_address
from cms.comments.views.keeping import SENTENCES, received
from cms.comments.views.submitting import sender, wait_sentence
from cms.moderation.corrections import PUBLIC_CORRECTION_SENTENCES, correction_reason
from cms.moderation.queries.reasons import reason
from cms.moderation.rules import PUBLIC_SENTENCES
from cms.vault import secret_hash
from cms.web import Origin, clock, origin, say, see_other, site, speak, unlisted_page

blueprint = Blueprint("receipts", __name__)
REFUSES_ITSELF = frozenset({"receipts.edit"})


@blueprint.get("/comments/<secret>")
def show(secret: str) -> Response:
    """Show a comment's receipt to the one who holds it."""
    return _receipt_page(secret, _receipt_or_404(secret))


@blueprint.get("/comments/<secret>/edits")
@blueprint.get("/comments/<secret>/second-look")
@blueprint.get("/comments/<secret>/withdrawal")
def form_to_send(secret: str) -> Response:
    """Lead whoever opens an address that takes forms, as a tab that is restored does, to the receipt."""
    return see_other(receipt_address(secret))


@blueprint.post("/comments/<secret>/withdrawal")
def withdraw(secret: str) -> Response:
    """Withdraw the comment of a receipt."""
    found = _receipt_or_404(secret)
    if not is_good_button(_subject(secret)):
        return _receipt_page(secret, found, 422, old_form)
    if found.can_withdraw:
        actions.withdraw(site(), [found.comment_id], clock())
    return see_other(receipt_address(secret))


@blueprint.post("/comments/<secret>/second-look")
def ask_second_look(secret: str) -> Response:
    """Ask for a second look at a rejection."""
    found = _receipt_or_404(secret)
    if not is_good_button(_subject(secret)):
        return _receipt_page(secret, found, 422, old_form)
    actions.ask_second_look(site(), found.comment_id, clock())
    return see_other(receipt_address(secret))


@blueprint.post("/comments/<secret>/edits")
def edit(secret: str) -> Response:
    """Take another text for the comment of a receipt."""
    fields, broken = received()
    found = _receipt_or_404(secret)
    speak(found.article_language)
    form = WordsForm(formdata=fields, meta={"subject": _subject(secret)})
    refusal = _refusal(broken)
    if refusal is not None:
        return _receipt_page(secret, found, refusal[0], lambda: refusal[1], form)
    if not form.validate():
        return _receipt_page(secret, found, 422, None, form)
    wanted = Edit(
        name=sanitize.one_line(form.name.data),
        text=form.comment.data,
        origin_known=origin() is Origin.SAME,
        visitor=sender(),
    )
    outcome = change(site(), found.comment_id, wanted, clock())
    if isinstance(outcome, TooMany):
        page = _receipt_page(secret, found, 429, lambda: wait_sentence(outcome), form)
        page.headers["Retry-After"] = str(outcome.retry_after_seconds)
        return page
    if outcome is Edited.CLOSED:
        return _receipt_page(secret, _receipt_or_404(secret), 409, _closed, form)
    return see_other(receipt_address(secret))


def public_reason(code: str) -> str:
    """Return what a writer is told of a reason, '' where that is nothing; one SELECT, none without a reason.

    The newsroom's own words are said as they stand, whatever the language of the answer.
    """
    if not code:
        return ""
    with site().database.reading() as session:
        found = reason(session, code)
    if found is not None and found.public_sentence:
        return found.public_sentence
    sentence = PUBLIC_SENTENCES.get(code, "")
    return say(sentence) if sentence else ""


def _refusal(broken: int | None) -> tuple[int, str] | None:
    if site().vault_or_none is None:
        logs.write_missing_key()
        return 503, say("The articles can be read, but nothing can be sent just now. Please try again later.")
    if origin() is Origin.FOREIGN:
        return 403, say("This form was sent from another site. Please send it from here.")
    if broken is not None:
        return broken, say(SENTENCES[broken])
    return None


def _closed() -> str:
    return say("It was decided about meanwhile and can no longer be changed. Your words are kept below.")


def _subject(secret: str) -> str:
    return f"receipt:{secret}"


def _receipt_or_404(secret: str) -> Receipt:
    with site().database.reading() as session:
        found = receipt(session, secret_hash(secret))
    if found is None:
        abort(404)
    return found


def _receipt_page(
    secret: str,
    found: Receipt,
    status: int = 200,
    problem: Callable[[], str] | None = None,
    form: WordsForm | None = None,
) -> Response:
    """Return the receipt; `form` holds words that were refused, `problem` says why in its article's language."""
    speak(found.article_language)
    article_path = address_of(found.article_kind, found.article_slug)
    shown = form or _form(secret, found)
    errors = form.problems() if form else []
    shown.token.data = shown.token.current_token
    original_html, why = _correction(found)
    return unlisted_page(
        render_template(
            "comments/receipt.html",
            receipt=found,
            body_html=Markup(found.body_html),  # noqa: S704  # cleaned by sanitize.comment_html when stored
            edit_html=Markup(found.edit_html),  # noqa: S704  # as above
            reason=public_reason(found.reason),
            original_html=original_html,
            correction_reason=why,
            article_url=article_path,
            comment_url=place_address(article_path, found.comment_id),
            form=shown if found.can_edit or form else None,
            is_open=form is not None,
            here=receipt_address(secret),
            token=blank_token(_subject(secret)),
            problem=problem() if problem else "",
            errors=errors,
        ),
        status,
    )


def _correction(found: Receipt) -> tuple[Markup, str]:
    """Return what she wrote where an editor corrected it, and what she is told of the reason; both empty for nothing."""
    if found.corrected_at is None:
        return Markup(), ""
    with site().database.reading() as session:
        original = originals(session, [found.comment_id]).get(found.comment_id, "")
        code = correction_reason(reason_of_correction(session, found.comment_id))
    html = Markup(sanitize.comment_html(original))  # noqa: S704  # just cleaned
    return html, say(PUBLIC_CORRECTION_SENTENCES[code]) if code else ""


def _form(secret: str, found: Receipt) -> WordsForm:
    stands = MultiDict({"name": found.name, "comment": found.body_text})
    return WordsForm(formdata=stands, meta={"subject": _subject(secret)})
