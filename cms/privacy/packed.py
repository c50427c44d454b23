"""The signatures of compressed formats, and a decompressor for each."""

import bz2
import lzma
import re
import struct
import zlib
from collections.abc import Callable
from typing import Protocol

ZIP = b"PK\x03\x04"
# gzip, zlib, zip, bzip2, xz, and lzma as Python and 7-Zip write it on its own.
SIGNATURES = re.compile(
    rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]|PK\x03\x04|BZh[1-9]1AY&SY|\xfd7zXZ\x00|\x5d\x00\x00[\x00-\xff]{2}\xff{8}"
)
_EITHER_HEADER = 47  # zlib's own number: 32 to tell gzip from zlib by the header, 15 for the largest window
_MOST_INSIDE = 4_194_304  # bytes to which a stream that was found inside an encoding may grow
_ZIP_HEADER = struct.Struct(
    "<8xH16xHH"
).unpack_from  # APPNOTE.TXT 6.3.10, section 4.3.7: method, lengths of two names
_DEFLATED = 8


class Decompressor(Protocol):
    """A streaming decompressor with the interface of brotli's."""

    def process(self, data: bytes) -> bytes:
        """Return what `data` decompresses to."""

    def is_finished(self) -> bool:
        """Tell whether the stream has ended."""


MakeDecompressor = Callable[[], Decompressor]


class StandardDecompressor:
    """One of the standard library's decompressors, chosen by a stream's signature; "" means raw deflate (RFC 1951)."""

    def __init__(self, sign: bytes) -> None:
        self._decompressor = (
            bz2.BZ2Decompressor()
            if sign.startswith(b"BZh")
            else lzma.LZMADecompressor()
            if sign.startswith((b"\xfd", b"\x5d"))
            else zlib.decompressobj(_EITHER_HEADER if sign else -zlib.MAX_WBITS)
        )

    def process(self, data: bytes) -> bytes:
        """Return what `data` decompresses to."""
        return self._decompressor.decompress(data)

    def is_finished(self) -> bool:
        """Tell whether the stream has ended."""
        return self._decompressor.eof


def raw_deflate_decompressor() -> Decompressor:
    """Return a decompressor of a deflate stream without any header."""
    return StandardDecompressor(b"")


def unpacked_at(data: bytes, found: re.Match[bytes]) -> bytes:
    """Return what the stream at a signature in `data` decompresses to, up to its first damage or _MOST_INSIDE."""
    start, sign = found.start(), found[0]
    if sign == ZIP:
        if len(data) < start + 30:
            return b""
        method, name, extra = _ZIP_HEADER(data, start)
        if method != _DEFLATED:
            return b""
        start, sign = start + 30 + name + extra, b""
    decompressor, whole = StandardDecompressor(sign), bytearray()
    for at in range(start, len(data), 4096):
        try:
            whole += decompressor.process(data[at : at + 4096])
        except (zlib.error, lzma.LZMAError, OSError, EOFError):
            break
        if decompressor.is_finished() or len(whole) > _MOST_INSIDE:
            break
    return bytes(whole)
