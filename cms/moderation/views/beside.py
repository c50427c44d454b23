"""Where a moderator sees what surrounds a comment and where her colleagues are."""

from flask import Blueprint, Response, abort, render_template, request

from cms.accounts.guard import staff
from cms.moderation import rules
from cms.moderation.actions.reading import read
from cms.moderation.queries.context import COUNTED, Context, context
from cms.moderation.queries.presence import arrived_since, colleagues
from cms.moderation.views.parts import here, json_answer, tables, whole_as_of
from cms.web import clock, language, private_page, say, site

blueprint = Blueprint("beside", __name__)


@blueprint.get("/context/<int:comment_id>")
def surroundings(comment_id: int) -> Response:
    """Show what surrounds a comment; a script puts it into the card."""
    with site().database.reading() as session:
        found: Context | None = context(session, comment_id, clock())
    if found is None:
        abort(404)
    body = render_template(
        "moderation/context.html", **tables(), room="moderation", it=found, most=COUNTED, back=here()
    )
    return private_page(body)


@blueprint.post("/presence")
def presence() -> Response:
    """Note which card somebody reads; tell where the others are, and how many comments came in meanwhile."""
    one = rules.whole_numbers(request.form.getlist("comment"))
    if one:
        read(site(), staff().id, one[0], clock())
    with site().database.reading() as session:
        others = colleagues(session, staff().id, clock())
        arrived = arrived_since(session, whole_as_of() or 0)
    said = say("New: %(number)s. Show them.", number=language().number(arrived)) if arrived else ""
    readers = [
        {"comment": other.comment_id, "said": say("%(name)s is reading this now.", name=other.name)}
        for other in others
    ]
    return json_answer(200, said, readers=readers)
