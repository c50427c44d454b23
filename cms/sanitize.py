"""The walls between what somebody wrote and a page: bleach and nh3 behind our own reading of it."""

import html
import re
import threading
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import nh3

from cms.text.bodies import CONTAINERS, OUTSIDE_TAGS, RENAMED, is_local, paragraphs, self_contained, shallow
from cms.text.characters import comment_text, is_blank, one_line, storable
from cms.text.markup import COMMENT_TAGS
from cms.text.typeset import typeset

if TYPE_CHECKING:
    from bleach.sanitizer import Cleaner

__all__ = [
    "article_html",
    "comment_html",
    "comment_text",
    "comments_html",
    "is_blank",
    "one_line",
    "paragraphs",
    "plain_text",
]

_INLINE = "a em strong b i u s sub sup small mark code kbd samp cite q abbr time del ins span"
_BLOCK = "p h2 h3 h4 h5 h6 pre blockquote ul ol li dl dt dd hr br figure figcaption details summary"
_TABLE = "table caption thead tbody tfoot tr th td"
_MEDIA = "img audio video"
ARTICLE_TAGS = frozenset(f"{_INLINE} {_BLOCK} {_TABLE} {_MEDIA}".split())
# The only classes that an author may use; each has its rule in static/css.
ARTICLE_CLASSES = {"a": {"outside"}, "figure": {"gallery", "wide"}, "span": {"caption__credit"}}
ID_PREFIX = "text-"  # so that no id of an article is one of the page's own, such as `comments` or `comment-1`
ARTICLE_ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href", "id", "rel"},
    "img": {"src", "alt", "width", "height", "loading", "decoding"},
    "audio": {"src", "controls"},
    "video": {"src", "controls", "width", "height", "poster"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
    "ol": {"start", "reversed"},
    "abbr": {"title"},
    "time": {"datetime"},
    "details": {"open"},
    **{tag: {"id"} for tag in ("h2", "h3", "h4", "h5", "h6", "p", "li", "sup")},
}
_DROPPED_WITH_CONTENT = {"script", "style", "template", "noscript", "svg", "math"}
_ARTICLE_SCHEMES = {"http", "https", "mailto"}
_PAGE_FRAGMENT = re.compile(r"#(?:|comments|comment-\d+|respond)")
_VALUES = {
    "dir": re.compile(r"ltr|rtl|auto", re.IGNORECASE),
    "lang": re.compile(r"[A-Za-z0-9-]{1,35}"),
    "width": re.compile(r"\d{1,5}"),
    "height": re.compile(r"\d{1,5}"),
    "colspan": re.compile(r"\d{1,3}"),
    "rowspan": re.compile(r"\d{1,3}"),
    "start": re.compile(r"-?\d{1,6}"),
    "scope": re.compile(r"row|col|rowgroup|colgroup"),
    "rel": re.compile(r"(?:nofollow )?noopener"),
    "loading": re.compile(r"lazy"),
    "decoding": re.compile(r"async"),
    "id": re.compile(r"[\w.:-]{1,80}"),
}

COMMENT_REL = "nofollow ugc noopener"
_COMMENT_SCHEMES = {"http", "https"}
_LINKLESS = re.compile(f'<a rel="{COMMENT_REL}">(.*?)</a>', re.DOTALL)
# html5lib takes 7 µs for each entity, 35 ms for 5,000 of them, and 0.4 ms for as many letters. So it sees in
# their place three bidi isolates, which `comment_text` has taken from the text; nh3 sees the entities again.
_CARRIERS = {"&amp;": "\u2066", "&lt;": "\u2067", "&gt;": "\u2068"}
# Parts comments that the first wall sees together; no text has it, as with the isolates above.
_BETWEEN = "\u2069"

_SECOND_WALL = nh3.Cleaner(
    tags=set(COMMENT_TAGS),
    attributes={"a": {"href"}},
    url_schemes=_COMMENT_SCHEMES,
    link_rel=COMMENT_REL,
    clean_content_tags=set(),
)
_thread = threading.local()  # a cleaner of bleach serves one thread; to make one takes as long as to clean

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(?![a-zA-Z0-9])[^<>]*>")
_IN_BRACKETS = re.compile("<[^<>]*>")
_WITHIN_A_LINE = frozenset(f"{_INLINE} {_MEDIA}".split())


def comment_html(body_text: str) -> str:
    """Return a comment's typed text as HTML that is safe on a page; never raises, linear in its length.

    Only COMMENT_TAGS remain, well nested; the only attributes are `href` and `rel` on `a`, every address is
    absolute and http(s). Whatever else was typed is shown as typed.
    """
    return _behind_walls(_first_wall().clean(_before_walls(body_text)))


