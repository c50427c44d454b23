"""What a decision about many comments is about, how far it has come, and what is left of it to do."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from cms.accounts.models import Staff
from cms.comments.models import Comment
from cms.comments.rules import CommentStatus
from cms.moderation.campaigns import are_equal
from cms.moderation.filters import Filter, filter_of
from cms.moderation.models import Batch, Decision, Policy
from cms.moderation.queries.narrowing import Condition, way
from cms.moderation.queries.standing import EARLIER, EARLIER_ID, LAST_ENTRY, STATE_BEFORE
from cms.moderation.rules import COUNTED_MAX, IN_BATCHES_UNDONE, EntryKind, Verdict

LISTED = 100  # batches on one page


@dataclass(frozen=True, slots=True)
class Hour:
    """A stretch of time in which somebody decided."""

    staff_id: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """A decision about many comments and how far it has come; `wanted` is counted up to COUNTED_MAX + 1."""

    id: int
    staff_id: int
    by_name: str
    verdict: Verdict | None
    reason: str
    narrowed: Filter
    as_of: int
    wanted: int
    carried_out: int
    undoes: int | None
    hour: Hour | None
    hour_name: str
    begun_at: datetime
    finished_at: datetime | None
    note: str | None
    undone_by: int | None
    policy_id: int | None


@dataclass(frozen=True, slots=True)
class Undoable:
    """An entry of the log that may be taken back: what it is about and what was before it."""

    id: int
    comment_id: int
    to_status: CommentStatus
    from_status: CommentStatus
    earlier_reason: str
    earlier_by_person: bool
    earlier_in_batch: bool


_WHOSE = aliased(Staff)
_BACK = aliased(Batch)
_STATUS: sa.Select[*tuple[Any, ...]] = (  # Any: columns of many kinds
    sa.select(
        *Batch.__table__.columns,  # type: ignore[attr-defined]  # SQLModel gives every table one
        col(Staff.name).label("by_name"),
        col(_WHOSE.name).label("hour_name"),
        sa.select(sa.func.max(col(_BACK.id)))
        .where(col(_BACK.undoes) == col(Batch.id))
        .scalar_subquery()
        .label("undone_by"),
        sa.select(sa.func.max(col(Policy.id)))
        .where(col(Policy.batch_id) == col(Batch.id))
        .scalar_subquery()
        .label("policy_id"),
    )
    .join(Staff, col(Staff.id) == col(Batch.staff_id))
    .outerjoin(_WHOSE, col(_WHOSE.id) == col(Batch.hour_of))
    .order_by(col(Batch.id).desc())
)
_CARRIED_OUT = sa.select(col(Batch.carried_out)).where(
    col(Batch.id) == sa.bindparam("batch_id"), col(Batch.finished_at).is_(None)
)
_UNDOABLE: sa.Select[*tuple[Any, ...]] = (  # Any: as above
    sa.select(
        col(Decision.id),
        col(Decision.comment_id),
        col(Decision.to_status),
        STATE_BEFORE,
        sa.func.coalesce(col(EARLIER.reason), "").label("earlier_reason"),
        col(EARLIER.staff_id).is_not(None).label("earlier_by_person"),
        col(EARLIER.batch_id).is_not(None).label("earlier_in_batch"),
    )
    .join(Comment, col(Comment.id) == col(Decision.comment_id))
    .outerjoin(EARLIER, col(EARLIER.id) == EARLIER_ID)
    .where(
        col(Decision.id) == LAST_ENTRY,
        col(Decision.deed).in_(IN_BATCHES_UNDONE),
        STATE_BEFORE.is_not(None),
        col(Comment.swept_at).is_(None),  # a text that has gone by age cannot wait again
    )
    .order_by(col(Decision.id))
)


def batch_status(session: Session, batch_id: int) -> BatchStatus | None:
    """Return one batch, or None; one SELECT."""
    row = session.execute(_STATUS.where(col(Batch.id) == batch_id)).one_or_none()
    return _status(row) if row else None


def carried_out_of(session: Session, batch_id: int) -> int | None:
    """Return how much of a batch is carried out, None where nothing more of it will be; one SELECT."""
    found: int | None = session.execute(_CARRIED_OUT, {"batch_id": batch_id}).scalar_one_or_none()
    return found


def batches(session: Session) -> tuple[BatchStatus, ...]:
    """Return the newest batches, newest first; one SELECT."""
    return tuple(_status(row) for row in session.execute(_STATUS.limit(LISTED)))


def unfinished(session: Session) -> tuple[int, ...]:
    """Return the ids of the batches of which something may be left to do, oldest first; one SELECT."""
    statement = (
        sa.select(col(Batch.id)).where(col(Batch.finished_at).is_(None)).order_by(col(Batch.id)).limit(LISTED)
    )
    return tuple(session.execute(statement).scalars())


def still_to_decide(session: Session, batch: BatchStatus, *, size: int) -> tuple[int, ...]:
    """Return ids of comments that a batch is about and that nothing was said of since; longest waiting first.

    What was carried out is no longer among them, so whoever asks again goes on where the work ended. Of a fold that is
    approved only those are given that say the same as its first.
    """
    if batch.narrowed.campaign and batch.verdict is Verdict.APPROVE:
        return _equal_to_first(session, batch, size)
    return tuple(session.execute(_about(session, batch).limit(size)).scalars())


def still_to_undo(session: Session, batch: BatchStatus, *, size: int) -> tuple[Undoable, ...]:
    """Return entries that a batch takes back and that are still their comment's last; one SELECT."""
    if batch.hour is not None:
        return undoable_of_hour(session, batch.hour, as_of=batch.as_of, size=size)
    statement = _UNDOABLE.where(col(Decision.batch_id) == batch.undoes).limit(size)
    return tuple(Undoable(*row) for row in session.execute(statement))


