"""Where the links in letters lead: what somebody wishes or confirms, which only a button says."""

import hmac
from collections.abc import Callable

from flask import Blueprint, Response, abort, render_template, request, url_for

from cms.moderation.actions.digests import end_digest
from cms.moderation.actions.trusting import confirm
from cms.outbox.actions.answering import answer
from cms.outbox.actions.wording import MARK_DIGITS, confirm_secret, digest_secret, link_secret
from cms.outbox.rules import Wish
from cms.vault import Vault
from cms.web import clock, see_other, site, speak_as_asked, unlisted_page

blueprint = Blueprint("letters", __name__)
ONE_CLICK = frozenset({"letters.stop", "letters.stop_digest"})  # a mailbox posts to it, in nobody's browser


@blueprint.get("/letters/<secret>")
def ask(secret: str) -> Response:
    """Ask whether letters about replies are wished for; look nothing up, so that nothing shows what is known."""
    _mark_or_404(secret)
    return _page(secret, request.args.get("said", ""))


@blueprint.post("/letters/<secret>")
def say_wish(secret: str) -> Response:
    """Take the answer."""
    mark = _mark_or_404(secret)
    wish = request.form.get("wish", "")
    if wish not in {Wish.YES, Wish.NO}:
        abort(422)
    answer(site(), mark, Wish(wish), clock())
    return see_other(url_for("letters.ask", secret=secret, said=wish, language=speak_as_asked()))


@blueprint.get("/letters/<secret>/stop")
def before_stop(secret: str) -> Response:
    """Show the same page to somebody who opens the address that is meant for her mailbox."""
    _mark_or_404(secret)
    return _page(secret, "")


@blueprint.post("/letters/<secret>/stop")
def stop(secret: str) -> Response:
    """End the letters at one click in a mailbox, which follows no redirect (RFC 8058, section 3.1)."""
    answer(site(), _mark_or_404(secret), Wish.NO, clock())
    return _page(secret, Wish.NO)


@blueprint.get("/letters/<secret>/comment")
def before_confirm(secret: str) -> Response:
    """Show the button by which a writer lets her comment appear; look nothing up."""
    _mark_or_404(secret, confirm_secret)
    url = url_for("letters.confirm_comment", secret=secret, language=speak_as_asked())
    said = request.args.get("said", "")
    return unlisted_page(render_template("outbox/confirm.html", said=said, confirm_url=url))


@blueprint.post("/letters/<secret>/comment")
def confirm_comment(secret: str) -> Response:
    """Let the comment appear, if it may still."""
    said = "shown" if confirm(site(), _mark_or_404(secret, confirm_secret), clock()) else "waits"
    return see_other(url_for("letters.before_confirm", secret=secret, said=said, language=speak_as_asked()))


@blueprint.get("/letters/<secret>/digest")
def before_stop_digest(secret: str) -> Response:
    """Show the button that ends a moderator's daily letter; look nothing up."""
    _mark_or_404(secret, digest_secret)
    return _digest_page(secret, "")


@blueprint.post("/letters/<secret>/digest")
def stop_digest(secret: str) -> Response:
    """End a moderator's daily letter at one click, in her mailbox or on the page."""
    end_digest(site(), _mark_or_404(secret, digest_secret))
    return _digest_page(secret, Wish.NO)


def _digest_page(secret: str, said: str) -> Response:
    url = url_for("letters.stop_digest", secret=secret, language=speak_as_asked())
    return unlisted_page(render_template("outbox/digest.html", said=said, stop_url=url))


def _page(secret: str, said: str) -> Response:
    code = speak_as_asked()
    wish_url = url_for("letters.say_wish", secret=secret, language=code)
    return unlisted_page(render_template("outbox/wish.html", said=said, wish_url=wish_url))


def _mark_or_404(secret: str, secret_of: Callable[[Vault, str], str] = link_secret) -> str:
    """Return whose link this is, by a digest that the site's key alone makes; nothing is looked up."""
    mark = secret[:MARK_DIGITS]
    if not hmac.compare_digest(secret.encode(), secret_of(site().vault, mark).encode()):
        abort(404)
    return mark
