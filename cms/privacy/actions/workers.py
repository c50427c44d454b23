"""Each running process reports which keys it holds, so that a rotation can wait until all have the new one."""

import atexit
import os
import platform
import secrets
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from cms.keys.keyring import Held, KeyState
from cms.privacy import writes
from cms.privacy.models import PLACE_MAX_CHARS
from cms.privacy.queries.keys import LiveWorker
from cms.site import Site

CHECK_SECONDS = 2  # between two looks at the database's keys: a SELECT of a few rows
REPORT_SECONDS = 15  # between two writes while nothing changes
# A process that was not seen for so long has ended. It is a multiple of REPORT_SECONDS, so that a clock that is half a
# minute slow, or a disk that stalls, does not count. A wrong guess costs nothing: the process checks its keys itself.
PRESUMED_ENDED_AFTER = timedelta(seconds=60)
_PROCESS = ", process "


class Presence:
    """Reports, from a thread of its own, that this process runs and which keys it holds."""

    def __init__(self, site: Site, clock: Callable[[], datetime]) -> None:
        self._site, self._clock = site, clock
        self._id = secrets.token_hex(16)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="presence", daemon=True)
        self._said: tuple[str, str | None] | None = None
        self._said_at = datetime.min.replace(tzinfo=UTC)

    def start(self) -> None:
        """Begin to report, until `end()` or the end of the process."""
        atexit.register(self.end)
        self._thread.start()

    def end(self) -> None:
        """Report that this process has ended."""
        atexit.unregister(self.end)
        if not self._ended.is_set():
            self._ended.set()
            self._thread.join(CHECK_SECONDS)
            try:
                with self._site.database.writing() as session:
                    writes.forget_worker(session, self._id)
                    session.commit()
            except SQLAlchemyError:
                return  # its row grows old instead

    def tell(self) -> None:
        """Look at the keys, and report them if they have changed or the last report is old."""
        self._site.keyring.look_again()
        held, now = self._site.keyring.held, self._clock()
        said = (" ".join(sorted(held.ids)), held.vault.current if held.vault else None)
        if said == self._said and now - self._said_at < timedelta(seconds=_pause(held)):
            return
        values = {"id": self._id, "place": _place(), "seen_at": now, "holds": said[0], "seals_with": said[1]}
        try:
            with self._site.database.writing() as session:
                writes.note_worker(session, values)
                session.commit()
        except SQLAlchemyError:
            return  # reported after the next look; while the database cannot be written nothing is sealed
        self._said, self._said_at = said, now

    def _run(self) -> None:
        while not self._ended.is_set():
            self.tell()
            self._ended.wait(CHECK_SECONDS)


def processes_here(workers: Sequence[LiveWorker]) -> set[int]:
    """Return the process ids of those of `workers` that run on this host."""
    places = (worker.place.rpartition(_PROCESS) for worker in workers)
    return {int(number) for host, _, number in places if host == _host() and number.isdecimal()}


def _pause(held: Held) -> float:
    """Return the seconds between two reports: few while keys change, since a rotation waits for them."""
    is_quiet = all(key.state is KeyState.SEALING for key in held.known)
    return REPORT_SECONDS if is_quiet else CHECK_SECONDS


def _place() -> str:
    number = f"{_PROCESS}{os.getpid()}"
    return f"{_host()[: PLACE_MAX_CHARS - len(number)]}{number}"


def _host() -> str:
    return platform.node() or "this host"
