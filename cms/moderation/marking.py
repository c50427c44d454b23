"""What in a comment speaks against it, marked where it stands, so that a moderator need not search."""

import html
import re
from collections.abc import Callable, Collection, Iterable, Iterator

from cms.comments import habits
from cms.comments.signals import HoldCode

_TAG = re.compile(r"(<[^<>\"]*(?:\"[^\"]*\"[^<>\"]*)*>)")  # of cleaned HTML: every attribute is quoted
_LINKS = frozenset({HoldCode.LINKS, HoldCode.BAD_HOSTS})
_SHOWN_BY: tuple[tuple[frozenset[HoldCode], Callable[[str], Iterable[range]]], ...] = (
    (_LINKS, habits.where_links),
    (frozenset({HoldCode.PHONES}), habits.where_phones),
    (frozenset({HoldCode.ADDRESSES, HoldCode.ADDRESS_IN_TEXT}), habits.where_addresses),
    (frozenset({HoldCode.DISGUISED}), habits.where_disguised),
    (frozenset({HoldCode.SPACED}), habits.where_spaced),
)


def marked(body_html: str, words: Collection[str], codes: Collection[HoldCode]) -> str:
    """Return a cleaned comment with `words`, and what the signals `codes` were seen by, each within a `mark`.

    Nothing else changes: without its marks it is the same again. Linear in the comment's length.
    """
    finders = [find for shown, find in _SHOWN_BY if not shown.isdisjoint(codes)]
    if words:
        finders.append(_finder_of(words))
    if not finders:
        return body_html
    links_count = not _LINKS.isdisjoint(codes)
    made, within_link = [], False
    for number, piece in enumerate(_TAG.split(body_html)):
        if number % 2:
            within_link = piece.startswith("<a ") or (within_link and piece != "</a>")
            made.append(piece)
        elif within_link and links_count and piece.strip():
            made.append(f"<mark>{piece}</mark>")
        else:
            made.append(_marked_text(piece, finders))
    return "".join(made)


def _marked_text(escaped: str, finders: Iterable[Callable[[str], Iterable[range]]]) -> str:
    text = html.unescape(escaped)
    spots = sorted((spot for find in finders for spot in find(text)), key=lambda spot: spot.start)
    made, done = [], 0
    for spot in _joined(spots):
        made += [_escaped(text[done : spot.start]), f"<mark>{_escaped(text[spot.start : spot.stop])}</mark>"]
        done = spot.stop
    return "".join([*made, _escaped(text[done:])]) if done else escaped


def _joined(spots: Iterable[range]) -> Iterator[range]:
    """Yield stretches of text in order, those that overlap as one."""
    last: range | None = None
    for spot in spots:
        if last is not None and spot.start < last.stop:
            last = range(last.start, max(last.stop, spot.stop))
        else:
            if last is not None:
                yield last
            last = spot
    if last is not None:
        yield last


def _finder_of(words: Collection[str]) -> Callable[[str], Iterable[range]]:
    longest_first = sorted(words, key=len, reverse=True)
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})")
    return lambda text: (range(*found.span()) for found in pattern.finditer(text))


def _escaped(text: str) -> str:
    """Return text as the cleaning leaves it in HTML."""
    return html.escape(text, quote=False).replace("\xa0", "&nbsp;")
