"""Where moderators see what waits for them."""

from flask import Blueprint, Response, render_template, request

from cms.articles.rules import cursor
from cms.comments.rules import CommentStatus
from cms.moderation import rules
from cms.moderation.queries.queue import QueuePage, queue_page, single_card
from cms.moderation.views.parts import TABLES, done, here, next_address, way_back
from cms.web import private_page, say, site

blueprint = Blueprint("queue", __name__)


@blueprint.get("/")
def show() -> Response:
    """Show what waits for a decision, or what has had one; `?comment=` shows one alone."""
    status = _status(request.args.get("status", ""))
    one = rules.whole_numbers(request.args.getlist("comment"))
    with site().database.reading() as session:
        if one:
            page = single_card(session, one[0])
        else:
            after = cursor(request.args.get("page", ""))
            page = queue_page(session, status, after=after, size=site().settings.queue_size)
    return _answer(page, None if one else status)


def refused(problem: str) -> Response:
    """Return the queue with the sentence that says why nothing was done."""
    with site().database.reading() as session:
        page = queue_page(session, CommentStatus.HELD, after=None, size=site().settings.queue_size)
    return _answer(page, CommentStatus.HELD, problem)


def _answer(page: QueuePage, status: CommentStatus | None, problem: str = "") -> Response:
    body = render_template(
        "moderation/queue.html",
        **TABLES,
        room="moderation",
        cards=page.cards,
        tabs=[(other, page.counts[other]) for other in CommentStatus],
        counted_max=rules.COUNTED_MAX,
        status=status,
        empty=say(rules.EMPTY_SENTENCES[status]) if status else say("There is no such comment."),
        as_of=page.as_of,
        next_url=next_address("/moderation/", {"status": status.value if status else ""}, page.next_page),
        back=here() if request.method == "GET" else way_back(),
        done=done(),
        problem=problem,
    )
    return private_page(body, 422 if problem else 200)


def _status(text: str) -> CommentStatus:
    try:
        return CommentStatus(text)
    except ValueError:
        return CommentStatus.HELD
