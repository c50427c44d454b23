"""From rows of comments to what a reader sees of them: in reading order, with what some of them answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.models import Comment
from cms.comments.queries.visible import COLUMNS, VisibleComment, comment_of
from cms.comments.rules import in_reading_order

FEATURED_AT_MOST = 3  # above an article's comments; a longer strip would be a thread of its own
Rows = Sequence[Any]  # Any: rows of COLUMNS
_BY_IDS = sa.select(*COLUMNS).where(col(Comment.id).in_(sa.bindparam("ids", expanding=True)))


def rows_by_ids(session: Session, ids: Sequence[int]) -> Rows:
    """Return the rows with these ids, visible or not; one SELECT, none for no id."""
    return session.execute(_BY_IDS, {"ids": ids}).all() if ids else []


def position_in_thread(row: Any) -> tuple[bool, datetime, int]:
    """Return by what the rows of a thread are sorted: its first comment, then the others by their time.

    A reply may bear an earlier time than what it answers, after a clock went wrong.
    """
    return row.root_id != row.id, row.created_at, row.id


def first_of_threads(rows: Rows, size: int) -> tuple[list[Any], dict[int, int]]:
    """Return the first `size` rows of each thread, and how many more each thread has, by its root's id."""
    threads: dict[int, list[Any]] = {}
    for row in sorted(rows, key=position_in_thread):
        threads.setdefault(row.root_id, []).append(row)
    shown = [row for members in threads.values() for row in members[:size]]
    return shown, {root_id: len(members[size:]) for root_id, members in threads.items()}


def assembled(session: Session, rows: Rows) -> tuple[VisibleComment, ...]:
    """Return comments depth first, with a tombstone for each removed comment that one of them answers.

    A visible comment that is answered from this page but stands on another one only lends its name. One SELECT for each
    generation of comments that are answered and are not among `rows`.
    """
    found = {row.id: row for row in rows}
    elsewhere: dict[int, Any] = {}
    while missing := {row.parent_id for row in found.values() if row.parent_id} - {*found, *elsewhere}:
        above = {row.id: row for row in rows_by_ids(session, sorted(missing))}
        if not above:
            break
        found.update({row.id: row for row in above.values() if row.gone})
        elsewhere.update({row.id: row for row in above.values() if not row.gone})
    known = found | elsewhere
    ordered = in_reading_order(sorted(found.values(), key=position_in_thread))
    return tuple([comment_of(row, known.get(row.parent_id), depth) for row, depth in ordered])


def with_folded(comments: tuple[VisibleComment, ...], folded: dict[int, int]) -> tuple[VisibleComment, ...]:
    """Return comments, the last one of each thread with the number of those of its thread that are not shown."""
    last_of = {comment.root_id: comment.id for comment in comments}
    return tuple(
        comment._replace(folded=folded[comment.root_id])
        if folded.get(comment.root_id) and last_of[comment.root_id] == comment.id
        else comment
        for comment in comments
    )


def featured_of(rows: Rows) -> tuple[VisibleComment, ...]:
    """Return those of these comments that the newsroom puts forward, the newest choice first."""
    newest_first = sorted(
        (row for row in rows if row.featured_at is not None),
        key=lambda row: (row.featured_at, row.id),
        reverse=True,
    )
    return tuple(comment_of(row, None, 0) for row in newest_first[:FEATURED_AT_MOST])
