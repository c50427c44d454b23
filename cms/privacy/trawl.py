"""Finds sought addresses in bytes, whatever they are disguised as.

Sought are: the address itself in any case, reversed, turned by thirteen, split by lines, spaces, tags and seams, spelt
with "at" and "dot", in percent, HTML, JSON, CSS and quoted-printable escapes, UTF-7, UTF-16, UTF-32 and wide letters;
its MD5, SHA-1 and SHA-256; all of this in hexadecimal (also in dumps and as a UUID), base64, base32, decimal codes and
bits, escaped bytes, two bytes a letter; and packed as gzip, zlib, zip, bzip2 or xz inside those, three deep. Not
sought: octal codes, base85, uuencoding, base32hex, digests turned about, brotli inside an encoding.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cms.privacy.decoders import ENCODINGS, INSIDE, SEPARATOR
from cms.privacy.disguises import SIGN, folded, form_of, joined, readings, turned
from cms.privacy.sought import Sought

NEAR = 600  # bytes on each side of an @: 254 octets, some of them escaped, broken by a line or a tag
REACH = 2600  # bytes where the neighbours are escaped: 254 octets, each written as `&#x0040;` or longer
NEIGHBOURS = 10  # bytes in which escapes show that every letter is one
OVERLAP = 2 * REACH  # bytes that two pieces of one file share, so that none is cut through
DEEPEST = 3  # encodings within one another
_CONTROL = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ESCAPED = re.compile(rb"[%&\\\\=\x00]")


@dataclass(frozen=True, slots=True)
class Hit:
    """An address in bytes: about where, its number, its disguise, and the text on either side of it."""

    offset: int
    number: int
    form: str
    before: str
    behind: str


def trawl(data: bytes, sought: Sought, outer: tuple[str, ...] = ()) -> Iterator[Hit]:
    """Yield what of `sought` is in `data`; `outer` are the encodings that were taken off already."""
    for start, end in _stretches(data, sought):
        yield from _spelt(data[start:end], start, sought, outer)
    for start, number, kind in sought.hashed(data):
        yield Hit(start, number, form_of((*outer, kind)), "", "")
    if len(outer) < DEEPEST:
        for name, decode in INSIDE if outer else ENCODINGS:
            pieces = decode(data)
            for hit in trawl(SEPARATOR.join(pieces.parts), sought, (*outer, name)):
                yield Hit(pieces.origin(hit.offset), hit.number, hit.form, hit.before, hit.behind)


def _stretches(data: bytes, sought: Sought) -> Iterator[tuple[int, int]]:
    """Yield the bounds of the text around each sign of an @; those that touch are one."""
    start = end = -1
    for sign in SIGN.finditer(data):
        if sign[0] == b"@" and not sought.may_stand(data, sign.start()):
            continue
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
