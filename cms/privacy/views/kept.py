"""The page that says what is kept and for how long, and the health check."""

from flask import Blueprint, Response, render_template

from cms.pages import rules as things
from cms.privacy.queries.health import database_answers
from cms.web import private_page, public_page, site

blueprint = Blueprint("privacy", __name__)


@blueprint.get("/privacy")
def kept() -> Response:
    """Show what is kept and for how long by the present settings."""
    here = site().settings
    body = render_template("privacy/privacy.html", canonical=f"{here.base_url}/privacy")
    return public_page(body, [things.SITE])


@blueprint.get("/healthz")
def health() -> Response:
    """Answer 200 when the database answers, 503 when it does not."""
    with site().database.reading() as session:
        is_well = database_answers(session)
    return private_page("ok\n") if is_well else private_page("the database does not answer\n", 503)
