"""An article's body made fit for our page, in one linear pass over HTML that nh3 has written."""

import html
import re
from collections import Counter
from dataclasses import dataclass, field

_CONTAINERS = "div section article header footer main aside nav address center form fieldset"
_BLOCKS = "p h2 h3 h4 h5 h6 pre blockquote ul ol li dl dt dd hr figure figcaption details summary table"
CONTAINERS = frozenset(_CONTAINERS.split())
BLOCKS = frozenset(_BLOCKS.split())
OUTSIDE_TAGS = frozenset({"iframe", "embed", "object", "audio", "video", "source", "img"})
# The page itself has the one h1; the other three are HTML 4.
RENAMED = {"h1": "h2", "strike": "s", "tt": "code", "acronym": "abbr"}

_BLOCK_TAG = re.compile(
    rf"</?(?:{'|'.join(sorted(BLOCKS | CONTAINERS))}|h1|thead|tbody|tfoot|tr|td|th|caption)(?=[\s/>])",
    re.IGNORECASE,
)
_BLANK_LINE = re.compile(r"\n(?:[ \t]*\n)+")
_LINE_END = re.compile(r"(?<!<br>)(?<!<br/>)(?<!<br />)\n")

# What nh3 writes is regular: lower-case names, every value in double quotes with its own quotes as entities.
_ATTRIBUTE = r' [a-z][a-z0-9:-]*="[^"]*"'
_TOKEN = re.compile(
    rf"<(?P<slash>/?)(?P<name>[a-z][a-z0-9]*)(?P<attributes>(?:{_ATTRIBUTE})*)>|(?P<text>[^<]+)"
)
_NAME_AND_VALUE = re.compile(r' ([a-z][a-z0-9:-]*)="([^"]*)"')
_FIRST_SOURCE = re.compile(
    rf"(?P<start><(?:audio|video)(?P<attributes>(?:{_ATTRIBUTE})*))>\s*<source(?P<source>(?:{_ATTRIBUTE})*)>"
)
_HOST = re.compile(r"(?:https?:)?//(?:[^/?#]*@)?([^/?#]+)", re.IGNORECASE)
# Blocks within blocks: the parser's time grows with the square of their depth (100,000 took it minutes, measured), and
# browsers themselves stop at 512.
DEEPEST = 200
_NESTING = "blockquote ul ol dl figure figcaption details summary dialog menu dir hgroup search".split()
_NESTING_TAG = re.compile(
    r"<!--.*?(?:-->|$)|<(script|style)\b.*?(?:</\1|$)"
    rf"|<(?P<slash>/?)(?:(?P<container>{'|'.join(sorted(CONTAINERS))})|{'|'.join(_NESTING)})(?=[\s/>])",
    re.IGNORECASE | re.DOTALL,
)
_VOID = frozenset({"br", "hr", "img", "embed", "source"})


def paragraphs(raw: str) -> str:
    """Return pasted text with paragraphs at blank lines and its line breaks; as it is if it holds a block."""
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    if _BLOCK_TAG.search(text):
        return raw
    parts = (part.strip() for part in _BLANK_LINE.split(text))
    return "\n".join(f"<p>{_LINE_END.sub('<br>', part)}</p>" for part in parts if part)


def shallow(raw: str) -> str:
    """Return HTML in which a block in more than DEEPEST others has a name that no cleaning keeps; what is in it stays.

    Containers, which are unwrapped in the end, are counted apart: old texts leave hundreds of them open.
    """
    depths = [0, 0]

    def kept(tag: re.Match[str]) -> str:
        if tag["slash"] is None:  # a comment or a script, which hold no tags
            return tag[0]
        kind, closes = int(tag["container"] is not None), bool(tag["slash"])
        depth = depths[kind]
        depths[kind] = max(0, depth - 1) if closes else depth + 1
        stays = depth <= DEEPEST if closes else depth < DEEPEST
        return tag[0] if stays else f"<{tag['slash']}x"

    return _NESTING_TAG.sub(kept, raw)


def is_local(address: str, media_prefix: str) -> bool:
    """Say whether `address` is a file of this site, below `media_prefix` or /static/ with no way out."""
    return address.startswith((media_prefix, "/static/")) and "/.." not in address and "\\" not in address


def self_contained(written: str, media_prefix: str) -> str:
    """Return HTML that makes no outside request; `written` is nh3's output.

    Pictures, sound, films and frames from outside become links, shown as their alt text, title or host.
    Containers are unwrapped, and loose text at the top gets its paragraph. Each picture after the first is
    loaded when it is needed.
    """
    body = _Body(media_prefix)
    for match in _TOKEN.finditer(_FIRST_SOURCE.sub(_with_source, written)):
        body.take(match)
    return body.finished()


def _with_source(match: re.Match[str]) -> str:
    """Give a film or sound the address of its first source, unless it has one of its own."""
    source = dict(_NAME_AND_VALUE.findall(match["source"])).get("src")
    if source is None or ' src="' in match["attributes"]:
        return f"{match['start']}>"
    return f'{match["start"]} src="{source}">'


