"""One folding of words for the search index and for what readers type, the same on both databases.

Each character is folded by itself, so that every position in the folded text has one in the original:
compatibility forms are taken apart (NFKD: presentation forms, ligatures, full width), case is folded, every
decimal digit becomes 0-9, and what writers of Urdu, Persian and Arabic mix is made one letter:

    ا   أ إ آ ٱ ٲ ٳ and any hamza or madda on or below it
    ی   ي ى ئ       (ے stays: میری and میرے are two words)
    ک   ك ڪ
    ہ   ه ة ۃ ۀ ۂ ە (ھ stays: گھر and گہر, پھر and پہر are two words)
    و   ؤ           ے   ۓ

Dropped are the hamza by itself (علماء is also written علما), vowel signs and Quranic marks, the tatweel,
accents of Latin, Greek and Cyrillic letters, Hebrew points, and everything invisible (ZWNJ, ZWJ, direction
marks, soft hyphens). Vowel signs of Indic scripts stay, since they are letters there.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

ZWNJ = "\u200c"
WORD_MAX = 60  # characters of a word that count; PostgreSQL takes 2,046 bytes
_LETTERS = {
    **dict.fromkeys("ٱٲٳ", "ا"),
    **dict.fromkeys("يى", "ی"),
    **dict.fromkeys("كڪ", "ک"),
    **dict.fromkeys("هةۃە", "ہ"),
    **dict.fromkeys("ءٴـۥۦ", ""),
}
_DROPPED_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0898-\u089f"
    "\u08ca-\u08ff\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]"
)


class _Folded(dict[int, str]):
    """What each character becomes, worked out when it is first met (1.1 million would be too many)."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_letter(chr(code))
        return folded


_FOLDED = _Folded()


def fold(text: str) -> str:
    """Return `text` folded for comparison: at most 18 characters for one (U+FDFA is a whole sentence)."""
    return text.translate(_FOLDED)


def words(text: str) -> list[str]:
    """Return the folded words of `text`, runs of letters, digits and their marks, each cut at WORD_MAX."""
    return [found[:WORD_MAX] for found in fold(text).translate(_WORD_LETTERS).split()]


def words_to_index(text: str) -> list[str]:
    """Return the folded words of `text`, with the parts of one that has a ZWNJ: many write a space there."""
    if ZWNJ not in text:  # as nearly always: to search the pattern takes as long as to fold
        return words(text)
    joined = re.findall(rf"\S*{ZWNJ}\S*", text)
    return words(text) + words(" ".join(joined).replace(ZWNJ, " "))


def words_with_positions(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each folded word of `text` with where it begins and ends in `text`."""
    ends = list(accumulate(len(_FOLDED[ord(letter)]) for letter in text))
    for match in re.finditer(r"\S+", fold(text).translate(_WORD_LETTERS)):
        begin = bisect_right(ends, match.start())
        last = bisect_right(ends, match.end() - 1)
        # The word takes the signs behind it along, which fold to nothing.
        end = max(last + 1, bisect_right(ends, match.end()))
        yield match[0][:WORD_MAX], begin, end


class _WordLetters(dict[int, str]):
    """Leaves what words are made of and makes a space of everything else."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        self[code] = kept = letter if unicodedata.category(letter)[0] in "LNM" else " "
        return kept


_WORD_LETTERS = _WordLetters()


def _fold_letter(letter: str) -> str:
    folded = letter
    for _ in range(4):  # case folding may undo what normalisation did, and the other way round
        before = folded
        folded = "".join(map(_plain, unicodedata.normalize("NFKD", folded).casefold()))
        if folded == before:
            break
    return folded


def _plain(letter: str) -> str:
    if letter in _LETTERS:
        return _LETTERS[letter]
    if unicodedata.category(letter) in {"Cf", "Cs"} or _DROPPED_MARKS.match(letter):
        return ""
    digit = unicodedata.decimal(letter, None)
    return letter if digit is None else str(digit)
