"""HTML source cut into tags, comments and text, in linear time and without changing a character."""

import re
from collections.abc import Iterator
from typing import NamedTuple

# A tag ends before the next "<", even in a quoted value: so no text is looked at twice.
_TAG = re.compile(r"""<(/?)([A-Za-z][A-Za-z0-9:-]*)((?:[^<>"']++|"[^"<]*+"|'[^'<]*+'|["'])*+)>""")
_ATTRIBUTE = re.compile(r"""([A-Za-z_:][\w:.-]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_RAW = frozenset({"pre", "script", "style", "textarea", "svg", "math"})


class Token(NamedTuple):  # made by the million: a frozen dataclass takes twice as long to make
    """A token; `name` is empty for text, "!" for a comment; `raw` marks a whole element with its contents."""

    source: str
    name: str = ""
    closes: bool = False
    raw: bool = False


def tokens(html: str) -> Iterator[Token]:
    """Yield the tokens of `html`; `pre`, `script`, `style` and other raw elements are one token each."""
    at = 0
    last_comment_end = html.rfind("-->")
    while (opening := html.find("<", at)) >= 0:
        found = _token_at(html, opening, last_comment_end)
        if found is None:
            yield Token(html[at : opening + 1])
            at = opening + 1
            continue
        if opening > at:
            yield Token(html[at:opening])
        yield found
        at = opening + len(found.source)
    if at < len(html):
        yield Token(html[at:])


def attributes(tag: str) -> dict[str, str]:
    """Return the attributes of one tag as written, names in lower case; the first of a name counts."""
    found: dict[str, str] = {}
    inner = re.sub(r"^</?[A-Za-z][\w:-]*|/?>$", "", tag)
    for name, double, single, bare in _ATTRIBUTE.findall(inner):
        found.setdefault(name.lower(), double or single or bare)
    return found


def _token_at(html: str, at: int, last_comment_end: int) -> Token | None:
    if html.startswith("<!--", at) and at + 4 <= last_comment_end:
        return Token(html[at : html.index("-->", at + 4) + 3], "!")
    tag = _TAG.match(html, at)
    if tag is None:
        return None
    name = tag[2].lower()
    if name not in _RAW or tag[1] or tag[3].endswith("/"):
        return Token(tag[0], name, bool(tag[1]))
    closing = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(html, tag.end())
    return Token(html[at : closing.end() if closing else len(html)], name, raw=True)
