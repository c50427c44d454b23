"""Baking: the site's public pages are made as files, for a proxy to serve, and made anew when they were taken away."""

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from werkzeug.test import create_environ

from cms.answering.encodings import Effort, compressed
from cms.answering.finished import FinishedPage
from cms.articles.queries.discovery import newest_addresses
from cms.config import shipped
from cms.jobs import Job
from cms.pages.folder import ENCODINGS, Folder
from cms.pages.queries import CannotTell, Probe
from cms.serving.bridge import Wsgi, answered
from cms.site import Site
from cms.web import KEEP

ARTICLES = 1_000  # newest, which are nearly all that is read; older ones are served by the program
AT_ONCE = 20  # pages of one run: a tenth of a second's work, so that other jobs have their turn
EVERY = timedelta(seconds=2)
TRIED_AGAIN = timedelta(minutes=1)
AHEAD = timedelta(seconds=1)  # that a page goes before it falls due: a look may come so late
LOOK_SECONDS = 0.4


class Baker:
    """Bakes pages of `site` as `app` makes them; it also sees to it that none is there beyond its time."""

    def __init__(self, site: Site, app: Wsgi, folder: Folder, clock: Callable[[], datetime]) -> None:
        """Take whose pages, who makes them, where they go, and the clock to go by; nothing begins yet."""
        self._site, self._app, self._folder, self._clock = site, app, folder, clock
        self._probe = Probe(site.database)
        self._number = 0  # of the newest change that was seen
        self._todo = deque[str]()
        self._tried_at = datetime.min.replace(tzinfo=UTC)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="baked pages", daemon=True)

    @property
    def job(self) -> Job:
        """The timed job that bakes what is missing; by its lease one process at a time does."""
        return Job("bake", EVERY, self._bake_some, self._has_work)

    def start(self) -> None:
        """Begin to watch what falls due. After any fork: a thread does not come along into a child."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(LOOK_SECONDS * 2)
        self._probe.close()

    def bake(self, address: str) -> bool:
        """Make one page and put it in place; False where there is none, or it changed meanwhile."""
        before = self._number = self._probe.changes(self._number).number
        page = self._made(address)
        if page is None or page.mimetype != "text/html":
            return False
        due = min(filter(None, (page.due, self._probe.next_publication(self._clock()))), default=None)
        if due is not None and due <= self._clock() + 2 * AHEAD:
            return False
        bodies = {encoding: compressed(page.body, encoding, Effort.UNHURRIED) for encoding in ENCODINGS}
        return self._folder.keep(address, bodies, page.things, due, lambda: self._still_true(page, before))

    def bake_all(self) -> int:
        """Bake whatever is not there yet; return how many pages that made."""
        return sum(self.bake(address) for address in self._missing())

    def forget_due(self) -> None:
        """Take every page away if the first of them is about to fall due."""
        due = self._folder.due()
        if due is not None and due <= self._clock() + AHEAD:
            self._folder.forget_all()

    def _made(self, address: str) -> FinishedPage | None:
        made: list[FinishedPage] = []
        environ: dict[str, Any] = create_environ("/", self._site.settings.base_url)
        # PEP 3333: bytes, each shown as a character.
        environ["PATH_INFO"] = address.encode().decode("latin-1")
        environ[KEEP] = made.append
        answered(self._app, environ).close()
        return made[0] if made else None

    def _still_true(self, page: FinishedPage, before: int) -> bool:
        try:
            changes = self._probe.changes(before)
        except CannotTell:
            return False
        return changes.things is not None and changes.things.isdisjoint(page.things)

    def _has_work(self, _site: Site, now: datetime) -> bool:
        return bool(self._todo) or self._begins_anew(now) or self._folder.has_missed()

    def _begins_anew(self, now: datetime) -> bool:
        """Tell whether all pages may be gone; where no front page can be baked, that is asked once a minute."""
        return not self._folder.has("/") and now - self._tried_at >= TRIED_AGAIN

    def _bake_some(self, _site: Site, now: datetime) -> None:
        missed = self._folder.missed()
        if "/" in missed or self._begins_anew(now):
            self._todo, self._tried_at = deque(self._missing()), now
        self._todo.extendleft(reversed([one for one in missed if one not in self._todo]))
        for _ in range(min(AT_ONCE, len(self._todo))):
            self.bake(self._todo.popleft())

    def _missing(self) -> list[str]:
        with self._site.database.reading() as session:
            found = newest_addresses(session, now=self._clock(), size=ARTICLES)
        return [address for address in map(unquote, found) if not self._folder.has(address)]

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self.forget_due()


def open_baker(site: Site, app: Wsgi, clock: Callable[[], datetime]) -> Baker | None:
    """Return who bakes this site's pages, None where none are baked; what another program has baked is gone then."""
    if not site.settings.bake_folder:
        return None
    folder = Folder(Path(site.settings.bake_folder))
    folder.belong_to(_made_by(site, map(shipped, ("templates", "static", "."))))
    return Baker(site, app, folder, clock)


def _made_by(site: Site, folders: Iterable[Path]) -> str:
    """Return a digest of the settings and of the program's own files: with another, every page may be another."""
    digest = hashlib.sha256(repr(astuple(site.settings)).encode())
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".py", ".html", ".xml", ".css", ".js", ".po", ".svg"}:
                digest.update(f"{path}{path.stat().st_mtime_ns}{path.stat().st_size}".encode())
    return digest.hexdigest()
