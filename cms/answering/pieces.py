"""Finished pieces, of pages and of what is sent, each remembered by all that went into it."""

import sys
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

PIECES_BYTES = 4_194_304  # of some thirty articles that are being talked about, with what they were made of
OVERHEAD_BYTES = 500  # of a piece: its key and its place

Piece = TypeVar("Piece")


class Pieces(Generic[Piece]):
    """Pieces by their keys, about `capacity` bytes of them at most; safe for any number of threads.

    A key holds all that its piece is made of, read for the very page that shows it, so none is ever stale. What
    stands at one place of a key is always of one kind: 1 and True, or a text and its Markup, are equal.

    They live in two generations. A piece that is asked for moves to the young one; once that is full it becomes the
    old one, and what nobody has asked for meanwhile goes. So a look hashes its key once, and takes no lock.
    """

    def __init__(self, capacity: int = PIECES_BYTES) -> None:
        self._room = capacity // 2
        self._young: dict[Hashable, Piece] = {}
        self._old: dict[Hashable, Piece] = {}
        self._young_bytes = self._old_bytes = 0
        self._lock = Lock()

    def piece(self, key: Hashable, make: Callable[[], Piece]) -> Piece:
        """Return the piece of `key`; the first time, what `make` returns."""
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is None:
                found = make()
            self._keep(key, found)
        return found

    @property
    def bytes_kept(self) -> int:
        """How many bytes the pieces take, reckoned."""
        return self._young_bytes + self._old_bytes

    def _keep(self, key: Hashable, piece: Piece) -> None:
        # What went in is about as long as what came out, and as what is sent of it.
        size = 3 * sys.getsizeof(piece) + OVERHEAD_BYTES
        with self._lock:
            self._young[key] = piece
            self._young_bytes += size
            if self._young_bytes > self._room:
                self._old, self._old_bytes = self._young, self._young_bytes
                self._young, self._young_bytes = {}, 0
