"""Bytes made small for the wire."""

import gzip
from enum import Enum

import brotli

COMPRESSED = (
    "text/",
    "application/atom+xml",
    "application/feed+json",
    "application/xml",
    "application/json",
    "image/svg",
)
COMPRESS_FROM_BYTES = 600  # below one packet, compression saves nothing
BROTLIS_WINDOW = 22


class Effort(Enum):
    """How much time a page's bytes are worth: quality and window (as a power of 2) for brotli, level for gzip."""

    # Sent once: an article of 66 KB takes 0.18 ms for 15.5 KB, with brotli's own window 0.35 for 15.4 (caches cold).
    ONCE = (1, 16, 1)
    KEPT = (4, BROTLIS_WINDOW, 6)  # sent a few times: 5 takes half as long again for 5 to 7 % less
    # Many files at once, for which nobody waits. Beyond this window brotli clears 16 MB for each: an article takes
    # 13 ms where it takes 3 now, and is as small (measured).
    UNHURRIED = (9, 16, 9)
    # For bytes that are sent again and again: 16 to 20 % fewer than KEPT for 60 ms (measured).
    UTMOST = (11, BROTLIS_WINDOW, 9)


def is_compressible(mimetype: str, length: int) -> bool:
    """Tell whether a body of `length` bytes is worth compressing."""
    return length >= COMPRESS_FROM_BYTES and mimetype.startswith(COMPRESSED)


def compressed(body: bytes, encoding: str, effort: Effort = Effort.KEPT) -> bytes:
    """Return `body` in an encoding of `negotiation.PREFERRED`, as it is for identity (`''`)."""
    quality, window, level = effort.value
    if encoding == "br":
        smaller: bytes = brotli.compress(body, quality=quality, lgwin=window)
        return smaller
    return gzip.compress(body, level, mtime=0) if encoding == "gzip" else body
