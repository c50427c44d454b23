"""Takes the encodings off what stands encoded in bytes: hexadecimal, base64, base32, codes of characters."""

import base64
import binascii
import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field

SEPARATOR = b"\x1e\x1f\x1e\x1f\x1e"  # between values that are searched at once; nothing reaches across
_SHORTEST_DIGEST = 22  # base64 characters of an MD5
# Digits without a break but at line ends, or bytes apart as dumps and lists write them.
_HEX = re.compile(
    rb"[0-9a-fA-F]{2}(?:[0-9a-fA-F]{10,}(?:\r?\n[ \t]*[0-9a-fA-F]{2,})*|(?:(?:[:-]|[ ,]{1,2}(?:0x)?)[0-9a-fA-F]{2}){5,})"
)
_UUID = re.compile(rb"-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_UUID_START = 8  # digits before that
_DUMP = re.compile(rb"\n[0-9a-fA-F]{6,8}:?[ \t]+[0-9a-fA-F]{2}")
_DUMP_LINE = re.compile(rb"[0-9a-fA-F]{6,8}:?[ \t]+((?:[0-9a-fA-F]{2,4} {1,2}){2,16})[^\r\n]*\r?\n?")
_BETWEEN_HEX = re.compile(rb"0x|\\x|[^0-9a-fA-F]+")
_HEX_ONLY = re.compile(rb"[0-9a-fA-F]+")
_BREAK = rb"(?:=?\r?\n[ \t]*|\\r\\n|\\n)"
# From a run's first capital on: each @ makes one, see below, and no digest is without.
_BASE64 = re.compile(rb"[A-Z][A-Za-z0-9+/_-]{4,}(?:" + _BREAK + rb"[A-Za-z0-9+/_-]{2,})*")
_BASE64_BEFORE = re.compile(rb"[a-z0-9+/_-]*\Z")
_LONGEST_BEFORE = 24  # characters without a capital, which base64 of an address never has so many of
_SHORTEST_ADDRESS = 8  # base64 characters of a@b.co
_BETWEEN = re.compile(_BREAK)
# What an @ makes of base64's characters, as the first, second or third byte of a group (RFC 4648, section 4).
_AT_IN_BASE64 = re.compile(rb"Q[A-P]|[EUk0][A-D]|[BFJNRVZdhlptx159]A")
# A character of base64 that a query or JSON had to escape.
_ESCAPED_BASE64 = re.compile(rb"%(?:25)*(2[bB]|2[fF]|3[dD])|\\/|\\u002[bB]")
_BASE32 = re.compile(rb"[A-Z2-7]{16,}")
# An @ among codes of characters or bits; what stands around it is looked at only there, since digits are everywhere.
_AT_CODE = re.compile(rb"64(?=[,; )])|01000000")
_AROUND = 2600  # bytes: 254 characters of nine bits and a space
_CODES = re.compile(rb"(?<![0-9])[0-9]{1,3}(?:(?:[,;] ?| |\)[^0-9]{1,12}\()[0-9]{1,3}){5,}(?![0-9])")
_BITS = re.compile(rb"[01]{8}(?:[ ,]?[01]{8}){5,}")


@dataclass(slots=True)
class Pieces:
    """Decoded pieces that are searched at once, with the place from which each came."""

    parts: list[bytes] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)
    length: int = 0

    def add(self, part: bytes, origin: int) -> None:
        """Add a piece that came from the place `origin`."""
        self.starts.append(self.length)
        self.origins.append(origin)
        self.parts.append(part)
        self.length += len(part) + len(SEPARATOR)

    def origin(self, offset: int) -> int:
        """Return where the piece came from that holds the byte at `offset` of all of them."""
        return self.origins[max(0, bisect_right(self.starts, offset) - 1)]


def _from_hex(data: bytes) -> Pieces:
    pieces = Pieces()
    for found in _HEX.finditer(data):
        _add_hex(pieces, _BETWEEN_HEX.sub(b"", found[0]), found.start())
    for found in _UUID.finditer(data):
        start = max(0, found.start() - _UUID_START)
        _add_hex(pieces, _BETWEEN_HEX.sub(b"", data[start : found.end()]), start)
    if _DUMP.search(data):
        dumped = list(_DUMP_LINE.finditer(data))
        _add_hex(pieces, b"".join(_BETWEEN_HEX.sub(b"", line[1]) for line in dumped), dumped[0].start())
    return pieces


def _add_hex(pieces: Pieces, run: bytes, origin: int) -> None:
    even, odd = run[: len(run) // 2 * 2], run[1 : 1 + (len(run) - 1) // 2 * 2]
    pieces.add(binascii.unhexlify(even) + SEPARATOR + binascii.unhexlify(odd), origin)


def _from_base64(data: bytes) -> Pieces:
    pieces = Pieces()
    _add_base64(pieces, data)
    if _ESCAPED_BASE64.search(data):
        _add_base64(pieces, _ESCAPED_BASE64.sub(_unescaped, data))
    return pieces


def _add_base64(pieces: Pieces, data: bytes) -> None:
    for found in _BASE64.finditer(data):
        start = found.start()
        before = _BASE64_BEFORE.search(data[max(0, start - _LONGEST_BEFORE) : start])
        run = (before[0] if before else b"") + found[0]
        if len(run) < _SHORTEST_ADDRESS or _HEX_ONLY.fullmatch(run):
            continue
        run = _BETWEEN.sub(b"", run).replace(b"-", b"+").replace(b"_", b"/")
        if len(run) >= _SHORTEST_DIGEST or _AT_IN_BASE64.search(run):
            pieces.add(SEPARATOR.join(_unbased(run[shift:]) for shift in range(4)), start)


def _unescaped(found: re.Match[bytes]) -> bytes:
    return {b"2b": b"+", b"2f": b"/", b"3d": b"="}.get(
        (found[1] or b"").lower(), b"/" if found[0] == b"\\/" else b"+"
    )


def _unbased(run: bytes) -> bytes:
    run = run[:-1] if len(run) % 4 == 1 else run
    return binascii.a2b_base64(run + b"=" * (-len(run) % 4))


def _from_base32(data: bytes) -> Pieces:
    pieces = Pieces()
    for found in _BASE32.finditer(data):
        run = found[0][: len(found[0]) - (len(found[0]) % 8 in {1, 3, 6})]
        pieces.add(base64.b32decode(run + b"=" * (-len(run) % 8)), found.start())
    return pieces


def _from_codes(data: bytes) -> Pieces:
    """Return characters that stand as numbers: decimal in a list or as CHR(100)||CHR(97), or as bits."""
    pieces, end = Pieces(), -1
    for sign in _AT_CODE.finditer(data):
        if sign.start() >= end:
            start, end = max(0, sign.start() - _AROUND), sign.end() + _AROUND
            stretch = data[start:end]
            for found in _CODES.finditer(stretch):
                numbers = map(int, re.findall(rb"[0-9]+", found[0]))
                pieces.add(bytes(number for number in numbers if number < 256), start + found.start())
            for found in _BITS.finditer(stretch):
                bits = found[0].translate(None, b" ,")
                pieces.add(int(bits, 2).to_bytes(len(bits) // 8, "big"), start + found.start())
    return pieces


ENCODINGS: tuple[tuple[str, Callable[[bytes], Pieces]], ...] = (
    ("hex", _from_hex),
    ("base64", _from_base64),
    ("base32", _from_base32),
    ("codes", _from_codes),
)
