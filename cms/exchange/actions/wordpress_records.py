"""What articles, their pictures and their comments are in WordPress's words."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from email.utils import format_datetime
from html import escape, unescape
from pathlib import PurePosixPath
from urllib.parse import unquote

from cms.articles.absolute import absolute_addresses
from cms.articles.models import ArticleKind, ArticleStatus
from cms.articles.rules import address_of, permanent_id
from cms.comments.rules import CommentStatus, closes_at
from cms.exchange.queries.exported import ExportedArticle, ExportedComment, Named
from cms.exchange.wxr_events import WxrComment, WxrItem, WxrTerm

MEDIA = "/media/"
NEVER = "0000-00-00 00:00:00"  # what WordPress writes for a date that there is not
_STATUS = {
    CommentStatus.APPROVED: "1",
    CommentStatus.HELD: "0",
    CommentStatus.SPAM: "spam",
    CommentStatus.REJECTED: "trash",
}
_TAG = re.compile(r'<[a-z][a-z0-9]*(?: [a-z-]+="[^"]*")+>')  # as nh3 writes tags with attributes
_SOURCE = re.compile(r' (?:src|href|poster)="([^"]*)"')
_PREFORMATTED = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL)
# With the end of a block before it, behind which WordPress makes no break of a line end.
_SPACE = re.compile(r"(</(?:p|h[2-6]|ul|ol|li|dl|dt|dd|pre|blockquote|figure|figcaption|table|tr)>)?(\s+)")
FIRST_FILE, FILES_OF_AN_ARTICLE = (
    1_000_000_000,
    10_000,
)  # numbers in WordPress's library, beyond those of articles


@dataclass(slots=True)
class Place:
    """The site that is left, and the present.

    `language` is what most of it is written in, `zone` is that of its dates.
    """

    base_url: str
    language: str
    zone: tzinfo
    close_after_days: int
    now: datetime


@dataclass(slots=True)
class FileNumbers:
    """The numbers of the site's files in WordPress's library.

    Each hangs on the first article that shows the file, so that the next export says the same. A lead picture is a file
    of its own, which has what is said of it.
    """

    _numbers: dict[tuple[str, bool], int] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return how many files have a number."""
        return len(self._numbers)

    def of(self, name: str, *, is_lead: bool, article_id: int, place: int) -> tuple[int, bool]:
        """Return a file's number, and whether it has it only now; `place` is its place among those of the article."""
        is_new = (name, is_lead) not in self._numbers
        number = FIRST_FILE + article_id * FILES_OF_AN_ARTICLE + place
        return self._numbers.setdefault((name, is_lead), number), is_new


def items(
    article: ExportedArticle, comments: Sequence[WxrComment], place: Place, numbers: FileNumbers
) -> Iterator[WxrItem]:
    """Yield an article, then those of its files that no article before it has shown."""
    body_html = body(article.body_html, place.base_url + address_of(article.kind, article.slug))
    shown = [(article.image_path, True)] if article.image_path else []
    shown += [(name, False) for name in dict.fromkeys(_files_in(body_html, place.base_url + MEDIA))]
    numbered = [
        numbers.of(name, is_lead=is_lead, article_id=article.id, place=number)
        for number, (name, is_lead) in enumerate(shown)
    ]
    yield _article(article, body_html, str(numbered[0][0]) if article.image_path else "", comments, place)
    for (name, is_lead), (number, is_new) in zip(shown, numbered, strict=True):
        if is_new:
            yield _file(name, number, article, place, is_lead=is_lead)


def comments_below(
    comments: Sequence[ExportedComment], zone: tzinfo, address: Callable[[ExportedComment], str]
) -> Iterator[WxrComment]:
    """Yield the comments that are still there; an answer to one that is gone answers whatever that one answered.

    `address` gives the e-mail address that a comment goes out with, "" for none.
    """
    by_id = {comment.id: comment for comment in comments}
    for comment in comments:
        if not comment.is_gone:
            yield WxrComment(
                comment_id=str(comment.id),
                author=as_html(comment.name),
                email=address(comment),
                date=_local(comment.created_at, zone),
                date_gmt=_local(comment.created_at, UTC),
                content=comment_text(comment.body_html),
                approved=_STATUS[comment.status],
                kind="comment",
                parent=str(_parent(comment, by_id)),
            )


def body(body_html: str, address: str) -> str:
    """Return an article's HTML with whole addresses and no line end within a paragraph.

    WordPress would show such a line end as a break.
    """
    parts = _PREFORMATTED.split(absolute_addresses(body_html, address))
    parts[::2] = [_SPACE.sub(_without_line_end, part) for part in parts[::2]]
    return "".join(parts)


def _without_line_end(space: re.Match[str]) -> str:
    if "\n" not in space[2]:
        return space[0]
    return f"{space[1]}\n" if space[1] else " "


