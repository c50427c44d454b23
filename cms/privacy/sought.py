"""An index of the addresses that an audit looks for; it compares only around an @, or where a digest may begin."""

import codecs
import hashlib
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cms.privacy.disguises import folded, joined, turned

DIGESTS = ("md5", "sha1", "sha256")
CONTEXT = 12  # characters kept on each side of a hit
START = 3  # characters of a domain by which most of what follows an @ is ruled out at once
_MAKERS = (hashlib.md5, hashlib.sha1, hashlib.sha256)
CLOSE = 60  # characters beside an @ in which a gap may end: a tag, a folded header
SAMPLE = 8  # bytes: a digest of 16 covers one such sample at an offset divisible by 8, wherever it begins
# What may hide the first letters of a domain: escapes, joins of string literals, two bytes a letter, anything not ASCII.
_COVER = rb"""(?:[%&\\=+<>"'`\s_|({\[;)}\]]|[\xc2-\xf4][\x80-\xbf])"""
_COVERED_BEHIND = re.compile(rb"[A-Za-z0-9.-]{0,2}(?:" + _COVER + rb"|(?:\x00{1,3}[!-~\s]){2})")
_COVERED_BEFORE = re.compile(
    rb"(?:" + _COVER + rb"|(?:[!-~\s]\x00{1,3}){2})[\x80-\xbf]{0,2}[A-Za-z0-9.-]{0,2}\Z"
)
_PIECE = struct.Struct("=Q").unpack_from  # as memoryview.cast("Q") reads it


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An address in a text: its number, and the text on either side of it."""

    number: int
    before: str
    after: str


class SoughtAddresses:
    """The addresses, numbered in the order in which they were given; those without an @ are left out."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._numbers: dict[str, int] = {}
        self._locals: dict[str, set[int]] = {}
        self._digests: dict[bytes, int] = {}
        self.samples: set[int] = set()
        for number, address in enumerate(addresses):
            local, at, domain = folded(address).rpartition("@")
            if local and at and domain:
                self._add(number, local, domain)
                for typed in {folded(address), address}:
                    self._add_digests(number, typed)
        self._lengths = sorted({len(domain) for domain in self._locals}, reverse=True)
        self._start = min([START, *self._lengths])
        self._starts = {domain[: self._start] for domain in self._locals}
        self._any_start = self._starts | {turned(start) for start in self._starts}
        self._raw_starts = {start.encode() for start in self._any_start}
        self._wide_starts = {
            start.encode(encoding)
            for start in self._starts
            if not start.isascii()
            for encoding in ("utf-16-le", "utf-16-be")
        }
        self._digest_lengths = sorted({len(digest) for digest in self._digests})

    def __len__(self) -> int:
        return len(set(self._numbers.values()))

    def may_belong_to_address(self, data: bytes, at: int) -> bool:
        """Tell cheaply whether the @ at offset `at` of `data` may belong to an address; in binary data it seldom does."""
        after, before = data[at + 1 : at + 1 + self._start], data[max(0, at - self._start) : at]
        if after.lower() in self._raw_starts or before[::-1].lower() in self._raw_starts:
            return True
        if _COVERED_BEHIND.match(data, at + 1) or _COVERED_BEFORE.search(data, max(0, at - 12), at):
            return True
        return any(
            data[at + shift : at + shift + len(start)] == start
            for start in self._wide_starts
            for shift in (1, 2)
        )

    def may_hold_address(self, text: str) -> bool:
        """Tell whether a sought domain may begin after an @ of `text`, or end reversed before it, ignoring gaps."""
        at = text.find("@")
        while at >= 0:
            after, before = text[at + 1 : at + 1 + CLOSE], text[max(0, at - CLOSE) : at]
            if self._may_begin(after) or self._may_begin(before[::-1]):
                return True
            if self._may_begin(joined(after)) or self._may_begin(joined(before)[::-1]):
                return True
            at = text.find("@", at + 1)
        return False

    def occurrences(self, text: str) -> Iterator[Occurrence]:
        """Yield each address of a folded text, the longest at each @."""
        at = text.find("@")
        while at >= 0:
            if text[at + 1 : at + 1 + self._start] in self._starts:
                found = self._around(text, at)
                if found is not None:
                    yield found
            at = text.find("@", at + 1)

    def digests_in(self, data: bytes) -> Iterator[tuple[int, int, str]]:
        """Yield the offset, the address's number and the kind of each raw digest in `data`."""
        if _is_text(data):
            return
        whole = len(data) // SAMPLE * SAMPLE
        pieces = memoryview(data)[:whole].cast("Q")
        if not whole or self.samples.isdisjoint(pieces):
            return
        for index, piece in enumerate(pieces):
            if piece in self.samples:
                yield from self._digests_at(data, index * SAMPLE)

    def _may_begin(self, text: str) -> bool:
        return folded(text[: 2 * self._start])[: self._start] in self._any_start

    def _add(self, number: int, local: str, domain: str) -> None:
        for spelling in {domain, _in_ascii(domain)}:
            self._numbers.setdefault(f"{local}@{spelling}", number)
            self._locals.setdefault(spelling, set()).add(len(local))

    def _add_digests(self, number: int, address: str) -> None:
        raw = address.encode("utf-8", "surrogatepass")
        for kind, make in enumerate(_MAKERS):
            digest = make(raw, usedforsecurity=False).digest()
            if self._digests.setdefault(digest, number * len(DIGESTS) + kind) // len(DIGESTS) == number:
                for shift in range(SAMPLE):
                    self.samples.update(_PIECE(digest, shift))

    def _around(self, text: str, at: int) -> Occurrence | None:
        for length in self._lengths:
            end = at + 1 + length
            domain = text[at + 1 : end]
            for before in sorted(self._locals.get(domain, ()), reverse=True):
                start = at - before
                number = self._numbers.get(f"{text[start:at]}@{domain}") if start >= 0 else None
                if number is not None:
                    left = text[max(0, start - CONTEXT) : start]
                    return Occurrence(number, left, text[end : end + CONTEXT])
        return None

    def _digests_at(self, data: bytes, sample: int) -> Iterator[tuple[int, int, str]]:
        for start in range(max(0, sample - SAMPLE + 1), sample + 1):
            for length in self._digest_lengths:
                code = self._digests.get(data[start : start + length])
                if code is not None:
                    number, kind = divmod(code, len(DIGESTS))
                    yield start, number, DIGESTS[kind]


def _is_text(data: bytes) -> bool:
    """Tell whether bytes are UTF-8, which only one digest in ten thousand is by chance."""
    try:
        codecs.utf_8_decode(data, "strict", False)
    except UnicodeDecodeError:
        return False
    return True


def _in_ascii(domain: str) -> str:
    """Return a domain in ASCII as mail programs write it (RFC 3490), or unchanged where that is impossible."""
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain
