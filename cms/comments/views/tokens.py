"""Where a comment form that has been opened fetches a token that says when, with the sum that is asked of it."""

import json

from flask import Blueprint, Response, abort

from cms.articles.models import ArticleKind
from cms.articles.queries.reading import public_article_id
from cms.comments.actions.submitting import asks_proof
from cms.comments.forms import timed_token
from cms.limits.actions import on_slow_article
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
    if origin() is Origin.FOREIGN:
        abort(403)
    with site().database.reading() as session:
        article_id = public_article_id(session, kind, slug, now=clock()) or abort(404)
        slow = on_slow_article(site(), session, article_id, clock())
    bits = site().settings.proof_of_work_bits if asks_proof(site(), slow) else 0
    token = timed_token(site().vault, things.article(article_id), clock())
    response = Response(json.dumps({"token": token, "bits": bits}), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