def comment_text(body_html: str) -> str:
    """Return a comment's HTML with lines in place of paragraphs, since WordPress makes these anew."""
    parts = _PREFORMATTED.split(body_html)
    parts[::2] = [
        part.replace("</p>", "\n\n").replace("<p>", "").replace("<br>", "\n") for part in parts[::2]
    ]
    return "".join(parts).strip()


def term(taxonomy: str, named: Named) -> WxrTerm:
    """Return a section or a tag as a term."""
    return WxrTerm(taxonomy, slug=named.slug, name=as_html(named.name))


def as_html(text: str) -> str:
    """Return text as the HTML that WordPress keeps in titles, excerpts and names."""
    return escape(text, quote=False)


def login(author: Named) -> str:
    """Return the name by which an author signs in to WordPress, whose own are of Latin letters alone."""
    return author.slug if author.slug.isascii() else f"byline-{author.id}"


def _article(
    article: ExportedArticle, body_html: str, lead: str, comments: Sequence[WxrComment], place: Place
) -> WxrItem:
    address = place.base_url + address_of(article.kind, article.slug)
    moment = article.publish_at or article.changed_at
    return WxrItem(
        line=0,
        title=as_html(article.title),
        link=address,
        pub_date=format_datetime(moment.astimezone(UTC)),
        creator=login(article.authors[0]) if article.authors else "",
        guid=permanent_id(article.entry_id, article.id, article.created_at, place.base_url),
        content=body_html,
        excerpt=as_html(article.standfirst),
        post_id=str(article.id),
        post_date=_local(moment, place.zone),
        post_date_gmt=_local(article.publish_at, UTC) if article.publish_at else NEVER,
        post_modified=_local(article.changed_at, place.zone),
        post_modified_gmt=_local(article.changed_at, UTC),
        comment_status="open" if _takes_comments(article, place) else "closed",
        post_name=article.slug,
        status=_status(article, place.now),
        post_parent="0",
        menu_order="0",
        post_type="page" if article.kind is ArticleKind.PAGE else "post",
        is_sticky="0",
        terms=tuple(_terms(article, place.language)),
        meta=tuple(_meta(article, lead)),
        comments=tuple(comments),
    )


def _terms(article: ExportedArticle, language: str) -> Iterator[WxrTerm]:
    if article.section:
        yield term("category", article.section)
    yield from (term("post_tag", tag) for tag in article.tags)
    # WordPress itself knows one author and one language; two plugins keep the others as terms, as is done here.
    if len(article.authors) > 1:  # Co-Authors Plus
        yield from (term("author", Named(one.id, f"cap-{login(one)}", one.name)) for one in article.authors)
    if article.language != language:  # Polylang
        yield term("language", Named(0, article.language, article.language))


def _meta(article: ExportedArticle, lead: str) -> Iterator[tuple[str, str]]:
    if lead:
        yield "_thumbnail_id", lead
    yield from (("_wp_old_slug", slug) for slug in article.former_slugs)


def _file(name: str, number: int, article: ExportedArticle, place: Place, *, is_lead: bool) -> WxrItem:
    address = f"{place.base_url}{MEDIA}{name}"
    said = " – ".join(filter(None, (article.image_caption, article.image_credit)))
    meta = [("_wp_attached_file", unquote(name))]
    return WxrItem(
        line=0,
        title=PurePosixPath(unquote(name)).stem,
        guid=address,
        excerpt=as_html(said) if is_lead else "",
        post_id=str(number),
        post_date=_local(article.changed_at, place.zone),
        post_date_gmt=_local(article.changed_at, UTC),
        status="inherit",
        post_parent=str(article.id),
        post_type="attachment",
        attachment_url=address,
        meta=(*meta, ("_wp_attachment_image_alt", article.image_alt)) if is_lead else tuple(meta),
    )


def _files_in(body_html: str, prefix: str) -> list[str]:
    tags = (tag[0] for tag in _TAG.finditer(body_html))
    addresses = (unescape(found[1]) for tag in tags for found in _SOURCE.finditer(tag))
    return [address.removeprefix(prefix) for address in addresses if address.startswith(prefix)]


def _status(article: ExportedArticle, now: datetime) -> str:
    if article.status is ArticleStatus.RETRACTED:
        return "private"  # as near as WordPress has it: kept with its date, and nobody outside reads it
    if article.status is ArticleStatus.DRAFT or article.publish_at is None:
        return "draft"
    return "publish" if article.publish_at <= now else "future"


def _takes_comments(article: ExportedArticle, place: Place) -> bool:
    end = closes_at(
        article.publish_at or place.now,
        article.comments_open,
        article.comments_close_at,
        place.close_after_days,
    )
    return article.comments_open and (end is None or place.now < end)


def _parent(comment: ExportedComment, by_id: dict[int, ExportedComment]) -> int:
    parent = by_id.get(comment.parent_id or 0)
    while parent is not None and parent.is_gone:
        parent = by_id.get(parent.parent_id or 0)
    return parent.id if parent else 0


def _local(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"
