"""Where an article leads: its authors' other articles, its neighbours in time, what is related."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.models import Article, ArticleAuthor, Related
from cms.articles.queries.article_page import ArticlePage, AuthorLine, Headline, MoreFrom, Onward
from cms.articles.queries.cards import (
    BY_TIME,
    IS_PUBLIC,
    IS_PUBLIC_BY_ID,
    NEWEST_FIRST,
    newest_first,
    order_in,
    public_in,
)
from cms.articles.queries.kin import IS_IN_PRINT
from cms.db import UtcTime
from cms.storage.prebuilt import Prebuilt, expect

MORE_FROM_AUTHOR = 5  # headlines; more are one click away in the archive
_HEADLINE: tuple[Any, ...] = (
    col(Article.slug),
    col(Article.title),
    col(Article.language),
    col(Article.publish_at),
)
_MORE_FROM = Prebuilt(
    sa.select(*_HEADLINE)
    .join(ArticleAuthor, public_in(ArticleAuthor))
    .where(
        col(ArticleAuthor.author_id) == sa.bindparam("author"),
        col(ArticleAuthor.article_id) != sa.bindparam("id"),
    )
    .order_by(*newest_first(order_in(ArticleAuthor)))
    .limit(MORE_FROM_AUTHOR)
)
_BY_TIME = sa.tuple_(*BY_TIME)
_HERE = sa.tuple_(sa.bindparam("at", type_=UtcTime()), sa.bindparam("id"))
# Not IS_PUBLIC: SQLite would begin at its `publish_at <= now` and walk back from the newest article to this one (30 ms
# past 200,000, reckoned from 45 µs past 300).
_PREVIOUS = Prebuilt(
    sa.select(*_HEADLINE).where(IS_IN_PRINT, _BY_TIME < _HERE).order_by(*NEWEST_FIRST).limit(1)
)
_FOLLOWING = Prebuilt(
    sa.select(*_HEADLINE)
    .where(IS_PUBLIC, _BY_TIME > _HERE)
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


def expect_onward(
    session: Session, article_id: int, publish_at: datetime, *others: Prebuilt, now: datetime
) -> None:
    """Let the next question bring along, on PostgreSQL, what `onward()` will ask, and `others` about the same article."""
    expect(session, _here(article_id, publish_at, now), *others, _PREVIOUS, _FOLLOWING, _RELATED)


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


def _more_from(session: Session, author: AuthorLine, here: dict[str, Any]) -> tuple[Headline, ...]:
    rows = _MORE_FROM.all(session, {**here, "author": author.id})
    return tuple(Headline(*row) for row in rows)


def _headline(session: Session, statement: Prebuilt, here: dict[str, Any]) -> Headline | None:
    row = statement.first(session, here)
    return Headline(*row) if row else None
