"""What all requests and responses share: language, the same-origin guard, cache rules, the request log."""

import io
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import IO

from flask import Flask, Request, Response, abort
from werkzeug.datastructures import Headers as ResponseHeaders
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.urls import iri_to_uri

from cms import logs
from cms.answering.current import notes, this_app, this_request
from cms.answering.finished import FinishedPage
from cms.answering.negotiation import has_already
from cms.answering.sent import SiteResponse, others
from cms.answering.written import Written
from cms.config import Settings
from cms.languages import Language, is_language
from cms.sense import origin_of
from cms.site import Site

SHARED = timedelta(hours=1)  # for which a CDN may keep a page, should a purge be lost
DRAINED_BYTES = 16_777_216  # more than anybody pastes by mistake
TOO_BUSY = "cms.too_busy"  # a key in a request's environ: no thread is free for it, so it is answered 503
BUSY_SECONDS = 2
KEEP = (
    "cms.keep"  # a key in a request's environ: the function that takes the finished page, if there is a store
)


class Origin(StrEnum):
    """Where a POST comes from, as far as the browser says."""

    SAME = "same"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"


def site() -> Site:
    """Return the site that this application serves; for views, which hand it on."""
    found: Site = this_app().extensions["site"]
    return found


def clock() -> datetime:
    """Return the moment of this request, the same for all who ask during it."""
    noted = notes()
    if noted.now is None:
        noted.now = this_app().config["CLOCK"]()
    return noted.now


def speak(code: str) -> Language:
    """Let the rest of this answer be in the language `code`."""
    language: Language = site().catalogue.language(code)
    noted = notes()
    noted.language, noted.language_code = language, code
    return language


def speak_as_asked() -> str:
    """Let this answer be in the language that a letter's link names, else in the site's; return its code."""
    asked = this_request().args.get("language", "")[:35]
    code = asked if is_language(asked) else site().settings.language
    speak(code)
    return code


def language() -> Language:
    """Return the language of this answer, the site's unless `speak()` chose another."""
    chosen = notes().language
    return speak(site().settings.language) if chosen is None else chosen


def say(english: str, **values: object) -> str:
    """Return a sentence of the catalogue in this answer's language, with its values put in."""
    sentence = language().sentence(english)
    return sentence % values if values else sentence


