"""Where an author finds what an article said before."""

from flask import Blueprint, Response, abort, render_template
from markupsafe import Markup

from cms import sanitize
from cms.accounts.guard import staff
from cms.accounts.rules import Act, may
from cms.answering.error_pages import exact
from cms.desk.actions.revising import erase_revision
from cms.desk.forms import ArticleForm
from cms.desk.queries.revisions import Revision, revision, revisions_of
from cms.desk.queries.working import Working
from cms.desk.views.writing import hers_or_404
from cms.text.differences import difference_html
from cms.web import private_page, see_other, site

blueprint = Blueprint("revisions", __name__, url_prefix="/articles/<int:article_id>/revisions")
# What an article has besides its words: it stays as it is when earlier words are put into the form.
_STAYS = (
    *(
        "authors",
        "section",
        "tags",
        "language",
        "publish_at",
        "slug",
        "comments",
        "kind",
        "version",
        "draft_mark",
    ),
    *("lead", "lead_alt", "lead_caption", "lead_credit"),
)


@blueprint.get("")
def show_all(article_id: int) -> Response:
    """List the versions of an article, newest first."""
    article = hers_or_404(article_id)
    with site().database.reading() as session:
        lines = revisions_of(session, article_id)
    return private_page(render_template("desk/revisions.html", article=article, lines=lines[1:], room="desk"))


@blueprint.get("/<int:version>")
def show(article_id: int, version: int) -> Response:
    """Show what an article said, with what has changed since, and a button that puts it into the form."""
    article = hers_or_404(article_id)
    with site().database.reading() as session:
        found = revision(session, article_id, version)
    if found is None:
        abort(404)
    form = ArticleForm(article, formdata=None)
    stays = [(name, exact(form[name].data or "")) for name in _STAYS]
    words = [("title", found.title), ("standfirst", found.standfirst), ("body_html", exact(found.body_html))]
    return private_page(
        render_template(
            "desk/revision.html",
            article=article,
            revision=found,
            text_html=Markup(found.body_html),  # noqa: S704  # cleaned by sanitize.article_html when stored
            differences=_differences(found, article),
            carried=[*words, *stays],
            may_erase=may(staff().role, Act.EDIT_ALL),
            room="desk",
        )
    )


@blueprint.post("/<int:version>/erasure")
def erase(article_id: int, version: int) -> Response:
    """Erase a version for good, as the law may ask; editors may."""
    hers_or_404(article_id)
    if not may(staff().role, Act.EDIT_ALL):
        abort(403)
    if not erase_revision(site(), article_id, version):
        abort(404)
    return see_other(f"/desk/articles/{article_id}/revisions")


def _differences(then: Revision, now: Working) -> list[Markup]:
    """Return title, standfirst and text as far as they differ, with what has changed since marked."""
    pairs = [
        (then.title, now.title),
        (then.standfirst, now.standfirst),
        (sanitize.plain_text(then.body_html), sanitize.plain_text(now.body_html)),
    ]
    return [
        Markup(difference_html(before, after))  # noqa: S704  # escaped there
        for before, after in pairs
        if before != after
    ]
