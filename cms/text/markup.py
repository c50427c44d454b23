"""What of a comment's typed text is markup: a few exact tags, found in one linear pass, and nothing else."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from cms.text.links import well_formed

_TAGS = "p br a em strong b i code pre blockquote ul ol li"
COMMENT_TAGS = frozenset(_TAGS.split())
MAX_TAGS = 100  # elements, typed ones and links of bare addresses together; html5lib takes 50 µs for a link
MAX_DEPTH = 8  # deeper quotations leave no room on a phone, and bleach takes 50 ms for 600 nested lists

BLOCKS = frozenset({"p", "pre", "blockquote", "ul", "ol"})
LISTS = frozenset({"ul", "ol"})
# Where paragraphs are made and blocks may stand; "" is the comment.
_FLOW = frozenset({"", "p", "blockquote", "li"})
_NAMES = "|".join(sorted(COMMENT_TAGS - {"br"}, key=len, reverse=True))
# Every alternative begins with "<" and can hold no second one, so no character is looked at more than twice.
_TAG = re.compile(
    rf"""<(?P<br>br)\ ?/?>
    |<a\s+href\s*=\s*(?:"(?P<double>[^"<>\s]*)"|'(?P<single>[^'<>\s]*)')\s*>
    |<(?P<slash>/?)(?P<name>{_NAMES})>""",
    re.IGNORECASE | re.VERBOSE,
)


class _Token(NamedTuple):
    """A piece of what was typed: a tag (`name`, perhaps `closing` or with an `href`), or text (no `name`)."""

    typed: str
    name: str = ""
    closing: bool = False
    href: str = ""


@dataclass(slots=True)
class Node:
    """An element that counts as markup; the comment itself has the name ''."""

    name: str
    href: str = ""
    children: list["Node | str"] = field(default_factory=list)

    def add_text(self, text: str) -> None:
        """Append text, joined to text before it, so that a tag shown as typed does not part it in two."""
        if self.children and isinstance(self.children[-1], str):
            self.children[-1] += text
        else:
            self.children.append(text)


def tree(text: str) -> tuple[Node, int]:
    """Return typed text as a tree of at most MAX_TAGS elements, MAX_DEPTH deep, with their number.

    Blocks stand only where paragraphs may, `li` only in lists and nothing else directly in them, no link in a
    link; each `href` is an absolute http(s) address. Tags that are not closed, misnested, out of place or
    beyond the limits are text.
    """
    if "<" not in text:
        return Node("", children=[text] if text else []), 0
    tokens = list(_tokens(text))
    closed_by = _pairs(tokens)
    path, ends, elements = [Node("")], [-1], 0
    for position, token in enumerate(tokens):
        opens = token.name == "br" or position in closed_by
        if position == ends[-1]:
            path.pop()
            ends.pop()
        elif opens and elements < MAX_TAGS and _may_stand(token.name, path):
            elements += 1
            node = Node(token.name, token.href)
            path[-1].children.append(node)
            if token.name != "br":
                path.append(node)
                ends.append(closed_by[position])
        else:
            path[-1].add_text(token.typed)
    return path[0], elements


def _tokens(text: str) -> Iterator[_Token]:
    end = 0
    for match in _TAG.finditer(text):
        token = _token(match)
        if token is None:
            continue
        if match.start() > end:
            yield _Token(text[end : match.start()])
        yield token
        end = match.end()
    if end < len(text):
        yield _Token(text[end:])


def _token(match: re.Match[str]) -> _Token | None:
    """Return the tag, or None for a link whose address is not well formed: that is text."""
    if match["br"]:
        return _Token(match[0], "br")
    if match["name"]:
        return _Token(match[0], match["name"].lower(), closing=bool(match["slash"]))
    href = (match["double"] or match["single"] or "").replace("&amp;", "&")
    return _Token(match[0], "a", href=href) if well_formed(href) else None


def _pairs(tokens: list[_Token]) -> dict[int, int]:
    """Return the position of its end tag for each tag that is properly closed."""
    pairs: dict[int, int] = {}
    waiting: list[int] = []
    open_names: Counter[str] = Counter()
    for position, token in enumerate(tokens):
        if token.name in ("", "br"):
            continue
        if not token.closing:
            waiting.append(position)
            open_names[token.name] += 1
        elif open_names[token.name]:
            opening = waiting.pop()
            while tokens[opening].name != token.name:
                open_names[tokens[opening].name] -= 1
                opening = waiting.pop()
            open_names[token.name] -= 1
            pairs[opening] = position
    return pairs


def _may_stand(name: str, path: list[Node]) -> bool:
    """Say whether an element may stand at the end of `path`, whose first node is the comment itself."""
    parent = path[-1].name
    if len(path) > MAX_DEPTH:
        return False
    if name == "li" or parent in LISTS:
        return name == "li" and parent in LISTS
    if name in BLOCKS:
        return parent in _FLOW
    return name != "a" or all(node.name != "a" for node in path)
