"""Finds sought addresses in bytes, however they are encoded.

It finds the address itself in any case, reversed, in ROT13, split by lines, spaces, tags or joined string literals,
spelt with "at" and "dot", in percent, HTML, JSON, CSS and quoted-printable escapes, UTF-7, UTF-16, UTF-32 and wide
letters; its MD5, SHA-1 and SHA-256; all of this in hexadecimal (also in hex dumps and as a UUID), base64, base32,
decimal codes, bits, escaped bytes or two bytes a letter; and compressed by gzip, zlib, zip, bzip2 or xz inside those,
three layers deep. It does not find octal codes, base85, uuencoding, base32hex, reversed digests, or brotli inside an
encoding.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cms.privacy.decoders import ENCODINGS, INSIDE, SEPARATOR
from cms.privacy.disguises import AT_SIGN, folded, form_of, joined, readings, turned
from cms.privacy.sought import SoughtAddresses

NEAR = 600  # bytes on each side of an @: 254 octets, some of them escaped, broken by a line or a tag
REACH = 2600  # bytes where the neighbours are escaped: 254 octets, each written as `&#x0040;` or longer
NEIGHBOURS = 10  # bytes in which escapes show that every letter is one
OVERLAP = 2 * REACH  # bytes that two chunks of one file share, so that no address is cut in two
DEEPEST = 3  # encodings within one another
_CONTROL = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ESCAPED = re.compile(rb"[%&\\\\=\x00]")


@dataclass(frozen=True, slots=True)
class Hit:
    """An address in bytes: its approximate offset, its number, how it is encoded, the text on either side of it."""

    offset: int
    number: int
    form: str
    before: str
    after: str


def scan(data: bytes, sought: SoughtAddresses, outer: tuple[str, ...] = ()) -> Iterator[Hit]:
    """Yield each of the `sought` addresses in `data`; `outer` names the encodings that were already removed."""
    for start, end in _stretches(data, sought):
        yield from _occurrences(data[start:end], start, sought, outer)
    for start, number, kind in sought.digests_in(data):
        yield Hit(start, number, form_of((*outer, kind)), "", "")
    if len(outer) < DEEPEST:
        for name, decode in INSIDE if outer else ENCODINGS:
            runs = decode(data)
            for hit in scan(SEPARATOR.join(runs.parts), sought, (*outer, name)):
                yield Hit(runs.origin(hit.offset), hit.number, hit.form, hit.before, hit.after)


def _stretches(data: bytes, sought: SoughtAddresses) -> Iterator[tuple[int, int]]:
    """Yield the bounds of the text around each @, merging those that overlap."""
    start = end = -1
    for sign in AT_SIGN.finditer(data):
        if sign[0] == b"@" and not sought.may_belong_to_address(data, sign.start()):
            continue
        left, right = _bounds(data, sign.start(), sign.end())
        if left > end:
            if end > start:
                yield start, end
            start = left
        end = max(end, right)
    if end > start:
        yield start, end


def _bounds(data: bytes, at: int, end: int) -> tuple[int, int]:
    reach = NEAR
    if _ESCAPED.search(data, max(0, at - NEIGHBOURS), at) or _ESCAPED.search(data, end, end + NEIGHBOURS):
        reach = REACH
    left = max(0, at - reach)
    before, after = data[left:at], data[end : end + reach]
    if before.endswith(b"\x00") or after.startswith(b"\x00"):  # two bytes a letter, controls among them
        cut, stop = before.rfind(SEPARATOR), after.find(SEPARATOR)
        return left + (cut + len(SEPARATOR) if cut >= 0 else 0), end + (stop if stop >= 0 else len(after))
    left_control, right_control = _CONTROL.search(before[::-1]), _CONTROL.search(after)
    left = at - left_control.start() if left_control else left
    return left, end + (right_control.start() if right_control else len(after))


def _occurrences(
    stretch: bytes, start: int, sought: SoughtAddresses, outer: tuple[str, ...]
) -> Iterator[Hit]:
    seen: set[int] = set()
    for names, reading in readings(stretch):
        if not sought.may_hold_address(reading):
            continue
        for extra, spelling in _spellings(folded(reading)):
            for found in sought.occurrences(spelling):
                if found.number not in seen or not names + extra:
                    seen.add(found.number)
                    form = form_of((*outer, *names, *extra))
                    yield Hit(start, found.number, form, found.before, found.after)


def _spellings(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    for names, spelling in (((), text), (("split",), joined(text))):
        yield names, spelling
        yield (*names, "reversed"), spelling[::-1]
        yield (*names, "rot13"), turned(spelling)
