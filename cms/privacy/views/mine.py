"""The page on which somebody who has proved her address sees and changes her own comments."""

import json
from dataclasses import dataclass

from flask import Blueprint, Response, abort, render_template, request, url_for

from cms import sanitize
from cms.articles.rules import address_of
from cms.comments.forms import NameForm, button_token, is_good_button, old_form
from cms.comments.queries.receipts import Receipt, receipts_of
from cms.comments.rules import ReceiptState, place_address
from cms.comments.views.receipts import public_reason
from cms.privacy.actions import mine
from cms.privacy.actions.erasing import erase_address
from cms.privacy.queries.my_comments import OpenPage, open_page
from cms.privacy.queries.personal import kept_of
from cms.privacy.views.my_comments import link_over
from cms.text.numbers import ID_MAX, number_or_0
from cms.vault import secret_hash
from cms.web import clock, say, see_other, site, speak, unlisted_page

blueprint = Blueprint("mine", __name__, url_prefix="/my-comments/open/<secret>")
PAGE_SIZE = 50  # comments; more on the next page
ALL = "all"  # in place of a comment's id: all of them


class _Over(Exception):
    """This secret opens no page, or not any more."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A receipt with the comment's address and the public sentence of its reason, '' for none."""

    receipt: Receipt
    article_url: str
    reason: str


@blueprint.errorhandler(_Over)
def _over(_error: _Over) -> Response:
    return link_over()


@blueprint.get("")
def show(secret: str) -> Response:
    """Show the comments sent from the address, newest first."""
    return _page(secret, _open_page(secret))


@blueprint.get("/comments.<any(json, html):kind>")
def download(secret: str, kind: str) -> Response:
    """Send everything kept about the address as a file."""
    page = _open_page(secret)
    with site().database.reading() as session:
        kept = kept_of(session, page.email_fingerprint)
    # She learns that they exist, not what they say, since they may be about other people as well.
    for one in kept["notes"] + kept["notes_on_decisions"] + kept["reports"]:
        one["text"] = say(
            "This was written for the staff. Whoever runs this site tells you its words if you ask."
        )
    if kind == "json":
        file = Response(json.dumps(kept, ensure_ascii=False, indent=2), mimetype="application/json")
    else:
        file = Response(render_template("privacy/mine/download.html", kept=kept, now=clock()))
    file.headers["Content-Disposition"] = f'attachment; filename="my-comments.{kind}"'
    file.headers["Cache-Control"] = "no-store"
    file.headers["X-Robots-Tag"] = "noindex"
    return file


@blueprint.post("/names")
def rename(secret: str) -> Response:
    """Correct her name in one comment or in all."""
    page = _open_page(secret)
    form = NameForm(formdata=request.form, meta={"subject": _subject(secret)})
    chosen = _chosen()
    if not form.validate():
        return _page(secret, page, 422, form)
    mine.rename(site(), page.email_fingerprint, chosen, sanitize.one_line(form.name.data), clock())
    return see_other(url_for("mine.show", secret=secret, said="renamed"))


@blueprint.post("/withdrawals")
def withdraw(secret: str) -> Response:
    """Withdraw one comment or all."""
    page = _open_page(secret)
    chosen = _chosen()
    if not is_good_button(_subject(secret)):
        return _page(secret, page, 422, problem=old_form())
    mine.withdraw(site(), page.email_fingerprint, chosen, clock())
    return see_other(url_for("mine.show", secret=secret, said="withdrawn"))


@blueprint.get("/erasure")
def before_erasing(secret: str) -> Response:
    """Ask whether she really wants everything erased."""
    _open_page(secret)
    return _erasure(secret)


@blueprint.post("/erasure")
def erase(secret: str) -> Response:
    """Erase everything kept about the address, including the link to this page."""
    page = _open_page(secret)
    if not is_good_button(_subject(secret)):
        return _erasure(secret, 422, old_form())
    erase_address(site(), page.email_fingerprint, clock())
    return see_other(url_for("my_comments.erased", language=page.language))


def _open_page(secret: str) -> OpenPage:
    """Return the page that this secret opens, and speak its language; raises _Over where it opens none."""
    with site().database.reading() as session:
        page = open_page(session, secret_hash(secret), clock())
    if page is None:
        raise _Over
    speak(page.language)
    return page


def _chosen() -> int | None:
    """Return the id of the chosen comment, None for all."""
    sent = request.form.get("comment", "")
    return None if sent == ALL else number_or_0(sent) or abort(422)


def _page(
    secret: str, page: OpenPage, status: int = 200, form: NameForm | None = None, problem: str = ""
) -> Response:
    """Return the rendered page; `form` holds a refused name for the comment that the request names."""
    before = request.args.get("before", ID_MAX, int)
    with site().database.reading() as session:
        found = receipts_of(
            session, page.email_fingerprint, before=max(0, min(before, ID_MAX)), size=PAGE_SIZE + 1
        )
    refused = request.form.get("comment", "") if form else ""
    name_errors = [str(error) for error in form.name.errors] if form else []
    token_errors = [str(error) for error in form.token.errors] if form else []
    return unlisted_page(
        render_template(
            "privacy/mine/page.html",
            here=url_for("mine.show", secret=secret),
            token=button_token(_subject(secret)),
            ends_at=page.ends_at,
            comments=[_shown(receipt) for receipt in found[:PAGE_SIZE]],
            older=found[PAGE_SIZE - 1].comment_id if len(found) > PAGE_SIZE else None,
            said=request.args.get("said", ""),
            refused=refused,
            typed=form.name.data or "" if form else "",
            problem=problem or " ".join(token_errors),
            errors=[(f"name-{refused}", error) for error in name_errors],
        ),
        status,
    )


def _shown(receipt: Receipt) -> Shown:
    address = place_address(address_of(receipt.article_kind, receipt.article_slug), receipt.comment_id)
    is_refused = receipt.state is ReceiptState.NOT_PUBLISHED
    return Shown(receipt, address, public_reason(receipt.reason) if is_refused else "")


def _erasure(secret: str, status: int = 200, problem: str = "") -> Response:
    back_url = url_for("mine.show", secret=secret)
    return unlisted_page(
        render_template(
            "privacy/mine/erase.html",
            back_url=back_url,
            token=button_token(_subject(secret)),
            problem=problem,
        ),
        status,
    )


def _subject(secret: str) -> str:
    return f"my-comments:{secret}"
