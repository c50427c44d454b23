"""Finds and decodes encoded runs in bytes: hexadecimal, base64, base32, character codes, escapes, compressed streams."""

import base64
import binascii
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cms.privacy.packed import SIGNATURES, unpacked_at

SEPARATOR = b"\x1e\x1f\x1e\x1f\x1e"  # between values that are searched at once; nothing reaches across
_SHORTEST_DIGEST = 22  # base64 characters of an MD5
# Separate bytes as hex dumps and lists write them, or digits that only line ends interrupt.
_HEX_APART = re.compile(rb"[0-9a-fA-F]{2}(?:(?:[:-]|[ ,]{1,2}(?:0x)?)[0-9a-fA-F]{2}){5,}")
_HEX_LINES = re.compile(rb"[0-9a-fA-F]{12,}(?:\r?\n[ \t]*[0-9a-fA-F]{2,})*")
_UUID = re.compile(rb"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12,52}")
_DUMP = re.compile(rb"\n[0-9a-fA-F]{6,8}:?[ \t]+[0-9a-fA-F]{2}")
_DUMP_LINE = re.compile(rb"[0-9a-fA-F]{6,8}:?[ \t]+((?:[0-9a-fA-F]{2,4} {1,2}){2,16})[^\r\n]*\r?\n?")
_BETWEEN_HEX = re.compile(rb"0x|\\x|[^0-9a-fA-F]+")
_HEX_ONLY = re.compile(rb"[0-9a-fA-F]+")
# A run that is decoded a second time, from another offset, is searched only where that gives text.
_TEXT = re.compile(rb"[\x00\t\n\r -~]{9}")
_ADDRESS = re.compile(rb"[!-~]{3}@[!-~]{3}|[!-~]@[!-~]+\.[!-~]")
# For each byte a mark: h for a digit, s for a separator between digits, 0 for all else.
_HEX_MARKS = bytes(
    ord("h" if sign in b"0123456789abcdefABCDEF" else "s" if sign in b":- ,x" else "0") for sign in range(256)
)
_LINE_MARKS = b"h" * 12
# 64:61 64, 61 64 0x61 64, 0x61
_APART_MARKS = (b"hhshhshhshh", b"hhsshhsshh", b"hhshshhshshh", b"hhsshshhsshs")
_UUID_MARKS = b"hhhhhhhhshhhhshhhhshhhhshhhhhhhhhhhh"
_BASE64_OTHERS = b"abcdefghijklmnopqrstuvwxyz0123456789+/_-"
_BREAK = rb"(?:=?\r?\n[ \t]*|\\r\\n|\\n)"
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{5,}(?:" + _BREAK + rb"[A-Za-z0-9+/_-]{2,})*")
_SHORTEST_ADDRESS = 8  # base64 characters of a@b.co
_SHORTEST_MARKS = b"l" * _SHORTEST_ADDRESS
_BETWEEN = re.compile(_BREAK)
_BASE64_OF_DIGESTS = (22, 27, 43)  # characters, without padding
# U for a capital, l for another character of base64, 0 for all else.
_BASE64_MARKS = bytes(
    ord("U" if 65 <= sign <= 90 else "l" if sign in _BASE64_OTHERS else "0") for sign in range(256)
)
# The base64 characters of an @ as the first, second or third byte of a group (RFC 4648, section 4).
_AT_IN_BASE64 = re.compile(rb"Q[A-P]|[EUk0][A-D]|[BFJNRVZdhlptx159]A")
# A character of base64 that a query or JSON had to escape.
_ESCAPED_BASE64 = re.compile(rb"%(?:25)*(2[bB]|2[fF]|3[dD])|\\/|\\u002[bB]")
_BASE32 = re.compile(rb"[A-Z2-7]{16,}|[a-z2-7]{16,}")
_ESCAPES_OF_BASE64 = (b"%2", b"%3", b"\\/", b"\\u002")
_BASE32_MARKS = tuple(
    bytes(ord("l" if sign in letters + b"234567" else "0") for sign in range(256))
    for letters in (b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz")
)
# An @ in a list of character codes or bits; only its surroundings are decoded, since digits are everywhere.
_AT_CODES = (b"64,", b"64 ", b"64;", b"64)", b"01000000")
_AROUND = 2600  # bytes: 254 characters of nine bits and a space
_LONGEST_DIGEST = 32  # bytes, of which the first may need no escape
_BYTES = re.compile(rb"(?:\\u00[0-9a-fA-F]{2}|\\x[0-9a-fA-F]{2}|\\[^ux]|[ !#-\[\]-~]){16,}")
_BYTE_ESCAPE = re.compile(rb"\\(?:u00|x)([0-9a-fA-F]{2})|\\([^ux])")
_WIDE = re.compile(rb"(?:[!-~]\x00)+")
_WIDE_MARKS = bytes(ord("p" if 33 <= sign <= 126 else "0" if sign == 0 else "x") for sign in range(256))
_CODES = re.compile(rb"(?<![0-9])[0-9]{1,3}(?:(?:[,;] ?| |\)[^0-9]{1,12}\()[0-9]{1,3}){5,}(?![0-9])")
_BITS = re.compile(rb"[01]{8}(?:[ ,]?[01]{8}){5,}")


@dataclass(slots=True)
class Decoded:
    """Decoded runs that are searched together, with the offset from which each came."""

    parts: list[bytes] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)
    length: int = 0

    def add(self, part: bytes, origin: int) -> None:
        """Add a run that was decoded from the offset `origin`."""
        self.starts.append(self.length)
        self.origins.append(origin)
        self.parts.append(part)
        self.length += len(part) + len(SEPARATOR)

    def origin(self, offset: int) -> int:
        """Return the origin of the run that holds the byte at `offset` of the joined runs."""
        return self.origins[max(0, bisect_right(self.starts, offset) - 1)]


