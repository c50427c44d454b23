"""A WSGI middleware that answers with kept pages, and keeps those that the application hands over as `KEEP`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cms.answering.finished import FinishedPage
from cms.answering.negotiation import has_already
from cms.pages.addresses import page_key
from cms.pages.queries import CannotTell
from cms.pages.views.shelf import Shelf
from cms.web import KEEP

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication


class WithPages:
    """The application `app` behind a shelf: pages that are kept are sent without calling it."""

    def __init__(self, app: "WSGIApplication", shelf: Shelf) -> None:
        self.app = app
        self.shelf = shelf

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        key = _key(environ)
        if key is None:
            return self.app(environ, start_response)
        page = self._looked_up(key)
        if page is None:
            return self._make(key, environ, start_response)
        return self._answer(key, page, environ, start_response)

    def _looked_up(self, key: str) -> FinishedPage | None:
        try:
            return self.shelf.look_up(key)
        except CannotTell:  # the application then answers as well as it can without a database
            return None

    def _make(self, key: str, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        making = self.shelf.begin(key)
        if making is None:
            page = self._looked_up(key)
            if page is not None:
                return self._answer(key, page, environ, start_response)
            return self.app(environ, start_response)
        made: list[FinishedPage] = []
        environ[KEEP] = made.append
        try:
            return self.app(environ, start_response)
        finally:
            self.shelf.finish(making, made[0] if made else None)

    def _answer(
        self, key: str, page: FinishedPage, environ: dict[str, Any], start_response: "StartResponse"
    ) -> Iterable[bytes]:
        before = page.size
        variant = page.variant(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if page.size != before:
            self.shelf.grown(key, page)
        if has_already(environ.get("HTTP_IF_NONE_MATCH", ""), variant.etag):
            start_response("304 NOT MODIFIED", list(variant.headers_304))
            return []
        start_response("200 OK", list(variant.headers))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [variant.body]


def _key(environ: dict[str, Any]) -> str | None:
    if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
        return None
    path: str = environ.get("PATH_INFO", "")
    if not path.isascii():  # PEP 3333: each byte stands as one character
        path = path.encode("latin-1").decode("utf-8", "replace")
    return page_key(path, environ.get("QUERY_STRING", ""))
