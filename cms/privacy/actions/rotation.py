"""Replacing the key while the site serves."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cms.keys.keyring import KeyState
from cms.keys.sources import make_key, remove_key
from cms.privacy import writes
from cms.privacy.actions.keys import unknown_key
from cms.privacy.actions.workers import PRESUMED_ENDED_AFTER
from cms.privacy.queries.keys import LiveWorker, known_keys, live_workers
from cms.privacy.queries.sealed import (
    SEALED_COLUMNS,
    SealedColumn,
    SealedValue,
    count_under_others,
    is_used,
    sealed_under_others,
)
from cms.privacy.writes import Resealed
from cms.site import Site
from cms.vault import Key, KeyRefused, NoKey, SealBroken, Vault


class Step(StrEnum):
    """Where a rotation is."""

    JOINING = "every process takes the new key"
    SEALING = "every sealed value is sealed anew"
    LEAVING = "every process leaves the old key"


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a rotation waits, in seconds, and how many values it seals in one transaction.

    `look` is the pause between two looks at the processes, `patience` the longest wait for them. `grace` covers values
    sealed under the old key and committed later: it exceeds the time between two looks of a process at its keys
    (`keyring.FRESH_SECONDS`) plus SQLite's wait for its lock. `at_once` values take the writer some 20 ms.
    """

    look: float = 1.0
    grace: float = 15.0
    patience: float = 300.0
    at_once: int = 200


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rotation is: values sealed anew out of all, or the processes that have not confirmed yet."""

    step: Step
    done: int = 0
    total: int = 0
    waiting_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rotated:
    """How a rotation ended: the key that seals now, the retired keys, and how many values could not be opened."""

    key_id: str
    sealed_anew: int
    gone: tuple[str, ...]
    stuck: int


class NotConfirmed(Exception):
    """Some process did not take up or give up a key in time; the message says which, and that nothing is lost."""


OnProgress = Callable[[Progress], None]


def rotate(
    site: Site, clock: Callable[[], datetime], on_progress: OnProgress, pace: Pace | None = None
) -> Rotated:
    """Replace the key, or go on with a rotation that was interrupted.

    The order keeps every address readable: the new key is written to the disk, noted in the database, held by every
    running process, and only then used; the old one is retired when no value carries it and no process seals with it.
    Each step is recorded in the database, so another run goes on from there. Two runs at once do no harm.
    Raises NotConfirmed where a process does not follow, KeyRefused where the operator's own key source provides no new
    key, NoKey where a key is missing.
    """
    pace = pace or Pace()
    key_id = _next_key(site, clock())
    _wait(site, clock, on_progress, pace, Step.JOINING, lambda worker: key_id in worker.holds)
    _switch(site, key_id)
    done = _seal_anew(site, key_id, on_progress, pace)
    _wait(site, clock, on_progress, pace, Step.LEAVING, lambda worker: worker.seals_with == key_id)
    if _leaving(site):
        time.sleep(pace.grace)
    done += _seal_anew(site, key_id, on_progress, pace)
    gone = tuple(old for old in _leaving(site) if _retire(site, old))
    _remove_retired(site)
    with site.database.reading() as session:
        stuck = count_under_others(session, key_id)
    return Rotated(key_id, done, gone, stuck)


def _next_key(site: Site, now: datetime) -> str:
    """Return the id of the key that is to seal: a new one, or that of the rotation that is under way."""
    _vault = site.vault  # a site whose key is missing cannot seal anything anew
    source = site.keyring.source
    with site.database.writing() as session:
        known = {key.state: key.id for key in known_keys(session, for_update=True)}
        if KeyState.JOINING in known:
            return known[KeyState.JOINING]
        if KeyState.LEAVING in known or KeyState.GONE in known:
            return known[KeyState.SEALING]
        present = source.read()[known[KeyState.SEALING]]
        if source.folder is None:
            key_id = _given_successor(site, present)
        else:
            key_id = make_key(source.folder, now.strftime("%Y%m%d"), present.successor())
        writes.remember_key(session, key_id, KeyState.JOINING, now)
        session.commit()
    return key_id


def _given_successor(site: Site, present: Key) -> str:
    source = site.keyring.source
    how = f"`cms privacy rotate-key --print-next` prints one: let {source.title} give it as well, and run again."
    key_id = unknown_key(site.keyring, how)
    if not source.read()[key_id].follows(present):
        raise KeyRefused(f"The new key does not carry over what stored values hang on. {how}")
    return key_id


def _switch(site: Site, key_id: str) -> None:
    with site.database.writing() as session:
        for key in known_keys(session, for_update=True):
            if key.state is KeyState.SEALING and key.id != key_id:
                writes.set_key_state(session, key.id, KeyState.LEAVING)
        writes.set_key_state(session, key_id, KeyState.SEALING)
        session.commit()
    site.keyring.look()


def _wait(
    site: Site,
    clock: Callable[[], datetime],
    on_progress: OnProgress,
    pace: Pace,
    step: Step,
    is_ready: Callable[[LiveWorker], bool],
) -> None:
    until = time.monotonic() + pace.patience
    while True:
        with site.database.reading() as session:
            workers = live_workers(session, clock() - PRESUMED_ENDED_AFTER)
        late = tuple(worker.place for worker in workers if not is_ready(worker))
        if not late:
            return
        on_progress(Progress(step, waiting_for=late))
        if time.monotonic() > until:
            raise NotConfirmed(
                f"{len(late)} processes do not follow: {'; '.join(late[:5])}. Nothing is lost; see `cms doctor`,"
                " then run `cms privacy rotate-key` again to go on."
            )
        time.sleep(pace.look)


def _seal_anew(site: Site, key_id: str, on_progress: OnProgress, pace: Pace) -> int:
    with site.database.reading() as session:
        total = count_under_others(session, key_id)
    done = 0
    for column in SEALED_COLUMNS:
        after = None
        while True:
            with site.database.reading() as session:
                values = sealed_under_others(session, column, key_id, after=after, size=pace.at_once)
            if not values:
                break
            after = values[-1].key
            rows = _resealed(site.vault, column, values)
            with site.database.writing() as session:
                writes.replace_seals(session, column, rows)
                session.commit()
            done += len(rows)
            on_progress(Progress(Step.SEALING, done, total))
    return done


def _resealed(vault: Vault, column: SealedColumn, values: Sequence[SealedValue]) -> list[Resealed]:
    rows = []
    for value in values:
        try:
            after = vault.sealed_anew(value.sealed, table=column.table.name, mark=value.mark)
        except (NoKey, SealBroken):
            continue  # it stays under its old key, and the result counts it
        rows.append(Resealed(value.key, value.sealed, after))
    return rows


def _leaving(site: Site) -> list[str]:
    with site.database.reading() as session:
        return [key.id for key in known_keys(session) if key.state is KeyState.LEAVING]


def _retire(site: Site, key_id: str) -> bool:
    """Retire a key unless it still seals something; tell whether it was retired."""
    with site.database.reading() as session:
        if is_used(session, key_id):
            return False
    with site.database.writing() as session:
        writes.set_key_state(session, key_id, KeyState.GONE)
        session.commit()
    return True


def _remove_retired(site: Site) -> None:
    """Remove the files of retired keys, then their rows, so that the next run finishes an interrupted one."""
    folder = site.keyring.source.folder
    with site.database.reading() as session:
        gone = [key.id for key in known_keys(session) if key.state is KeyState.GONE]
    for key_id in gone:
        if folder is not None:
            remove_key(folder, key_id)
        with site.database.writing() as session:
            writes.forget_key(session, key_id)
            session.commit()
    site.keyring.look()
