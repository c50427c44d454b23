"""What stands about comments at the moment at which somebody decides about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from cms.accounts.models import Staff
from cms.comments.models import Comment
from cms.comments.rules import CommentStatus
from cms.db import stored_as_value
from cms.moderation.models import Decision
from cms.moderation.rules import BESIDE_THE_STATE, EntryKind, LastEntry, state_before
from cms.storage.dialects import dialect_of


@dataclass(frozen=True, slots=True)
class LockedComment:
    """A comment that nobody else can change until the transaction ends."""

    id: int
    article_id: int
    status: CommentStatus
    is_gone: bool
    is_featured: bool
    escalated_at: datetime | None = None
    has_reports: bool = False


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest entry of a comment's log, with who made it (empty: nobody of staff) and when."""

    entry: LastEntry
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the log that may be undone; `earlier_reason` is that of the state before it, and who made it so."""

    id: int
    comment_id: int
    deed: EntryKind
    from_status: CommentStatus | None
    earlier_reason: str
    earlier_by_person: bool
    text_is_gone: bool
    beside_id: int | None
    escalated_from: datetime | None


LAST_ENTRY = (  # of the comment that the statement around it is about
    sa.select(sa.func.max(col(Decision.id)))
    .where(col(Decision.comment_id) == col(Comment.id))
    .correlate(Comment)
    .scalar_subquery()
)
_IDS: sa.BindParameter[list[int]] = sa.bindparam("ids", expanding=True)
GONE = sa.or_(
    col(Comment.withdrawn_at).is_not(None),
    col(Comment.erased_at).is_not(None),
    col(Comment.swept_at).is_not(None),
)
STATE_BEFORE = sa.case(  # an entry, as rules.state_before() has it
    (
        col(Decision.deed) == EntryKind.REPLIED,
        sa.literal(CommentStatus.REJECTED, stored_as_value(CommentStatus, "decision_from")),
    ),
    else_=col(Decision.from_status),
)
_KNOWN = sa.select(col(Comment.id)).where(col(Comment.id).in_(_IDS))
_LOCKED = (
    sa.select(
        col(Comment.id),
        col(Comment.article_id),
        col(Comment.status),
        GONE.label("is_gone"),
        col(Comment.featured_at).is_not(None).label("is_featured"),
        col(Comment.escalated_at),
        col(Comment.reports).is_not(None).label("has_reports"),
    )
    .where(col(Comment.id).in_(_IDS))
    .order_by(col(Comment.id))
    .with_for_update(key_share=True)  # replies may come in meanwhile
)
_LOCK = (
    sa.select(col(Comment.id))
    .where(col(Comment.id).in_(_IDS))
    .order_by(col(Comment.id))
    .with_for_update(key_share=True)
)
_ARTICLES = sa.select(col(Comment.article_id)).where(col(Comment.id).in_(_IDS)).distinct()
_NEWEST_IDS = (
    sa.select(sa.func.max(col(Decision.id)))
    .where(col(Decision.comment_id).in_(_IDS))
    .group_by(col(Decision.comment_id))
)
_NEWEST = (
    sa.select(
        col(Decision.comment_id),
        col(Decision.id),
        col(Decision.deed),
        col(Decision.staff_id),
        col(Decision.reason),
        col(Decision.undo_of),
        col(Decision.at),
        col(Staff.name),
    )
    .outerjoin(Staff, col(Staff.id) == col(Decision.staff_id))
    .where(col(Decision.id).in_(_NEWEST_IDS))
)
EARLIER, _BEFORE = aliased(Decision), aliased(Decision)
EARLIER_ID = (
    sa.select(sa.func.max(col(_BEFORE.id)))
    .where(
        col(_BEFORE.comment_id) == col(Decision.comment_id),
        col(_BEFORE.id) < col(Decision.id),
        col(_BEFORE.deed).not_in(BESIDE_THE_STATE),
    )
    .correlate(Decision)
    .scalar_subquery()
)
_ENTRIES: sa.Select[*tuple[Any, ...]] = (  # Any: columns of many kinds
    sa.select(
        col(Decision.id),
        col(Decision.comment_id),
        col(Decision.deed),
        col(Decision.from_status),
        col(EARLIER.reason).label("earlier_reason"),
        col(EARLIER.staff_id).label("earlier_staff_id"),
        col(Comment.swept_at).is_not(None).label("text_is_gone"),
        col(Decision.beside_id),
        col(Decision.escalated_from),
    )
    .join(Comment, col(Comment.id) == col(Decision.comment_id))
    .outerjoin(EARLIER, col(EARLIER.id) == EARLIER_ID)
    .where(sa.or_(col(Decision.id).in_(_IDS), col(Decision.beside_id).in_(_IDS)))
    .order_by(col(Decision.id))
)


def known_ids(session: Session, ids: Sequence[int]) -> set[int]:
    """Return which of these ids comments have; one SELECT."""
    return set(session.execute(_KNOWN, {"ids": ids}).scalars())


def locked_comments(session: Session, ids: Sequence[int]) -> dict[int, LockedComment]:
    """Return the comments with these ids, locked in order of their ids; one SELECT."""
    rows = session.execute(_LOCKED, {"ids": ids})
    return {
        row.id: LockedComment(
            row.id,
            row.article_id,
            row.status,
            bool(row.is_gone),
            bool(row.is_featured),
            row.escalated_at,
            bool(row.has_reports),
        )
        for row in rows
    }


def lock_comments(session: Session, ids: Sequence[int]) -> None:
    """Let nobody else change these comments until the transaction ends; on SQLite nobody can."""
    if dialect_of(session) == "postgresql":
        session.execute(_LOCK, {"ids": ids})


def articles_of(session: Session, ids: Sequence[int]) -> tuple[int, ...]:
    """Return the ids of the articles below which these comments stand; one SELECT."""
    return tuple(session.execute(_ARTICLES, {"ids": ids}).scalars())


def newest_entries(session: Session, ids: Sequence[int]) -> dict[int, Newest]:
    """Return the newest entry of each comment, by the comment's id; one SELECT."""
    return {
        row.comment_id: Newest(
            LastEntry(row.id, row.deed, row.staff_id, row.reason, row.undo_of), row.name or "", row.at
        )
        for row in session.execute(_NEWEST, {"ids": ids})
    }


def entries(session: Session, ids: Sequence[int]) -> tuple[Entry, ...]:
    """Return the entries of the log with these ids, and those that were made beside them; one SELECT."""
    rows = session.execute(_ENTRIES, {"ids": ids})
    return tuple(
        Entry(
            row.id,
            row.comment_id,
            row.deed,
            state_before(row.deed, row.from_status),
            row.earlier_reason or "",
            row.earlier_staff_id is not None,
            bool(row.text_is_gone),
            row.beside_id,
            row.escalated_from,
        )
        for row in rows
    )
