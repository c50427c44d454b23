"""A comment's tree of text and markup as well-nested HTML, with its paragraphs, line breaks and links."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cms.text.links import linked
from cms.text.markup import BLOCKS, LISTS, MAX_TAGS, Node, tree

MAX_BREAKS = 250  # lines and paragraphs; 5,000 characters of verse have 150, and bleach takes 14 µs for each

_BLANK_LINE = re.compile(r"\n(?:[ \t]*\n)+")
_EDGES = " \t\n"

Run = Sequence[Node | str]  # neighbours on one line: text and inline elements


def typeset(text: str) -> str:
    """Return typed text as HTML whose only attribute is `href`, absolute and http(s), on `a`.

    A blank line makes a paragraph, a newline a `<br>` except in `pre`, a bare http(s) address a link except
    in `a`, `code` and `pre`. Blocks never stand in a `p`. Beyond MAX_BREAKS a newline stays a newline; beyond
    MAX_TAGS elements an address stays text.
    """
    root, elements = tree(text)
    return _Writer(links_left=MAX_TAGS - elements).flow(root)


@dataclass(slots=True)
class _Writer:
    """Writes a tree and remembers how many links and breaks may still be made."""

    links_left: int
    breaks_left: int = MAX_BREAKS

    def flow(self, node: Node) -> str:
        """Write what may hold blocks: runs become paragraphs, but for the first one of a list's item."""
        written: list[str] = []
        for part in self._parts(node):
            if isinstance(part, Node):
                written.append(self._block(part))
            elif run := _trimmed(part):
                bare = node.name == "li" and not any(written)
                written.append(self._line(run) if bare else f"<p>{self._line(run)}</p>")
        return "".join(written)

    def _parts(self, node: Node) -> Iterator[Node | Run]:
        """Yield blocks one by one, and between them the run of each paragraph."""
        run: list[Node | str] = []
        for child in node.children:
            if isinstance(child, str):
                first, *others = self._paragraphs(child)
                run.append(first)
                for other in others:
                    yield run
                    run = [other]
            elif child.name in BLOCKS:
                yield run
                yield child
                run = []
            else:
                run.append(child)
        yield run

    def _paragraphs(self, text: str) -> list[str]:
        if self.breaks_left == 0:  # re.split takes 0 for "no limit"
            return [text]
        paragraphs = _BLANK_LINE.split(text, maxsplit=self.breaks_left)
        self.breaks_left -= len(paragraphs) - 1
        return paragraphs

    def _block(self, node: Node) -> str:
        if node.name == "p":
            return self.flow(node)
        if node.name == "pre":
            # Every parser drops a first newline in `pre`, so that each cleaning would eat another one.
            inner = self._line(node.children, "pre").lstrip("\n")
        elif node.name in LISTS:
            inner = "".join(f"<li>{self.flow(item)}</li>" for item in _items(node))
        else:
            inner = self.flow(node)
        return f"<{node.name}>{inner}</{node.name}>" if inner else ""

    def _line(self, run: Run, inside: str = "") -> str:
        """Write text and inline elements; `inside` is "pre" or "link" where addresses are not linked."""
        written: list[str] = []
        after_break = False
        for child in run:
            if isinstance(child, str):
                written.append(self._text(child.removeprefix("\n") if after_break else child, inside))
            else:
                written.append(self._inline(child, inside))
            after_break = isinstance(child, Node) and child.name == "br"
        return "".join(written)

    def _inline(self, node: Node, inside: str) -> str:
        if node.name == "br":
            return "<br>"
        inner = self._line(node.children, inside or ("link" if node.name in {"a", "code"} else ""))
        if node.href:
            return _link(node.href, inner)
        return inner if node.name == "a" else f"<{node.name}>{inner}</{node.name}>"

    def _text(self, text: str, inside: str) -> str:
        if inside:
            return self._lines(text, inside)
        written: list[str] = []
        for piece, address in linked(text, self.links_left):
            if address:
                self.links_left -= 1
                written.append(_link(piece, _escaped(piece)))
            else:
                written.append(self._lines(piece, inside))
        return "".join(written)

    def _lines(self, text: str, inside: str) -> str:
        if inside == "pre":
            return _escaped(text)
        breaks = min(text.count("\n"), self.breaks_left)
        self.breaks_left -= breaks
        return _escaped(text).replace("\n", "<br>", breaks)


def _items(node: Node) -> Iterator[Node]:
    """Yield a list's items; text that stands between them becomes an item, since it must not be lost."""
    for child in node.children:
        if isinstance(child, Node):
            yield child
        elif child.strip():
            yield Node("li", children=[child])


def _trimmed(run: Run) -> Run:
    """Return a paragraph's run without white space and breaks at its edges; empty when nothing is left."""
    start, stop = 0, len(run)
    while start < stop and _is_edge(run[start]):
        start += 1
    while stop > start and _is_edge(run[stop - 1]):
        stop -= 1
    kept = list(run[start:stop])
    if kept and isinstance(kept[0], str):
        kept[0] = kept[0].lstrip(_EDGES)
    if kept and isinstance(kept[-1], str):
        kept[-1] = kept[-1].rstrip(_EDGES)
    return kept


def _is_edge(child: Node | str) -> bool:
    return not child.strip(_EDGES) if isinstance(child, str) else child.name == "br"


def _link(href: str, inner: str) -> str:
    return f'<a href="{_escaped(href)}">{inner}</a>'


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)
