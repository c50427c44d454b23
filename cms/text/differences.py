"""What differs between two texts, word by word, in time that hardly grows faster than they do.

The standard library's way takes seconds for 5,000 characters that repeat themselves. This one cuts both texts at the
words that stand once in each (patience diff, Bram Cohen), again within every piece, and calls the rest replaced.
"""

import html
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

DEEPEST = 12  # cuts within cuts; every one goes over its piece once
# Words with the space behind them; letters of scripts that put no space between words stand alone.
_WORD = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff]\s*|\w+\s*|[^\w\s]\s*|\s+"
)

Words = Sequence[str]
Change = tuple[Words, Words]


def difference_html(before: str, after: str) -> str:
    """Return `after` as HTML in which what is new stands in `<ins>` and what went in `<del>`; line ends are `<br>`."""
    return "".join(_shown(old, new) for old, new in _joined(_changes(_words(before), _words(after))))


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _shown(old: str, new: str) -> str:
    if old == new:
        return _escaped(new)
    gone = f"<del>{_escaped(old)}</del>" if old else ""
    return gone + (f"<ins>{_escaped(new)}</ins>" if new else "")


def _escaped(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def _joined(changes: Iterator[Change]) -> Iterator[tuple[str, str]]:
    """Yield changes as text, merging adjacent ones of the same kind."""
    old, new = "", ""
    for before, after in changes:
        if (old == new) != (before == after) and (old or new):
            yield old, new
            old, new = "", ""
        old, new = old + "".join(before), new + "".join(after)
    yield old, new


def _changes(before: Words, after: Words, depth: int = 0) -> Iterator[Change]:
    """Yield what stands in both and what does not, in order."""
    start = _same_at_start(before, after)
    if start:
        yield before[:start], after[:start]
    before, after = before[start:], after[start:]
    end = _same_at_start(before[::-1], after[::-1])
    middle = before[: len(before) - end], after[: len(after) - end]
    anchors = _anchors(*middle) if depth < DEEPEST else []
    if anchors:
        yield from _between(*middle, anchors, depth)
    elif middle[0] or middle[1]:
        yield middle
    if end:
        yield before[len(before) - end :], after[len(after) - end :]


def _between(before: Words, after: Words, anchors: list[tuple[int, int]], depth: int) -> Iterator[Change]:
    at, to = 0, 0
    for old, new in anchors:
        yield from _changes(before[at:old], after[to:new], depth + 1)
        yield before[old : old + 1], after[new : new + 1]
        at, to = old + 1, new + 1
    yield from _changes(before[at:], after[to:], depth + 1)


def _same_at_start(before: Words, after: Words) -> int:
    number = 0
    for old, new in zip(before, after, strict=False):
        if old != new:
            break
        number += 1
    return number


def _anchors(before: Words, after: Words) -> list[tuple[int, int]]:
    """Return the places of words that stand once on each side, as many as come in one order."""
    counts_before, counts_after = Counter(before), Counter(after)
    places = {word: place for place, word in enumerate(before) if counts_before[word] == 1}
    found = [
        (places[word], place)
        for place, word in enumerate(after)
        if counts_after[word] == 1 and word in places
    ]
    return _longest_rise(found)


def _longest_rise(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest run of pairs in which the first numbers rise (patience sorting)."""
    tops: list[int] = []
    chosen: list[int] = []
    below: list[int] = []
    for index, (first, _) in enumerate(pairs):
        pile = bisect_left(tops, first)
        below.append(chosen[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(first)
            chosen.append(index)
        else:
            tops[pile], chosen[pile] = first, index
    run: list[tuple[int, int]] = []
    index = chosen[-1] if chosen else -1
    while index >= 0:
        run.append(pairs[index])
        index = below[index]
    return run[::-1]
