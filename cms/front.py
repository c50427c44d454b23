"""The application that `cms serve` runs: kept pages are sent at once, everything else is left to Flask in a few threads."""

import asyncio
import logging
import re
import sys
from collections.abc import Coroutine
from typing import Any

from cms import create_app, jobs, now_utc, open_site, timed_jobs
from cms.answering.finished import FinishedPage
from cms.answering.negotiation import has_already
from cms.config import load_settings
from cms.pages.addresses import page_key
from cms.pages.queries import CannotTell
from cms.pages.views.baking import open_baker
from cms.pages.views.shelf import Shelf
from cms.pages.views.tightening import Tightener
from cms.pages.views.wsgi import WithPages
from cms.privacy.actions.workers import Presence
from cms.serving.batches import Batches
from cms.serving.bridge import Answer, Headers, Scope, Wsgi, answered, environ_of
from cms.serving.incoming import Incoming, TooMuch, TooSlow
from cms.serving.outgoing import CLOSE, refuse, send
from cms.serving.rehearsal import rehearse
from cms.serving.server import LEAVE, Server, stop_accepting
from cms.serving.threads import Full, SharedLook, Threads
from cms.site import Site
from cms.web import TOO_BUSY

THREADS = 4  # for reading; more of them would only wait for Python's lock
# For pages on SQLite, which releases Python's lock at each row and waits to get it back: with four threads a page took
# half as much processor time again (measured). One of the two works while the other waits for the disk.
PAGE_THREADS = 2
WRITING_THREADS = 4  # for every POST except comments: the staff's, receipts, signing in
WAITING_MAX = 64  # requests of each kind that wait for a thread: half a second's work
COMMENTS_WAITING_MAX = 256  # half a second's work as well, since they are answered in batches
REFUSING_MAX = (
    256  # refusals that wait to become a page with the words that were sent; any more are one sentence
)
SWITCH_SECONDS = 0.001  # with Python's default a kept page waits for 5 ms while another page is made
READS = frozenset({"GET", "HEAD"})
STAFF_FOLDERS = ("/desk/", "/moderation/", "/sign-in")
SLOW = (*STAFF_FOLDERS, "/search")  # these may take so long that no reader's page should wait for them
COMMENTS = re.compile(r"/(?:articles|pages)/[^/]+/comments")  # the addresses they are sent to


