"""Storing articles with their bylines, sections and tags; the only place that changes an article's status."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
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
    FormerAddress,
    Section,
    Tag,
)
from cms.articles.queries.cards import Picture
from cms.articles.rules import address_of, former_address, numbered, slug
from cms.db import table_of
from cms.desk.models import ArticleRevision
from cms.desk.queries.working import Named, free_name_slug, matched, own_author
from cms.pages import rules as things
from cms.storage.dialects import insert_into
from cms.storage.rows import stored
from cms.vault import random_mark

KEPT_REVISIONS = 100  # of an article: a day's work with a save each few minutes
NUMBERS_TRIED = 50  # slug, slug-2 … slug-50; behind them a random one


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of an article that the desk decides; `comments` is None where they stay as they are."""

    kind: ArticleKind
    slug: str
    title: str
    standfirst: str
    body_html: str
    body_text: str
    language: str
    status: ArticleStatus
    publish_at: datetime | None
    updated_at: datetime | None
    section_id: int | None
    picture: Picture | None
    comments: bool | None


def store_article(session: Session, columns: Columns, *, made_by: int, draft_mark: str, now: datetime) -> int:
    """Store a new article; return its id. Raises IntegrityError where its address or its mark is taken."""
    article = Article(
        **_values(columns), made_by=made_by, draft_mark=draft_mark or None, created_at=now, changed_at=now
    )
    return stored(session, article)


def change_article(session: Session, article_id: int, columns: Columns, *, now: datetime) -> None:
    """Give an article new columns and its next version. Raises IntegrityError where the address is taken."""
    session.execute(
        sa.update(Article)
        .where(col(Article.id) == article_id)
        .values(**_values(columns), changed_at=now, version=col(Article.version) + 1)
    )


def keep_words(session: Session, article_id: int, *, staff_id: int | None) -> None:
    """Keep what an article says at its present version, stored by `staff_id`, among the newest KEPT_REVISIONS.

    With None for somebody unknown they are kept only where nothing is kept of the article yet.
    """
    table = table_of(ArticleRevision)
    kept = sa.exists().where(table.c.article_id == article_id)
    present = sa.select(
        col(Article.id),
        col(Article.version),
        col(Article.title),
        col(Article.standfirst),
        col(Article.body_html),
        col(Article.changed_at),
        sa.literal(staff_id, sa.Integer),
    ).where(col(Article.id) == article_id, sa.true() if staff_id is not None else ~kept)
    names = ["article_id", "version", "title", "standfirst", "body_html", "at", "staff_id"]
    session.execute(sa.insert(table).from_select(names, present))
    newest = (
        sa.select(table.c.version).where(table.c.article_id == article_id).order_by(table.c.version.desc())
    )
    oldest_kept = newest.limit(1).offset(KEPT_REVISIONS - 1).scalar_subquery()
    session.execute(sa.delete(table).where(table.c.article_id == article_id, table.c.version < oldest_kept))


def forget_words(session: Session, article_id: int, version: int) -> bool:
    """Delete what an article said at an earlier version; tell whether that was kept. Its present words stay."""
    table = table_of(ArticleRevision)
    newest = sa.select(sa.func.max(table.c.version)).where(table.c.article_id == article_id).scalar_subquery()
    is_it = (table.c.article_id == article_id, table.c.version == version, table.c.version < newest)
    found = session.execute(sa.select(table.c.version).where(*is_it)).first() is not None
    session.execute(sa.delete(table).where(*is_it))
    return found


def set_byline(session: Session, article_id: int, author_ids: Sequence[int]) -> None:
    """Give an article its authors, in order."""
    session.execute(sa.delete(ArticleAuthor).where(col(ArticleAuthor.article_id) == article_id))
    rows = [
        {"article_id": article_id, "author_id": author_id, "position": position}
        for position, author_id in enumerate(dict.fromkeys(author_ids))
    ]
    if rows:
        session.execute(sa.insert(ArticleAuthor), rows)


def set_tags(session: Session, article_id: int, tag_ids: Collection[int]) -> None:
    """Give an article its tags."""
    session.execute(sa.delete(ArticleTag).where(col(ArticleTag.article_id) == article_id))
    rows = [{"article_id": article_id, "tag_id": tag_id} for tag_id in dict.fromkeys(tag_ids)]
    if rows:
        session.execute(sa.insert(ArticleTag), rows)


