"""Where a comment's receipt is shown to the one who holds it."""

from flask import Blueprint, Response, abort, render_template, request, url_for
from markupsafe import Markup

from cms.articles.rules import address_of
from cms.comments.actions import receipts as actions
from cms.comments.forms import fresh_token, is_good_token, old_form
from cms.comments.queries.receipts import Receipt, receipt
from cms.comments.rules import place_address, token_week
from cms.moderation.rules import PUBLIC_SENTENCES, RejectionReason
from cms.web import clock, private_page, say, see_other, site, speak

blueprint = Blueprint("receipts", __name__)
WITHDRAW = "withdraw token"


@blueprint.get("/comments/<secret>")
def show(secret: str) -> Response:
    """Show a comment's receipt to the one who holds it."""
    return _receipt_page(secret, _receipt_or_404(secret))


@blueprint.post("/comments/<secret>/withdrawal")
def withdraw(secret: str) -> Response:
    """Withdraw the comment of a receipt."""
    found = _receipt_or_404(secret)
    sent = request.form.get("token", "")
    if not is_good_token(site().vault, WITHDRAW, secret, sent, token_week(clock())):
        speak(found.article_language)
        return _receipt_page(secret, found, 422, old_form())
    if found.can_withdraw:
        actions.withdraw(site(), secret, clock())
    return see_other(url_for("receipts.show", secret=secret))


def _receipt_or_404(secret: str) -> Receipt:
    with site().database.reading() as session:
        found = receipt(session, actions.receipt_hash(secret))
    if found is None:
        abort(404)
    return found


def _receipt_page(secret: str, found: Receipt, status: int = 200, problem: str = "") -> Response:
    speak(found.article_language)
    article_path = address_of(found.article_kind, found.article_slug)
    keys = site().keys
    page = private_page(
        render_template(
            "comments/receipt.html",
            receipt=found,
            body_html=Markup(found.body_html),  # noqa: S704  # cleaned by sanitize.comment_html when stored
            reason=_public_reason(found.reason),
            article_url=article_path,
            comment_url=place_address(article_path, found.comment_id),
            withdraw_url=url_for("receipts.withdraw", secret=secret),
            token=fresh_token(keys, WITHDRAW, secret, token_week(clock())) if keys else "",
            problem=problem,
        ),
        status,
    )
    page.headers["X-Robots-Tag"] = "noindex"
    return page


def _public_reason(code: str) -> str:
    sentence = PUBLIC_SENTENCES.get(RejectionReason(code)) if code in set(RejectionReason) else None
    return say(sentence) if sentence else ""
