"""Where moderators see what waits for them."""

from flask import Blueprint, Response, render_template, request

from cms.accounts.guard import staff
from cms.articles.rules import cursor
from cms.comments.rules import CommentStatus
from cms.limits.queries import proxy_is_missing
from cms.moderation import rules
from cms.moderation.actions.choosing import switch_shortcuts
from cms.moderation.queries.queue import QueuePage, escalated_page, queue_page, single_card
from cms.moderation.views.parts import (
    TABLES,
    done,
    here,
    json_answer,
    next_address,
    wants_json,
    way_back,
)
from cms.web import clock, language, private_page, say, see_other, site

blueprint = Blueprint("queue", __name__)


@blueprint.get("/")
def show() -> Response:
    """Show what waits for a decision, or what has had one; `?comment=` shows one alone."""
    status = _status(request.args.get("status", ""))
    one = rules.whole_numbers(request.args.getlist("comment"))
    with site().database.reading() as session:
        if one:
            page = single_card(session, one[0], staff().id)
        else:
            after = cursor(request.args.get("page", ""))
            page = queue_page(session, status, staff().id, after=after, size=site().settings.queue_size)
    return _answer(page, None if one else status)


@blueprint.post("/shortcuts")
def shortcuts() -> Response:
    """Switch for this person whether keys press buttons."""
    switch_shortcuts(site(), staff().id, on=request.form.get("shortcuts") == "on")
    return see_other(way_back())


@blueprint.get("/escalated")
def escalated() -> Response:
    """Show the comments about which somebody asks for another look."""
    with site().database.reading() as session:
        after = cursor(request.args.get("page", ""))
        page = escalated_page(session, staff().id, after=after, size=site().settings.queue_size)
    empty = say("Nobody asks for another look.")
    return _answer(
        page, None, empty=empty, next_url=next_address("/moderation/escalated", {}, page.next_page)
    )


def refused(problem: str) -> Response:
    """Return the queue with the sentence that says why nothing was done; for a script, the sentence alone."""
    if wants_json():
        return json_answer(422, problem)
    held, size = CommentStatus.HELD, site().settings.queue_size
    with site().database.reading() as session:
        page = queue_page(session, held, staff().id, after=None, size=size)
    return _answer(page, held, problem)


def counted(number: int) -> str:
    """Return a bounded count in words: what is more than COUNTED_MAX ends in a plus."""
    if number > rules.COUNTED_MAX:
        return say("%(number)s+", number=language().number(rules.COUNTED_MAX))
    return language().number(number)


def _answer(page: QueuePage, status: CommentStatus | None, problem: str = "", **instead: str) -> Response:
    shown = {
        "empty": say(rules.EMPTY_SENTENCES[status]) if status else say("There is no such comment."),
        "next_url": next_address("/moderation/", {"status": status.value if status else ""}, page.next_page),
        **instead,
    }
    body = render_template(
        "moderation/queue.html",
        **TABLES,
        **shown,
        room="moderation",
        cards=page.cards,
        escalated=counted(page.escalated),
        tabs=[(other, counted(page.counts[other])) for other in CommentStatus],
        left=page.counts[status or CommentStatus.HELD],
        left_words=counted(page.counts[status or CommentStatus.HELD]),
        left_exact=page.counts[status or CommentStatus.HELD] <= rules.COUNTED_MAX,
        shortcuts=page.shortcuts,
        status=status,
        as_of=page.as_of,
        back=here() if request.method == "GET" else way_back(),
        done=done(),
        problem=problem,
        proxy_is_missing=_proxy_is_missing(),
    )
    return private_page(body, 422 if problem else 200)


def _proxy_is_missing() -> bool:
    with site().database.reading() as session:
        return proxy_is_missing(session, site().settings.trusted_proxies, now=clock())


def _status(text: str) -> CommentStatus:
    try:
        return CommentStatus(text)
    except ValueError:
        return CommentStatus.HELD
