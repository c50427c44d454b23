"""The list of articles at work."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.models import Article, ArticleAuthor, ArticleKind, ArticleStatus, Author
from cms.articles.queries.cards import NamedLink, bylines_of
from cms.articles.rules import Cursor
from cms.db import UtcTime
from cms.desk.rules import State


@dataclass(frozen=True, slots=True)
class Line:
    """One article in the desk's list."""

    id: int
    kind: ArticleKind
    slug: str
    title: str
    language: str
    state: State
    publish_at: datetime | None
    changed_at: datetime
    authors: tuple[NamedLink, ...]


@dataclass(frozen=True, slots=True)
class LinePage:
    """A page of the desk's list; `next_page` is the cursor of the page behind it."""

    lines: tuple[Line, ...]
    next_page: Cursor | None


_LINES = sa.select(
    col(Article.id),
    col(Article.kind),
    col(Article.slug),
    col(Article.title),
    col(Article.language),
    col(Article.status),
    col(Article.publish_at),
    col(Article.changed_at),
).order_by(col(Article.changed_at).desc(), col(Article.id).desc())


def articles_at_work(
    session: Session,
    *,
    own_of: int | None,
    state: State | None,
    now: datetime,
    after: Cursor | None,
    size: int,
) -> LinePage:
    """Return up to `size` articles, those changed last first; two SELECTs.

    `own_of` is the id of someone of staff whose own ones alone are listed.
    """
    statement = _LINES.limit(size + 1)
    if own_of is not None:
        statement = statement.where(is_own(own_of))
    if state is not None:
        statement = statement.where(_in_state(state, now))
    if after is not None:
        statement = statement.where(_behind(after))
    rows = session.execute(statement).all()
    bylines = bylines_of(session, [row.id for row in rows[:size]])
    lines = tuple(_line(row, bylines.get(row.id, ()), now) for row in rows[:size])
    more = len(rows) > size
    return LinePage(lines, Cursor(lines[-1].changed_at, lines[-1].id) if more else None)


def is_own(staff_id: int) -> sa.ColumnElement[bool]:
    """Return the condition under which an article is somebody's own: by its byline, or begun by her."""
    byline = (
        sa.select(col(ArticleAuthor.article_id))
        .join(Author, col(Author.id) == col(ArticleAuthor.author_id))
        .where(col(Author.staff_id) == staff_id)
    )
    return sa.or_(col(Article.made_by) == staff_id, col(Article.id).in_(byline))


def state_of(status: ArticleStatus, publish_at: datetime | None, now: datetime) -> State:
    """Return what a status amounts to at `now`."""
    if status is ArticleStatus.PUBLISHED and publish_at is not None and publish_at > now:
        return State.SCHEDULED
    return State(status.value)


def _in_state(state: State, now: datetime) -> sa.ColumnElement[bool]:
    moment = sa.literal(now, UtcTime())
    if state is State.SCHEDULED:
        return sa.and_(col(Article.status) == ArticleStatus.PUBLISHED, col(Article.publish_at) > moment)
    if state is State.PUBLISHED:
        return sa.and_(col(Article.status) == ArticleStatus.PUBLISHED, col(Article.publish_at) <= moment)
    return col(Article.status) == ArticleStatus(state.value)


def _behind(after: Cursor) -> sa.ColumnElement[bool]:
    place = sa.tuple_(sa.literal(after.at, UtcTime()), sa.literal(after.id))
    return sa.tuple_(col(Article.changed_at), col(Article.id)) < place


def _line(row: Any, authors: tuple[NamedLink, ...], now: datetime) -> Line:  # Any: a row of _LINES
    return Line(
        id=row.id,
        kind=row.kind,
        slug=row.slug,
        title=row.title,
        language=row.language,
        state=state_of(row.status, row.publish_at, now),
        publish_at=row.publish_at,
        changed_at=row.changed_at,
        authors=authors,
    )
