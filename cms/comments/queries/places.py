"""Where a comment stands, for the addresses that lead to one."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.articles.rules import Cursor
from cms.comments.models import Comment
from cms.comments.queries.thread import FOLDED_AT, is_on_first_page
from cms.comments.queries.visible import is_visible
from cms.db import UtcTime


@dataclass(frozen=True, slots=True)
class Place:
    """The page on which a comment stands: behind which cursor, and of which thread where that has pages of its own."""

    comment_id: int
    thread: int | None
    after: Cursor | None


_IN_ARTICLE = col(Comment.article_id) == sa.bindparam("article_id")
_IN_ORDER = (col(Comment.created_at), col(Comment.id))
_NUMBER = sa.bindparam("number", type_=sa.BigInteger)
# Our own number wins over the one that a comment had before it moved in.
_NUMBERED = (
    sa.select(col(Comment.id), col(Comment.root_id), col(Comment.created_at))
    .where(_IN_ARTICLE, sa.or_(col(Comment.id) == _NUMBER, col(Comment.foreign_id) == _NUMBER), is_visible())
    .order_by((col(Comment.id) != _NUMBER), col(Comment.id))
    .limit(1)
)
_ROOT = sa.select(col(Comment.created_at)).where(col(Comment.id) == sa.bindparam("root_id"))
_OF_THREAD = (_IN_ARTICLE, col(Comment.root_id) == sa.bindparam("root_id"), is_visible())
_EARLIER = sa.select(sa.func.count()).where(
    *_OF_THREAD,
    sa.tuple_(*_IN_ORDER) < sa.tuple_(sa.bindparam("at", type_=UtcTime()), sa.bindparam("id")),
)
_NTH = sa.select(*_IN_ORDER).where(*_OF_THREAD).order_by(*_IN_ORDER).offset(sa.bindparam("number")).limit(1)


def place_of(session: Session, article_id: int, number: int, *, size: int) -> Place | None:
    """Return where the visible comment of that number stands, its own or the one it had where it came from, or None.

    Five SELECTs at most; one counts what stands before it in its thread.
    """
    row = session.execute(_NUMBERED, {"article_id": article_id, "number": number}).one_or_none()
    if row is None:
        return None
    of_thread = {"article_id": article_id, "root_id": row.root_id}
    earlier = session.execute(_EARLIER, {**of_thread, "at": row.created_at, "id": row.id}).scalar_one()
    if earlier >= min(FOLDED_AT, size):
        return Place(row.id, row.root_id, _behind(session, of_thread, earlier // size * size))
    if is_on_first_page(session, article_id, row.root_id, size=size):
        return Place(row.id, None, None)
    began = session.execute(_ROOT, {"root_id": row.root_id}).scalar_one()
    # A page may begin with any thread, so this one begins with the comment's own.
    return Place(row.id, None, Cursor(began, row.root_id - 1))


def _behind(session: Session, of_thread: dict[str, Any], number: int) -> Cursor | None:
    """Return the cursor behind the first `number` comments of a thread."""
    if not number:
        return None
    last = session.execute(_NTH, {**of_thread, "number": number - 1}).one()
    return Cursor(last.created_at, last.id)
