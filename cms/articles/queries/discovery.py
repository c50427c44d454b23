"""What feeds and sitemaps say of articles."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.models import (
    Article,
    ArticleAuthor,
    ArticleStatus,
    ArticleTag,
    Author,
    Section,
    Tag,
)
from cms.articles.queries.cards import (
    CARD_COLUMNS,
    IS_PUBLIC,
    NEWEST_FIRST,
    NamedLink,
    Picture,
    bylines_of,
    newest_first,
    order_in,
    picture_of,
    public_in,
)
from cms.articles.rules import address_of
from cms.db import UtcTime

WINDOW = 5_000  # ids in one sitemap, so that an article stays in the same one; sitemaps.org allows 50,000
NEWS_AGE = timedelta(hours=48)  # Google takes the articles of the last two days into a news sitemap
NEWS_MAX = 1_000  # and no more than these


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An article in full, as a feed carries it; `entry_id` is '' unless it came with one from elsewhere."""

    id: int
    slug: str
    title: str
    standfirst: str
    body_html: str
    language: str
    publish_at: datetime
    updated_at: datetime
    created_at: datetime
    entry_id: str
    section: NamedLink | None
    picture: Picture | None
    authors: tuple[NamedLink, ...]
    tags: tuple[NamedLink, ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """The newest articles of the site (`id` 0, `name` empty) or of one of its archives."""

    id: int
    name: str
    entries: tuple[FeedEntry, ...]


@dataclass(frozen=True, slots=True)
class SitemapPart:
    """One sitemap of the index: its kind and the number of its window."""

    kind: str
    number: int


@dataclass(frozen=True, slots=True)
class SitemapEntry:
    """One address of a sitemap; when it last changed is None where nobody knows."""

    path: str
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class News:
    """One article of the last two days."""

    slug: str
    title: str
    language: str
    publish_at: datetime


_ENTRIES = (
    sa.select(*CARD_COLUMNS, col(Article.body_html), col(Article.entry_id), col(Article.created_at))
    .select_from(Article)
    .outerjoin(Section, col(Section.id) == col(Article.section_id))
    .limit(sa.bindparam("size"))
)
_ALL_ENTRIES = _ENTRIES.where(IS_PUBLIC).order_by(*NEWEST_FIRST)
_ARCHIVE = sa.bindparam("archive", type_=sa.Integer)
_ENTRIES_OF: dict[str, sa.Select[Any]] = {  # Any: columns of many kinds
    "author": _ENTRIES.join(ArticleAuthor, public_in(ArticleAuthor))
    .where(col(ArticleAuthor.author_id) == _ARCHIVE)
    .order_by(*newest_first(order_in(ArticleAuthor))),
    "section": _ALL_ENTRIES.where(col(Article.section_id) == _ARCHIVE),
    "tag": _ENTRIES.join(ArticleTag, public_in(ArticleTag))
    .where(col(ArticleTag.tag_id) == _ARCHIVE)
    .order_by(*newest_first(order_in(ArticleTag))),
}
# Any: the three tables' common columns
_ARCHIVES: dict[str, Any] = {"author": Author, "section": Section, "tag": Tag}
_TAGS = (
    sa.select(col(ArticleTag.article_id), col(Tag.slug), col(Tag.name))
    .join(Tag, col(Tag.id) == col(ArticleTag.tag_id))
    .where(col(ArticleTag.article_id).in_(sa.bindparam("ids", expanding=True)))
    .order_by(col(ArticleTag.article_id), col(Tag.name), col(Tag.id))
)
_NOW = sa.bindparam("now", type_=UtcTime())
_IS_READABLE = sa.and_(col(Article.status) == ArticleStatus.PUBLISHED, col(Article.publish_at) <= _NOW)
_CHANGED_AT = sa.func.coalesce(col(Article.updated_at), col(Article.publish_at), type_=UtcTime())
_ARTICLES_IN_WINDOW = (
    sa.select(col(Article.kind), col(Article.slug), _CHANGED_AT.label("changed_at"))
    .where(_IS_READABLE, col(Article.id) >= sa.bindparam("first"), col(Article.id) < sa.bindparam("behind"))
    .order_by(col(Article.id))
)
_NEWEST = (
    sa.select(col(Article.kind), col(Article.slug))
    .where(_IS_READABLE)
    .order_by(*NEWEST_FIRST)
    .limit(sa.bindparam("size"))
)
_HAS_PUBLIC: dict[str, sa.ColumnElement[bool]] = {
    "author": sa.exists().where(
        col(ArticleAuthor.author_id) == col(Author.id), col(ArticleAuthor.public_from) <= _NOW
    ),
    "section": sa.exists().where(col(Article.section_id) == col(Section.id), IS_PUBLIC),
    "tag": sa.exists().where(col(ArticleTag.tag_id) == col(Tag.id), col(ArticleTag.public_from) <= _NOW),
}
_NEWS = (
    sa.select(col(Article.slug), col(Article.title), col(Article.language), col(Article.publish_at))
    .where(IS_PUBLIC, col(Article.publish_at) > sa.bindparam("since", type_=UtcTime()))
    .order_by(*NEWEST_FIRST)
    .limit(NEWS_MAX)
)


def site_feed(session: Session, *, now: datetime, size: int) -> Feed:
    """Return the newest articles of all; three SELECTs."""
    return Feed(0, "", _entries(session, _ALL_ENTRIES, {"now": now, "size": size}))


def archive_feed(session: Session, kind: str, slug: str, *, now: datetime, size: int) -> Feed | None:
    """Return the newest articles of an author, a section or a tag; four SELECTs."""
    table = _ARCHIVES[kind]
    found = session.execute(
        sa.select(col(table.id), col(table.name)).where(col(table.slug) == slug)
    ).one_or_none()
    if found is None:
        return None
    asked = {"now": now, "size": size, "archive": found.id}
    return Feed(found.id, found.name, _entries(session, _ENTRIES_OF[kind], asked))


def sitemap_parts(session: Session, *, now: datetime) -> list[SitemapPart]:
    """Return every sitemap that has something in it, and always the first, for the front. Four SELECTs."""
    sources = {
        "article": (Article, _IS_READABLE),
        **{kind: (_ARCHIVES[kind], _HAS_PUBLIC[kind]) for kind in _ARCHIVES},
    }
    parts = [SitemapPart("article", 0)]
    for kind, (table, condition) in sources.items():
        numbers = session.execute(_windows(table, condition), {"now": now}).scalars()
        parts += [SitemapPart(kind, number) for number in numbers]
    return list(dict.fromkeys(parts))


# Any: one of four tables; a number
def _windows(table: Any, condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Return the SELECT of every window that has something in it, each found from the one before."""
    first = sa.select(table.id // WINDOW).where(condition).order_by(table.id).limit(1)
    found = sa.select(first.scalar_subquery().label("window")).cte("found", recursive=True)
    behind = first.where(table.id >= (found.c.window + 1) * WINDOW).correlate(found)
    found = found.union_all(sa.select(behind.scalar_subquery()).where(found.c.window.is_not(None)))
    return sa.select(found.c.window).where(found.c.window.is_not(None)).order_by(found.c.window)


def sitemap_entries(session: Session, part: SitemapPart, *, now: datetime) -> list[SitemapEntry]:
    """Return the public addresses of one sitemap; one SELECT."""
    window = {"now": now, "first": part.number * WINDOW, "behind": (part.number + 1) * WINDOW}
    if part.kind == "article":
        rows = session.execute(_ARTICLES_IN_WINDOW, window)
        found = [SitemapEntry(address_of(row.kind, row.slug), row.changed_at) for row in rows]
        return [SitemapEntry("/", None), *found] if part.number == 0 else found
    table = _ARCHIVES[part.kind]
    within = (col(table.id) >= sa.bindparam("first"), col(table.id) < sa.bindparam("behind"))
    statement = sa.select(col(table.slug)).where(_HAS_PUBLIC[part.kind], *within).order_by(col(table.id))
    return [
        SitemapEntry(address_of(part.kind, slug), None)
        for slug in session.execute(statement, window).scalars()
    ]


def newest_addresses(session: Session, *, now: datetime, size: int) -> list[str]:
    """Return the front page's address, those of static pages, of the `size` newest articles and of archives.

    Five SELECTs; `size` bounds each kind.
    """
    articles = session.execute(_NEWEST, {"now": now, "size": size})
    found = ["/", *(address_of(row.kind, row.slug) for row in articles)]
    for kind, table in _ARCHIVES.items():
        slugs = sa.select(col(table.slug)).where(_HAS_PUBLIC[kind]).order_by(col(table.id)).limit(size)
        found += [address_of(kind, slug) for slug in session.execute(slugs, {"now": now}).scalars()]
    return found


def news(session: Session, *, now: datetime) -> list[News]:
    """Return the articles of the last NEWS_AGE; one SELECT."""
    return [News(*row) for row in session.execute(_NEWS, {"now": now, "since": now - NEWS_AGE})]


def _entries(session: Session, statement: sa.Select[Any], asked: dict[str, Any]) -> tuple[FeedEntry, ...]:
    rows = session.execute(statement, asked).all()
    ids = [row.id for row in rows]
    bylines = bylines_of(session, ids)
    tags: dict[int, tuple[NamedLink, ...]] = {}
    for article_id, slug, name in session.execute(_TAGS, {"ids": ids}) if ids else ():
        tags[article_id] = (*tags.get(article_id, ()), NamedLink(slug, name))
    return tuple(_entry(row, bylines.get(row.id, ()), tags.get(row.id, ())) for row in rows)


def _entry(row: Any, authors: tuple[NamedLink, ...], tags: tuple[NamedLink, ...]) -> FeedEntry:
    return FeedEntry(
        id=row.id,
        slug=row.slug,
        title=row.title,
        standfirst=row.standfirst,
        body_html=row.body_html,
        language=row.language,
        publish_at=row.publish_at,
        updated_at=max(row.publish_at, row.updated_at or row.publish_at),
        created_at=row.created_at,
        entry_id=row.entry_id,
        section=NamedLink(row.section_slug, row.section_name) if row.section_slug else None,
        picture=picture_of(row),
        authors=authors,
        tags=tags,
    )