def section_named(session: Session, name: str) -> int | None:
    """Return the id of the section with a name, made where there is none; None for no name."""
    return _ids(session, Section, [name])[0] if name else None


def tags_named(session: Session, names: Sequence[str]) -> list[int]:
    """Return the ids of the tags with these names, made where there are none."""
    return _ids(session, Tag, names)


def authors_named(session: Session, names: Sequence[str], *, prefer: Collection[int]) -> list[int]:
    """Return the ids of the authors with these names, made where there are none; of two, one of `prefer`."""
    return _ids(session, Author, names, prefer)


def author_of_staff(session: Session, staff_id: int, name: str) -> int:
    """Return the id of the author whom someone of staff writes as, linked or made the first time."""
    own = own_author(session, staff_id, name)
    author_id = own.id if own else _make(session, Author, name)
    if own is None or own.staff_id is None:
        session.execute(sa.update(Author).where(col(Author.id) == author_id).values(staff_id=staff_id))
    return author_id


def note_former_address(session: Session, kind: ArticleKind, old_slug: str, article_id: int) -> None:
    """Let an address that readers may know lead on to the article, whatever it led to before."""
    row = {
        "address": former_address(address_of(kind, old_slug)),
        "thing": things.article(article_id),
        "suffix": "",
    }
    session.execute(
        insert_into(session, FormerAddress)
        .values(row)
        .on_conflict_do_update(
            index_elements=[col(FormerAddress.address)], set_={"thing": row["thing"], "suffix": ""}
        )
    )


def take_over_address(session: Session, kind: ArticleKind, slug: str) -> None:
    """Let an address lead nowhere else any more, since an article stands there again."""
    address = former_address(address_of(kind, slug))
    session.execute(sa.delete(FormerAddress).where(col(FormerAddress.address) == address))


def slugs_to_try(base: str) -> list[str]:
    """Return the slugs for something new, the plain one first, a random one last."""
    return [
        base,
        *(numbered(base, number) for number in range(2, NUMBERS_TRIED + 1)),
        f"{base}-{random_mark()[:8]}",
    ]


def _values(columns: Columns) -> dict[str, Any]:  # Any: the values of columns of many kinds
    values: dict[str, Any] = {
        "kind": columns.kind,
        "slug": columns.slug,
        "title": columns.title,
        "standfirst": columns.standfirst,
        "body_html": columns.body_html,
        "body_text": columns.body_text,
        "language": columns.language,
        "status": columns.status,
        "publish_at": columns.publish_at,
        "updated_at": columns.updated_at,
        "section_id": columns.section_id,
        **_picture_values(columns.picture),
    }
    if columns.comments is None:
        return values
    closed_by_time = {"comments_close_at": None} if columns.comments else {}
    return {**values, "comments_open": columns.comments, **closed_by_time}


def _picture_values(picture: Picture | None) -> dict[str, Any]:  # Any: as above
    if picture is None:
        words = ("image_path", "image_alt", "image_caption", "image_credit")
        return {**dict.fromkeys(words, ""), "image_width": None, "image_height": None}
    return {
        "image_path": picture.address.removeprefix("/media/"),
        "image_alt": picture.alt,
        "image_caption": picture.caption,
        "image_credit": picture.credit,
        "image_width": picture.width or None,
        "image_height": picture.height or None,
    }


def _ids(
    session: Session,
    table: type[Author] | type[Section] | type[Tag],
    names: Sequence[str],
    prefer: Collection[int] = (),
) -> list[int]:
    found: Sequence[Named | None] = matched(session, table, names, prefer)
    known = {name: one.id for name, one in zip(names, found, strict=True) if one}
    # In one order for everybody: two who make the same two names at one moment would wait for each other.
    made = {name: _make(session, table, name) for name in sorted(set(names) - known.keys(), key=slug)}
    return [(known | made)[name] for name in names]


def _make(session: Session, table: type[Author] | type[Section] | type[Tag], name: str) -> int:
    # A name of signs alone, such as a heart, has no slug of its own.
    base = slug(name) or table.__name__.lower()
    free = free_name_slug(session, table, slugs_to_try(base))
    row = table(slug=free or slugs_to_try(base)[-1], name=name)
    return stored(session, row)
