"""How many requests each worker has in hand, known to all, so that who has many sends readers to who has few."""

import mmap

UNEVEN_FROM = 3  # requests more than another worker has; fewer even themselves out


class Loads:
    """A number for each worker's place, in memory that every process forked from now on shares.

    Workers take connections from one socket, and whoever wakes first takes all that have come at once: 16 readers were
    one worker's in five of six trials while the other slept (measured). A number is written whole, and nobody
    depends on it being of this very moment.
    """

    def __init__(self, workers: int) -> None:
        self._in_hand = memoryview(mmap.mmap(-1, 4 * workers)).cast("I")

    def note(self, place: int, requests: int) -> None:
        """Tell all how many requests the worker in `place` has in hand."""
        self._in_hand[place] = requests

    def is_uneven(self, place: int) -> bool:
        """Tell whether the worker in `place` has so many that a reader's next request had better come to another."""
        return self._in_hand[place] - min(self._in_hand) >= UNEVEN_FROM
