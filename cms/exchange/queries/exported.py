"""What an export takes out of the site: articles of every status, and all that hangs on them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

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
from cms.articles.rules import address_of
from cms.comments.models import Comment
from cms.comments.rules import CommentStatus
from cms.pages import rules as things


@dataclass(frozen=True, slots=True)
class Named:
    """An author, a section or a tag."""

    id: int
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class ExportedArticle:
    """An article or static page; `former_slugs` are those that it had before."""

    id: int
    kind: ArticleKind
    slug: str
    title: str
    standfirst: str
    body_html: str
    language: str
    status: ArticleStatus
    publish_at: datetime | None
    created_at: datetime
    changed_at: datetime
    comments_open: bool
    comments_close_at: datetime | None
    entry_id: str
    image_path: str
    image_alt: str
    image_caption: str
    image_credit: str
    section: Named | None
    authors: Sequence[Named]
    tags: Sequence[Named]
    former_slugs: Sequence[str]


@dataclass(frozen=True, slots=True)
class ExportedComment:
    """A comment; `is_gone` if its writer has withdrawn it, or its text was erased or is no longer kept."""

    id: int
    parent_id: int | None
    name: str
    body_html: str
    status: CommentStatus
    created_at: datetime
    is_gone: bool
    mark: str
    email_sealed: str | None = field(repr=False)


def all_named(session: Session, table: type[Author] | type[Section] | type[Tag]) -> list[Named]:
    """Return every author, section or tag, in the order of their ids."""
    rows = session.execute(sa.select(col(table.id), col(table.slug), col(table.name)).order_by(col(table.id)))
    return [Named(row.id, row.slug, row.name) for row in rows]


def articles_after(session: Session, last_id: int, size: int) -> list[ExportedArticle]:
    """Return the next `size` articles in the order of their ids; four SELECTs."""
    rows = session.execute(
        sa.select(
            *(col(getattr(Article, name)) for name in _COLUMNS),
            col(Section.id).label("section_id"),
            col(Section.slug).label("section_slug"),
            col(Section.name).label("section_name"),
        )
        .outerjoin(Section, col(Section.id) == col(Article.section_id))
        .where(col(Article.id) > last_id)
        .order_by(col(Article.id))
        .limit(size)
    ).all()
    ids = [row.id for row in rows]
    authors, tags, former = _authors(session, ids), _tags(session, ids), _former_slugs(session, ids)
    return [
        ExportedArticle(
            **{name: getattr(row, name) for name in _COLUMNS},
            section=Named(row.section_id, row.section_slug, row.section_name) if row.section_slug else None,
            authors=authors[row.id],
            tags=tags[row.id],
            former_slugs=[one for one in former[row.id] if one != row.slug],
        )
        for row in rows
    ]


def comments_of(session: Session, article_id: int) -> list[ExportedComment]:
    """Return all comments of an article, oldest first, whatever has become of them; one SELECT."""
    rows = session.execute(_COMMENTS, {"article_id": article_id})
    return [ExportedComment(**row._mapping) for row in rows]


# Built once: it is asked for each article, and building it took longer than asking.
_COMMENTS = (
    sa.select(
        col(Comment.id),
        col(Comment.parent_id),
        col(Comment.name),
        col(Comment.body_html),
        col(Comment.status),
        col(Comment.created_at),
        sa.or_(
            col(Comment.withdrawn_at).is_not(None),
            col(Comment.erased_at).is_not(None),
            col(Comment.swept_at).is_not(None),
        ).label("is_gone"),
        col(Comment.mark),
        col(Comment.email_sealed),
    )
    .where(col(Comment.article_id) == sa.bindparam("article_id"))
    .order_by(col(Comment.created_at), col(Comment.id))
)
_COLUMNS = (
    "id",
    "kind",
    "slug",
    "title",
    "standfirst",
    "body_html",
    "language",
    "status",
    "publish_at",
    "created_at",
    "changed_at",
    "comments_open",
    "comments_close_at",
    "entry_id",
    "image_path",
    "image_alt",
    "image_caption",
    "image_credit",
)


def _authors(session: Session, ids: Collection[int]) -> defaultdict[int, list[Named]]:
    return _by_article(
        session,
        sa.select(col(ArticleAuthor.article_id), col(Author.id), col(Author.slug), col(Author.name))
        .join(Author, col(Author.id) == col(ArticleAuthor.author_id))
        .where(col(ArticleAuthor.article_id).in_(ids))
        .order_by(col(ArticleAuthor.article_id), col(ArticleAuthor.position), col(Author.id)),
    )


def _tags(session: Session, ids: Collection[int]) -> defaultdict[int, list[Named]]:
    return _by_article(
        session,
        sa.select(col(ArticleTag.article_id), col(Tag.id), col(Tag.slug), col(Tag.name))
        .join(Tag, col(Tag.id) == col(ArticleTag.tag_id))
        .where(col(ArticleTag.article_id).in_(ids))
        .order_by(col(ArticleTag.article_id), col(Tag.id)),
    )


def _by_article(
    session: Session, statement: sa.Select[int, int | None, str, str]
) -> defaultdict[int, list[Named]]:
    found: defaultdict[int, list[Named]] = defaultdict(list)
    for row in session.execute(statement):
        found[row.article_id].append(Named(row.id, row.slug, row.name))
    return found


def _former_slugs(session: Session, ids: Collection[int]) -> defaultdict[int, list[str]]:
    """Return the slugs that articles had here before; addresses that they had elsewhere are none."""
    rows = session.execute(
        sa.select(col(FormerAddress.thing), col(FormerAddress.address))
        .where(
            col(FormerAddress.thing).in_([things.article(one) for one in ids]),
            col(FormerAddress.suffix) == "",
        )
        .order_by(col(FormerAddress.address))
    )
    found: defaultdict[int, list[str]] = defaultdict(list)
    folders = {address_of(kind, "") for kind in ArticleKind}
    for row in rows:
        folder, _, slug = row.address.rpartition("/")
        if f"{folder}/" in folders:
            found[int(row.thing.partition(":")[2])].append(slug)
    return found
