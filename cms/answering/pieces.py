"""A cache of finished pieces of pages, each found by everything that it was made from."""

import sys
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

PIECES_BYTES = 4_194_304  # pieces and keys of some thirty articles that are being discussed
OVERHEAD_BYTES = 500  # that a piece takes beside itself: its key and its entry

Piece = TypeVar("Piece")


class Pieces(Generic[Piece]):
    """Pieces by their keys, about `capacity` bytes of them at most; safe for any number of threads.

    A key holds everything that its piece is made from, and was read for the page that shows the piece. So no piece is
    ever stale, and none has to be invalidated. Each place in a key must always hold values of the same type, because
    1 and True are equal, and so are a text and its Markup.

    There are two generations. A piece that is asked for moves to the young one. When the young one is full it becomes
    the old one, and the pieces of the former old one are dropped. So to look up a young piece takes no lock and hashes
    the key once.
    """

    def __init__(self, capacity: int = PIECES_BYTES) -> None:
        self._room = capacity // 2
        self._young: dict[Hashable, Piece] = {}
        self._old: dict[Hashable, Piece] = {}
        self._young_bytes = self._old_bytes = 0
        self._lock = Lock()

    def piece(self, key: Hashable, make: Callable[[], Piece]) -> Piece:
        """Return the piece of `key`, made by `make` if it is not here."""
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is None:
                found = make()
            self._keep(key, found)
        return found

    @property
    def bytes_kept(self) -> int:
        """How many bytes the pieces take, by estimate."""
        return self._young_bytes + self._old_bytes

    def _keep(self, key: Hashable, piece: Piece) -> None:
        # Three copies, about equally long: what is in the key, the piece, and its encoded bytes.
        size = 3 * sys.getsizeof(piece) + OVERHEAD_BYTES
        with self._lock:
            self._young[key] = piece
            self._young_bytes += size
            if self._young_bytes > self._room:
                self._old, self._old_bytes = self._young, self._young_bytes
                self._young, self._young_bytes = {}, 0
