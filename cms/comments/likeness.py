"""How alike two texts are: a fingerprint of 64 bits that a copy with small changes shares but for a few.

SimHash (Charikar 2002; used as here by Manku, Jain and Das Sarma 2007): texts within MAX_DISTANCE bits count as
near-copies. Cut into four bands of 16 bits, two such fingerprints have at least one band in common, so copies are
looked up by band and never compared with all others.
"""

import re
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

from cms.comments.lookalikes import plain

MAX_DISTANCE = 3  # bits of 64
BAND_BITS = 16
PIECE = 4  # letters; short enough to survive a changed word, long enough to be a text's own
READ_LETTERS = 2000  # copies differ at their ends; 2,000 letters take 2 ms
# Of pieces, 4 MB; with half of them twice as many of a text's pieces were not remembered.
HASHES_KEPT = 16_384
TELLING_LETTERS = 24  # letters from which two readers do not write the same by chance
_BITS = 64
_MASK = (1 << _BITS) - 1
# Of one of 64 counters that stand side by side in one number: up to 2,047, and a bit above.
_COUNTER_BITS = 12
_ONE_EACH = sum(1 << _COUNTER_BITS * index for index in range(_BITS))
_ADDRESS = re.compile(r"https?://\S+|www\.\S+|<[^<>]*>")
_NO_LETTER = re.compile(r"[\W\d_]")  # one by one: to look for runs of them takes half as long again
_NO_ASCII_LETTER = bytes(code for code in range(128) if not chr(code).isalpha())


def normalised(text: str) -> str:
    """Return the letters of `text` in one case and without ornament, numbers, tags or web addresses.

    A text that has no other letters keeps those of its addresses.
    """
    said = plain(text)
    if "<" in said or "://" in said or "www." in said:
        return _letters(_ADDRESS.sub(" ", said)) or _letters(said)
    return _letters(said)


def _letters(said: str) -> str:
    if said.isascii():  # as bytes: a pattern takes thirty times as long
        return said.encode().translate(None, _NO_ASCII_LETTER).decode()
    return _NO_LETTER.sub("", said)


def likeness(text: str) -> int:
    """Return the fingerprint of a text, 64 bits as a signed number such as databases keep; 0 for no letters."""
    return likeness_of(normalised(text))


def likeness_of(letters: str) -> int:
    """Return the fingerprint of a text whose `normalised()` letters these are."""
    letters = letters[:READ_LETTERS]
    if not letters:
        return 0
    pieces = {letters[start : start + PIECE] for start in range(max(1, len(letters) - PIECE + 1))}
    found = _more_than(len(pieces) // 2, sum(map(_counted, pieces)))
    return found - (1 << _BITS) if found >> (_BITS - 1) else found


def bands(fingerprint: int) -> tuple[int, ...]:
    """Return the four bands of a fingerprint, each with its index in front: numbers from 0 to 262,143."""
    bits = fingerprint & _MASK
    width = _BITS // BAND_BITS
    return tuple(
        index << BAND_BITS | (bits >> index * BAND_BITS) & ((1 << BAND_BITS) - 1) for index in range(width)
    )


def distance(one: int, other: int) -> int:
    """Return in how many of their 64 bits two fingerprints differ."""
    return ((one ^ other) & _MASK).bit_count()


def are_copies(one: int, other: int) -> bool:
    """Tell whether two fingerprints are those of near-copies."""
    return distance(one, other) <= MAX_DISTANCE


def is_telling(letters: str) -> bool:
    """Tell whether a text with these `normalised()` letters is long enough that a second one like it is no chance."""
    return len(letters) >= TELLING_LETTERS


def copied_percent(text: str, source: str) -> int:
    """Return how much of `text` is copied from `source`: the share of its pairs of words that stand there too."""
    if not source:
        return 0
    words, there = plain(text).split(), plain(source).split()
    pairs, known = set(pairwise(words)), set(pairwise(there))
    return 100 * len(pairs & known) // len(pairs) if pairs else 0


def _more_than(number: int, counters: int) -> int:
    """Return in which of 64 counters more than `number` was counted, one bit each."""
    top = _COUNTER_BITS - 1
    above = counters + _ONE_EACH * ((1 << top) - 1 - number) >> top & _ONE_EACH
    digits = _COUNTER_BITS // 4  # hexadecimal ones of a counter, the last of which is 0 or 1 now
    return int(f"{above:0{_BITS * digits}x}"[digits - 1 :: digits], 2)


@lru_cache(HASHES_KEPT)
def _counted(piece: str) -> int:
    """Return counters that have counted the 64 bits of one piece (mixed by SplitMix64's finaliser, Steele and others 2014).

    Of a comment's pieces one in six is not in the cache; to count these takes half of a fingerprint's time.
    """
    bits = crc32(piece.encode("utf-8", "surrogatepass")) * 0x9E3779B97F4A7C15 & _MASK
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EB & _MASK
    bits ^= bits >> 31
    return int.from_bytes(
        b"".join([_COUNTED[byte] for byte in bits.to_bytes(_BITS // 8, "little")]), "little"
    )


# Of each byte, eight counters that have counted its bits.
_COUNTED = tuple(
    sum((byte >> index & 1) << _COUNTER_BITS * index for index in range(8)).to_bytes(_COUNTER_BITS, "little")
    for byte in range(256)
)
