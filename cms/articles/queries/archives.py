"""What the front page and the archives of an author, a section and a tag show."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.accounts.models import Staff
from cms.articles.models import Article, ArticleAuthor, ArticleTag, Author, Section, Tag
from cms.articles.queries.cards import CARDS, IS_PUBLIC, CardList, CardPage, NamedLink, order_in, public_in
from cms.articles.rules import Cursor
from cms.storage.prebuilt import Prebuilt, expect


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
_SECTIONS = Prebuilt(
    sa.select(col(Section.slug), col(Section.name))
    .where(sa.exists().where(col(Article.section_id) == col(Section.id), IS_PUBLIC))
    .order_by(col(Section.id))
    .limit(12)
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


def expect_masthead_sections(session: Session, *, now: datetime) -> None:
    """Let the next question on PostgreSQL bring the masthead's sections along, for `masthead_sections()` to find."""
    expect(session, {"now": now}, _SECTIONS)


def masthead_sections(session: Session, *, now: datetime) -> tuple[NamedLink, ...]:
    """Return the sections that hold something public, in the order in which they were made; one SELECT."""
    return tuple(NamedLink(*row) for row in _SECTIONS.all(session, {"now": now}))
