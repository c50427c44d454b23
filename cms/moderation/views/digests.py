"""Where a moderator says whether she wishes for the daily letter."""

from flask import Blueprint, Response, render_template, request

from cms.accounts.guard import staff
from cms.moderation.actions.digests import wish_digest
from cms.moderation.queries.digests import wishes_digest
from cms.web import private_page, see_other, site

blueprint = Blueprint("digests", __name__, url_prefix="/digest")


@blueprint.get("/")
def show() -> Response:
    """Show what she has chosen."""
    with site().database.reading() as session:
        wished = wishes_digest(session, staff().id)
    hour = f"{site().settings.digest_hour:02}:00"
    body = render_template("moderation/digest.html", room="moderation", wished=wished, hour=hour)
    return private_page(body)


@blueprint.post("/")
def choose() -> Response:
    """Keep what she chooses."""
    wish_digest(site(), staff().id, on=request.form.get("digest") == "on")
    return see_other("/moderation/digest/")
