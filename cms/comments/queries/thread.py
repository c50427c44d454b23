"""The pages of an article's comments: which threads stand on which, and what is shown of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from cms.articles.rules import Cursor
from cms.comments.models import Comment
from cms.comments.queries.assembly import (
    FEATURED_AT_MOST,
    Rows,
    assembled,
    featured_of,
    first_of_threads,
    rows_by_ids,
    with_folded,
)
from cms.comments.queries.visible import COLUMNS, COLUMNS_OF_VISIBLE, VisibleComment, comment_of, is_visible
from cms.db import UtcTime
from cms.storage.prebuilt import Prebuilt

FOLDED_AT = 25  # comments of one thread under its article; all of a long quarrel stand one click away


@dataclass(frozen=True, slots=True, eq=False)
class VisibleThread:
    """A page of an article's comments, depth first; `next_page` is the cursor of the page after it.

    `featured` are the comments that the newsroom puts forward, on the first page only. If the page shows a single
    thread, `root_id` names it and `count` is the number of its comments; else `count` is that of the article. Two
    objects of this class are never equal: so a cache finds a page without comparing it comment by comment.
    """

    comments: tuple[VisibleComment, ...]
    count: int
    next_page: Cursor | None
    root_id: int | None = None
    featured: tuple[VisibleComment, ...] = ()


_IN_ARTICLE = col(Comment.article_id) == sa.bindparam("article_id")
_IN_THREAD = col(Comment.root_id) == sa.bindparam("root_id", type_=sa.BigInteger)
_IN_ORDER = (col(Comment.created_at), col(Comment.id))
_MEMBER = aliased(Comment)
_ALL = Prebuilt(
    sa.select(*COLUMNS_OF_VISIBLE)
    .where(_IN_ARTICLE, is_visible())
    .order_by(col(Comment.root_id), *_IN_ORDER)
    .limit(sa.bindparam("most"))
)
# Every root is above 0. The condition makes SQLite, which keeps no statistics, take the index of what readers see of an
# article instead of the index of all comments by status (700 ms with 2 million comments, measured).
_COUNT = sa.select(sa.func.count()).where(_IN_ARTICLE, col(Comment.root_id) > 0, is_visible())
_ROOTS = (
    sa.select(col(Comment.id), col(Comment.created_at), _COUNT.scalar_subquery().label("comments"))
    .where(
        _IN_ARTICLE,
        col(Comment.root_id) == col(Comment.id),
        sa.exists().where(
            col(_MEMBER.article_id) == col(Comment.article_id),
            col(_MEMBER.root_id) == col(Comment.id),
            is_visible(_MEMBER),
        ),
    )
    .order_by(*_IN_ORDER)
)
# In the order of `assembly.position_in_thread()`.
_RANKED = (
    sa.select(
        col(Comment.id),
        col(Comment.root_id),
        sa.func.row_number()
        .over(
            partition_by=col(Comment.root_id), order_by=(col(Comment.root_id) != col(Comment.id), *_IN_ORDER)
        )
        .label("position"),
        sa.func.count().over(partition_by=col(Comment.root_id)).label("total"),
    )
    .where(_IN_ARTICLE, col(Comment.root_id).in_(sa.bindparam("roots", expanding=True)), is_visible())
    .subquery()
)
_FIRST_OF_EACH = sa.select(_RANKED).where(_RANKED.c.position <= sa.bindparam("shown"))
_OF_ONE = sa.select(*COLUMNS).where(_IN_ARTICLE, _IN_THREAD, is_visible()).order_by(*_IN_ORDER)
_COUNT_OF_ONE = _COUNT.where(_IN_THREAD)
_FEATURED = (
    sa.select(col(_MEMBER.id))
    .where(
        col(_MEMBER.article_id) == sa.bindparam("article_id"),
        col(_MEMBER.featured_at).is_not(None),
        is_visible(_MEMBER),
    )
    .order_by(col(_MEMBER.featured_at).desc(), col(_MEMBER.id).desc())
    .limit(FEATURED_AT_MOST)
)
# Not `id IN (…) OR id IN (SELECT …)`: for that PostgreSQL reads every comment (1.4 s of 2 million, measured).
_BY_IDS_AND_FEATURED = sa.select(*COLUMNS).where(
    col(Comment.id).in_(
        sa.union_all(
            sa.select(col(_MEMBER.id)).where(col(_MEMBER.id).in_(sa.bindparam("ids", expanding=True))),
            sa.select(_FEATURED.subquery("featured").c.id),
        )
    )
)
# A reader may ask for any number; PostgreSQL refuses one that an INTEGER cannot hold.
_ONE = Prebuilt(
    sa.select(*COLUMNS).where(
        _IN_ARTICLE, col(Comment.id) == sa.bindparam("id", type_=sa.BigInteger), is_visible()
    )
)


def visible_thread(session: Session, article_id: int, *, after: Cursor | None, size: int) -> VisibleThread:
    """Return the threads of an article after the cursor: about `size` comments, of each thread its first FOLDED_AT.

    One SELECT if all comments of the article fit on one page. Else four, one of which reads the ids of all comments
    of the threads shown. And one more for each generation of removed comments that have replies.
    """
    if after is None:
        found = _ALL.all(session, {"article_id": article_id, "most": size + 1})
        if len(found) <= size:
            return _on_one_page(session, found, size)
    roots, count = _roots(session, article_id, after=after, size=size)
    members = _first_of_each(session, article_id, [root.id for root in roots], size=size)
    shown, last = _fitting(roots, members, size)
    ids = [one.id for one in shown]
    rows, featured = _rows_and_featured(session, article_id, ids, is_first_page=after is None)
    folded = {one.root_id: one.total - min(one.total, _folded_at(size)) for one in shown}
    return VisibleThread(with_folded(assembled(session, rows), folded), count, last, featured=featured)


def whole_thread(
    session: Session, article_id: int, root_id: int, *, after: Cursor | None, size: int
) -> VisibleThread | None:
    """Return `size` comments of one thread after the cursor, or None if there is none that readers can see.

    Three SELECTs, and one more for each generation of removed comments that have replies.
    """
    of_it = {"article_id": article_id, "root_id": root_id}
    rows = session.execute(_after(_OF_ONE, after).limit(size + 1), of_it).all()
    if not rows:
        return None
    last = Cursor(rows[size - 1].created_at, rows[size - 1].id) if len(rows) > size else None
    count = session.execute(_COUNT_OF_ONE, of_it).scalar_one()
    return VisibleThread(assembled(session, rows[:size]), count, last, root_id)


def is_on_first_page(session: Session, article_id: int, root_id: int, *, size: int) -> bool:
    """Tell whether a thread stands on the first page of its article; two SELECTs."""
    roots, _ = _roots(session, article_id, after=None, size=size)
    members = _first_of_each(session, article_id, [root.id for root in roots], size=size)
    return root_id in {one.root_id for one in _fitting(roots, members, size)[0]}


def visible_comment(session: Session, article_id: int, comment_id: int) -> VisibleComment | None:
    """Return one visible comment of an article, as a reply shows what it answers; one SELECT."""
    row = _ONE.first(session, {"article_id": article_id, "id": comment_id})
    return comment_of(row, None, 0) if row else None


def _on_one_page(session: Session, rows: Rows, size: int) -> VisibleThread:
    """Return all comments of an article, with the removed ones that some of them answer."""
    shown, folded = first_of_threads(rows, _folded_at(size))
    comments = with_folded(assembled(session, shown), folded)
    return VisibleThread(comments, len(rows), None, featured=featured_of(rows))


def _roots(session: Session, article_id: int, *, after: Cursor | None, size: int) -> tuple[Rows, int]:
    """Return the roots of the threads that may stand on a page, and how many comments the article has."""
    roots = session.execute(_after(_ROOTS, after).limit(size + 1), {"article_id": article_id}).all()
    if roots or after is None:
        return roots, roots[0].comments if roots else 0
    return roots, session.execute(_COUNT, {"article_id": article_id}).scalar_one()


def _after(statement: sa.Select[Any], after: Cursor | None) -> sa.Select[Any]:
    if after is None:
        return statement
    moment = sa.literal(after.at, type_=UtcTime())
    return statement.where(sa.tuple_(*_IN_ORDER) > sa.tuple_(moment, sa.literal(after.id)))


def _first_of_each(
    session: Session, article_id: int, roots: Sequence[int], *, size: int
) -> dict[int, list[Any]]:
    asked = {"article_id": article_id, "roots": roots, "shown": _folded_at(size)}
    found: dict[int, list[Any]] = {}
    for row in session.execute(_FIRST_OF_EACH, asked) if roots else ():
        found.setdefault(row.root_id, []).append(row)
    return found


def _folded_at(size: int) -> int:
    return min(FOLDED_AT, size)


def _fitting(roots: Rows, members: dict[int, list[Any]], size: int) -> tuple[list[Any], Cursor | None]:
    """Return the members of as many threads as fit on a page, at least one, and where the next page begins."""
    shown: list[Any] = []
    last = None
    for root in roots:
        more = members.get(root.id, [])
        if shown and len(shown) + len(more) > size:
            return shown, last
        shown += more
        last = Cursor(root.created_at, root.id)
    return shown, None


def _rows_and_featured(
    session: Session, article_id: int, ids: Sequence[int], *, is_first_page: bool
) -> tuple[Rows, tuple[VisibleComment, ...]]:
    """Return the rows with these ids, and on the first page also what the newsroom puts forward."""
    if not ids or not is_first_page:
        return rows_by_ids(session, ids), ()
    rows = session.execute(_BY_IDS_AND_FEATURED, {"ids": ids, "article_id": article_id}).all()
    shown = set(ids)
    return [row for row in rows if row.id in shown], featured_of(rows)
