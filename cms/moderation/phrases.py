"""Words and hosts that a newsroom lists, found in a text in time that grows with its length alone.

There are no regular expressions to write: a line is a word or some words in a row, in which `*` stands for any letters of
a word and `?` for one. So no line that anybody types can make the search slow.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cms.comments.habits import despaced, hosts
from cms.comments.lookalikes import plain, without_digits

LINES_MAX = 200
LINE_MAX_CHARS = 100
WORDS_MAX = 8  # in a row
_READ_LETTERS = 100  # of a word; nobody writes a longer one, and the work stays bounded
_BREAKS = re.compile(r"</?(?:p|br|li|ul|ol|pre|blockquote)\b[^<>]{0,200}>", re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]{0,200}>")
_WORD = re.compile(r"[^\W_]+")
_LISTED = re.compile(r"(?:[^\W_]|[*?])+")
_LITERAL = re.compile(r"[^*?]+")
_STARS = re.compile(r"\*+")
_HOST = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,63}")
_BEFORE_HOST = re.compile(r"^(?:https?://)?(?:www\.)?")

Line = tuple[str, ...]


def listed_words(text: str) -> tuple[Line, ...]:
    """Return the lines of a list of words, each as the words that it looks for; empty lines say nothing.

    Raises ValueError, with the line, for one without a word, with more than WORDS_MAX or with stars alone.
    """
    found = []
    for line in _lines(text):
        words = tuple(_STARS.sub("*", word) for word in _LISTED.findall(plain(line)))
        if not 0 < len(words) <= WORDS_MAX or not any(_WORD.search(word) for word in words):
            raise ValueError(line)
        found.append(words)
    return tuple(dict.fromkeys(found))


def listed_hosts(text: str) -> tuple[str, ...]:
    """Return the hosts of a list; raises ValueError, with the line, for one that is none."""
    found = []
    for line in _lines(text):
        host = _BEFORE_HOST.sub("", plain(line)).split("/")[0].rstrip(".")
        if not _HOST.fullmatch(host):
            raise ValueError(line)
        found.append(host)
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text in order, each in the ways in which it may be meant; `distinct` are all ways, `joined` too."""

    ways: tuple[tuple[str, ...], ...]
    distinct: frozenset[str]
    joined: str


def words_of(*texts: str) -> Words:
    """Return the words of texts, each as it stands and as it may be meant: `m4xw1n` is `maxwin` as well."""
    ways = tuple(_ways(word[:_READ_LETTERS]) for text in texts for word in _said(text))
    distinct = frozenset(way for word in ways for way in word)
    return Words(ways, distinct, " ".join(distinct))


def hosts_of(*texts: str) -> Iterator[str]:
    """Yield each host of texts and every domain that it belongs to: `a.b.example`, `b.example`."""
    for text in texts:
        for host in hosts(text):
            labels = host.split(".")
            yield from (".".join(labels[start:]) for start in range(len(labels) - 1))


class WordIndex:
    """Lines of many lists, by the number of the list that each belongs to."""

    def __init__(self, lists: Iterable[tuple[int, Iterable[Line]]]) -> None:
        self._by_first: dict[str, list[tuple[Line, int]]] = {}
        self._wild: list[tuple[tuple[_Wild, ...], int]] = []
        for number, lines in lists:
            for line in lines:
                if any("*" in word or "?" in word for word in line):
                    self._wild.append((tuple(map(_Wild, line)), number))
                else:
                    self._by_first.setdefault(line[0], []).append((line, number))

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._by_first or self._wild)

    def found_in(self, words: Words) -> set[int]:
        """Return the numbers of the lists of which a line stands in a text."""
        found: set[int] = set()
        for first in self._by_first.keys() & words.distinct:
            found.update(number for line, number in self._by_first[first] if _stands(line, words))
        for wild, number in self._wild:
            if number not in found and _may_stand(wild, words) and _stands_wild(wild, words.ways):
                found.add(number)
        return found


class _Wild:
    """A word in which `*` stands for any letters and `?` for one; its pieces are sought one after the other."""

    def __init__(self, word: str) -> None:
        first, *others = word.split("*")
        self._first, self._others = _piece(first), [_piece(other) for other in others]
        self._first_length, self._last_length = len(first), len(others[-1]) if others else 0
        self.surely = max(_LITERAL.findall(word), key=len, default="")  # without it there is nothing to try

    def fits(self, ways: tuple[str, ...]) -> bool:
        return any(self._fits(way) for way in ways)

    def _fits(self, word: str) -> bool:
        if not self._others:
            return self._first.fullmatch(word) is not None
        if not self._first.match(word):
            return False
        place = self._first_length
        for piece in self._others[:-1]:
            seen = piece.search(word, place)
            if seen is None:
                return False
            place = seen.end()
        start = len(word) - self._last_length
        return start >= place and self._others[-1].match(word, start) is not None


def _piece(text: str) -> re.Pattern[str]:
    """Return what finds a piece without stars: of one length, so nothing is ever tried twice."""
    return re.compile("".join("." if letter == "?" else re.escape(letter) for letter in text))


def _stands(line: Line, words: Words) -> bool:
    if len(line) == 1:
        return True
    if not words.distinct.issuperset(line):
        return False
    return any(
        all(word in words.ways[place + ahead] for ahead, word in enumerate(line))
        for place in range(len(words.ways) - len(line) + 1)
    )


def _may_stand(wild: tuple[_Wild, ...], words: Words) -> bool:
    return all(one.surely in words.joined for one in wild)


def _stands_wild(wild: tuple[_Wild, ...], ways: tuple[tuple[str, ...], ...]) -> bool:
    return any(
        all(one.fits(ways[place + ahead]) for ahead, one in enumerate(wild))
        for place in range(len(ways) - len(wild) + 1)
    )


def _ways(word: str) -> tuple[str, ...]:
    return (word,) if word.isalpha() else (word, without_digits(word))


def _said(text: str) -> list[str]:
    bare = _TAGS.sub("", _BREAKS.sub(" ", text)) if "<" in text else text
    return [*_WORD.findall(plain(bare)), *despaced(bare)]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
