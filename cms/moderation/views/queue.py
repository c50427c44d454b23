"""Where moderators see what waits for them."""

from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from cms.accounts.guard import staff
from cms.articles.rules import cursor
from cms.comments.rules import CommentStatus
from cms.comments.signals import Lane
from cms.limits.queries import proxy_is_missing
from cms.moderation import rules, wording
from cms.moderation.actions.choosing import switch_shortcuts
from cms.moderation.filters import EVERYTHING, filter_of
from cms.moderation.queries.folds import Fold, folds
from cms.moderation.queries.queue import Asked, QueuePage, escalated_page, queue_page, single_card
from cms.moderation.queries.sections import sections
from cms.moderation.views.parts import (
    counted,
    done,
    here,
    json_answer,
    next_address,
    tables,
    wants_json,
    way_back,
)
from cms.web import clock, private_page, say, see_other, site

blueprint = Blueprint("queue", __name__)
NOTHING_ASKED = Asked()


@blueprint.get("/")
def show() -> Response:
    """Show what waits, narrowed as is asked for, or what was decided; `?comment=` shows one alone."""
    one = rules.whole_numbers(request.args.getlist("comment"))
    if not one:
        return _queue(_asked())
    with site().database.reading() as session:
        page = single_card(session, one[0], staff().id)
    return _answer(page, None, {})


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
    onward = page.onward.after if page.onward else None
    return _answer(
        page,
        None,
        {},
        empty=say("Nobody asks for another look."),
        next_url=next_address("/moderation/escalated", {}, onward),
    )


def refused(problem: str) -> Response:
    """Return the queue with the sentence that says why nothing was done; for a script, the sentence alone."""
    return json_answer(422, problem) if wants_json() else _queue(NOTHING_ASKED, problem)


def _queue(asked: Asked, problem: str = "") -> Response:
    with site().database.reading() as session:
        page = queue_page(session, asked, staff().id, size=site().settings.queue_size, now=clock())
        found = folds(session, page.cards, asked.narrowed, clock()) if asked.folded else {}
        named = sections(session)
    return _answer(page, asked, found, named, problem)


def _answer(
    page: QueuePage,
    asked: Asked | None,
    found: dict[int, Fold],
    named: tuple[tuple[int, str], ...] = (),
    problem: str = "",
    **instead: str,
) -> Response:
    status = asked.status if asked else None
    left = _left(page, asked)
    shown = {"empty": _empty(asked, page.onward), "next_url": _next(page, asked), **instead}
    body = render_template(
        "moderation/queue.html",
        **tables(),
        **shown,
        room="moderation",
        cards=page.cards,
        folds=found,
        tabs=[(other, counted(page.figures.by_status[other])) for other in CommentStatus],
        escalated=counted(page.figures.escalated),
        lanes=[(lane, counted(page.figures.by_lane[lane])) for lane in Lane],
        status=status,
        asked=asked,
        narrowed=asked.narrowed if asked else EVERYTHING,
        query=asked.narrowed.as_query() if asked else {},
        sections=named,
        matching=counted(page.figures.matching),
        left=left,
        left_words=counted(left),
        left_exact=left <= rules.COUNTED_MAX,
        shortcuts=page.shortcuts,
        as_of=page.as_of,
        back=here() if request.method == "GET" else way_back(),
        done=done(),
        problem=problem,
        proxy_is_missing=_proxy_is_missing(),
        is_list=request.path.endswith("/escalated"),
    )
    return private_page(body, 422 if problem else 200)


def _proxy_is_missing() -> bool:
    with site().database.reading() as session:
        return proxy_is_missing(session, site().settings.trusted_proxies, now=clock())


def _asked() -> Asked:
    narrowed = filter_of(request.args)
    lane = narrowed.lane or request.args.get("from", "")
    return Asked(
        status=_status(request.args.get("status", "")),
        narrowed=narrowed,
        folded=request.args.get("fold") != "off",
        lane=Lane(lane) if lane in set(Lane) else Lane.LIKELY_FINE,
        after=cursor(request.args.get("page", "")),
    )


def _status(text: str) -> CommentStatus:
    return CommentStatus(text) if text in set(CommentStatus) else CommentStatus.HELD


def _left(page: QueuePage, asked: Asked | None) -> int:
    """Return how many comments the person who looks at this page has before her."""
    if asked is None or asked.status is CommentStatus.HELD:
        narrows = asked is not None and asked.narrowed
        return page.figures.matching if narrows else page.figures.by_status[CommentStatus.HELD]
    return page.figures.by_status[asked.status]


def _empty(asked: Asked | None, onward: object) -> str:
    if asked is None:
        return say("There is no such comment.")
    if asked.narrowed and asked.status is CommentStatus.HELD:
        return say("Nothing that waits matches.")
    if asked.narrowed and onward:
        return say("Nothing matches among what was looked through. More comments may be further back.")
    if asked.narrowed:
        return say("Nothing matches.")
    return say(wording.EMPTY_SENTENCES[asked.status])


def _next(page: QueuePage, asked: Asked | None) -> str:
    if page.onward is None or asked is None:
        return ""
    kept = {"status": asked.status.value, **asked.narrowed.as_query()}
    kept |= {} if asked.folded else {"fold": "off"}
    kept |= {"from": page.onward.lane.value} if page.onward.lane else {}
    return f"/moderation/?{urlencode({**kept, 'page': str(page.onward.after)})}"
