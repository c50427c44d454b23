"""The article that a page shows: by its address, or by its id while it is at work."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

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
from cms.articles.queries.article_page import ArticlePage, AuthorLine, TagLink
from cms.articles.queries.cards import (
    CARD_COLUMNS,
    NamedLink,
    picture_of,
)
from cms.articles.queries.onward import expect_onward
from cms.db import UtcTime
from cms.moderation.queries.closing import TAKES_COMMENTS
from cms.storage.prebuilt import Prebuilt

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


def public_article(session: Session, kind: ArticleKind, slug: str, *, now: datetime) -> ArticlePage | None:
    """Return the article at `slug` if it is public, or retracted; three SELECTs.

    On PostgreSQL those that `onward()` will ask go along with them.
    """
    row = _BY_SLUG.first(session, {"kind": kind, "slug": slug, "now": now})
    if row is None:
        return None
    expect_onward(session, row.id, row.publish_at, _TAGS, now=now)
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