def undoable_of_hour(session: Session, hour: Hour, *, as_of: int, size: int) -> tuple[Undoable, ...]:
    """Return what somebody decided within a stretch of time and nobody has spoken of since; one SELECT."""
    statement = _UNDOABLE.where(
        col(Decision.staff_id) == hour.staff_id,
        col(Decision.deed).in_((EntryKind.DECIDED, EntryKind.REPLIED)),
        col(Decision.at) >= hour.since,
        col(Decision.at) < hour.until,
        col(Decision.id) <= as_of,
    ).limit(size)
    return tuple(Undoable(*row) for row in session.execute(statement))


def newest_entry(session: Session) -> int:
    """Return the id of the log's newest entry, 0 for an empty log; one SELECT."""
    return session.execute(sa.select(sa.func.max(col(Decision.id)))).scalar_one() or 0


def count_matching(session: Session, narrowed: Filter, as_of: int, now: datetime) -> int:
    """Return how many comments a batch would be about, counted up to COUNTED_MAX + 1; one SELECT."""
    counted = way(session, narrowed, now).counted(COUNTED_MAX + 1, *_unsaid(as_of))
    found: int = session.execute(counted).scalar_one()
    return found


# Any: columns of many kinds
def _about(session: Session, batch: BatchStatus, *columns: Any) -> sa.Select[*tuple[Any, ...]]:
    leads = way(session, batch.narrowed, batch.begun_at)
    return (
        sa.select(leads.id.label("id"), *columns)
        .select_from(leads.tables)
        .where(*leads.conditions, *_unsaid(batch.as_of))
        .order_by(leads.at, leads.id)
    )


def _unsaid(as_of: int) -> tuple[Condition, Condition]:
    held = col(Comment.status) == CommentStatus.HELD  # an edit that waits is read one by one
    return held, sa.func.coalesce(LAST_ENTRY, 0) <= as_of


def _equal_to_first(session: Session, batch: BatchStatus, size: int) -> tuple[int, ...]:
    statement = _about(session, batch, col(Comment.body_text))
    first = session.execute(
        sa.select(col(Comment.body_text)).where(col(Comment.id) == batch.narrowed.equal_to)
    ).scalar_one_or_none()
    found: list[int] = []
    for row in session.execute(statement.execution_options(yield_per=500)):
        if first is not None and are_equal(row.body_text, first):
            found.append(row.id)
            if len(found) == size:
                break
    return tuple(found)


def _status(row: Any) -> BatchStatus:
    hour = Hour(row.hour_of, row.hour_from, row.hour_until) if row.hour_of is not None else None
    return BatchStatus(
        id=row.id,
        staff_id=row.staff_id,
        by_name=row.by_name,
        verdict=row.verdict,
        reason=row.reason,
        narrowed=filter_of(json.loads(row.narrowed)),
        as_of=row.as_of,
        wanted=row.wanted,
        carried_out=row.carried_out,
        undoes=row.undoes,
        hour=hour,
        hour_name=row.hour_name or "",
        begun_at=row.begun_at,
        finished_at=row.finished_at,
        note=row.note,
        undone_by=row.undone_by,
        policy_id=row.policy_id,
    )
