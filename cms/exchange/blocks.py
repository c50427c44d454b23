"""The block editor's comments turned into plain HTML."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from cms.exchange.autop import paragraphs
from cms.exchange.html_tokens import attributes, tokens

_HALF = "\\ud"  # how JSON writes half of a character beyond the first 65,536
DEEPEST = 40  # blocks within each other; page builders reach 12
REUSED_DEEPEST = 4  # reusable blocks within each other

_COMMENT = re.compile(r"\s(/?)wp:([a-z][a-z0-9_-]*(?:/[a-z][a-z0-9_-]*)?)\s*(.*?)\s*(/?)\Z", re.DOTALL)
_ADDRESS = re.compile(r"https?://[^\s<>\"']+")
# Blocks that show something gathered at the moment of reading; there is nothing of theirs in the export.
_NOTHING = frozenset({"more", "nextpage", "spacer"})


@dataclass(slots=True)
class Block:
    """A block with its attributes; `children` are blocks and source between them, in order."""

    name: str
    attributes: dict[str, Any] = field(default_factory=dict)  # Any: JSON of any shape
    children: list["Block | str"] = field(default_factory=list)


def has_blocks(content: str) -> bool:
    """Tell whether a post was written in the block editor."""
    return "<!-- wp:" in content


def plain_html(content: str, reusable: Mapping[str, str], footnotes: str, empty: Counter[str]) -> str:
    """Return block content as HTML without comments.

    `reusable` holds the content of reusable blocks by their id, `footnotes` the custom field of that name.
    Blocks that have nothing to show here are counted by name in `empty`.
    """
    writer = _Writer(reusable, footnotes, empty)
    return "".join(writer.top(child) for child in tree(content))


def tree(content: str) -> list[Block | str]:
    """Return `content` as blocks and the source between them; an unclosed one ends where its parent does."""
    root = Block("")
    path = [root]
    for token in _tokens(content):
        if isinstance(token, str):
            path[-1].children.append(token)
            continue
        closes, name, attributes_json, alone = token
        if not closes:
            block = Block(name, _json(attributes_json))
            path[-1].children.append(block)
            if not alone and len(path) <= DEEPEST:
                path.append(block)
        elif any(block.name == name for block in path):
            while path.pop().name != name:
                pass
    return root.children


def _tokens(content: str) -> Iterator[str | tuple[bool, str, str, bool]]:
    at = 0
    while (opening := content.find("<!--", at)) >= 0:
        end = content.find("-->", opening)
        if end < 0:
            break
        if opening > at:
            yield content[at:opening]
        comment = _COMMENT.match(content, opening + 4, end)
        if comment:
            yield bool(comment[1]), comment[2].removeprefix("core/"), comment[3], bool(comment[4])
        at = end + 3
    yield content[at:]


def _json(source: str) -> dict[str, Any]:  # Any: JSON of any shape
    try:
        value = json.loads(_without_halves(source)) if source.startswith("{") else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _without_halves(source: str) -> str:
    # `\\ud83d` without its other half becomes a character that no UTF-8 can hold.
    return (
        json.dumps(json.loads(source), ensure_ascii=False).encode("utf-8", "replace").decode()
        if _HALF in source
        else source
    )


@dataclass(slots=True)
class _Writer:
    reusable: Mapping[str, str]
    footnotes: str
    empty: Counter[str]
    open_refs: list[str] = field(default_factory=list)

    def top(self, child: Block | str) -> str:
        """Write what stands outside of all blocks: text of the classic editor, then blocks."""
        if isinstance(child, str):
            return paragraphs(child) + "\n" if child.strip() else ""
        return self.block(child) + "\n"

    def block(self, block: Block) -> str:
        """Write one block by its kind."""
        name = block.name
        if name in _NOTHING:
            return ""
        if name == "embed" or name.startswith(("core-embed/", "embed/")):
            return self._embed(block)
        if name == "gallery":
            return gallery(self._inner(block))
        if name in {"shortcode", "freeform"}:
            return paragraphs(self._inner(block))
        if name == "block":
            return self._reused(block)
        if name == "footnotes":
            return self._footnotes()
        inner = self._inner(block)
        if name == "cover":
            return _background(block, inner) + inner
        if not inner.strip():
            self.empty[name] += 1
        return inner

    def _inner(self, block: Block) -> str:
        return "".join(child if isinstance(child, str) else self.block(child) for child in block.children)

    def _embed(self, block: Block) -> str:
        inner = self._inner(block)
        address = block.attributes.get("url")
        if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
            found = _ADDRESS.search(re.sub(r"<[^>]*>", " ", inner)) or _ADDRESS.search(inner)
            if not found:
                return inner
            address = found[0].replace("&amp;", "&")
        return _linked_figure(address, _caption(inner))

    def _reused(self, block: Block) -> str:
        ref = str(block.attributes.get("ref", ""))
        content = self.reusable.get(ref)
        if content is None or ref in self.open_refs or len(self.open_refs) >= REUSED_DEEPEST:
            self.empty["block"] += 1
            return ""
        self.open_refs.append(ref)
        html = "".join(self.top(child) for child in tree(content))
        self.open_refs.pop()
        return html

    def _footnotes(self) -> str:
        try:
            notes = json.loads(_without_halves(self.footnotes) or "[]")
        except (ValueError, RecursionError):
            notes = []
        texts = [
            note["content"]
            for note in notes
            if isinstance(note, dict) and isinstance(note.get("content"), str)
        ]
        return "<ol>" + "".join(f"<li>{text}</li>" for text in texts) + "</ol>" if texts else ""


def _background(block: Block, inner: str) -> str:
    """Return the picture that a cover shows behind its words, where it stands in a style alone."""
    address = block.attributes.get("url")
    if not isinstance(address, str) or "<img" in inner or "<video" in inner:
        return ""
    return f'<figure><img src="{escape(address)}" alt=""></figure>'


def linked(address: str) -> str:
    """Return an address as a link that shows it; nothing is loaded before a reader follows it."""
    return f'<a class="outside" href="{escape(address)}">{escape(address)}</a>'


def _linked_figure(address: str, caption: str) -> str:
    return f"<figure><p>{linked(address)}</p>{caption}</figure>"


def _caption(html: str) -> str:
    found = re.search(r"<figcaption\b[^>]*>(.*?)</figcaption>", html, re.DOTALL | re.IGNORECASE)
    return f"<figcaption>{found[1]}</figcaption>" if found and found[1].strip() else ""


def gallery(html: str) -> str:
    """Return the pictures of a gallery as figures within one, without the list around them."""
    done: list[str] = []
    framed = False
    for token in tokens(html):
        if token.name == "figure" and "wp-block-gallery" in attributes(token.source).get("class", ""):
            framed = True
            done.append('<figure class="gallery">')
        elif token.name not in {"ul", "li"}:
            done.append(token.source)
    inner = "".join(done)
    return inner if framed or not inner.strip() else f'<figure class="gallery">{inner}</figure>'
