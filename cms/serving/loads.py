"""How many requests each worker is answering, in shared memory, so that a busy worker can send readers to others."""

import mmap

UNEVEN_FROM = 3  # requests more than another worker has; fewer even themselves out


class Loads:
    """A number for each worker, by its index, in memory that all processes share which are forked from now on.

    Workers take connections from one socket, and the worker that wakes first takes all that have come: in five of six
    trials one worker had all 16 readers while the other slept (measured). A number is written in one step, and it does no
    harm if one that is read is a moment old.
    """

    def __init__(self, workers: int) -> None:
        self._in_hand = memoryview(mmap.mmap(-1, 4 * workers)).cast("I")

    def note(self, index: int, requests: int) -> None:
        """Tell all workers how many requests the worker with this index is answering."""
        self._in_hand[index] = requests

    def is_uneven(self, index: int) -> bool:
        """Tell whether this worker has so many that its readers' next requests had better go to another one."""
        return self._in_hand[index] - min(self._in_hand) >= UNEVEN_FROM