def say_minutes(one: str, many: str, seconds: int) -> str:
    """Return a sentence of the catalogue for so many `seconds`, in whole minutes rounded up; its number is `num`."""
    minutes = -(-seconds // 60)
    return language().plural(one, many, minutes) % {"num": language().number(minutes)}


def public_page(
    body: str | Written, things: Iterable[str], mimetype: str = "text/html", until: datetime | None = None
) -> Response:
    """Return a page that any reader may see, made of `things`; a cache may keep it if it asks before each use.

    It is true until one of them changes, an article comes out at its time, or `until` has come.
    """
    noted = notes()
    if isinstance(body, Written):
        noted.digest, response = body.digest, SiteResponse(body.body, mimetype=mimetype)
    else:
        response = SiteResponse(body, mimetype=mimetype)
    response.headers["Cache-Control"] = "no-cache"
    noted.things, noted.until = tuple(things), until
    if noted.things and site().settings.purge_url:
        _share(response, noted.things)
    return response


def _share(response: Response, things: Iterable[str]) -> None:
    """Let a CDN keep a page for SHARED, which is purged when it changes, but never beyond the page's own time.

    No CDN keeps a page that falls due within SHARED. A page that falls due later is made again SHARED before that, and
    then is such a page.
    """
    noted = notes()
    response.headers["Surrogate-Key"] = " ".join(things)
    response.headers["Cache-Tag"] = ",".join(things)
    if noted.until is None or noted.until - clock() > 2 * SHARED:
        response.headers["Cache-Control"] = (
            f"max-age=0, must-revalidate, s-maxage={SHARED.total_seconds():.0f}"
        )
        noted.until = noted.until and noted.until - SHARED


def private_page(body: str, status: int = 200) -> Response:
    """Return a page that no cache may keep."""
    response = SiteResponse(body, status=status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    return response


def unlisted_page(body: str, status: int = 200) -> Response:
    """Return a page that no cache may keep and no search engine may list: its address is a secret."""
    response = private_page(body, status)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def see_other(address: str) -> Response:
    """Return the answer that says where to look next, as after a POST that was carried out (RFC 9110, 15.4.4)."""
    return SiteResponse("", 303, {"Location": address})


def origin() -> Origin:
    """Return where this request comes from: Fetch Metadata first, else Origin, else Referer (OWASP, CSRF)."""
    headers = this_request().environ  # by name they are there sooner than through Werkzeug's own mapping
    fetched_from = headers.get("HTTP_SEC_FETCH_SITE")
    if fetched_from is not None:
        return Origin.SAME if fetched_from in {"same-origin", "none"} else Origin.FOREIGN
    claimed = headers.get("HTTP_ORIGIN") or headers.get("HTTP_REFERER")
    if not claimed:
        return Origin.UNKNOWN
    return Origin.SAME if origin_of(claimed) == site().settings.origin else Origin.FOREIGN


def take_body(limit: int) -> int | None:
    """Read this request's body, at most `limit` bytes of it, before its fields are; return the status that refuses it.

    That is 413 for more than `limit`, 400 for less than was announced, and 411 where nothing was: a server may
    take a chunked body that breaks off for a whole one (measured with granian's WSGI), and then half a comment
    would be stored. What lies beyond is read and thrown away up to DRAINED_BYTES: a browser that is still
    sending when the connection closes shows its own error instead of our answer.
    """
    request = this_request()
    environ, announced = request.environ, request.content_length
    stream = environ["wsgi.input"]
    length = DRAINED_BYTES if _is_chunked(request) else announced or 0
    body = b"".join(_pieces(stream, min(length, limit + 1)))
    if len(body) > limit:
        for _ in _pieces(stream, min(length, DRAINED_BYTES) - len(body)):
            pass
    notes().body = kept = body[:limit]
    environ["wsgi.input"] = io.BytesIO(kept)
    environ["CONTENT_LENGTH"] = str(len(kept))
    if len(body) > limit:
        return 413
    if announced is None:
        return 411 if body else None
    return 400 if len(body) < announced else None


def install(app: Flask, refuses_itself: frozenset[str]) -> None:
    """Give `app` all that this module is for; the endpoints named keep the words of a POST that is refused here."""

    @app.before_request
    def _guard() -> None:
        request = this_request()
        environ = request.environ
        notes().began = time.perf_counter()
        if TOO_BUSY in environ:
            raise ServiceUnavailable(retry_after=BUSY_SECONDS)
        if "\0" in environ["PATH_INFO"]:
            abort(404)  # PostgreSQL cannot even be asked for it
        foreign = environ["REQUEST_METHOD"] not in {"GET", "HEAD", "OPTIONS"} and origin() is Origin.FOREIGN
        if request.endpoint not in refuses_itself:
            if foreign:
                abort(403)
            if _is_chunked(request) and "Transfer-Encoding" in request.headers:
                abort(411)

    app.after_request(_finish)
    settings: Settings = app.extensions["site"].settings
    if not settings.rate_limits:
        logs.write_limits_off()
    if proxies := settings.trusted_proxies:
        wanted = {"x_for": proxies, "x_proto": 0, "x_host": 0, "x_port": 0, "x_prefix": 0}
        app.wsgi_app = ProxyFix(app.wsgi_app, **wanted)  # type: ignore[method-assign]  # the way that Flask names


def _is_chunked(request: Request) -> bool:
    """Tell whether the length of its body was not announced, and its server ends it all the same."""
    return request.content_length is None and bool(request.environ.get("wsgi.input_terminated"))


def _pieces(stream: IO[bytes], size: int) -> Iterator[bytes]:
    while size > 0 and (piece := stream.read(min(size, 65_536))):
        size -= len(piece)
        yield piece


def _finish(response: Response) -> Response:
    request, noted = this_request(), notes()
    if noted.things is not None and response.status_code == 200:
        _make_conditional(request, response, noted.things)
    leads_to = response.location
    if leads_to and (leads_to[0] != "/" or not leads_to.isascii()):
        # made by the router with the Host header, which anybody can set
        response.location = iri_to_uri(leads_to.removeprefix(request.host_url.rstrip("/")))
    ended = time.perf_counter()
    milliseconds = (ended - (noted.began or ended)) * 1000
    logs.write_request(request.method, request.path, response.status_code, milliseconds)
    return response


def _make_conditional(request: Request, response: Response, things: Iterable[str]) -> None:
    """Make the answer the page in the encoding that was asked for, or 304; hand the page to the store."""
    given, noted = response.headers, notes()
    shared = [(name, value) for name, value in given if name != "Content-Length"] + others(given)
    is_kept = KEEP in request.environ
    page = FinishedPage(
        response.get_data(),
        response.mimetype or "",
        shared,
        frozenset(things),
        noted.until,
        is_kept=is_kept,
        digest=noted.digest,
    )
    variant = page.variant(request.environ.get("HTTP_ACCEPT_ENCODING", ""))
    known = request.environ.get("HTTP_IF_NONE_MATCH")
    if known is not None and has_already(known, variant.etag):
        response.status_code = 304
        body, headers = b"", variant.headers_304
    else:
        body, headers = variant.body, variant.headers
    # At once, since werkzeug looks through each header that it is given, and `set_data()` gives another.
    response.response, response.headers = [body], ResponseHeaders(headers)
    if is_kept:
        request.environ[KEEP](page)
