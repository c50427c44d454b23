"""Classic WordPress text as paragraphs and line breaks, the way WordPress shows it."""

import re
from dataclasses import dataclass, field

from cms.exchange.html_tokens import Token, tokens

# Blocks whose inner text is a paragraph even without a blank line.
_FLOW = frozenset("blockquote article section aside main header footer details".split())
# Blocks whose inner text stays as it is, unless a blank line cuts it.
_TEXT = frozenset("div li td th dd form fieldset address figure nav menu center noscript hgroup".split())
# Blocks that can hold no paragraph.
_LINE = frozenset("h1 h2 h3 h4 h5 h6 dt figcaption caption summary legend".split())
# Blocks that hold other blocks only.
_FRAME = frozenset(
    "ul ol dl table thead tbody tfoot tr colgroup select optgroup video audio object map".split()
)
_VOID_BLOCK = frozenset({"hr", "col", "source", "track", "param", "area", "option"})
_BLOCKS = _FLOW | _TEXT | _LINE | _FRAME | _VOID_BLOCK | {"p"}
# Inline elements that show without text.
_SEEN = frozenset("img iframe input embed button canvas picture".split())
_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*")
_BREAK_TWICE = re.compile(r"<br\s*/?>\s*<br\s*/?>", re.IGNORECASE)
_BREAK_BEFORE = re.compile(r"<br\s*/?>\s*$", re.IGNORECASE)


def paragraphs(text: str) -> str:
    """Return `text` with `<p>` around parts separated by blank lines, and `<br>` at line ends within a part.

    Block tags, lists, tables, comments and `pre` are left alone, as WordPress's own filter leaves them.
    """
    writer = _Writer()
    for token in tokens(_BREAK_TWICE.sub("\n\n", text.replace("\r\n", "\n").replace("\r", "\n"))):
        writer.take(token)
    writer.finish()
    return "".join(writer.done).strip()


@dataclass(slots=True)
class _Writer:
    """The blocks that are open, and the run of text and inline tags since the last block tag."""

    done: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    run: list[Token] = field(default_factory=list)

    def take(self, token: Token) -> None:
        """Add a token to the open block or to the current run."""
        if token.raw and token.name == "pre":
            self._end_run()
            self.done.append(token.source)
        elif token.name in _BLOCKS and not token.raw:
            self._end_run()
            if token.closes:
                self._close(token)
            else:
                self._open(token)
        else:
            self.run.append(token)

    def finish(self) -> None:
        """Write the rest, and close the blocks that are still open."""
        self._end_run()
        while self.open:
            self._leave()

    def _open(self, token: Token) -> None:
        if self.open and self.open[-1] == "p":
            self._leave()
        if token.name == "p":
            # A typed paragraph is written like one of ours: with its tag, but cut where a blank line stands.
            self.open.append("p")
            self.run.append(Token(token.source, "p"))
            return
        self.done.append(token.source)
        if token.name not in _VOID_BLOCK and not token.source.endswith("/>"):
            self.open.append(token.name)

    def _close(self, token: Token) -> None:
        if token.name not in self.open:
            return
        while self.open[-1] != token.name:
            self._leave()
        self._leave()

    def _leave(self) -> None:
        name = self.open.pop()
        if name != "p":
            self.done.append(f"</{name}>")

    def _end_run(self) -> None:
        run, self.run = self.run, []
        if not run:
            return
        within = self.open[-1] if self.open else ""
        tag = "<p>"
        if run[0].name == "p":
            tag = run.pop(0).source
        if within in _FRAME or not any(token.source.strip() for token in run):
            self.done.extend(token.source for token in run if token.source.strip())
            return
        parts = _parted(run)
        if within in _LINE or (within in _TEXT and len(parts) == 1):
            self.done.append("<br>\n<br>\n".join(_lines(part) for part in parts if _is_seen(part)))
            return
        for part in parts:
            self.done.append(
                f"{tag}{_lines(part)}</p>\n" if _is_seen(part) else "".join(p.source for p in part)
            )
            tag = "<p>"


def _parted(run: list[Token]) -> list[list[Token]]:
    """Return the run cut at its blank lines; one that begins or ends with a blank line is cut there too."""
    parts: list[list[Token]] = [[]]
    for token in run:
        if token.name:
            parts[-1].append(token)
            continue
        first, *others = _BLANK_LINE.split(token.source)
        parts[-1].append(Token(first))
        parts.extend([Token(other)] for other in others)
    return parts


def _is_seen(part: list[Token]) -> bool:
    return any(
        token.name in _SEEN or token.raw or (not token.name and token.source.strip()) for token in part
    )


def _lines(part: list[Token]) -> str:
    """Return one paragraph's source with a break at the end of each line but where one was typed."""
    done: list[str] = []
    for token in part:
        if token.name:
            done.append(token.source)
            continue
        first, *others = token.source.split("\n")
        done.append(first)
        for other in others:
            typed = not first.strip() and len(done) > 1 and bool(_BREAK_BEFORE.search(done[-2]))
            done.append("\n" if typed else "<br>\n")
            done.append(other.lstrip())
            first = other
    text = "".join(done).strip()
    while text.startswith("<br>\n"):
        text = text[5:].lstrip()
    while text.endswith("<br>"):
        text = text[:-4].rstrip()
    return text
