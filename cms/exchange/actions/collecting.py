"""Python's collection of what holds itself, kept from looking through an import again and again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Between two looks: a batch makes some 100,000, nearly all of them in use until it is stored.
NEW_THINGS = 20_000


@contextmanager
def rarely_collecting() -> Iterator[None]:
    """Look seldom for what holds itself, and not among what is here already.

    Nearly nothing of an import does; the looking took an eighth of the storing process's time (measured).
    """
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(NEW_THINGS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