def comments_html(body_texts: Sequence[str]) -> list[str]:
    """Return the HTML of many comments, each as `comment_html()` returns it.

    In front of the first wall they stand side by side: to begin takes it as long as to clean a paragraph, so that fifty
    comments together take half the time (measured). What one could leave open, were `typeset` wrong, ends with it at the
    second wall.
    """
    together = _BETWEEN.join(map(_before_walls, body_texts))
    cleaned = _first_wall().clean(together).split(_BETWEEN) if body_texts else []
    return [_behind_walls(one) for one in cleaned]


def _before_walls(body_text: str) -> str:
    carried = typeset(comment_text(body_text))
    for entity, carrier in _CARRIERS.items():
        carried = carried.replace(entity, carrier)
    return carried


def _behind_walls(cleaned: str) -> str:
    for entity, carrier in _CARRIERS.items():
        cleaned = cleaned.replace(carrier, entity)
    # A host that a wall refuses (a bad IPv4 or punycode name, say) leaves an `a` that leads nowhere.
    return _LINKLESS.sub(r"\1", _SECOND_WALL.clean(cleaned))


def _first_wall() -> "Cleaner":
    if not hasattr(_thread, "cleaner"):
        # Late: it takes 20 ms, for which who only reads need not wait.
        from bleach._vendor.html5lib import _utils as html5lib
        from bleach.sanitizer import Cleaner

        # html5lib's word for "what is read holds no character that a page may not hold". `comment_text` has taken those
        # away, and to look for them, only to count them, took three quarters of this wall's time for a long comment.
        html5lib.supports_lone_surrogates = False
        _thread.cleaner = Cleaner(tags=COMMENT_TAGS, attributes={"a": ["href"]}, protocols=_COMMENT_SCHEMES)
    wall: Cleaner = _thread.cleaner
    return wall


def shows_nothing(body_text: str) -> bool:
    """Tell whether nothing would be seen of a comment's typed text."""
    # What stands outside of angle brackets is no tag, so it is shown as typed, and nobody need clean it to know.
    if not is_blank(_IN_BRACKETS.sub("", body_text) if "<" in body_text else body_text):
        return False
    return "<" not in body_text or is_blank(plain_text(comment_html(body_text)))


def article_html(raw: str, media_prefix: str = "/media/") -> str:
    """Return an article's body as HTML that is safe on a page and makes no outside request.

    Text without block tags gets its paragraphs first. Pictures, sound and films are kept when they lie below
    `media_prefix` or /static/; from elsewhere they become links, as frames and embeds do. An `id`, and a link
    to it, gets ID_PREFIX. Cleaning what was well nested again changes nothing.
    """
    # Once more after parsing, since `&#1;` is a control character too, and one that hides "javascript:".
    parsed = storable(_article_reader().clean(shallow(paragraphs(storable(raw)))))
    return _article_wall(media_prefix).clean(self_contained(parsed, media_prefix)).strip()


def plain_text(body_html: str) -> str:
    """Return what can be read in cleaned HTML, entities decoded, each block and `<br>` on its own line."""
    text = _TAG.sub(_gap, " ".join(body_html.split()))
    lines = (" ".join(line.split()) for line in html.unescape(text).split("\n"))
    return "\n".join(line for line in lines if line)


def _gap(tag: re.Match[str]) -> str:
    name = tag[2].lower()
    if name in _WITHIN_A_LINE:
        return ""
    return " " if name in {"td", "th"} else "\n"


@cache
def _article_reader() -> nh3.Cleaner:
    """Parse as a browser would, keeping what `self_contained` turns into something else."""
    attributes = {tag: set(names) for tag, names in ARTICLE_ATTRIBUTES.items()}
    for tag in OUTSIDE_TAGS - {"img", "audio", "video", "object"}:
        attributes[tag] = {"src", "title"}
    attributes["object"] = {"data", "title"}
    return nh3.Cleaner(
        tags=set(ARTICLE_TAGS | OUTSIDE_TAGS | CONTAINERS | set(RENAMED)),
        attributes={**attributes, "acronym": {"title"}},
        allowed_classes=ARTICLE_CLASSES,
        url_schemes=_ARTICLE_SCHEMES,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        link_rel=None,
    )


@cache
def _article_wall(media_prefix: str) -> nh3.Cleaner:
    def fitting(tag: str, name: str, value: str) -> str | None:
        """Return the value that an attribute may have, None to drop it."""
        if name in {"src", "poster"}:
            return value if is_local(value, media_prefix) else None
        if name in _VALUES and not _VALUES[name].fullmatch(value):
            return None
        if name == "id":
            return ID_PREFIX + value.removeprefix(ID_PREFIX)
        if name == "href" and value.startswith("#") and not _PAGE_FRAGMENT.fullmatch(value):
            return f"#{ID_PREFIX}{value[1:].removeprefix(ID_PREFIX)}"
        return value

    return nh3.Cleaner(
        tags=set(ARTICLE_TAGS),
        attributes=ARTICLE_ATTRIBUTES,
        allowed_classes=ARTICLE_CLASSES,
        attribute_filter=fitting,
        url_schemes=_ARTICLE_SCHEMES,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        link_rel=None,
    )
