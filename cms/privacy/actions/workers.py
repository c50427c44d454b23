"""A running process says which keys it holds, so that none is used before all have it or goes before all can do without."""

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

LOOK_SECONDS = 2  # between two looks at the database's keys: a SELECT of a few rows
SAY_SECONDS = 15  # between two writes while nothing changes
# Who was not seen for so long has ended. It is a multiple of SAY_SECONDS, so that a host whose clock is half a minute
# slow, or a disk that stalls, does not count as an end; a wrong guess costs nothing while the process can look itself.
LIVE = timedelta(seconds=60)
_PROCESS = ", process "


class Presence:
    """Tells, from a thread of its own, that this process runs and which keys it holds."""

    def __init__(self, site: Site, clock: Callable[[], datetime]) -> None:
        self._site, self._clock = site, clock
        self._id = secrets.token_hex(16)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="presence", daemon=True)
        self._said: tuple[str, str | None] | None = None
        self._said_at = datetime.min.replace(tzinfo=UTC)

    def start(self) -> None:
        """Begin; it ends with the process, or by `end()`."""
        atexit.register(self.end)
        self._thread.start()

    def end(self) -> None:
        """Say that this process does not run any more."""
        atexit.unregister(self.end)
        if not self._ended.is_set():
            self._ended.set()
            self._thread.join(LOOK_SECONDS)
            try:
                with self._site.database.writing() as session:
                    writes.forget_worker(session, self._id)
                    session.commit()
            except SQLAlchemyError:
                return  # its row grows old instead

    def tell(self) -> None:
        """Look at the keys, and say what this process holds where that has changed or was last said some time ago."""
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
            return  # said again at the next look; while the database cannot be written nothing is sealed
        self._said, self._said_at = said, now

    def _run(self) -> None:
        while not self._ended.is_set():
            self.tell()
            self._ended.wait(LOOK_SECONDS)


def processes_here(workers: Sequence[LiveWorker]) -> set[int]:
    """Return the numbers of those of `workers` that run on this host."""
    places = (worker.place.rpartition(_PROCESS) for worker in workers)
    return {int(number) for host, _, number in places if host == _host() and number.isdecimal()}


def _pause(held: Held) -> float:
    """Return how long a process may be silent: hardly while keys change, since others wait for its word."""
    is_quiet = all(key.state is KeyState.SEALING for key in held.known)
    return SAY_SECONDS if is_quiet else LOOK_SECONDS


def _place() -> str:
    number = f"{_PROCESS}{os.getpid()}"
    return f"{_host()[: PLACE_MAX_CHARS - len(number)]}{number}"


def _host() -> str:
    return platform.node() or "this host"
