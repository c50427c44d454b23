"""What the front page and the archives of an author, a section and a tag show."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.accounts.models import Staff
from cms.articles.models import (
    Article,
    ArticleAuthor,
    ArticleKind,
    ArticleStatus,
    ArticleTag,
    Author,
    Section,
    Tag,
)
from cms.articles.queries.cards import CARDS, IS_PUBLIC, CardList, CardPage, NamedLink, order_in, public_in
from cms.articles.rules import Cursor
from cms.db import UtcTime
from cms.storage.prebuilt import Prebuilt, expect

LINKS_MAX = 12  # sections above a page, and static pages below it: more are no help to find one's way


class PageLink(NamedTuple):
    """A static page as a link shows it: its title, in its own language."""

    slug: str
    title: str
    language: str


class SiteLinks(NamedTuple):
    """What every page for readers links to: sections that hold something public, and public static pages."""

    sections: tuple[NamedLink, ...] = ()
    pages: tuple[PageLink, ...] = ()


@dataclass(frozen=True, slots=True)
class Archive:
    """All that an author, a section or a tag holds, a page at a time; `kind` and `id` name it among the versions."""

    kind: str
    id: int
    slug: str
    name: str
    bio: str
    page: CardPage


_ALL = CardList(CARDS.where(IS_PUBLIC))
_OF_AUTHOR = CardList(
    CARDS.join(ArticleAuthor, public_in(ArticleAuthor)).where(
        col(ArticleAuthor.author_id) == sa.bindparam("archive_id")
    ),
    order_in(ArticleAuthor),
)
_OF_TAG = CardList(
    CARDS.join(ArticleTag, public_in(ArticleTag)).where(col(ArticleTag.tag_id) == sa.bindparam("archive_id")),
    order_in(ArticleTag),
)
_OF_SECTION = CardList(CARDS.where(IS_PUBLIC, col(Article.section_id) == sa.bindparam("archive_id")))
_AUTHOR = Prebuilt(
    sa.select(col(Author.id), col(Author.name), col(Author.bio)).where(
        col(Author.slug) == sa.bindparam("slug")
    )
)
_SECTION = Prebuilt(
    sa.select(col(Section.id), col(Section.name)).where(col(Section.slug) == sa.bindparam("slug"))
)
_TAG = Prebuilt(sa.select(col(Tag.id), col(Tag.name)).where(col(Tag.slug) == sa.bindparam("slug")))
_SECTIONS = (
    sa.select(
        sa.literal("section").label("kind"),
        col(Section.id).label("id"),
        col(Section.slug).label("slug"),
        col(Section.name).label("name"),
        sa.literal("").label("language"),
    )
    .where(sa.exists().where(col(Article.section_id) == col(Section.id), IS_PUBLIC))
    .order_by(col(Section.id))
    .limit(LINKS_MAX)
    .subquery()
)
_PAGES = (
    sa.select(
        sa.literal("page").label("kind"),
        col(Article.id).label("id"),
        col(Article.slug).label("slug"),
        col(Article.title).label("name"),
        col(Article.language).label("language"),
    )
    .where(
        col(Article.kind) == ArticleKind.PAGE,
        col(Article.status) == ArticleStatus.PUBLISHED,
        col(Article.publish_at) <= sa.bindparam("now", type_=UtcTime()),
    )
    .order_by(col(Article.id))
    .limit(LINKS_MAX)
    .subquery()
)
_LINKS = Prebuilt(
    sa.union_all(sa.select(*_SECTIONS.c), sa.select(*_PAGES.c)).order_by(sa.text("kind"), sa.text("id"))
)


def front_page(session: Session, *, now: datetime, after: Cursor | None, size: int) -> CardPage:
    """Return a page of all public articles; two SELECTs."""
    return _ALL.page(session, {"now": now}, after=after, size=size)


def author_archive(
    session: Session, slug: str, *, now: datetime, after: Cursor | None, size: int
) -> Archive | None:
    """Return a page of an author's articles; three SELECTs."""
    found = _AUTHOR.first(session, {"slug": slug})
    if found is None:
        return None
    page = _OF_AUTHOR.page(session, {"archive_id": found.id, "now": now}, after=after, size=size)
    return Archive("author", found.id, slug, found.name, found.bio, page)


def section_archive(
    session: Session, slug: str, *, now: datetime, after: Cursor | None, size: int
) -> Archive | None:
    """Return a page of a section's articles; three SELECTs."""
    found = _SECTION.first(session, {"slug": slug})
    if found is None:
        return None
    page = _OF_SECTION.page(session, {"archive_id": found.id, "now": now}, after=after, size=size)
    return Archive("section", found.id, slug, found.name, "", page)


def tag_archive(
    session: Session, slug: str, *, now: datetime, after: Cursor | None, size: int
) -> Archive | None:
    """Return a page of the articles on a subject; three SELECTs."""
    found = _TAG.first(session, {"slug": slug})
    if found is None:
        return None
    page = _OF_TAG.page(session, {"archive_id": found.id, "now": now}, after=after, size=size)
    return Archive("tag", found.id, slug, found.name, "", page)


def has_staff(session: Session) -> bool:
    """Tell whether anybody works here yet; one SELECT."""
    return session.execute(sa.select(col(Staff.id)).limit(1)).first() is not None


def expect_site_links(session: Session, *, now: datetime) -> None:
    """Let the next question on PostgreSQL bring these links along, for `site_links()` to find."""
    expect(session, {"now": now}, _LINKS)


def site_links(session: Session, *, now: datetime) -> SiteLinks:
    """Return what every page for readers links to, each kind in the order in which it was made; one SELECT."""
    sections, pages = [], []
    for kind, _, slug, name, language in _LINKS.all(session, {"now": now}):
        if kind == "section":
            sections.append(NamedLink(slug, name))
        else:
            pages.append(PageLink(slug, name, language))
    return SiteLinks(tuple(sections), tuple(pages))
