"""The keys that a running process holds, brought up to date while it serves."""

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cms import logs
from cms.keys.sources import KeySource
from cms.vault import Key, KeyRefused, Vault

FRESH_SECONDS = 10  # after which a process that has not looked does so before it gives its keys out
# Between two looks for a key that is not to be had, however many values were sealed under it.
PAUSE_SECONDS = 1.0
# A machine that slept must look again: Linux counts its sleep by this clock alone.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class KeyState(StrEnum):
    """What the database says of a key: made and not yet everywhere; in use; to be replaced; replaced."""

    JOINING = "joining"
    SEALING = "sealing"
    LEAVING = "leaving"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key as the database knows it: its id and its state."""

    id: str
    state: KeyState


@dataclass(frozen=True, slots=True)
class Held:
    """What a look has shown: the vault, or None where a key is missing; the ids of the known keys that are here."""

    vault: Vault | None
    known: tuple[KnownKey, ...] = ()
    ids: frozenset[str] = frozenset()

    @property
    def missing(self) -> tuple[str, ...]:
        """The ids of the keys without which nothing is sealed and that are not here."""
        return tuple(key_id for key_id in needed(self.known) if key_id not in self.ids)


class Keyring:
    """Holds the vault of this moment; `known` tells the database's keys, or None where it does not answer."""

    def __init__(self, source: KeySource, known: Callable[[], Sequence[KnownKey] | None]) -> None:
        self.source, self._known = source, known
        self._lock = threading.Lock()
        self._held, self._looked_at = Held(None), float("-inf")
        self._missed_at = float("-inf")

    @property
    def vault(self) -> Vault | None:
        """The keys, or None where the database knows one that is not here: then nothing is sealed."""
        return self.held.vault

    @property
    def held(self) -> Held:
        """What the last look has shown, and a new one where that was long ago."""
        if _now() - self._looked_at > FRESH_SECONDS:
            self.look_again()
        return self._held

    def look(self) -> None:
        """Ask the database for its keys and the source for theirs. Raises KeyRefused for one that cannot be used."""
        with self._lock:
            self._looked_at = _now()
            known = self._known()
            if known is not None:
                try:
                    keys = self.source.read([key.id for key in known])
                except KeyRefused:
                    self._held = Held(None, tuple(known))
                    raise
                self._held = held(known, keys, self._vault_with)

    def look_again(self) -> None:
        """Look while serving: a key that has become unusable is a line in the log, and reading goes on."""
        before = self._held
        try:
            self.look()
        except KeyRefused as reason:
            if before.vault is not None or before.known != self._held.known:
                logs.write_lost_key(str(reason))
        else:
            if before.vault is not None and self._held.vault is None:
                logs.write_lost_key(f"The key {', '.join(self._held.missing)} is missing.")
            elif before.known and before.vault is None and self._held.vault is not None:
                logs.write_found_key()

    def _vault_with(self, key_id: str) -> Vault | None:
        """Return the vault of this moment for one that has met a key that it does not hold."""
        if key_id not in self._held.ids and _now() - self._missed_at > PAUSE_SECONDS:
            self.look_again()
            if key_id not in self._held.ids:
                self._missed_at = _now()
        return self._held.vault


def held(
    known: Sequence[KnownKey],
    keys: Mapping[str, Key],
    newer: Callable[[str], Vault | None] = lambda _key_id: None,
) -> Held:
    """Return what a process holds that has `keys` while the database knows `known`."""
    usable = {key.id: keys[key.id] for key in known if key.id in keys}
    sealing = [key.id for key in known if key.state is KeyState.SEALING]
    whole = bool(sealing) and set(needed(known)) <= set(usable)
    return Held(Vault(sealing[0], usable, newer) if whole else None, tuple(known), frozenset(usable))


def needed(known: Collection[KnownKey]) -> list[str]:
    """Return the ids of the keys under which something may be sealed; a joining key seals nothing yet."""
    return [key.id for key in known if key.state in {KeyState.SEALING, KeyState.LEAVING}]


def _now() -> float:
    return time.clock_gettime(_CLOCK)
