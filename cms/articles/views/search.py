"""Where readers search: never kept, and never so busy that reading suffers."""

from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from cms.articles.queries.search import TYPED_MAX, SearchPage, search_page
from cms.limits.rules import ip_of, is_near, network_prefix
from cms.serving.turns import Turn
from cms.storage.deadlines import TookTooLong, reading_within
from cms.text.characters import one_line
from cms.text.numbers import number_or_0
from cms.web import clock, private_page, say, site

blueprint = Blueprint("search", __name__)
SECONDS = 2.0  # that looking may take; who waits longer has typed another word by then
RETRY_SECONDS = {Turn.TOO_MANY: "60", Turn.BUSY: "5"}
STATUS = {Turn.TOO_MANY: 429, Turn.BUSY: 503}
SENTENCES = {
    Turn.TOO_MANY: "So many searches have come from your connection that this one was left out. Please try again in a minute.",
    Turn.BUSY: "Searching takes too long just now. Please try again in a moment, or with a rarer word.",
}


@blueprint.get("/search")
def show() -> Response:
    """Show what is found for the words in `?q=`; not kept, since what somebody looks for is her own affair."""
    typed = one_line(request.args.get("q", ""))[:TYPED_MAX]
    with site().searching.turn(_network() if typed else "", clock()) as turn:
        if turn is not Turn.HERS:
            return _refusal(typed, turn)
        try:
            found = _found(typed)
        except TookTooLong:
            return _refusal(typed, Turn.BUSY)
    next_url = f"/search?{urlencode({'q': typed, 'page': found.next_page})}" if found.next_page else ""
    body = render_template("articles/search.html", q=typed, results=found, next_url=next_url, problem="")
    response = private_page(body)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _found(typed: str) -> SearchPage:
    with reading_within(site().database, SECONDS) as session:
        page = request.args.get("page", 1, number_or_0)
        return search_page(session, typed, now=clock(), page=page, size=site().settings.page_size)


def _refusal(typed: str, turn: Turn) -> Response:
    """Return the search's own page, with the words kept and the sentence that says when to come again."""
    problem = say(SENTENCES[turn])
    body = render_template("articles/search.html", q=typed, results=None, next_url="", problem=problem)
    response = private_page(body, STATUS[turn])
    response.headers["Retry-After"] = RETRY_SECONDS[turn]
    return response


def _network() -> str:
    """Return the network whose searches are counted; '' where limits are off or everybody comes through one proxy."""
    ip = ip_of(request.remote_addr or "")
    return "" if not site().settings.rate_limits or is_near(ip) else network_prefix(ip)