@dataclass(slots=True)
class _Body:
    """The body as far as it is written; values of attributes stay escaped as nh3 wrote them."""

    media_prefix: str
    written: list[str] = field(default_factory=lambda: [""])
    # Open elements by the name they are written with, "" if unwrapped.
    path: list[str] = field(default_factory=list)
    open_names: Counter[str] = field(default_factory=Counter)
    skipped: str = ""  # the element whose content is left out until its end tag
    pictures: int = 0
    run_at: int = 0  # where the top's present run of loose text would get its <p>
    run_seen: bool = False
    run_blocks: bool = False

    def take(self, token: re.Match[str]) -> None:
        """Write one token, changed as needed."""
        name, text = token["name"], token["text"]
        if self.skipped:
            if token["slash"] and name == self.skipped:
                self.skipped = ""
        elif text is not None:
            self._show(text, seen=bool(text.replace("&nbsp;", " ").strip()))
        elif token["slash"]:
            self._end(name)
        elif name in OUTSIDE_TAGS:
            self._media(name, dict(_NAME_AND_VALUE.findall(token["attributes"])))
        else:
            self._start(name, token["attributes"])

    def finished(self) -> str:
        """Return the whole body."""
        self._close_run()
        return "".join(self.written).strip()

    def _start(self, name: str, attributes: str) -> None:
        if name in CONTAINERS:
            self._container_edge()
            self._open("")
            return
        name = RENAMED.get(name, name)
        if name in BLOCKS:
            if self._at_top():
                self._close_run()
            self.run_blocks = True
        written = _with_rel(attributes) if name == "a" else attributes
        self._show(f"<{name}{written}>", seen=name not in BLOCKS)
        if name not in _VOID:
            self._open(name)
        elif name == "hr" and self._at_top():
            self._close_run()

    def _end(self, name: str) -> None:
        written_as = self._close()
        if written_as:
            self._show(f"</{written_as}>")
            if self.run_blocks and self._at_top():
                self._close_run()
        elif name in CONTAINERS:
            self._container_edge()

    def _open(self, written_as: str) -> None:
        self.path.append(written_as)
        self.open_names[written_as] += 1

    def _close(self) -> str:
        if not self.path:
            return ""
        written_as = self.path.pop()
        self.open_names[written_as] -= 1
        return written_as

    def _at_top(self) -> bool:
        return len(self.path) == self.open_names[""]

    def _container_edge(self) -> None:
        """Keep words on both sides of an unwrapped container apart."""
        if self._at_top():
            self._close_run()
        else:
            self._show("\n")

    def _media(self, name: str, attributes: dict[str, str]) -> None:
        """Write a picture, sound or film of this site as it is, a link for anything from elsewhere."""
        source = html.unescape(attributes.get("data" if name == "object" else "src", "")).strip()
        if name in {"img", "audio", "video"} and is_local(source, self.media_prefix):
            self._show(self._picture(attributes) if name == "img" else _player(name, attributes), seen=True)
            if name != "img":
                self._open(name)
        elif name != "source":
            if name != "img":
                self._container_edge()
            self._outside(source, attributes.get("alt") or attributes.get("title") or "")
            if name != "img":
                self._container_edge()
            if name == "iframe" or (source and name not in _VOID):
                self.skipped = name
            elif name not in _VOID:
                self._open("")

    def _picture(self, attributes: dict[str, str]) -> str:
        self.pictures += 1
        kept = {"src": attributes["src"], "alt": attributes.get("alt", "")}
        kept |= {key: value for key, value in attributes.items() if key in {"width", "height"}}
        kept |= {"loading": "lazy"} if self.pictures > 1 else {}
        return _tag("img", kept | {"decoding": "async"})

    def _outside(self, address: str, words: str) -> None:
        host = _HOST.match(address)
        words = words.strip() or html.escape(host[1] if host else address.rpartition("/")[2] or address)
        if address.startswith("//"):
            address = f"https:{address}"
        if address and not self.open_names["a"]:  # a link in a link would end the outer one
            words = f'<a href="{html.escape(address)}" class="outside" rel="nofollow noopener">{words}</a>'
        self._show(words, seen=bool(words))

    def _show(self, piece: str, *, seen: bool = False) -> None:
        self.written.append(piece)
        self.run_seen = self.run_seen or seen

    def _close_run(self) -> None:
        if self.run_seen and not self.run_blocks:
            self.written[self.run_at] = "<p>"
            self.written.append("</p>")
        self.run_at, self.run_seen, self.run_blocks = len(self.written), False, False
        self.written.append("")


def _player(name: str, attributes: dict[str, str]) -> str:
    kept = {key: value for key, value in attributes.items() if key in {"src", "width", "height", "poster"}}
    return _tag(name, {"controls": ""} | kept)


def _with_rel(attributes: str) -> str:
    """Return a link's attributes with the `rel` that its address asks for, in place of its own."""
    kept = {key: value for key, value in _NAME_AND_VALUE.findall(attributes) if key != "rel"}
    if kept.get("class") == "outside":
        kept["rel"] = "nofollow noopener"
    elif _HOST.match(kept.get("href", "")):
        kept["rel"] = "noopener"
    return _written(kept)


def _tag(name: str, attributes: dict[str, str]) -> str:
    return f"<{name}{_written(attributes)}>"


def _written(attributes: dict[str, str]) -> str:
    return "".join(f' {key}="{value}"' for key, value in attributes.items())
