"""What each item of an export becomes here."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import unescape
from urllib.parse import unquote

from cms.articles.rules import slug
from cms.exchange import old_addresses
from cms.exchange.html_tokens import Token, tokens
from cms.exchange.moments import moment
from cms.exchange.shortcodes import Attachment, PostAttachments
from cms.exchange.survey import Survey
from cms.exchange.urls import parts_of
from cms.exchange.wordpress_html import Converted, body_html
from cms.exchange.wxr_events import WxrItem, WxrTerm

TITLE_MAX = 500  # characters, as in the table
NAME_MAX = 200
SLUG_MAX = 200
STANDFIRST_MAX = 2000
BEGINNING = 4_000  # characters of a text by which its language is known, and its title if it has none
TITLE_WORDS = 8  # of the text, where a post has no title

WHY_SKIPPED: Mapping[str, str] = {
    "attachment": "files come in with the articles that use them",
    "nav_menu_item": "menus are not imported",
    "revision": "earlier versions are not imported",
    "custom_css": "the look of the old site is not imported",
    "customize_changeset": "the look of the old site is not imported",
    "wp_template": "the look of the old site is not imported",
    "wp_template_part": "the look of the old site is not imported",
    "wp_global_styles": "the look of the old site is not imported",
    "wp_font_family": "the look of the old site is not imported",
    "wp_font_face": "the look of the old site is not imported",
    "wp_navigation": "menus are not imported",
    "oembed_cache": "nothing was written in it",
    "wp_block": "reusable blocks come in with the articles that use them",
    "": "it names no type",
}
_UNCATEGORIZED = "uncategorized"  # what WordPress puts a post in that is in no category
_UNSEEN = frozenset({"!", "script", "style", "svg", "math"})
_PARTING = frozenset(
    "p br div li ul ol dl dt dd td th tr table blockquote figure figcaption hr pre h1 h2 h3 h4 h5 h6".split()
)
_UNFIT = re.compile(r"[\s/?#%&\\<>\"'`\x00-\x1f\x7f]")
_UNSIGNED = re.compile(r"[^\w .@*-]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
_ARABIC_LETTERS = re.compile(r"[\u0620-\u064a\u066e-\u06d3\u06d5\u06fa-\u06ff]")
_URDU_LETTERS = re.compile(r"[ٹڈڑںےہھ]")
_PERSIAN_LETTERS = re.compile(r"[پچژگکی]")
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "ur", "ps", "sd", "ug", "ckb", "he", "yi", "dv"})


@dataclass(frozen=True, slots=True)
class IncomingArticle:
    """A post or page on its way in; `html` is not yet cleaned, `publish_at` may be in the future."""

    is_page: bool
    is_published: bool
    publish_at: datetime | None
    changed_at: datetime | None
    title: str
    slug: str
    standfirst: str
    body: Converted
    language: str
    authors: tuple[str, ...]
    section: WxrTerm | None
    tags: tuple[WxrTerm, ...]
    comments_open: bool
    entry_id: str
    featured: Attachment | None
    addresses: tuple[old_addresses.Address, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that does not come in, with the reason; `count` where many of a kind share one row."""

    what: str
    why: str
    count: int = 1


def refused(item: WxrItem) -> Skipped | None:
    """Return why a post or page does not come in, None where it does."""
    why = _refusal(item)
    return Skipped(f"{item.post_type} {item.post_id} {item.title!r}"[:300], why) if why else None


