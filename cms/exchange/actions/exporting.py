"""Exporting the site for WordPress, or for another Broadsheet."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from cms.articles.models import ArticleKind, Author, Section, Tag
from cms.exchange.actions.wordpress_records import (
    FileNumbers,
    Place,
    as_html,
    comments_below,
    items,
    login,
    term,
)
from cms.exchange.queries import exported
from cms.exchange.queries.exported import ExportedArticle, ExportedComment
from cms.exchange.wxr_events import ChannelHead, WxrAuthor
from cms.exchange.wxr_writing import CLOSING, OPENING, written
from cms.site import Site
from cms.vault import NoKey, SealBroken, Vault

ARTICLES_AT_ONCE = 100  # in memory, of which the longest take 1 MB
ARTICLE_STATES = {"publish": "published", "future": "scheduled", "draft": "draft", "private": "retracted"}
COMMENT_STATES = {"1": "approved", "0": "held", "spam": "spam", "trash": "rejected"}


@dataclass(slots=True)
class ExportReport:
    """What an export holds; `addresses` counts the comments that went out with an e-mail address.

    `unopened` counts those whose address was wanted, and cannot be opened with the keys that are here.
    """

    articles: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    authors: int = 0
    sections: int = 0
    tags: int = 0
    files: int = 0
    comments: Counter[str] = field(default_factory=Counter)
    addresses: int = 0
    unopened: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the report in the words of an import's."""
        return {
            "articles": {state: self.articles[state] for state in ARTICLE_STATES.values()},
            "pages": self.pages,
            "authors": self.authors,
            "sections": self.sections,
            "tags": self.tags,
            "files": self.files,
            "comments": {state: self.comments[state] for state in COMMENT_STATES.values()},
            "addresses": self.addresses,
            "unopened": self.unopened,
        }


def export_wxr(site: Site, stream: TextIO, now: datetime, *, with_addresses: bool = False) -> ExportReport:
    """Write every article, page and comment to `stream` as a WordPress export; return what it holds.

    Comments that were withdrawn or erased stay out, and those whose text is no longer kept, as do the notes and decisions of moderators. E-mail addresses go
    out only `with_addresses`, where the key is here that opens them. Each portion of articles is read in a transaction
    of its own, so the site goes on writing; an article that is new meanwhile may come last, or in the next export.
    Raises NoKey if addresses are wanted and the key is missing.
    """
    report = ExportReport()
    address = _Addresses(site.vault, report) if with_addresses else _no_address
    stream.write(OPENING)
    for text in _frame(site, report):
        stream.write(text)
    settings = site.settings
    place = Place(
        settings.base_url, settings.language, ZoneInfo(settings.timezone), settings.close_after_days, now
    )
    numbers = FileNumbers()
    for article, comments in _articles(site):
        told = tuple(comments_below(comments, place.zone, address))
        report.comments.update(COMMENT_STATES[one.approved] for one in told)
        for item in items(article, told, place, numbers):
            if item.post_type == "post":
                report.articles[ARTICLE_STATES[item.status]] += 1
            stream.write(written(item))
        report.pages += article.kind is ArticleKind.PAGE
    report.files = len(numbers)
    stream.write(CLOSING)
    return report


def _frame(site: Site, report: ExportReport) -> Iterator[str]:
    """Yield what stands before the articles: the site itself, its authors, its sections and its tags."""
    settings = site.settings
    yield written(
        ChannelHead(
            version="1.2",
            title=as_html(settings.site_name),
            link=settings.base_url,
            description=as_html(settings.tagline),
            language=settings.language,
            base_site_url=settings.base_url,
            base_blog_url=settings.base_url,
        )
    )
    with site.database.reading() as session:
        authors = exported.all_named(session, Author)
        sections = exported.all_named(session, Section)
        tags = exported.all_named(session, Tag)
    report.authors, report.sections, report.tags = len(authors), len(sections), len(tags)
    for author in authors:
        named = as_html(author.name)
        yield written(WxrAuthor(login=login(author), author_id=str(author.id), display_name=named))
    yield from (written(term("category", section)) for section in sections)
    yield from (written(term("post_tag", tag)) for tag in tags)


def _articles(site: Site) -> Iterator[tuple[ExportedArticle, list[ExportedComment]]]:
    last = 0
    while True:
        with site.database.reading() as session:
            found = exported.articles_after(session, last, ARTICLES_AT_ONCE)
            for article in found:
                yield article, exported.comments_of(session, article.id)
        if not found:
            return
        last = found[-1].id


@dataclass(frozen=True, slots=True)
class _Addresses:
    """Opens the addresses of comments."""

    vault: Vault
    report: ExportReport

    def __call__(self, comment: ExportedComment) -> str:
        """Return a comment's address, "" for one that is forgotten or cannot be opened."""
        if comment.email_sealed is None:
            return ""
        try:
            address = self.vault.unseal(comment.email_sealed, table="comment", mark=comment.mark)
        except (NoKey, SealBroken):
            self.report.unopened += 1
            return ""
        self.report.addresses += 1
        return address


def _no_address(_comment: ExportedComment) -> str:
    return ""
