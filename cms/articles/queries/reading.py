"""What one article's page shows, in tuples, since its parts are looked up by them (`cms.answering.shown.once`)."""

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.models import (
    Article,
    ArticleAuthor,
    ArticleKind,
    ArticleStatus,
    ArticleTag,
    Author,
    Related,
    Section,
    Tag,
)
from cms.articles.queries.cards import (
    CARD_COLUMNS,
    IS_PUBLIC,
    IS_PUBLIC_BY_ID,
    NEWEST_FIRST,
    PLACE,
    NamedLink,
    Picture,
    newest_first,
    picture_of,
    place_in,
    public_in,
)
from cms.articles.queries.kin import IS_IN_PRINT
from cms.articles.rules import reading_minutes
from cms.db import UtcTime
from cms.moderation.queries.closing import TAKES_COMMENTS
from cms.storage.prebuilt import Prebuilt, expect

MORE_FROM_AUTHOR = 5  # headlines; more are one click away in the archive


class Headline(NamedTuple):
    """Another article, as a link shows it."""

    slug: str
    title: str
    language: str
    publish_at: datetime


class AuthorLine(NamedTuple):
    """One author of a byline."""

    id: int
    slug: str
    name: str
    bio: str


class MoreFrom(NamedTuple):
    """The newest other articles of one author."""

    author: AuthorLine
    headlines: tuple[Headline, ...]


class TagLink(NamedTuple):
    """One subject of an article."""

    id: int
    slug: str
    name: str


class ArticlePage(NamedTuple):
    """An article, as its page shows it."""

    id: int
    kind: ArticleKind
    slug: str
    title: str
    standfirst: str
    body_html: str
    body_text: str
    language: str
    status: ArticleStatus
    publish_at: datetime
    updated_at: datetime | None
    section_id: int | None
    section: NamedLink | None
    picture: Picture | None
    comments_open: bool
    comments_close_at: datetime | None
    comments_paused_until: datetime | None
    authors: tuple[AuthorLine, ...]
    tags: tuple[TagLink, ...]

    @property
    def is_retracted(self) -> bool:
        """Whether the desk has taken it back for good (410)."""
        return self.status is ArticleStatus.RETRACTED

    @property
    def reading_minutes(self) -> int:
        """How many minutes it takes to read."""
        return reading_minutes(self.body_text)


class Onward(NamedTuple):
    """Where an article leads: its authors' others, its neighbours in time, its kin in matter."""

    more_from: tuple[MoreFrom, ...]
    previous: Headline | None
    following: Headline | None
    related: tuple[Headline, ...]


_ARTICLE_COLUMNS: tuple[Any, ...] = (  # Any: columns of many kinds
    *CARD_COLUMNS,
    col(Article.kind),
    col(Article.status),
    col(Article.body_html),
    col(Article.body_text),
    col(Article.section_id),
    col(Article.created_at),
    TAKES_COMMENTS,
    col(Article.comments_close_at),
    col(Article.comments_paused_until),
)
_HEADLINE: tuple[Any, ...] = (
    col(Article.slug),
    col(Article.title),
    col(Article.language),
    col(Article.publish_at),
)
_ARTICLE = (
    sa.select(*_ARTICLE_COLUMNS)
    .select_from(Article)
    .outerjoin(Section, col(Section.id) == col(Article.section_id))
)
_BY_SLUG = Prebuilt(
    _ARTICLE.where(
        col(Article.kind) == sa.bindparam("kind"),
        col(Article.slug) == sa.bindparam("slug"),
        sa.or_(
            col(Article.status) == ArticleStatus.PUBLISHED, col(Article.status) == ArticleStatus.RETRACTED
        ),
        col(Article.publish_at) <= sa.bindparam("now", type_=UtcTime()),
    )
)
_PUBLIC_ID = Prebuilt(
    sa.select(col(Article.id)).where(
        col(Article.kind) == sa.bindparam("kind"),
        col(Article.slug) == sa.bindparam("slug"),
        col(Article.status) == ArticleStatus.PUBLISHED,
        col(Article.publish_at) <= sa.bindparam("now", type_=UtcTime()),
    )
)
_BY_ID = Prebuilt(_ARTICLE.where(col(Article.id) == sa.bindparam("id")))
_AUTHORS = Prebuilt(
    sa.select(col(Author.id), col(Author.slug), col(Author.name), col(Author.bio))
    .join(ArticleAuthor, col(ArticleAuthor.author_id) == col(Author.id))
    .where(col(ArticleAuthor.article_id) == sa.bindparam("id"))
    .order_by(col(ArticleAuthor.position), col(Author.id))
)
_TAGS = Prebuilt(
    sa.select(col(Tag.id), col(Tag.slug), col(Tag.name))
    .join(ArticleTag, col(ArticleTag.tag_id) == col(Tag.id))
    .where(col(ArticleTag.article_id) == sa.bindparam("id"))
    .order_by(col(Tag.name), col(Tag.id))
)
_MORE_FROM = Prebuilt(
    sa.select(*_HEADLINE)
    .join(ArticleAuthor, public_in(ArticleAuthor))
    .where(
        col(ArticleAuthor.author_id) == sa.bindparam("author"),
        col(ArticleAuthor.article_id) != sa.bindparam("id"),
    )
    .order_by(*newest_first(place_in(ArticleAuthor)))
    .limit(MORE_FROM_AUTHOR)
)
_PLACE = sa.tuple_(*PLACE)
_HERE = sa.tuple_(sa.bindparam("at", type_=UtcTime()), sa.bindparam("id"))
# Not IS_PUBLIC: SQLite would begin at its `publish_at <= now` and walk back from the newest article to this one (30 ms
# past 200,000, reckoned from 45 µs past 300).
_PREVIOUS = Prebuilt(
    sa.select(*_HEADLINE).where(IS_IN_PRINT, _PLACE < _HERE).order_by(*NEWEST_FIRST).limit(1)
)
_FOLLOWING = Prebuilt(
    sa.select(*_HEADLINE)
    .where(IS_PUBLIC, _PLACE > _HERE)
    .order_by(col(Article.publish_at), col(Article.id))
    .limit(1)
)
_RELATED = Prebuilt(
    sa.select(*_HEADLINE)
    .join(Related, col(Related.related_id) == col(Article.id))
    .where(IS_PUBLIC_BY_ID, col(Related.article_id) == sa.bindparam("id"))
    .order_by(col(Related.score).desc(), col(Article.id).desc())
    .limit(4)
)


