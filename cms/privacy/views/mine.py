"""What somebody who has proved her address sees of all that was sent from it, and does with it."""

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
from cms.privacy.queries.doors import OpenDoor, open_door
from cms.privacy.queries.personal import kept_of
from cms.privacy.views.my_comments import link_over
from cms.text.numbers import ID_MAX, number_or_0
from cms.vault import secret_hash
from cms.web import clock, say, see_other, site, speak, unlisted_page

blueprint = Blueprint("mine", __name__, url_prefix="/my-comments/open/<secret>")
PAGE_SIZE = 50  # comments; more on the next page
ALL = "all"  # instead of a comment's id


class _Over(Exception):
    """Nothing stands open behind this secret."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A receipt with the comment's place and the public sentence of its reason, '' for none."""

    receipt: Receipt
    article_url: str
    reason: str


@blueprint.errorhandler(_Over)
def _over(_error: _Over) -> Response:
    return link_over()


@blueprint.get("")
def show(secret: str) -> Response:
    """Show what was sent from the address, the newest first."""
    return _page(secret, _door(secret))


@blueprint.get("/comments.<any(json, html):kind>")
def download(secret: str, kind: str) -> Response:
    """Hand out all that is kept of the address, as a file."""
    door = _door(secret)
    with site().database.reading() as session:
        kept = kept_of(session, door.email_fingerprint)
    # She is told that they exist, not what they say: their words may be about others as well.
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
    door = _door(secret)
    form = NameForm(formdata=request.form, meta={"subject": _subject(secret)})
    chosen = _chosen()
    if not form.validate():
        return _page(secret, door, 422, form)
    mine.rename(site(), door.email_fingerprint, chosen, sanitize.one_line(form.name.data), clock())
    return see_other(url_for("mine.show", secret=secret, said="renamed"))


@blueprint.post("/withdrawals")
def withdraw(secret: str) -> Response:
    """Withdraw one comment or all."""
    door = _door(secret)
    chosen = _chosen()
    if not is_good_button(_subject(secret)):
        return _page(secret, door, 422, problem=old_form())
    mine.withdraw(site(), door.email_fingerprint, chosen, clock())
    return see_other(url_for("mine.show", secret=secret, said="withdrawn"))


@blueprint.get("/erasure")
def before_erasing(secret: str) -> Response:
    """Ask once whether everything shall be erased."""
    _door(secret)
    return _erasure(secret)


@blueprint.post("/erasure")
def erase(secret: str) -> Response:
    """Erase everything that is kept of the address; with it goes this page."""
    door = _door(secret)
    if not is_good_button(_subject(secret)):
        return _erasure(secret, 422, old_form())
    erase_address(site(), door.email_fingerprint, clock())
    return see_other(url_for("my_comments.erased", language=door.language))


def _door(secret: str) -> OpenDoor:
    """Return whose page this secret opens, and speak her language; answer that it is over where it opens none."""
    with site().database.reading() as session:
        door = open_door(session, secret_hash(secret), clock())
    if door is None:
        raise _Over
    speak(door.language)
    return door


def _chosen() -> int | None:
    """Return the id of the comment that was chosen, None for all of them."""
    sent = request.form.get("comment", "")
    return None if sent == ALL else number_or_0(sent) or abort(422)


def _page(
    secret: str, door: OpenDoor, status: int = 200, form: NameForm | None = None, problem: str = ""
) -> Response:
    """Return the page; `form` holds a name that was refused, for the comment that its request names."""
    before = request.args.get("before", ID_MAX, int)
    with site().database.reading() as session:
        found = receipts_of(
            session, door.email_fingerprint, before=max(0, min(before, ID_MAX)), size=PAGE_SIZE + 1
        )
    refused = request.form.get("comment", "") if form else ""
    name_errors = [str(error) for error in form.name.errors] if form else []
    token_errors = [str(error) for error in form.token.errors] if form else []
    return unlisted_page(
        render_template(
            "privacy/mine/page.html",
            here=url_for("mine.show", secret=secret),
            token=button_token(_subject(secret)),
            door=door,
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
    place = place_address(address_of(receipt.article_kind, receipt.article_slug), receipt.comment_id)
    is_refused = receipt.state is ReceiptState.NOT_PUBLISHED
    return Shown(receipt, place, public_reason(receipt.reason) if is_refused else "")


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
