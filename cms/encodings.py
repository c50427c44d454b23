"""Bytes made small for the wire."""

import gzip

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
BROTLI_QUALITY = 4  # a tenth of the time of 11 for 10 % more bytes
GZIP_LEVEL = 6


def is_compressible(mimetype: str, length: int) -> bool:
    """Tell whether a body of `length` bytes is worth compressing."""
    return length >= COMPRESS_FROM_BYTES and mimetype.startswith(COMPRESSED)


def compressed(body: bytes, encoding: str) -> bytes:
    """Return `body` in an encoding of `negotiation.PREFERRED`, as it is for identity (`''`)."""
    if encoding == "br":
        smaller: bytes = brotli.compress(body, quality=BROTLI_QUALITY)
        return smaller
    return gzip.compress(body, GZIP_LEVEL, mtime=0) if encoding == "gzip" else body
