"""WordPress's comments as our readers would have typed them, in the order of their threads."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from html import unescape

from cms.comments.rules import CommentStatus
from cms.exchange.html_tokens import Token, attributes, tokens
from cms.exchange.moments import moment
from cms.exchange.wxr_events import WxrComment
from cms.text.characters import comment_text, one_line

MENTIONS = frozenset({"pingback", "trackback", "webmention", "pings", "mention"})
SPOKEN = frozenset({"", "comment", "review"})  # `review`: what a shop's customers write below a product
EMAIL_MAX = 254  # characters; RFC 5321, erratum 1690

_STATUS = {
    "1": CommentStatus.APPROVED,
    "approve": CommentStatus.APPROVED,
    "approved": CommentStatus.APPROVED,
    "spam": CommentStatus.SPAM,
    "trash": CommentStatus.REJECTED,
    "post-trashed": CommentStatus.REJECTED,
}
_KEPT_TAGS = frozenset({"em", "strong", "b", "i", "code", "pre", "blockquote", "ul", "ol", "li"})
_DROPPED_TAGS = frozenset(
    "abbr acronym address big center cite del div dd dl dt font h1 h2 h3 h4 h5 h6 hr ins kbd mark q s samp"
    " small span strike sub sup table tbody td th thead tr tt u var".split()
)
_BROKEN_TAG = "<\u2060"  # a word joiner nobody sees: what was typed as text must not be read as a tag
_ADDRESS = re.compile(r"https?://[^\s\"'<>]+", re.IGNORECASE)


@dataclass(slots=True)  # not frozen: to hand one to another process takes half the time (measured)
class IncomingComment:
    """A comment on its way in; `number` is its old id, `parent` the key of another one or ""."""

    key: str
    number: int
    parent: str
    name: str
    email: str = field(repr=False)
    body_text: str
    status: CommentStatus
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class Thread:
    """All that was said below a post: comments with parents first, keys of mentions, other kinds by name."""

    comments: tuple[IncomingComment, ...]
    mentions: tuple[str, ...]
    others: tuple[str, ...]


def thread(comments: Sequence[WxrComment], zone: tzinfo) -> Thread:
    """Return a post's comments; one whose parent is missing, or in a circle, begins a thread of its own."""
    spoken = [comment for comment in comments if comment.kind in SPOKEN]
    incoming = {key_of(comment): _incoming(comment, zone) for comment in spoken}
    keys = {comment.comment_id: key_of(comment) for comment in reversed(spoken)}
    above = {key: keys.get(one.parent, "") for key, one in incoming.items()}
    in_order = _parents_first(above)
    for key, parent in above.items():
        incoming[key].parent = parent
    return Thread(
        comments=tuple(incoming[key] for key in in_order),
        mentions=tuple(dict.fromkeys(key_of(one) for one in comments if one.kind in MENTIONS)),
        others=tuple(one.kind for one in comments if one.kind not in SPOKEN | MENTIONS),
    )


def key_of(comment: WxrComment) -> str:
    """Return by what a comment is known again: its number with its date, since numbers can stand twice."""
    return f"{comment.comment_id} {comment.date_gmt or comment.date}"[:200]


def typed_text(content: str) -> str:
    """Return a comment's HTML as text in which only the tags that readers here may use stand."""
    done: list[str] = []
    links: list[str] = []
    for token in tokens(content.replace("\r\n", "\n").replace("\r", "\n")):
        if not token.name:
            done.append(_as_text(token.source))
        elif token.name == "a":
            done.append(_link(token, links))
        elif token.name != "!":
            done.append(_tag(token))
    return re.sub(r"\n{3,}", "\n\n", "".join([*done, *reversed(links)])).strip()


def _incoming(comment: WxrComment, zone: tzinfo) -> IncomingComment:
    email = comment.email.strip()
    return IncomingComment(
        key=key_of(comment),
        number=int(comment.comment_id) if comment.comment_id.isdecimal() else 0,
        parent=comment.parent,
        name=_name(comment.author, email),
        email=email if "@" in email[1:-1] and len(email) <= EMAIL_MAX else "",
        body_text=comment_text(typed_text(comment.content)),
        status=_STATUS.get(comment.approved.lower(), CommentStatus.HELD),
        created_at=moment(comment.date_gmt, comment.date, "", zone),
    )


def _name(author: str, email: str) -> str:
    name = " ".join(unescape("".join(token.source for token in tokens(author) if not token.name)).split())
    # Some people typed their address as their name; nobody ever sees it here.
    return "" if email and email.casefold() in name.casefold() else one_line(name[:200])


def _parents_first(above: dict[str, str]) -> list[str]:
    """Return the keys so that each comes behind its parent; the circles in `above` are cut open."""
    placed: dict[str, None] = {}
    for key in above:
        path: list[str] = []
        on_path: set[str] = set()
        while key and key not in placed and key not in on_path:
            path.append(key)
            on_path.add(key)
            key = above[key]
        if key in on_path:
            above[path[-1]] = ""
        placed.update(dict.fromkeys(reversed(path)))
    return list(placed)


def _as_text(source: str) -> str:
    if "&" not in source:
        return source
    text = unescape(source)
    return re.sub(r"<(?=/?[A-Za-z])", _BROKEN_TAG, text) if "<" in text else text


def _link(token: Token, links: list[str]) -> str:
    if token.closes:
        return links.pop() if links else ""
    address = unescape(attributes(token.source).get("href", "")).strip()
    if not _ADDRESS.fullmatch(address):
        links.append("")
        return ""
    links.append("</a>")
    return f'<a href="{address}">'


def _tag(token: Token) -> str:
    name = token.name
    if name in _KEPT_TAGS:
        if token.raw:
            inner = token.source[token.source.index(">") + 1 :].removesuffix(f"</{name}>")
            return f"<{name}>{unescape(inner)}</{name}>"
        return f"</{name}>" if token.closes else f"<{name}>"
    if name == "br":
        return "\n"
    if name == "p":
        return "\n\n"
    if name == "img":
        found = attributes(token.source)
        return unescape(found.get("alt") or found.get("src", ""))
    return "" if name in _DROPPED_TAGS else token.source