def public_article(session: Session, kind: ArticleKind, slug: str, *, now: datetime) -> ArticlePage | None:
    """Return the article at `slug` if it is public, or retracted; three SELECTs.

    Those of `onward()` that need no more than this go along to PostgreSQL.
    """
    row = _BY_SLUG.first(session, {"kind": kind, "slug": slug, "now": now})
    if row is None:
        return None
    expect(session, _here(row.id, row.publish_at, now), _TAGS, _PREVIOUS, _FOLLOWING, _RELATED)
    return _page(session, row)


def public_article_id(session: Session, kind: ArticleKind, slug: str, *, now: datetime) -> int | None:
    """Return the id of the article at `slug` if it is public; one SELECT."""
    row = _PUBLIC_ID.first(session, {"kind": kind, "slug": slug, "now": now})
    return row.id if row else None


def article_at_work(session: Session, article_id: int, *, now: datetime) -> ArticlePage | None:
    """Return an article in any state, as its page would show it at `now`; three SELECTs."""
    row = _BY_ID.first(session, {"id": article_id})
    return _page(session, row, publish_at=now) if row else None


def byline_of(session: Session, article_id: int) -> tuple[AuthorLine, ...]:
    """Return an article's authors in the order of its byline; one SELECT."""
    return tuple(AuthorLine(*row) for row in _AUTHORS.all(session, {"id": article_id}))


def subjects_of(session: Session, article_id: int) -> tuple[TagLink, ...]:
    """Return an article's tags in the order of their names; one SELECT."""
    return tuple(TagLink(*row) for row in _TAGS.all(session, {"id": article_id}))


def onward(session: Session, page: ArticlePage, *, now: datetime) -> Onward:
    """Return where `page` leads; a SELECT an author and three more."""
    here = _here(page.id, page.publish_at, now)
    return Onward(
        more_from=tuple(MoreFrom(author, _more_from(session, author, here)) for author in page.authors),
        previous=_headline(session, _PREVIOUS, here),
        following=_headline(session, _FOLLOWING, here),
        related=tuple(Headline(*row) for row in _RELATED.all(session, here)),
    )


def _here(article_id: int, publish_at: datetime, now: datetime) -> dict[str, Any]:
    """Return the place of an article; what is not out yet, and is seen by the desk, stands behind all that is."""
    return {"id": article_id, "at": min(publish_at, now), "now": now}


def _page(session: Session, row: Any, publish_at: datetime | None = None) -> ArticlePage:
    return ArticlePage(
        id=row.id,
        kind=row.kind,
        slug=row.slug,
        title=row.title,
        standfirst=row.standfirst,
        body_html=row.body_html,
        body_text=row.body_text,
        language=row.language,
        status=row.status,
        publish_at=row.publish_at or publish_at or row.created_at,
        updated_at=row.updated_at,
        section_id=row.section_id,
        section=NamedLink(row.section_slug, row.section_name) if row.section_slug else None,
        picture=picture_of(row),
        comments_open=row.comments_open,
        comments_close_at=row.comments_close_at,
        comments_paused_until=row.comments_paused_until,
        authors=byline_of(session, row.id),
        tags=subjects_of(session, row.id),
    )


def _more_from(session: Session, author: AuthorLine, here: dict[str, Any]) -> tuple[Headline, ...]:
    rows = _MORE_FROM.all(session, {**here, "author": author.id})
    return tuple(Headline(*row) for row in rows)


def _headline(session: Session, statement: Prebuilt, here: dict[str, Any]) -> Headline | None:
    row = statement.first(session, here)
    return Headline(*row) if row else None
