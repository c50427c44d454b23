"""Garbage collection during an import."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# New objects between two collections; a batch makes some 100,000, nearly all in use until it is stored.
NEW_OBJECTS = 20_000


@contextmanager
def rarely_collecting() -> Iterator[None]:
    """Collect garbage seldom, and not among the objects that exist already.

    An import makes hardly any reference cycles; looking for them took an eighth of the storing process's time (measured).
    """
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