def incoming(item: WxrItem, survey: Survey, zone: tzinfo, language: str) -> IncomingArticle:
    """Return what a post or page becomes.

    `zone` is the site's, for dates without one; `language` the one here, where the export names none.
    """
    meta = dict(item.meta)
    around = PostAttachments(survey.attachments, survey.own_attachments(item.post_id))
    body = body_html(item.content, around, survey.reusable, meta.get("footnotes", ""))
    text = plain(body.html[:BEGINNING])
    featured = survey.attachments.get(meta.get("_thumbnail_id", ""))
    publish_at = _publish_at(item, zone)
    is_due = item.status == "publish" or (item.status == "future" and publish_at is not None)
    section, tags = _subjects(item, survey)
    return IncomingArticle(
        is_page=item.post_type == "page",
        is_published=is_due and not item.post_password,
        publish_at=publish_at,
        changed_at=moment(item.post_modified_gmt, item.post_modified, "", zone),
        title=_title(item, text),
        slug=_slug(item, text),
        standfirst=plain(item.excerpt)[:STANDFIRST_MAX],
        body=body,
        language=_declared_language(item)
        or language_of(f"{item.title} {text}", survey.head.language, language),
        authors=_authors(item),
        section=section,
        tags=tags,
        comments_open=item.comment_status != "closed",
        entry_id=_entry_id(item, survey),
        featured=featured,
        addresses=tuple(old_addresses.of_item(item, survey)),
    )


def key_of(item: WxrItem) -> str:
    """Return by what an item is known again: its number and its address."""
    address = old_addresses.path_and_query(item.link) if item.link else f"{item.guid} {item.title}"
    return f"{item.post_id[:100]} {_short(address, 500)}"


def number_of(item: WxrItem, survey: Survey) -> str:
    """Return the number by which an item is known again at another address; "" where several have it."""
    return "" if item.post_id in survey.ids_shared else item.post_id[:100]


def plain(html: str) -> str:
    """Return what HTML says as one line of text."""
    if "<" not in html:
        return " ".join(unescape(html).split())
    shown = (token for token in tokens(html) if token.name not in _UNSEEN)
    source = "".join(_shown(token) for token in shown)
    return " ".join(unescape(source).split())


def _shown(token: Token) -> str:
    if not token.name:
        return token.source
    if token.raw:
        return re.sub(r"<[^>]*>", " ", token.source)
    return " " if token.name in _PARTING else ""


def language_of(text: str, declared: str, fallback: str) -> str:
    """Return an article's language: the export's, but for Arabic letters on a site in Latin ones."""
    named = declared.strip()
    language = named.replace("_", "-") if _LANGUAGE.fullmatch(named) else fallback
    if text.isascii() or language.split("-")[0].lower() in _RIGHT_TO_LEFT:
        return language
    letters = sum(map(str.isalpha, text))
    if not letters or len(_ARABIC_LETTERS.findall(text)) * 2 < letters:
        return language
    if _URDU_LETTERS.search(text):
        return "ur"
    return "fa" if _PERSIAN_LETTERS.search(text) else "ar"


def _declared_language(item: WxrItem) -> str:
    """Return the language that the plugin Polylang keeps as a term of a post, "" where there is none."""
    declared = (term.slug for term in item.terms if term.taxonomy == "language")
    return next((slug.replace("_", "-") for slug in declared if _LANGUAGE.fullmatch(slug)), "")


def fitting_slug(typed: str) -> str:
    """Return a slug of WordPress as one of ours: decoded, normalised; "" where nothing can be used."""
    decoded = unquote(typed, errors="replace").strip().strip("-.")
    if not decoded or _UNFIT.search(decoded) or len(decoded) > SLUG_MAX or "\ufffd" in decoded:
        return slug(decoded)
    return unicodedata.normalize("NFC", decoded).lower()


def author_name(login: str, survey: Survey) -> str:
    """Return the name that stands in a byline; never an address, which some people sign in with."""
    author = survey.authors.get(login)
    full = f"{author.first_name} {author.last_name}".strip() if author else ""
    candidates = (author.display_name if author else "", full, login)
    shown = [plain(name) for name in candidates if name.strip()]
    named = next((name for name in shown if "@" not in name), shown[0].partition("@")[0] if shown else "")
    return named[:NAME_MAX]


