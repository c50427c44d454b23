"""What a comment shows the filter: words, pairs, pieces of words, hosts and habits, as buckets of a bounded range."""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import pairwise
from zlib import crc32

from cms.comments import baits
from cms.comments.baits import PRICE, STEPS, Baits
from cms.comments.habits import Habits, despaced, measured
from cms.comments.lookalikes import plain, without_digits

BUCKETS = 1 << 17  # all that a model can hold: 131,072 counts are 4 MB, and 6,000 comments seldom collide
EVERY = 0  # the bucket that every comment has
READ_FIRST, READ_LAST = 1000, 500  # characters; an advert stands at one end, and the work stays bounded
# Whose buckets a process remembers, 2 MB; most of a comment's words stand in the next one too.
WORDS_KEPT = 4_096
_LONGEST_WORD, _PIECE = 24, 4  # characters
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_ADDRESS = re.compile(r"https?://\S+|<[^<>]*>")
_CAPITAL_WORD = re.compile(r"[A-Z](?<!\w.)[A-Z]+\b")  # \b before it would be tried at every character
_DIGIT_BESIDE_LETTER = re.compile(r"\d(?:(?=[A-Za-z])|(?<=[A-Za-z]\d))")
_NUMBER = re.compile(r"\d\d*")  # \d+ would be tried at every character


def buckets(name: str, text: str, habits: Habits | None = None) -> tuple[int, ...]:
    """Return the buckets of a comment in order, each once, EVERY first; about 100 for 150 characters, 0.1 ms.

    `habits` are those of the comment, where they have been measured.
    """
    read = text if len(text) <= READ_FIRST + READ_LAST else f"{text[:READ_FIRST]}\n{text[-READ_LAST:]}"
    seen = habits if habits is not None and read is text else measured(name, read)
    words = _words(read)
    shown = {EVERY, *host_buckets(seen.hosts)}
    shown.update(*map(_buckets_of_word, words))
    shown.update(_buckets([f"p:{one} {other}" for one, other in pairwise(("^", *words, "$"))]))
    shown.update([_bucket_of_habit(habit) for habit in _habits(seen, read)])
    shown.update([_bucket_of_habit(bait) for bait in _baits(baits.seen(seen, words, read))])
    return tuple(sorted(shown))


def bucket(feature: str) -> int:
    """Return the bucket of one feature, 1 to BUCKETS - 1; the letter before its colon says of what kind it is."""
    return _buckets([feature])[0]


def host_buckets(hosts: Iterable[str]) -> tuple[int, ...]:
    """Return the buckets of hosts."""
    return tuple(bucket(f"h:{host}") for host in hosts)


def buckets_of_word(word: str) -> Iterator[int]:
    """Yield the buckets of what one word of a text shows by itself."""
    for said in _words(word):
        yield from _buckets_of_word(said)


def packed(numbers: Iterable[int]) -> bytes:
    """Return buckets as bytes for the database, four each."""
    return array("I", numbers).tobytes()


def unpacked(kept: bytes) -> tuple[int, ...]:
    """Return the buckets that `packed()` made bytes of."""
    return tuple(array("I", kept))


def _buckets(shown: Iterable[str]) -> list[int]:
    return [1 + crc32(feature.encode("utf-8", "surrogatepass")) % (BUCKETS - 1) for feature in shown]


def _words(text: str) -> list[str]:
    """Return the words of a text as they read aloud; a number says only how long it is."""
    said = plain(text)
    if "<" in said or "://" in said:
        said = _ADDRESS.sub(" ", said)
    words = [*_WORD.findall(said), *despaced(text)]
    return [word if word.isalpha() and len(word) <= _LONGEST_WORD else _said(word) for word in words]


def _said(word: str) -> str:
    if word.isdigit():
        return f"#{min(len(word), 9)}"
    return (word if word.isalpha() else without_digits(word))[:_LONGEST_WORD]


@lru_cache(WORDS_KEPT)
def _buckets_of_word(word: str) -> tuple[int, ...]:
    framed = f" {word} "
    starts = range(len(framed) - _PIECE + 1) if len(word) >= _PIECE else ()
    return tuple(_buckets([f"w:{word}", *[f"c:{framed[start : start + _PIECE]}" for start in starts]]))


@cache
def _bucket_of_habit(habit: str) -> int:
    """Return the bucket of a habit or bait, of which there are some seventy."""
    return bucket(f"s:{habit}")


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
        "price": numbers and PRICE.search(text),
        "letter beside digit": numbers and _DIGIT_BESIDE_LETTER.search(text),
        "number": any(length > 2 for length in numbers),
        "long number": any(length > 4 for length in numbers),
    }
    yield from (habit for habit, is_so in seen.items() if is_so)


# A comment that baits stands in as many of these as it has baits.steps().
BAIT_BUCKETS = frozenset(bucket(f"s:bait {step}") for step in range(1, 1 + STEPS))