def _from_hex(data: bytes) -> Decoded:
    marked, runs = data.translate(_HEX_MARKS), Decoded()
    for found in _at_marks(_HEX_LINES, data, marked, _LINE_MARKS):
        _add_hex(runs, found[0], found.start())
    for signs in _APART_MARKS:
        for found in _at_marks(_HEX_APART, data, marked, signs):
            _add_hex(runs, found[0], found.start())
    for found in _at_marks(_UUID, data, marked, _UUID_MARKS):
        _add_hex(runs, found[0], found.start())
    dumped = list(_DUMP_LINE.finditer(data)) if _DUMP.search(data) else []
    if dumped:
        _add_hex(runs, b"".join(line[1] for line in dumped), dumped[0].start())
    return runs


def _at_marks(
    pattern: re.Pattern[bytes], data: bytes, marked: bytes, signs: bytes
) -> Iterator[re.Match[bytes]]:
    """Yield the matches of a pattern that begin where `marked`, the data with a mark for each byte, holds `signs`.

    Finding a fixed string of marks costs a tenth of trying the pattern at each byte (measured).
    """
    at = marked.find(signs)
    while at >= 0:
        found = pattern.match(data, at)
        if found:
            yield found
        at = marked.find(signs, max(at + 1, found.end() if found else 0))


def _add_hex(runs: Decoded, run: bytes, origin: int) -> None:
    run = run if run.isalnum() else _BETWEEN_HEX.sub(b"", run)
    parts = [_unhexed(run)]
    odd = _unhexed(run[1:])
    if len(run) % 2 or _TEXT.search(odd):
        parts.append(odd)
    if b"04" in run:
        parts += [part for part in (_unhexed(run[::-1]), _unhexed(run[-2::-1])) if _ADDRESS.search(part)]
    runs.add(SEPARATOR.join(parts), origin)