def _refusal(item: WxrItem) -> str:
    if item.status == "trash":
        return "it lay in the trash"
    if item.status == "auto-draft" and not item.content.strip():
        return "an empty draft that WordPress made by itself"
    if item.status == "inherit":
        return "an earlier version of something else"
    return ""


def _publish_at(item: WxrItem, zone: tzinfo) -> datetime | None:
    # The date of a draft is that of its last change, which would publish it in the past.
    was_public = item.status in {"publish", "future", "private"}
    return moment(item.post_date_gmt, item.post_date, item.pub_date, zone) if was_public else None


def _title(item: WxrItem, text: str) -> str:
    title = plain(item.title)
    if not title:
        words = text.split()
        title = " ".join(words[:TITLE_WORDS]) + ("…" if len(words) > TITLE_WORDS else "")
    title = title or unquote(item.post_name) or item.post_id or "…"
    return title if len(title) <= TITLE_MAX else title[: TITLE_MAX - 1] + "…"


def _slug(item: WxrItem, text: str) -> str:
    return (
        fitting_slug(item.post_name) or slug(plain(item.title)) or slug(" ".join(text.split()[:TITLE_WORDS]))
    )


def _authors(item: WxrItem) -> tuple[str, ...]:
    # The plugin by which several people sign an article keeps them as terms, `cap-` before each name.
    together = [term.slug.removeprefix("cap-") for term in item.terms if term.taxonomy == "author"]
    found = together or [item.creator]
    # What WordPress lets nobody sign in with is damage, seen in real exports: `<dc:creator>>ada</dc:creator>`.
    return tuple(dict.fromkeys(login for login in (_UNSIGNED.sub("", one).strip() for one in found) if login))


def _subjects(item: WxrItem, survey: Survey) -> tuple[WxrTerm | None, tuple[WxrTerm, ...]]:
    """Return the category that is highest in the hierarchy, then all others with the tags."""
    named = [term for term in item.terms if term.slug]
    terms = named or [WxrTerm("category", slug(term.name), name=term.name) for term in item.terms]
    known = {(_taxonomy(term), term.slug): term for term in reversed(terms) if term.slug}
    categories = [
        survey.terms.get(("category", term.slug), WxrTerm("category", term.slug, name=term.name))
        for (taxonomy, _), term in reversed(known.items())
        if taxonomy == "category" and term.slug != _UNCATEGORIZED
    ]
    categories.sort(key=lambda term: len(old_addresses.ancestors(term, survey)))
    tags = [
        survey.terms.get(("post_tag", term.slug), WxrTerm("post_tag", term.slug, name=term.name))
        for (taxonomy, _), term in reversed(known.items())
        if taxonomy == "post_tag"
    ]
    return (categories[0] if categories else None), (*categories[1:], *tags)


def _taxonomy(term: WxrTerm) -> str:
    return term.taxonomy or "category"


def _entry_id(item: WxrItem, survey: Survey) -> str:
    guid = item.guid if item.guid and not survey.is_shared_guid(item.guid) else item.link
    return guid if len(guid) <= TITLE_MAX and parts_of(guid).scheme else ""


def digest_of(item: WxrItem, survey: Survey) -> str:
    """Return a digest of all that an article is made of but for its comments."""
    featured = survey.attachments.get(dict(item.meta).get("_thumbnail_id", ""))
    said = (
        *(item.title, item.content, item.excerpt, item.status, item.post_name, item.post_type, item.creator),
        *(item.post_date, item.post_date_gmt, item.post_password, item.comment_status, item.link),
        *(f"{term.taxonomy} {term.slug}" for term in item.terms),
        *(value for pair in item.meta for value in pair),
        featured.url if featured else "",
    )
    return hashlib.sha256("\0".join(said).encode("utf-8", "replace")).hexdigest()


def _short(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return text[: most - 65] + " " + hashlib.sha256(text.encode()).hexdigest()
