"""The kept pages of one process: none is sent before the database was asked what has changed."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from threading import Condition

from cms.answering.finished import FinishedPage
from cms.pages.queries import CannotTell, Probe
from cms.pages.rules import FRONT
from cms.pages.store import Making, Store
from cms.site import Site

NEVER = datetime.max.replace(tzinfo=UTC)


class Shelf:
    """Finished pages of `site`; safe for any number of threads.

    A request is answered by a kept page only after a look at the database that began after the request came in. On
    PostgreSQL one look is under way at a time; all requests that came before it began share its result.
    """

    def __init__(self, site: Site, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self._store = Store[FinishedPage](site.settings.page_store_bytes)
        self._probe = Probe(site.database)
        self._number = 0
        self._mark: object = None
        self._falls_due = datetime.min.replace(tzinfo=UTC)
        self._turn = Condition()
        self._begun = self._ended = 0
        self._looking = False

    def look_up(self, key: str) -> FinishedPage | None:
        """Return the page of `key` if it is kept and true. Raises CannotTell where the database does not say."""
        self.catch_up()
        return self.kept(key)

    def at_once(self, key: str) -> FinishedPage | None:
        """Return the page of `key` if it is kept and no SQL is needed to know that it is true. This is the hot path."""
        return self._store.get(key, self.clock) if self.is_up_to_date() else None

    def kept(self, key: str) -> FinishedPage | None:
        """Return the page of `key` if it is kept. Call `catch_up()` before."""
        return self._store.get(key, self.clock)

    def is_up_to_date(self) -> bool:
        """Tell whether nothing can have changed since the last look, without SQL; on PostgreSQL always False."""
        mark = self._mark
        if mark is None or mark != self._probe.mark():
            return False
        return self._falls_due is NEVER or self.clock() < self._falls_due

    def catch_up(self) -> None:
        """Forget every page that is no longer true. One SELECT; none on SQLite while nothing is committed.

        Raises CannotTell where the database does not say.
        """
        if self.is_up_to_date():
            return
        with self._turn:
            mine = self._begun + 1  # a look that is under way may have begun before this request came
            while self._looking:
                self._turn.wait()
                if self._ended >= mine:
                    return
            self._looking, self._begun = True, self._begun + 1
        done = False
        try:
            self._look()
            done = True
        finally:
            with self._turn:
                self._looking = False
                # After a failure nothing has been looked at, so each of those who wait looks for itself.
                self._ended = self._begun if done else self._ended
                self._turn.notify_all()

    def begin(self, key: str) -> Making[FinishedPage] | None:
        """Return a `Making` if this thread is to make the page, None if another has just done so: look the page up again."""
        return self._store.begin(key)

    def finish(self, making: Making[FinishedPage], page: FinishedPage | None) -> None:
        """Keep what was made, if it is still true."""
        if page is not None and page.due is not None and page.due <= self.clock():
            page = None
        try:
            with suppress(CannotTell):
                if page is not None:
                    self.catch_up()
                    self._store.finish(making, page)
        finally:
            self._store.finish(making, None)

    def grown(self, key: str, page: FinishedPage) -> None:
        """Count the bytes of a page anew, since another encoding of it was made."""
        self._store.grown(key, page)

    def asked_often(self) -> list[tuple[str, FinishedPage]]:
        """Return the kept pages that were asked for more than once lately, with their keys; some may be out of date."""
        return self._store.asked_often()

    def close(self) -> None:
        """Forget every page and close the connection."""
        self._store.forget_all()
        self._probe.close()
        self._mark = None

    def _look(self) -> None:
        now = self.clock()
        changes = self._probe.changes(self._number)
        falls_due = self._falls_due
        if changes.things is None or FRONT in changes.things or now >= falls_due:
            falls_due = self._probe.next_publication(now) or NEVER
        if changes.things is None or now >= self._falls_due:
            # An article that comes out at its time changes lists, its neighbours and the masthead; that is a few times a day.
            self._store.forget_all()
        else:
            self._store.forget(changes.things)
        self._number, self._falls_due, self._mark = changes.number, falls_due, changes.mark
