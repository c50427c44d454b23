"""A moderator's deed: deciding about all that match a filter, as one decision with one undo."""

import json
import time
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from cms.comments.actions.learning import learn
from cms.comments.queries.editing import versions_of
from cms.comments.rules import CommentStatus, Lesson
from cms.jobs import Job
from cms.moderation.actions.edits import give_back
from cms.moderation.actions.later_copies import Refused, end_with, go_on
from cms.moderation.actions.outcomes import changed_article, hidden
from cms.moderation.filters import Filter
from cms.moderation.models import Batch, Decision
from cms.moderation.queries import batches as queries
from cms.moderation.queries.batches import BatchStatus, Hour, Undoable
from cms.moderation.queries.reasons import spam_reasons
from cms.moderation.queries.standing import LockedComment, locked_comments, newest_entries
from cms.moderation.rules import STATUS_AFTER, Deed, Verdict, lesson_of, reason_kept
from cms.moderation.writes import (
    begin_batch,
    finish_batch,
    lock_log,
    note_carried_out,
    put_on_list,
    set_statuses,
    write_decision,
    write_decisions,
)
from cms.outbox.actions.announcing import announce
from cms.pages.writes import bump
from cms.site import Site

PLANNED = 2000  # ids that are read at once, outside any writing transaction
FIRST_PIECE, LEAST_PIECE, LARGEST_PIECE = 100, 50, 400  # comments in one transaction; fewer cost as much
PIECE_SECONDS = 0.035  # that one should take: a reader's POST waits behind it; 0.05 are the most it may
PAUSE_SECONDS = 0.005  # after each on SQLite, whose waiting writers look each millisecond whether it is free
TAUGHT = 50  # texts of one batch that teach the filter: it is one opinion, and must not outweigh hundreds
EVERY = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is decided about all that match, by somebody who saw the log up to its entry `as_of`."""

    staff_id: int
    verdict: Verdict
    reason: str
    narrowed: Filter
    as_of: int
    later_too: bool = (
        False  # copies of the campaign that come within a day, where it is rejected or called spam
    )


def begin(site: Site, ruling: Ruling, now: datetime) -> int:
    """Note a decision about all that match; return its id. Carrying it out is `carry_on()`."""
    with site.database.reading() as session:
        wanted = queries.count_matching(session, ruling.narrowed, ruling.as_of, now)
    batch = Batch(
        staff_id=ruling.staff_id,
        verdict=ruling.verdict,
        reason=reason_kept(ruling.verdict, ruling.reason),
        narrowed=json.dumps(ruling.narrowed.as_query()),
        as_of=ruling.as_of,
        wanted=wanted,
        begun_at=now,
    )
    with site.database.writing() as session:
        number = begin_batch(session, batch)
        if ruling.later_too:
            said = Refused(ruling.staff_id, ruling.verdict, ruling.reason, ruling.narrowed.campaign)
            go_on(session, said, number, now)
        session.commit()
    return number


def begin_undo(site: Site, staff_id: int, batch: BatchStatus, now: datetime) -> int:
    """Note that a decision about many is taken back; what is not yet carried out of it will not be, nor what is to come."""
    with site.database.writing() as session:
        lock_log(session)
        finish_batch(session, batch.id, now)
        later = end_with(session, batch.id, staff_id, now)
        undo = Batch(
            staff_id=staff_id,
            undoes=batch.id,
            as_of=batch.as_of,
            wanted=batch.carried_out + later,
            begun_at=now,
        )
        number = begin_batch(session, undo)
        session.commit()
        return number


def begin_undo_of_hour(site: Site, staff_id: int, hour: Hour, as_of: int, wanted: int, now: datetime) -> int:
    """Note that what somebody decided within a stretch of time is taken back, as far as it still stands."""
    batch = Batch(
        staff_id=staff_id,
        hour_of=hour.staff_id,
        hour_from=hour.since,
        hour_until=hour.until,
        as_of=as_of,
        wanted=wanted,
        begun_at=now,
    )
    return _store(site, batch)


def carry_on(site: Site, batch_id: int, clock: Callable[[], datetime], *, seconds: float) -> bool:
    """Carry out what is left of a batch for so many seconds; tell whether nothing is left.

    In pieces, each one transaction. Which comments remain follows from the log alone, so after a crash the work goes
    on where it was, and two that work on the same batch take nothing twice.
    """
    end, size = time.monotonic() + seconds, FIRST_PIECE
    while True:
        plan = _plan(site, batch_id, clock())
        if plan is None:
            return True
        if not plan.ids:
            return _finish(site, batch_id, clock())
        left = list(plan.ids)
        while left:
            piece, left = left[:size], left[size:]
            began = time.monotonic()
            if not _carry_out(site, plan.batch, piece, plan.undoable, clock()):
                return True
            taken = time.monotonic() - began
            size = _next_size(size, taken)
            if site.database.is_sqlite:
                time.sleep(PAUSE_SECONDS)
            if time.monotonic() >= end:
                return False


def carry_on_all(site: Site, now: datetime) -> None:
    """Carry on every batch that is not finished, as after a crash."""
    with site.database.reading() as session:
        ids = queries.unfinished(session)
    for batch_id in ids:
        carry_on(site, batch_id, lambda: now, seconds=60)


def is_any_unfinished(site: Site, _now: datetime) -> bool:
    """Tell whether there is a batch to carry on; one SELECT."""
    with site.database.reading() as session:
        return bool(queries.unfinished(session))


JOB = Job("batches", every=EVERY, work=carry_on_all, wanted=is_any_unfinished)


@dataclass(frozen=True, slots=True)
class _Plan:
    batch: BatchStatus
    ids: tuple[int, ...]
    undoable: dict[int, Undoable]


def _plan(site: Site, batch_id: int, now: datetime) -> _Plan | None:
    with site.database.reading() as session:
        batch = queries.batch_status(session, batch_id)
        if batch is None or batch.finished_at is not None:
            return None
        if batch.verdict is not None:
            return _Plan(batch, queries.still_to_decide(session, batch, size=PLANNED), {})
        undoable = queries.still_to_undo(session, batch, size=PLANNED)
        return _Plan(
            batch, tuple(one.comment_id for one in undoable), {one.comment_id: one for one in undoable}
        )


def _carry_out(
    site: Site, batch: BatchStatus, ids: list[int], undoable: dict[int, Undoable], now: datetime
) -> bool:
    """Carry out one piece in one transaction; False where the batch was stopped meanwhile."""
    with site.database.writing() as session:
        comments = locked_comments(session, sorted(ids))
        lock_log(session)
        present = queries.batch_status(session, batch.id)
        if present is None or present.finished_at is not None:
            return False
        if batch.verdict is not None:
            done = _decide(session, present, batch.verdict, comments, now)
        else:
            done = _take_back(session, batch, comments, undoable, now)
        announce(site, session, hidden(comments.values()), now)
        note_carried_out(session, batch.id, done)
        session.commit()
        return True


def _decide(
    session: Session, batch: BatchStatus, verdict: Verdict, comments: dict[int, LockedComment], now: datetime
) -> int:
    newest, wanted = newest_entries(session, list(comments)), STATUS_AFTER[verdict]
    standing = [
        comment
        for comment in comments.values()
        if comment.status is CommentStatus.HELD
        and not comment.is_gone
        and (comment.id not in newest or newest[comment.id].entry.id <= batch.as_of)
    ]
    if not standing:
        return 0
    set_statuses(session, [comment.id for comment in standing], status=wanted, now=now)
    entries = [_entry(batch, comment, wanted, now) for comment in standing]
    write_decisions(session, [{**entry, "deed": Deed.DECIDED, "reason": batch.reason} for entry in entries])
    lesson = lesson_of(wanted, batch.reason, spam_reasons(session), by_person=True)
    pupils = [one.id for one in standing][: max(0, TAUGHT - batch.carried_out)]
    learn(session, dict.fromkeys(pupils, lesson))
    bump(session, filter(None, [changed_article(comment, wanted) for comment in standing]))
    return len(standing)


def _take_back(
    session: Session,
    batch: BatchStatus,
    comments: dict[int, LockedComment],
    undoable: dict[int, Undoable],
    now: datetime,
) -> int:
    newest = newest_entries(session, list(comments))
    standing = [undoable[one] for one in comments if newest[one].entry.id == undoable[one].id]
    for status in {one.from_status for one in standing}:
        ids = [one.comment_id for one in standing if one.from_status is status]
        set_statuses(session, ids, status=status, now=now)
    entries = [
        {
            **_entry(batch, comments[one.comment_id], one.from_status, now),
            "deed": Deed.UNDONE,
            "reason": one.earlier_reason,
            "undo_of": one.id,
        }
        for one in standing
    ]
    for one in standing:
        if one.escalated_from is not None:
            put_on_list(session, one.comment_id, one.escalated_from)
    versions = versions_of(session, [one.id for one in standing])
    if plain := [entry for entry in entries if entry["undo_of"] not in versions]:
        write_decisions(session, plain)
    for entry in entries:
        if entry["undo_of"] in versions:  # a decision about an edit took a text out of use
            entry_id = write_decision(session, Decision(**entry))
            give_back(session, entry["comment_id"], versions[entry["undo_of"]], entry_id)
    taught = spam_reasons(session)
    learn(session, {one.comment_id: _earlier_lesson(one, taught) for one in standing})
    bump(
        session,
        filter(None, [changed_article(comments[one.comment_id], one.from_status) for one in standing]),
    )
    return len(standing)


def _earlier_lesson(one: Undoable, taught: Container[str]) -> Lesson | None:
    return lesson_of(one.from_status, one.earlier_reason, taught, by_person=one.earlier_by_person)


def _entry(
    batch: BatchStatus, comment: LockedComment, after: CommentStatus, now: datetime
) -> dict[str, Any]:  # Any: columns of many kinds
    return {
        "comment_id": comment.id,
        "staff_id": batch.staff_id,
        "from_status": comment.status,
        "to_status": after,
        "policy": "",
        "at": now,
        "batch_id": batch.id,
        "escalated_from": comment.escalated_at,
    }


def _store(site: Site, batch: Batch) -> int:
    with site.database.writing() as session:
        number = begin_batch(session, batch)
        session.commit()
        return number


def _finish(site: Site, batch_id: int, now: datetime) -> bool:
    with site.database.writing() as session:
        finish_batch(session, batch_id, now)
        session.commit()
    return True


def _next_size(size: int, seconds: float) -> int:
    """Return how many comments the next piece takes, so that it takes PIECE_SECONDS."""
    aimed = int(size * PIECE_SECONDS / max(seconds, 0.001))
    return max(LEAST_PIECE, min(LARGEST_PIECE, aimed, 2 * size))
