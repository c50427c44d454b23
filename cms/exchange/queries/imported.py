"""What earlier imports brought in, and which ids and slugs are in use."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col

from cms.articles.models import Article, ArticleKind, Author, Related, Section, Tag
from cms.comments.models import Comment
from cms.comments.rules import CommentStatus
from cms.exchange.models import ImportedThing
from cms.moderation.models import Decision
from cms.moderation.rules import EntryKind
from cms.pages import rules as things
from cms.pages.models import Version

AT_ONCE = 500  # values in one IN (…); SQLite's oldest limit is 999
ARCHIVES: dict[str, type[Author] | type[Section] | type[Tag]] = {
    "author": Author,
    "section": Section,
    "tag": Tag,
}


@dataclass(frozen=True, slots=True)
class ImportedBefore:
    """An imported thing: its name here, the digest of its content in the export, its version here just after."""

    thing: str
    digest: str
    local_version: int


def known_things(session: Session, source: str, kind: str, keys: Iterable[str]) -> dict[str, ImportedBefore]:
    """Return by key what of `keys` came in before; a SELECT for each AT_ONCE."""
    statement = sa.select(
        col(ImportedThing.foreign_id),
        col(ImportedThing.thing),
        col(ImportedThing.digest),
        col(ImportedThing.local_version),
    ).where(col(ImportedThing.source) == source, col(ImportedThing.kind) == kind)
    found: dict[str, ImportedBefore] = {}
    for some in _portions(keys):
        for row in session.execute(statement.where(col(ImportedThing.foreign_id).in_(some))):
            found[row.foreign_id] = ImportedBefore(row.thing, row.digest, row.local_version)
    return found


def known_archives(session: Session, source: str, kind: str) -> dict[str, int]:
    """Return the id of every author, section or tag that an import brought in or took for its own, by key."""
    rows = session.execute(
        sa.select(col(ImportedThing.foreign_id), col(ImportedThing.thing)).where(
            col(ImportedThing.source) == source, col(ImportedThing.kind) == kind
        )
    )
    found = {key: int(thing.partition(":")[2]) for key, thing in rows}
    existing = _existing(session, kind, found.values())
    return {key: identity for key, identity in found.items() if identity in existing}


def archives_by_slug(session: Session, kind: str) -> dict[str, tuple[int, str]]:
    """Return id and name of every author, section or tag here, by slug; one SELECT over all of them."""
    table = ARCHIVES[kind]
    rows = session.execute(sa.select(col(table.slug), col(table.id), col(table.name)))
    return {slug: (identity, name) for slug, identity, name in rows}


def versions(session: Session, ids: Iterable[int]) -> dict[int, int]:
    """Return the present version of each article that is still here."""
    statement = sa.select(col(Article.id), col(Article.version))
    found: dict[int, int] = {}
    for some in _portions(ids):
        found |= {row.id: row.version for row in session.execute(statement.where(col(Article.id).in_(some)))}
    return found


def slugs_taken(session: Session, kind: ArticleKind, slugs: Iterable[str]) -> set[str]:
    """Return which of these slugs articles of a kind have already."""
    statement = sa.select(col(Article.slug)).where(col(Article.kind) == kind)
    found: set[str] = set()
    for some in _portions(slugs):
        found.update(session.execute(statement.where(col(Article.slug).in_(some))).scalars())
    return found


def comment_ids_taken(session: Session, ids: Iterable[int]) -> set[int]:
    """Return which of these numbers comments have already."""
    found: set[int] = set()
    for some in _portions(ids):
        found.update(session.execute(sa.select(col(Comment.id)).where(col(Comment.id).in_(some))).scalars())
    return found


def roots(session: Session, ids: Iterable[int]) -> dict[int, int]:
    """Return the thread of each of these comments."""
    statement = sa.select(col(Comment.id), col(Comment.root_id))
    found: dict[int, int] = {}
    for some in _portions(ids):
        rows = session.execute(statement.where(col(Comment.id).in_(some)))
        found |= {row.id: row.root_id or row.id for row in rows}
    return found


def unrelated(session: Session, source: str) -> list[int]:
    """Return the articles from `source` whose kin nobody has worked out yet; three SELECTs over all articles."""
    # Not one statement: `thing = 'article:' || id` uses no index, and 10,000 articles took seven seconds.
    brought_in = session.execute(
        sa.select(col(ImportedThing.thing)).where(
            col(ImportedThing.source) == source, col(ImportedThing.kind) == "item"
        )
    ).scalars()
    found = {int(thing.partition(":")[2]) for thing in brought_in}
    found &= set(
        session.execute(sa.select(col(Article.id)).where(col(Article.kind) == ArticleKind.ARTICLE)).scalars()
    )
    return sorted(found - set(session.execute(sa.select(col(Related.article_id)).distinct()).scalars()))


def naming(session: Session, ids: Iterable[int]) -> set[int]:
    """Return the articles that name one of these as their kin."""
    statement = sa.select(col(Related.article_id))
    found: set[int] = set()
    for some in _portions(ids):
        found.update(session.execute(statement.where(col(Related.related_id).in_(some))).scalars())
    return found


def article_changes(session: Session) -> dict[int, int]:
    """Return the number of the newest change of each article's pages, by its id."""
    prefix = things.article(0).removesuffix("0")
    rows = session.execute(
        sa.select(col(Version.thing), col(Version.number)).where(col(Version.thing).startswith(prefix))
    )
    return {int(thing.removeprefix(prefix)): number for thing, number in rows}


def highest_id(session: Session, table: type[SQLModel]) -> int:
    """Return the highest id in use, 0 in an empty table."""
    column: Any = sa.inspect(table).local_table.c.id  # Any: a column of a table known only by its class
    highest: int = session.execute(sa.select(sa.func.coalesce(sa.func.max(column), 0))).scalar_one()
    return highest


def newest_imported(session: Session, status: CommentStatus, size: int) -> list[int]:
    """Return the comments that came in last with `status`, bear it still and say something; newest first, one SELECT."""
    statement = (
        sa.select(col(Comment.id))
        .join(Decision, col(Decision.comment_id) == col(Comment.id))
        .where(
            col(Decision.deed) == EntryKind.IMPORTED,
            col(Comment.status) == status,
            col(Comment.withdrawn_at).is_(None),
            col(Comment.erased_at).is_(None),
            col(Comment.body_text) != "",
        )
        .order_by(col(Decision.id).desc())
        .limit(size)
    )
    return list(session.execute(statement).scalars())


def _existing(session: Session, kind: str, ids: Collection[int]) -> set[int]:
    table = ARCHIVES[kind]
    found: set[int] = set()
    for some in _portions(ids):
        found.update(session.execute(sa.select(col(table.id)).where(col(table.id).in_(some))).scalars())
    return found


def _portions(values: Iterable[Any]) -> Iterator[list[Any]]:  # Any: ids or keys
    wanted = sorted(set(values))
    for start in range(0, len(wanted), AT_ONCE):
        yield wanted[start : start + AT_ONCE]
