"""A post's content as WordPress keeps it, turned into plain HTML."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from cms.exchange.autop import paragraphs
from cms.exchange.blocks import has_blocks, linked, plain_html
from cms.exchange.html_tokens import Token, tokens
from cms.exchange.shortcodes import PostAttachments, expanded

_MARKERS = re.compile(r"<!--\s*(more\b[^>]*?|noteaser|nextpage)\s*-->", re.IGNORECASE)
_ADDRESS_LINE = re.compile(r"^([ \t]*)(https?://[^\s<>\"]+)([ \t]*)$", re.MULTILINE)
_OPENED_TWICE = re.compile(r"<p>\s*\n(<figure|<p)\b")
_CLOSED_TWICE = re.compile(r"(</figure>|</p>)\n\s*</p>")
_UNLINKED = frozenset({"a", "code", "kbd", "samp"})


@dataclass(frozen=True, slots=True)
class Converted:
    """A body in plain HTML, not yet cleaned, with what in it nobody here knows, by name."""

    html: str
    shortcodes: Mapping[str, int] = field(default_factory=dict)
    empty_blocks: Mapping[str, int] = field(default_factory=dict)


def body_html(
    content: str, attachments: PostAttachments, reusable: Mapping[str, str] | None = None, footnotes: str = ""
) -> Converted:
    """Return what a reader of the WordPress site saw of `content`, as HTML without comments or shortcodes.

    `reusable` holds the content of reusable blocks by id, `footnotes` the custom field of that name (JSON).
    """
    unknown: Counter[str] = Counter()
    empty: Counter[str] = Counter()
    content = content.replace("\r\n", "\n").replace("\r", "\n")
    if has_blocks(content):
        html = plain_html(_MARKERS.sub("", content), reusable or {}, footnotes, empty)
        html = _linked_lines(_unwrapped(expanded(html, attachments, unknown)))
    else:
        text = expanded(_MARKERS.sub(_without, content), attachments, unknown)
        html = paragraphs(_linked_lines(text))
    return Converted(_uncommented(html), dict(unknown), dict(empty))


def _unwrapped(html: str) -> str:
    """Return `html` without the paragraphs around what a shortcode became."""
    return _CLOSED_TWICE.sub(r"\1", _OPENED_TWICE.sub(r"\1", html))


def _without(marker: re.Match[str]) -> str:
    return "\n\n" if marker[1].lower() == "nextpage" else ""


def _linked_lines(html: str) -> str:
    """Return `html` with each address that stands alone on a line as a link; WordPress embeds those."""
    if "://" not in html:
        return html
    done: list[str] = []
    open_links = 0
    run: list[Token] = list(tokens(html))
    for number, token in enumerate(run):
        if token.name in _UNLINKED:
            open_links += -1 if token.closes else 1
        if token.name or open_links > 0 or "://" not in token.source:
            done.append(token.source)
            continue
        alone = _ends_a_line(run, number - 1), _begins_a_line(run, number + 1)
        done.append(_linked_text(token.source, *alone))
    return "".join(done)


def _linked_text(text: str, at_line_start: bool, at_line_end: bool) -> str:
    def link(match: re.Match[str]) -> str:
        begins = match.start() > 0 or at_line_start
        ends = match.end() < len(text) or at_line_end
        return f"{match[1]}{_link(match[2])}{match[3]}" if begins and ends else match[0]

    return _ADDRESS_LINE.sub(link, text)


def _link(source: str) -> str:
    return linked(source.replace("&amp;", "&").replace("&#038;", "&"))


def _ends_a_line(run: list[Token], number: int) -> bool:
    return number < 0 or run[number].name in {"p", "br", "div", "!", "figure", "li", "td", "blockquote"}


def _begins_a_line(run: list[Token], number: int) -> bool:
    return number >= len(run) or run[number].name in {
        "p",
        "br",
        "div",
        "!",
        "figure",
        "li",
        "td",
        "blockquote",
    }


def _uncommented(html: str) -> str:
    if "<!--" not in html:
        return html
    return "".join(token.source for token in tokens(html) if token.name != "!")
