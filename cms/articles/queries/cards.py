"""What the lists of articles show: one card an article, with its byline."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, select

from cms.articles.models import (
    Article,
    ArticleAuthor,
    ArticleKind,
    ArticleStatus,
    ArticleTag,
    Author,
    Section,
)
from cms.articles.rules import Cursor
from cms.db import UtcTime
from cms.storage.prebuilt import Prebuilt
from cms.storage.unindexed import Unindexed


class NamedLink(NamedTuple):
    """An author, a section or a tag as a link shows it."""

    slug: str
    name: str


class Picture(NamedTuple):
    """An article's picture; width and height in CSS pixels, 0 where nobody knows them."""

    address: str
    alt: str
    caption: str
    credit: str
    width: int
    height: int


class Card(NamedTuple):
    """One article in a list; a tuple, so that its HTML can be cached by it (`cms.answering.shown.once`)."""

    id: int
    slug: str
    title: str
    standfirst: str
    language: str
    publish_at: datetime
    updated_at: datetime | None
    section: NamedLink | None
    picture: Picture | None
    authors: tuple[NamedLink, ...]


@dataclass(frozen=True, slots=True)
class CardPage:
    """A page of cards; `next_page` is the cursor of the page after it."""

    cards: tuple[Card, ...]
    next_page: Cursor | None


PICTURE_COLUMNS: tuple[Any, ...] = (  # Any: columns of many kinds
    col(Article.image_path),
    col(Article.image_alt),
    col(Article.image_caption),
    col(Article.image_credit),
    col(Article.image_width),
    col(Article.image_height),
)

CARD_COLUMNS: tuple[Any, ...] = (
    col(Article.id),
    col(Article.slug),
    col(Article.title),
    col(Article.standfirst),
    col(Article.language),
    col(Article.publish_at),
    col(Article.updated_at),
    col(Section.slug).label("section_slug"),
    col(Section.name).label("section_name"),
    *PICTURE_COLUMNS,
)

IS_PUBLIC = sa.and_(
    col(Article.kind) == ArticleKind.ARTICLE,
    col(Article.status) == ArticleStatus.PUBLISHED,
    col(Article.publish_at) <= sa.bindparam("now", type_=UtcTime()),
)

# The same for articles that are found by their ids. Otherwise SQLite reads every public article to see whether it is one
# of them, which took 40 ms among 200,000 (measured).
IS_PUBLIC_BY_ID = sa.and_(
    Unindexed(col(Article.kind)) == ArticleKind.ARTICLE,
    col(Article.status) == ArticleStatus.PUBLISHED,
    col(Article.publish_at) <= sa.bindparam("now", type_=UtcTime()),
)

CARDS = (
    sa.select(*CARD_COLUMNS)
    .select_from(Article)
    .outerjoin(Section, col(Section.id) == col(Article.section_id))
)
# A reader may ask for any number; PostgreSQL refuses one that an INTEGER cannot hold.
_CURSOR = sa.tuple_(sa.bindparam("at", type_=UtcTime()), sa.bindparam("id", type_=sa.BigInteger))
ListOrder = tuple[Mapped[Any], Mapped[Any]]  # Any: a moment, which may be null, and an id
BY_TIME: ListOrder = col(Article.publish_at), col(Article.id)


def newest_first(order: ListOrder) -> tuple[sa.UnaryExpression[Any], ...]:
    """Return the terms of an ORDER BY in which the newest article comes first."""
    return tuple(column.desc() for column in order)


NEWEST_FIRST = newest_first(BY_TIME)

_BYLINES = (
    select(col(ArticleAuthor.article_id), col(Author.slug), col(Author.name))
    .join(Author, col(Author.id) == col(ArticleAuthor.author_id))
    .where(col(ArticleAuthor.article_id).in_(sa.bindparam("ids", expanding=True)))
    .order_by(col(ArticleAuthor.article_id), col(ArticleAuthor.position), col(ArticleAuthor.author_id))
)


def public_in(link: type[ArticleAuthor | ArticleTag]) -> sa.ColumnElement[bool]:
    """Return the condition that an article stands in an archive by this link, and is public."""
    return sa.and_(
        col(link.article_id) == col(Article.id), col(link.public_from) <= sa.bindparam("now", type_=UtcTime())
    )


def order_in(link: type[ArticleAuthor | ArticleTag]) -> ListOrder:
    """Return the order of an archive, by the columns of its link table: these are the columns of its index."""
    return col(link.public_from), col(link.article_id)


class CardList:
    """A list of cards, newest first, of which a page is read at a time."""

    def __init__(self, statement: sa.Select[Any], order: ListOrder = BY_TIME) -> None:
        """Take a SELECT from CARDS, and the columns by which it is ordered."""
        ordered = statement.order_by(*newest_first(order)).limit(sa.bindparam("most"))
        self._first = Prebuilt(ordered)
        self._behind = Prebuilt(ordered.where(sa.tuple_(*order) < _CURSOR))

    def page(
        self, session: Session, values: Mapping[str, Any], *, after: Cursor | None, size: int
    ) -> CardPage:
        """Return up to `size` cards that follow the cursor `after`; two SELECTs. `values` are the statement's own."""
        asked = {**values, "most": size + 1}
        if after is None:
            rows = self._first.all(session, asked)
        else:
            rows = self._behind.all(session, {**asked, "at": after.at, "id": after.id})
        cards = cards_of(session, rows[:size])
        more = len(rows) > size
        return CardPage(cards, Cursor(cards[-1].publish_at, cards[-1].id) if more else None)


def cards_of(session: Session, rows: Sequence[Any]) -> tuple[Card, ...]:
    """Return rows of CARD_COLUMNS as cards; one SELECT for their bylines."""
    bylines = bylines_of(session, [row.id for row in rows])
    return tuple(
        Card(
            id=row.id,
            slug=row.slug,
            title=row.title,
            standfirst=row.standfirst,
            language=row.language,
            publish_at=row.publish_at,
            updated_at=row.updated_at,
            section=NamedLink(row.section_slug, row.section_name) if row.section_slug else None,
            picture=picture_of(row),
            authors=bylines.get(row.id, ()),
        )
        for row in rows
    )


def bylines_of(session: Session, ids: Iterable[int]) -> dict[int, tuple[NamedLink, ...]]:
    """Return the authors of each article in the order of its byline; no SELECT where there is no article."""
    wanted = list(ids)
    if not wanted:
        return {}
    found: dict[int, tuple[NamedLink, ...]] = {}
    for article_id, slug, name in session.execute(_BYLINES, {"ids": wanted}):
        found[article_id] = (*found.get(article_id, ()), NamedLink(slug, name))
    return found


def picture_of(row: Any) -> Picture | None:
    """Return the picture of a row of PICTURE_COLUMNS."""
    if not row.image_path:
        return None
    return Picture(
        address=f"/media/{row.image_path}",
        alt=row.image_alt,
        caption=row.image_caption,
        credit=row.image_credit,
        width=row.image_width or 0,
        height=row.image_height or 0,
    )
