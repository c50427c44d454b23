"""Where a comment form that has been opened fetches a token that says when, with the sum that is asked of it."""

import json

from flask import Blueprint, Response, abort

from cms.articles.models import ArticleKind
from cms.articles.queries.reading import public_article_id
from cms.comments.actions.submitting import asks_proof
from cms.comments.forms import timed_token
from cms.comments.views.submitting import sender
from cms.limits.actions import ruling_on_comment
from cms.pages import rules as things
from cms.web import Origin, clock, origin, site

blueprint = Blueprint("tokens", __name__)


@blueprint.get("/articles/<slug>/comments/token")
def fresh(slug: str) -> Response:
    """Give the form under an article a token of this second; two SELECTs."""
    return _token(ArticleKind.ARTICLE, slug)


@blueprint.get("/pages/<slug>/comments/token")
def fresh_for_page(slug: str) -> Response:
    """Give the form under a static page a token of this second; two SELECTs."""
    return _token(ArticleKind.PAGE, slug)


def _token(kind: ArticleKind, slug: str) -> Response:
    """Return a token, or 429 where a comment would be refused now: a flood gets none, and the page's own does."""
    if origin() is Origin.FOREIGN:
        abort(403)
    who = sender()
    with site().database.reading() as session:
        article_id = public_article_id(session, kind, slug, now=clock()) or abort(404)
        met = ruling_on_comment(site(), session, who, article_id, clock())
    if met.retry_after_seconds:
        return Response(status=429, headers={"Retry-After": str(met.retry_after_seconds)})
    bits = site().settings.proof_of_work_bits if asks_proof(site(), met.on_article) else 0
    token = timed_token(site().vault, things.article(article_id), clock())
    response = Response(json.dumps({"token": token, "bits": bits}), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
