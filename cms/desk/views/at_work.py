"""Where authors see what they work at, and editors what everybody does."""

from flask import Blueprint, Response, abort, render_template, request

from cms.accounts.guard import staff
from cms.accounts.rules import Act, may
from cms.articles.rules import cursor
from cms.desk.queries.at_work import articles_at_work
from cms.desk.rules import State
from cms.web import clock, private_page, site

blueprint = Blueprint("at_work", __name__)


@blueprint.get("/")
def show() -> Response:
    """List the articles at work: one's own, or everybody's for editors."""
    asked = request.args.get("status", "")
    if asked and asked not in list(State):
        abort(404)
    state = State(asked) if asked else None
    after = cursor(request.args["page"]) or abort(404) if request.args.get("page") else None
    everybodys = may(staff().role, Act.EDIT_ALL)
    with site().database.reading() as session:
        page = articles_at_work(
            session,
            own_of=None if everybodys else staff().id,
            state=state,
            now=clock(),
            after=after,
            size=site().settings.page_size,
        )
    narrowed = f"status={state}&" if state else ""
    return private_page(
        render_template(
            "desk/at_work.html",
            lines=page.lines,
            states=list(State),
            state=state,
            everybodys=everybodys,
            room="desk",
            next_url=f"/desk/?{narrowed}page={page.next_page}" if page.next_page else "",
        )
    )
