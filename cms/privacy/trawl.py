"""Finds sought addresses in bytes, whatever they are disguised as."""

import binascii
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cms.privacy.disguises import SIGN, folded, form_of, joined, readings, turned
from cms.privacy.sought import Sought

NEAR = 600  # bytes on each side of an @: 254 octets, some of them escaped, broken by a line or a tag
REACH = 2600  # bytes where the neighbours are escaped: 254 octets, each written as `&#x0040;` or longer
NEIGHBOURS = 10  # bytes in which escapes show that every letter is one
OVERLAP = 2 * REACH  # bytes that two pieces of one file share, so that none is cut through
DEEPEST = 2  # hexadecimal or base64 within one another
SEPARATOR = b"\x1e\x1f\x1e\x1f\x1e"  # between values that are searched at once; nothing reaches across
_SHORTEST_DIGEST = 22  # base64 characters of an MD5
_CONTROL = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ESCAPED = re.compile(rb"[%&\\\\=\x00]")
_HEX = re.compile(
    rb"[0-9a-fA-F]{2}(?:[0-9a-fA-F]{10,}(?:\r?\n[ \t]*[0-9a-fA-F]{2,})*|(?:[ :,-][0-9a-fA-F]{2}){5,})"
)
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


@dataclass(frozen=True, slots=True)
class Hit:
    """An address in bytes: about where, its number, its disguise, and the text on either side of it."""

    offset: int
    number: int
    form: str
    before: str
    behind: str


@dataclass(slots=True)
class _Pieces:
    """Decoded pieces that are searched at once, with the place from which each came."""

    parts: list[bytes] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)
    length: int = 0

    def add(self, part: bytes, origin: int) -> None:
        self.starts.append(self.length)
        self.origins.append(origin)
        self.parts.append(part)
        self.length += len(part) + len(SEPARATOR)

    def origin(self, offset: int) -> int:
        return self.origins[max(0, bisect_right(self.starts, offset) - 1)]


def trawl(data: bytes, sought: Sought, outer: tuple[str, ...] = ()) -> Iterator[Hit]:
    """Yield what of `sought` is in `data`; `outer` are the encodings that were taken off already."""
    for start, end in _stretches(data):
        yield from _spelt(data[start:end], start, sought, outer)
    for start, number, kind in sought.hashed(data):
        yield Hit(start, number, form_of((*outer, kind)), "", "")
    if len(outer) < DEEPEST:
        for name, decode in _ENCODINGS:
            pieces = decode(data)
            for hit in trawl(SEPARATOR.join(pieces.parts), sought, (*outer, name)):
                yield Hit(pieces.origin(hit.offset), hit.number, hit.form, hit.before, hit.behind)


def _stretches(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the bounds of the text around each sign of an @; those that touch are one."""
    start = end = -1
    for sign in SIGN.finditer(data):
        left, right = _bounds(data, sign.start(), sign.end())
        if left > end:
            if end > start:
                yield start, end
            start = left
        end = max(end, right)
    if end > start:
        yield start, end


def _bounds(data: bytes, at: int, behind: int) -> tuple[int, int]:
    reach = NEAR
    if _ESCAPED.search(data, max(0, at - NEIGHBOURS), at) or _ESCAPED.search(
        data, behind, behind + NEIGHBOURS
    ):
        reach = REACH
    left = max(0, at - reach)
    before, after = data[left:at], data[behind : behind + reach]
    if before.endswith(b"\x00") or after.startswith(b"\x00"):  # two bytes a letter, controls among them
        cut, stop = before.rfind(SEPARATOR), after.find(SEPARATOR)
        return left + (cut + len(SEPARATOR) if cut >= 0 else 0), behind + (stop if stop >= 0 else len(after))
    left_control, right_control = _CONTROL.search(before[::-1]), _CONTROL.search(after)
    left = at - left_control.start() if left_control else left
    return left, behind + (right_control.start() if right_control else len(after))


def _spelt(stretch: bytes, start: int, sought: Sought, outer: tuple[str, ...]) -> Iterator[Hit]:
    seen: set[int] = set()
    for names, reading in readings(stretch):
        if not sought.is_hopeful(reading):
            continue
        for extra, spelling in _spellings(folded(reading)):
            for found in sought.spelt(spelling):
                if found.number not in seen or not names + extra:
                    seen.add(found.number)
                    form = form_of((*outer, *names, *extra))
                    yield Hit(start, found.number, form, found.before, found.behind)


def _spellings(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    for names, spelling in (((), text), (("split",), joined(text))):
        yield names, spelling
        yield (*names, "reversed"), spelling[::-1]
        yield (*names, "rot13"), turned(spelling)


def _from_hex(data: bytes) -> _Pieces:
    pieces = _Pieces()
    for found in _HEX.finditer(data):
        run = found[0].translate(None, b" \t\r\n:,-")
        even, odd = run[: len(run) // 2 * 2], run[1 : 1 + (len(run) - 1) // 2 * 2]
        pieces.add(binascii.unhexlify(even) + SEPARATOR + binascii.unhexlify(odd), found.start())
    return pieces


def _from_base64(data: bytes) -> _Pieces:
    pieces = _Pieces()
    for found in _BASE64.finditer(data):
        start = found.start()
        before = _BASE64_BEFORE.search(data[max(0, start - _LONGEST_BEFORE) : start])
        run = (before[0] if before else b"") + found[0]
        if len(run) < _SHORTEST_ADDRESS or _HEX_ONLY.fullmatch(run):
            continue
        run = _BETWEEN.sub(b"", run).replace(b"-", b"+").replace(b"_", b"/")
        if len(run) >= _SHORTEST_DIGEST or _AT_IN_BASE64.search(run):
            pieces.add(SEPARATOR.join(_unbased(run[shift:]) for shift in range(4)), start)
    return pieces


def _unbased(run: bytes) -> bytes:
    run = run[:-1] if len(run) % 4 == 1 else run
    return binascii.a2b_base64(run + b"=" * (-len(run) % 4))


_ENCODINGS: tuple[tuple[str, Callable[[bytes], _Pieces]], ...] = (
    ("hex", _from_hex),
    ("base64", _from_base64),
)