class Front:
    """An application for granian's RSGI: prepared once, then started in each worker after the fork."""

    _is_prepared = False

    def prepare(self, site: Site) -> None:
        """Make, before the fork, what all workers need, so that it is in memory only once.

        No connection is left open, since a child process could not use it.
        """
        self._site, self._flask, self._jobs_to_do = site, create_app(site), timed_jobs()
        site.database.close()
        self._is_prepared = True

    def rehearse(self) -> None:
        """Make what a worker's first requests would make, so that all workers forked from now on share it."""
        rehearse(self._site, self._flask, self._jobs_to_do, now_utc, Presence(self._site, now_utc).tell)

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start this worker: its threads, its jobs, its baker."""
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        logging.getLogger("alembic").setLevel(logging.WARNING)
        sys.setswitchinterval(SWITCH_SECONDS)
        if not self._is_prepared:  # where no process is there from which all workers are forked
            self.prepare(open_site(load_settings()))
        self._start_answering(loop)
        self._start_background()

    def _start_answering(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._shelf = Shelf(self._site, now_utc)
        self._keeps = self._site.settings.page_store_bytes > 0
        self._app: Wsgi = WithPages(self._flask, self._shelf) if self._keeps else self._flask
        self._reading = self._paging = Threads(loop, "reading", THREADS, WAITING_MAX)
        if self._site.database.is_sqlite:
            self._paging = Threads(loop, "pages", PAGE_THREADS, WAITING_MAX)
        self._writing = Threads(loop, "writing", WRITING_THREADS, WAITING_MAX)
        self._commenting = Batches(loop, self._app, self._site.database, COMMENTS_WAITING_MAX)
        self._refusing = Threads(loop, "refusing", 1, REFUSING_MAX)
        self._look = SharedLook(loop, self._shelf.catch_up)
        self._incoming = Incoming()
        self._making: dict[str, asyncio.Future[None]] = {}
        self._parting: Headers = []
        self._in_hand = 0
        loop.add_signal_handler(LEAVE, self._leave)

    def _start_background(self) -> None:
        """Start the threads that work beside requests: timed jobs, the baker, and what compresses kept pages further."""
        self._presence = Presence(self._site, now_utc)
        self._presence.start()
        self._baker = open_baker(self._site, self._flask, now_utc)
        baking = [self._baker.job] if self._baker else []
        to_do = [] if Server.is_vanguard else [*self._jobs_to_do, *baking]
        self._jobs = jobs.Runner(self._site, to_do, now_utc)
        self._jobs.start()
        if self._baker:
            self._baker.start()
        self._tightener = Tightener(self._shelf)
        self._tightener.start()

    def __rsgi_del__(self, _loop: asyncio.AbstractEventLoop) -> None:
        """Stop everything that was started; every request has been answered by now."""
        self._jobs.stop()
        self._tightener.stop()
        if self._baker:
            self._baker.stop()
        self._presence.end()
        for threads in (self._reading, self._paging, self._writing, self._commenting, self._refusing):
            threads.close()
        self._look.close()
        self._shelf.close()
        self._site.database.close()

    def at_once(self, scope: Scope, protocol: Any) -> bool:  # Any: granian's own protocol
        """Answer with a kept page, as most requests are answered, and tell whether there was one; for any thread.

        Rare cases are left to `__rsgi__()` on the event loop: methods other than GET, encodings that are not made yet.
        """
        if scope.method != "GET":
            return False
        query = scope.query_string
        key = page_key(scope.path, query) if query else scope.path
        page = None if key is None else self._shelf.at_once(key)
        if page is None:
            return False
        asked = scope.headers
        variant = page.ready(asked.get("accept-encoding", ""))
        if variant is None:
            return False
        known = asked.get("if-none-match")
        if known is not None and has_already(known, variant.etag):
            protocol.response_empty(304, self._with_parting(variant.headers_304))
        else:
            protocol.response_bytes(200, self._with_parting(variant.headers), variant.body)
        return True

    async def __rsgi__(self, scope: Scope, protocol: Any) -> None:
        """Answer one request."""
        if scope.method not in READS:
            await self._write(scope, protocol)
            return
        key = page_key(scope.path, scope.query_string) if self._keeps else None
        page = None if key is None else await self._kept(key)
        if key is None or (page is None and key not in self._making):
            await self._read(key, scope, protocol)
        elif page is None:
            await self._read_after_another(key, scope, protocol)
        else:
            self._send(key, page, scope, protocol)

    def _leave(self) -> None:
        stop_accepting()
        self._parting = CLOSE

    async def _kept(self, key: str) -> FinishedPage | None:
        try:
            if not self._shelf.is_up_to_date():
                if self._site.database.is_sqlite:
                    self._shelf.catch_up()
                else:
                    await self._look.begun_now()
            return self._shelf.kept(key)
        except CannotTell:  # the application then answers as well as it can without a database
            return None

    def _send(self, key: str, page: FinishedPage, scope: Scope, protocol: Any) -> None:
        asked, before = scope.headers, page.size
        variant = page.variant(asked.get("accept-encoding", ""))
        if page.size != before:
            self._shelf.grown(key, page)
        known = asked.get("if-none-match")
        if known is not None and has_already(known, variant.etag):
            protocol.response_empty(304, self._with_parting(variant.headers_304))
        elif scope.method == "HEAD":
            protocol.response_empty(200, self._with_parting(variant.headers))
        else:
            protocol.response_bytes(200, self._with_parting(variant.headers), variant.body)

    def _with_parting(self, headers: Headers) -> Headers:
        return headers + self._parting if self._parting else headers

    async def _read(self, key: str | None, scope: Scope, protocol: Any) -> None:
        done = self._loop.create_future()
        if key is not None:
            self._making[key] = done
        try:
            await self._made(scope, protocol)
        finally:
            if key is not None:
                del self._making[key]
            done.set_result(None)

    async def _read_after_another(self, key: str, scope: Scope, protocol: Any) -> None:
        """Wait until another request has made the same page; if it was not kept after all, make it again."""
        await self._making[key]
        page = await self._kept(key)
        if page is None:
            await self._made(scope, protocol)
        else:
            self._send(key, page, scope, protocol)

    async def _made(self, scope: Scope, protocol: Any) -> None:
        threads = self._reading if scope.path.startswith(SLOW) else self._paging
        await self._by_flask(threads, environ_of(scope, b""), protocol)

    async def _write(self, scope: Scope, protocol: Any) -> None:
        settings = self._site.settings
        is_staff = scope.path.startswith(STAFF_FOLDERS)
        limit = settings.desk_max_bytes if is_staff else settings.comment_max_bytes
        try:
            body, _ = await self._incoming.whole(protocol, limit, _announced(scope))
        except TooSlow:
            refuse(protocol, 408, "What you sent came in too slowly. Please send it again.")
        except TooMuch:
            refuse(protocol, 503, "Too many are sending just now. Please send it again in a moment.")
        else:
            await self._by_flask(self._writing, environ_of(scope, body), protocol)

    async def _by_flask(self, threads: Threads, environ: dict[str, Any], protocol: Any) -> None:
        self._count(1)
        try:
            answer = await self._answer(threads, environ)
        except Full:
            await self._refuse(environ, protocol)
        else:
            is_uneven = Server.loads.is_uneven(Server.index)
            answer.headers = answer.headers + CLOSE if is_uneven else self._with_parting(answer.headers)
            await send(threads, answer, protocol)
        finally:
            self._count(-1)

    def _answer(self, threads: Threads, environ: dict[str, Any]) -> Coroutine[Any, Any, Answer]:
        if environ["REQUEST_METHOD"] == "POST" and COMMENTS.fullmatch(environ["PATH_INFO"]):
            return self._commenting.run(environ)
        return threads.run(answered, self._app, environ)

    def _count(self, change: int) -> None:
        self._in_hand += change
        Server.loads.note(Server.index, self._in_hand)

    async def _refuse(self, environ: dict[str, Any], protocol: Any) -> None:
        """Answer 503 with a page that keeps the words that were sent."""
        environ[TOO_BUSY] = True
        try:
            answer = await self._refusing.run(answered, self._flask, environ)
        except Full:
            refuse(protocol, 503, "Too many are here just now. Please come back in a moment.")
        else:
            await send(self._refusing, answer, protocol)


def _announced(scope: Scope) -> int | None:
    """Return the length of a body, None where it comes in chunks (RFC 9112, section 6.3)."""
    length = scope.headers.get("content-length") or ""
    return int(length) if length.isdecimal() and "transfer-encoding" not in scope.headers else None


app = Front()
