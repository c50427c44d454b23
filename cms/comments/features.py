"""What a comment shows the filter: words, pairs, pieces of words, hosts and habits, as buckets of a bounded range."""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise
from zlib import crc32

from cms.comments import baits
from cms.comments.baits import PRICE, STEPS, Baits
from cms.comments.habits import Habits, despaced, measured
from cms.comments.lookalikes import plain, without_digits

BUCKETS = 1 << 17  # all that a model can hold: 131,072 counts are 4 MB, and 6,000 comments seldom collide
EVERY = 0  # the bucket that every comment has
READ_FIRST, READ_LAST = 1000, 500  # characters; an advert stands at one end, and the work stays bounded
_LONGEST_WORD, _PIECE = 24, 4  # characters
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_ADDRESS = re.compile(r"https?://\S+|<[^<>]*>")
_CAPITAL_WORD = re.compile(r"\b[A-Z]{2,}\b")
_LETTER_BESIDE_DIGIT = re.compile(r"[A-Za-z]\d|\d[A-Za-z]")
_NUMBER = re.compile(r"\d+")


def buckets(name: str, text: str) -> tuple[int, ...]:
    """Return the buckets of a comment in order, each once, EVERY first; about 100 for 150 characters, 0.3 ms."""
    shown = set(features(name, text))
    return (
        EVERY,
        *sorted({1 + crc32(one.encode("utf-8", "surrogatepass")) % (BUCKETS - 1) for one in shown}),
    )


def bucket(feature: str) -> int:
    """Return the bucket of one feature, 1 to BUCKETS - 1."""
    return 1 + crc32(feature.encode("utf-8", "surrogatepass")) % (BUCKETS - 1)


def host_buckets(hosts: Iterable[str]) -> tuple[int, ...]:
    """Return the buckets of hosts."""
    return tuple(bucket(f"h:{host}") for host in hosts)


def features(name: str, text: str) -> Iterator[str]:
    """Yield what a comment shows, some of it more than once; the letter before the colon says what kind it is."""
    read = text if len(text) <= READ_FIRST + READ_LAST else f"{text[:READ_FIRST]}\n{text[-READ_LAST:]}"
    habits = measured(name, read)
    words = _words(read)
    yield from [f"w:{word}" for word in words]
    yield from [f"p:{one} {other}" for one, other in pairwise(("^", *words, "$"))]
    yield from [piece for word in words for piece in _pieces(word)]
    yield from (f"h:{host}" for host in habits.hosts)
    yield from (f"s:{habit}" for habit in _habits(habits, read))
    yield from (f"s:{bait}" for bait in _baits(baits.seen(habits, words, read)))


def features_of_word(word: str) -> Iterator[str]:
    """Yield what one word of a text shows by itself."""
    for said in _words(word):
        yield f"w:{said}"
        yield from _pieces(said)


def packed(numbers: Iterable[int]) -> bytes:
    """Return buckets as bytes for the database, four each."""
    return array("I", numbers).tobytes()


def unpacked(kept: bytes) -> tuple[int, ...]:
    """Return the buckets that `packed()` made bytes of."""
    return tuple(array("I", kept))


def _words(text: str) -> list[str]:
    """Return the words of a text as they read aloud; a number says only how long it is."""
    said = _ADDRESS.sub(" ", plain(text))
    words = [_said(word) for word in _WORD.findall(said)]
    return words + [_said(word) for word in despaced(text)]


def _said(word: str) -> str:
    if word.isdigit():
        return f"#{min(len(word), 9)}"
    return (word if word.isalpha() else without_digits(word))[:_LONGEST_WORD]


def _pieces(word: str) -> list[str]:
    framed = f" {word} "
    starts = range(len(framed) - _PIECE + 1) if len(word) >= _PIECE else ()
    return [f"c:{framed[start : start + _PIECE]}" for start in starts]


def _baits(seen: Baits) -> Iterator[str]:
    yield from (f"asks {step}" for step in range(1, 1 + min(3, seen.asks)))
    yield from (f"offers {step}" for step in range(1, 1 + min(3, seen.offers)))
    yield from (f"bait {step}" for step in range(1, 1 + baits.steps(seen)))
    if seen.own_place:
        yield "own place"
    if seen.invites:
        yield "invites"


def _habits(habits: Habits, text: str) -> Iterator[str]:
    """Yield habits as names; what grows gives one name for each step that it has passed, or for the step it is on."""
    numbers = [len(number) for number in _NUMBER.findall(text)]
    yield from (f"hosts {step}" for step in range(1, 1 + min(3, len(habits.hosts))))
    yield f"length {bisect_right((20, 50, 100, 200, 400, 800), len(text))}"
    yield f"digits {bisect_right((5, 30, 100), 1000 * sum(numbers) // max(1, len(text)))}"
    yield f"capitals {bisect_right((2, 15, 35, 70), habits.capitals_percent)}"
    yield f"capital words {bisect_right((1, 2, 4), len(_CAPITAL_WORD.findall(text)))}"
    yield f"exclamation {bisect_right((1, 2, 4), text.count('!'))}"
    seen = {
        "phone": habits.phones,
        "address": habits.addresses,
        "name link": habits.name_links,
        "disguised": habits.disguised,
        "very disguised": habits.disguised > 3,
        "spaced": habits.spaced,
        "price": PRICE.search(text),
        "letter beside digit": _LETTER_BESIDE_DIGIT.search(text),
        "number": any(length > 2 for length in numbers),
        "long number": any(length > 4 for length in numbers),
    }
    yield from (habit for habit, is_so in seen.items() if is_so)


# A comment that baits stands in as many of these as it has baits.steps().
BAIT_BUCKETS = frozenset(bucket(f"s:bait {step}") for step in range(1, 1 + STEPS))
