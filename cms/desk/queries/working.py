"""What the desk knows of one article, and of the names that it can be given."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.models import Article, ArticleKind, ArticleStatus, Author, Section, Tag
from cms.articles.queries.article_page import AuthorLine, TagLink
from cms.articles.queries.cards import PICTURE_COLUMNS, Picture, picture_of
from cms.articles.queries.reading import byline_of, subjects_of
from cms.articles.rules import slug
from cms.desk.queries.at_work import is_own, state_of
from cms.desk.rules import State

SUGGESTED = 500  # names offered while typing; more make the form heavy, and all others can be typed as well


@dataclass(frozen=True, slots=True)
class Working:
    """An article as it is worked on; `is_own` is for the one who asked."""

    id: int
    version: int
    kind: ArticleKind
    status: ArticleStatus
    state: State
    slug: str
    title: str
    standfirst: str
    body_html: str
    language: str
    publish_at: datetime | None
    updated_at: datetime | None
    comments_open: bool
    comments_close_at: datetime | None
    section: str
    picture: Picture | None
    authors: tuple[AuthorLine, ...]
    tags: tuple[TagLink, ...]
    is_own: bool

    @property
    def words(self) -> tuple[str, str, str]:
        """What it says: title, standfirst and text."""
        return self.title, self.standfirst, self.body_html

    def had_readers(self, now: datetime) -> bool:
        """Tell whether readers may know its address: it is public, or was."""
        return self.publish_at is not None and self.publish_at <= now


@dataclass(frozen=True, slots=True)
class Named:
    """An author, a section or a tag that is there already."""

    id: int
    slug: str
    name: str
    staff_id: int | None = None


_WORKING: sa.Select[*tuple[Any, ...]] = (  # Any: columns of many kinds
    sa.select(
        col(Article.id),
        col(Article.version),
        col(Article.kind),
        col(Article.status),
        col(Article.slug),
        col(Article.title),
        col(Article.standfirst),
        col(Article.body_html),
        col(Article.language),
        col(Article.publish_at),
        col(Article.updated_at),
        col(Article.comments_open),
        col(Article.comments_close_at),
        col(Section.name).label("section"),
        *PICTURE_COLUMNS,
    )
    .select_from(Article)
    .outerjoin(Section, col(Section.id) == col(Article.section_id))
)
_NAMED: dict[type[Author] | type[Section] | type[Tag], sa.Select[*tuple[Any, ...]]] = {
    Author: sa.select(col(Author.id), col(Author.slug), col(Author.name), col(Author.staff_id)).order_by(
        col(Author.id)
    ),
    Section: sa.select(col(Section.id), col(Section.slug), col(Section.name)).order_by(col(Section.id)),
    Tag: sa.select(col(Tag.id), col(Tag.slug), col(Tag.name)).order_by(col(Tag.id)),
}


def working_article(
    session: Session, article_id: int, *, staff_id: int, now: datetime, for_update: bool = False
) -> Working | None:
    """Return an article as `staff_id` works on it, or None; three SELECTs.

    `for_update` keeps others from changing it until the transaction ends.
    """
    statement = _WORKING.add_columns(is_own(staff_id).label("is_own")).where(col(Article.id) == article_id)
    if for_update:
        statement = statement.with_for_update(of=Article)
    row = session.execute(statement).one_or_none()
    if row is None:
        return None
    return Working(
        id=row.id,
        version=row.version,
        kind=row.kind,
        status=row.status,
        state=state_of(row.status, row.publish_at, now),
        slug=row.slug,
        title=row.title,
        standfirst=row.standfirst,
        body_html=row.body_html,
        language=row.language,
        publish_at=row.publish_at,
        updated_at=row.updated_at,
        comments_open=row.comments_open and (row.comments_close_at is None or row.comments_close_at > now),
        comments_close_at=row.comments_close_at,
        section=row.section or "",
        picture=picture_of(row),
        authors=byline_of(session, article_id),
        tags=subjects_of(session, article_id),
        is_own=bool(row.is_own),
    )


def article_begun_with(session: Session, draft_mark: str) -> int | None:
    """Return the id of the article that a form with this mark made, or None; one SELECT."""
    if not draft_mark:
        return None
    found: int | None = session.execute(
        sa.select(col(Article.id)).where(col(Article.draft_mark) == draft_mark)
    ).scalar_one_or_none()
    return found


def free_slug(session: Session, kind: ArticleKind, wanted: Sequence[str], but: int | None) -> str | None:
    """Return the first of `wanted` that no other article than `but` has, or None; one SELECT."""
    statement = sa.select(col(Article.slug)).where(col(Article.kind) == kind, col(Article.slug).in_(wanted))
    if but is not None:
        statement = statement.where(col(Article.id) != but)
    taken = set(session.execute(statement).scalars())
    return next((one for one in wanted if one not in taken), None)


def matched(
    session: Session,
    table: type[Author] | type[Section] | type[Tag],
    names: Sequence[str],
    prefer: Collection[int] = (),
) -> tuple[Named | None, ...]:
    """Return for each name what bears it already, or None; one SELECT.

    Case does not matter. Sections and tags are known by their slug as well; two people may share one, so
    authors are not, and of two with the same name one whose id is in `prefer` is meant.
    """
    slugs = [slug(name) for name in names]
    known = _named(session, table, names, [one for one in slugs if one]) if names else ()
    return tuple(
        _meant(known, *pair, by_slug=table is not Author, prefer=prefer)
        for pair in zip(names, slugs, strict=True)
    )


def free_name_slug(
    session: Session, table: type[Author] | type[Section] | type[Tag], wanted: Sequence[str]
) -> str | None:
    """Return the first of `wanted` that nothing of a kind has, or None; one SELECT."""
    taken = set(session.execute(sa.select(col(table.slug)).where(col(table.slug).in_(wanted))).scalars())
    return next((one for one in wanted if one not in taken), None)


def own_author(session: Session, staff_id: int, name: str) -> Named | None:
    """Return the author whom someone of staff writes as, or None before the first time; one SELECT.

    Before the first time that is the only author of exactly her name whom nobody else writes as: one who
    moved in with an import, say. The name of staff is given by the operator, never by themselves.
    """
    rows = session.execute(
        _NAMED[Author].where(
            sa.or_(
                col(Author.staff_id) == staff_id,
                sa.and_(col(Author.staff_id).is_(None), col(Author.name) == name),
            )
        )
    )
    found = [Named(*row) for row in rows]
    linked = [one for one in found if one.staff_id is not None]
    return linked[0] if linked else found[0] if len(found) == 1 else None


def section_names(session: Session) -> tuple[str, ...]:
    """Return the newest sections' names in the order of the alphabet, for a field to suggest; one SELECT."""
    newest = session.execute(sa.select(col(Section.name)).order_by(col(Section.id).desc()).limit(SUGGESTED))
    return tuple(sorted(newest.scalars(), key=str.casefold))


def _named(
    session: Session,
    table: type[Author] | type[Section] | type[Tag],
    names: Sequence[str],
    slugs: Sequence[str],
) -> tuple[Named, ...]:
    rows = session.execute(
        _NAMED[table].where(sa.or_(col(table.name).in_(names), col(table.slug).in_(slugs)))
    )
    return tuple(Named(*row) for row in rows)


def _meant(
    known: Iterable[Named], name: str, slug_of_name: str, *, by_slug: bool, prefer: Collection[int]
) -> Named | None:
    ways: tuple[Callable[[Named], bool], ...] = (
        lambda one: one.name == name,
        lambda one: one.name.casefold() == name.casefold(),
        lambda one: by_slug and one.slug == slug_of_name,
    )
    for fits in ways:
        found = [one for one in known if fits(one)]
        if found:
            return min(found, key=lambda one: (one.id not in prefer, one.id))
    return None
