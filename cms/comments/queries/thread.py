"""What a reader sees of an article's comments."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from cms.articles.rules import Cursor
from cms.comments.models import Comment
from cms.comments.rules import CommentStatus, ThreadRow, in_reading_order
from cms.db import UtcTime


@dataclass(frozen=True, slots=True)
class VisibleComment:
    """One comment as its article shows it; a tombstone keeps the place of one that is gone and has replies."""

    id: int
    parent_id: int | None
    root_id: int
    parent_name: str
    depth: int
    name: str
    body_html: str
    language: str
    created_at: datetime
    is_tombstone: bool
    foreign_id: int | None


@dataclass(frozen=True, slots=True)
class VisibleThread:
    """A page of an article's comments, depth first; `next_page` is the cursor of the threads behind it."""

    comments: tuple[VisibleComment, ...]
    count: int
    next_page: Cursor | None


@dataclass(frozen=True, slots=True)
class TypedText:
    """What was typed, beside the HTML that was made of it."""

    id: int
    article_id: int
    body_text: str
    body_html: str


def is_visible(comment: Any = Comment) -> sa.ColumnElement[bool]:
    """Return the condition under which readers see a comment."""
    return sa.and_(
        col(comment.status) == CommentStatus.APPROVED,
        col(comment.withdrawn_at).is_(None),
        col(comment.erased_at).is_(None),
    )


_COLUMNS = (
    col(Comment.id),
    col(Comment.parent_id),
    col(Comment.root_id),
    col(Comment.name),
    col(Comment.body_html),
    col(Comment.language),
    col(Comment.created_at),
    col(Comment.foreign_id),
    sa.not_(is_visible()).label("is_tombstone"),
)
_IN_ARTICLE = col(Comment.article_id) == sa.bindparam("article_id")
_MEMBER = aliased(Comment)
_ROOTS = (
    sa.select(col(Comment.id), col(Comment.created_at))
    .where(
        _IN_ARTICLE,
        col(Comment.root_id) == col(Comment.id),
        sa.exists().where(
            col(_MEMBER.article_id) == col(Comment.article_id),
            col(_MEMBER.root_id) == col(Comment.id),
            is_visible(_MEMBER),
        ),
    )
    .order_by(col(Comment.created_at), col(Comment.id))
)
_COUNT = sa.select(sa.func.count()).where(_IN_ARTICLE, is_visible())
_MEMBERS = sa.select(*_COLUMNS).where(
    _IN_ARTICLE, col(Comment.root_id).in_(sa.bindparam("roots", expanding=True)), is_visible()
)
_BY_IDS = sa.select(*_COLUMNS).where(col(Comment.id).in_(sa.bindparam("ids", expanding=True)))
# A reader may ask for any number; PostgreSQL refuses one that an INTEGER cannot hold.
_ONE = sa.select(*_COLUMNS).where(
    _IN_ARTICLE, col(Comment.id) == sa.bindparam("id", type_=sa.BigInteger), is_visible()
)


def visible_thread(session: Session, article_id: int, *, after: Cursor | None, size: int) -> VisibleThread:
    """Return `size` threads of an article from behind `after`, with all their replies.

    Three SELECTs, and one more for each generation of removed comments that still carry replies.
    """
    statement = _ROOTS.limit(size + 1)
    if after is not None:
        moment = sa.literal(after.at, type_=UtcTime())
        statement = statement.where(
            sa.tuple_(col(Comment.created_at), col(Comment.id)) > sa.tuple_(moment, sa.literal(after.id))
        )
    roots = session.execute(statement, {"article_id": article_id}).all()
    shown = roots[:size]
    count = session.execute(_COUNT, {"article_id": article_id}).scalar_one()
    last = Cursor(shown[-1].created_at, shown[-1].id) if len(roots) > size else None
    if not shown:
        return VisibleThread((), count, None)
    members = session.execute(
        _MEMBERS, {"article_id": article_id, "roots": [root.id for root in shown]}
    ).all()
    return VisibleThread(_comments(_with_tombstones(session, members)), count, last)


def visible_comment(session: Session, article_id: int, comment_id: int) -> VisibleComment | None:
    """Return one visible comment of an article, as the one that a reply answers; one SELECT."""
    row = session.execute(_ONE, {"article_id": article_id, "id": comment_id}).one_or_none()
    return _comments([row])[0] if row else None


def typed_texts(session: Session, *, behind: int, size: int) -> list[TypedText]:
    """Return `size` comments with an id above `behind`, in the order of ids; one SELECT."""
    statement = (
        sa.select(col(Comment.id), col(Comment.article_id), col(Comment.body_text), col(Comment.body_html))
        .where(col(Comment.id) > behind)
        .order_by(col(Comment.id))
        .limit(size)
    )
    return [TypedText(*row) for row in session.execute(statement)]


def _with_tombstones(session: Session, members: Sequence[Any]) -> list[Any]:
    found = {row.id: row for row in members}
    while missing := {row.parent_id for row in found.values() if row.parent_id} - set(found):
        above = {row.id: row for row in session.execute(_BY_IDS, {"ids": sorted(missing)})}
        if not above:
            break
        found.update(above)
    return sorted(found.values(), key=lambda row: (row.created_at, row.id))


def _comments(rows: Iterable[Any]) -> tuple[VisibleComment, ...]:
    by_id = {row.id: row for row in rows}
    places = in_reading_order([ThreadRow(row.id, row.parent_id) for row in by_id.values()])
    return tuple(_comment(by_id[place.id], by_id.get(place.parent_id or 0), depth) for place, depth in places)


def _comment(row: Any, parent: Any, depth: int) -> VisibleComment:
    return VisibleComment(
        id=row.id,
        parent_id=row.parent_id,
        root_id=row.root_id,
        parent_name="" if parent is None or parent.is_tombstone else parent.name,
        depth=depth,
        name="" if row.is_tombstone else row.name,
        body_html="" if row.is_tombstone else row.body_html,
        language=row.language,
        created_at=row.created_at,
        is_tombstone=row.is_tombstone,
        foreign_id=row.foreign_id,
    )