def _unhexed(run: bytes) -> bytes:
    return binascii.unhexlify(run[: len(run) // 2 * 2])


def _from_base64(data: bytes) -> Decoded:
    runs = Decoded()
    _add_base64(runs, data, 0)
    end = -1
    for at in sorted(place for sign in _ESCAPES_OF_BASE64 for place in _places(data, sign)):
        if at >= end and _ESCAPED_BASE64.match(data, at):
            start, end = max(0, at - _AROUND), at + _AROUND
            _add_base64(runs, _ESCAPED_BASE64.sub(_unescaped, data[start:end]), start)
    return runs


def _add_base64(runs: Decoded, data: bytes, origin: int) -> None:
    for start, run in _base64_runs(data):
        if _HEX_ONLY.fullmatch(run) is None:
            run = run if run.isalnum() else _BETWEEN.sub(b"", run).replace(b"-", b"+").replace(b"_", b"/")
            runs.add(SEPARATOR.join(_unbased_parts(run)), origin + start)


def _base64_runs(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each run that has a capital after its first character, as every encoded @ and every digest has."""
    capitals = data.translate(_BASE64_MARKS) + b"0"
    marked = capitals.replace(b"U", b"l")
    at = marked.find(_SHORTEST_MARKS)
    while at >= 0:
        end = marked.find(b"0", at)
        if capitals.find(b"U", at + 1, end) >= 0:
            found = _BASE64.match(data, at)
            end = found.end() if found else end
            if end - at >= _SHORTEST_DIGEST or _AT_IN_BASE64.search(data, at, end):
                yield at, data[at:end]
        at = marked.find(_SHORTEST_MARKS, end)


def _unescaped(found: re.Match[bytes]) -> bytes:
    return {b"2b": b"+", b"2f": b"/", b"3d": b"="}.get(
        (found[1] or b"").lower(), b"/" if found[0] == b"\\/" else b"+"
    )


def _unbased_parts(run: bytes) -> Iterator[bytes]:
    """Yield what a run decodes to: from its start, from the next three offsets, at its end, and reversed.

    A word may be glued to the front of encoded text, which shifts the offset, or of a digest, whose length is known.
    """
    yield _unbased(run)
    shifted = map(_unbased, (run[1:], run[2:], run[3:]))
    yield from (part for part in shifted if _TEXT.search(part) or SIGNATURES.search(part))
    yield from (_unbased(run[-length:]) for length in _BASE64_OF_DIGESTS if len(run) > length)
    turned = run[::-1]
    for shift in range(4):
        part = _unbased(turned[shift:])
        if b"@" in part and _ADDRESS.search(part):
            yield part


def _unbased(run: bytes) -> bytes:
    run = run[:-1] if len(run) % 4 == 1 else run
    return binascii.a2b_base64(run + b"=" * (-len(run) % 4))


def _from_base32(data: bytes) -> Decoded:
    runs = Decoded()
    for marks in _BASE32_MARKS:
        for found in _at_marks(_BASE32, data, data.translate(marks), b"l" * 16):
            parts = [_unbased32(found[0][shift:].upper()) for shift in range(8)]
            runs.add(SEPARATOR.join(parts), found.start())
    return runs


def _unbased32(run: bytes) -> bytes:
    run = run[: len(run) - (len(run) % 8 in {1, 3, 6})]
    return base64.b32decode(run + b"=" * (-len(run) % 8))


def _from_codes(data: bytes) -> Decoded:
    """Return characters that stand as numbers: decimal in a list or as CHR(100)||CHR(97), or as bits."""
    runs, end = Decoded(), -1
    for sign in sorted(place for code in _AT_CODES for place in _places(data, code)):
        if sign >= end:
            start, end = max(0, sign - _AROUND), sign + _AROUND
            stretch = data[start:end]
            for found in _CODES.finditer(stretch):
                numbers = map(int, re.findall(rb"[0-9]+", found[0]))
                runs.add(bytes(number for number in numbers if number < 256), start + found.start())
            for found in _BITS.finditer(stretch):
                bits = found[0].translate(None, b" ,")
                runs.add(int(bits, 2).to_bytes(len(bits) // 8, "big"), start + found.start())
    return runs


def _from_escapes(data: bytes) -> Decoded:
    """Return bytes that JSON or a program writes as escapes: a digest has more of them than letters."""
    runs, end = Decoded(), -1
    for at in sorted(place for sign in (b"\\u00", b"\\x") for place in _places(data, sign)):
        if at >= end:
            start, end = max(0, at - _LONGEST_DIGEST), at + _AROUND
            for found in _BYTES.finditer(data, start, end):
                runs.add(_BYTE_ESCAPE.sub(_escaped_byte, found[0]), found.start())
    return runs


def _escaped_byte(found: re.Match[bytes]) -> bytes:
    if found[1]:
        return bytes.fromhex(found[1].decode())
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}.get(found[2], found[2])


def _from_wide(data: bytes) -> Decoded:
    """Return UTF-16 text of ASCII letters, in which something may be encoded; `disguises` reads plain addresses."""
    runs = Decoded()
    if b"\x00" in data:
        marked = data.translate(_WIDE_MARKS)
        for found in _at_marks(_WIDE, data, marked, b"p0" * _SHORTEST_DIGEST):
            runs.add(found[0][::2], found.start())
    return runs


def _from_packed(data: bytes) -> Decoded:
    runs = Decoded()
    for found in SIGNATURES.finditer(data):
        runs.add(unpacked_at(data, found), found.start())
    return runs


def _places(data: bytes, signs: bytes) -> Iterator[int]:
    at = data.find(signs)
    while at >= 0:
        yield at
        at = data.find(signs, at + len(signs))


ENCODINGS: tuple[tuple[str, Callable[[bytes], Decoded]], ...] = (
    ("hex", _from_hex),
    ("base64", _from_base64),
    ("base32", _from_base32),
    ("codes", _from_codes),
    ("escaped bytes", _from_escapes),
    ("two bytes a letter", _from_wide),
)
# `containers` decompresses streams that lie open in a file; here it is those inside an encoding.
INSIDE = (*ENCODINGS, ("packed", _from_packed))
