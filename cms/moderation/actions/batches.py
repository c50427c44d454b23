"""A moderator's deed: deciding about all that match a filter, as one decision with one undo."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cms.jobs import Job
from cms.moderation.actions.later_copies import CampaignRefusal, end_with, go_on
from cms.moderation.actions.portions import BatchPortion, carry_out
from cms.moderation.filters import Filter
from cms.moderation.models import Batch
from cms.moderation.queries import batches as queries
from cms.moderation.queries.batches import BatchStatus, Hour
from cms.moderation.rules import Verdict, reason_kept
from cms.moderation.writes.batches import begin_batch, finish_batch
from cms.moderation.writes.log import lock_log
from cms.site import Site

PLANNED = 2000  # ids that are read at once, outside any writing transaction
FIRST_PORTION, LEAST_PORTION, LARGEST_PORTION = (
    100,
    50,
    400,
)  # comments in one transaction; fewer cost as much
PORTION_SECONDS = 0.035  # that one should take: a reader's POST waits behind it; 0.05 are the most it may
PAUSE_SECONDS = 0.005  # after each on SQLite, whose waiting writers look each millisecond whether it is free
AT_ONCE_SECONDS = 1.0  # for which somebody waits while the first part is carried out; a job does the rest
EVERY = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class BatchJudgement:
    """What is decided about all that match, by somebody who saw the log up to its entry `as_of`."""

    staff_id: int
    verdict: Verdict
    reason: str
    narrowed: Filter
    as_of: int
    # Whether copies of the campaign that come within a day meet the same, if it is rejected or called spam.
    later_too: bool = False
    note: str = ""  # for colleagues, beside each of them


def begin(site: Site, judgement: BatchJudgement, now: datetime) -> int:
    """Note a decision about all that match; return its id. Carrying it out is `carry_on()`."""
    with site.database.reading() as session:
        wanted = queries.count_matching(session, judgement.narrowed, judgement.as_of, now)
    batch = Batch(
        staff_id=judgement.staff_id,
        verdict=judgement.verdict,
        reason=reason_kept(judgement.verdict, judgement.reason),
        narrowed=json.dumps(judgement.narrowed.as_query()),
        as_of=judgement.as_of,
        wanted=wanted,
        begun_at=now,
        note=judgement.note or None,
    )
    with site.database.writing() as session:
        number = begin_batch(session, batch)
        if judgement.later_too:
            said = CampaignRefusal(
                judgement.staff_id, judgement.verdict, judgement.reason, judgement.narrowed.campaign
            )
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

    In portions, each one transaction. Which comments remain follows from the log alone, so after a crash the work goes
    on where it was, and two that work on the same batch take nothing twice.
    """
    end, size = time.monotonic() + seconds, FIRST_PORTION
    while True:
        plan = _plan(site, batch_id, clock())
        if plan is None:
            return True
        if not plan.ids:
            return _finish(site, batch_id, clock())
        left = list(plan.ids)
        while left:
            ids, left = left[:size], left[size:]
            began = time.monotonic()
            if not carry_out(site, replace(plan, ids=ids), clock()):
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


def _plan(site: Site, batch_id: int, now: datetime) -> BatchPortion | None:
    """Return what is left to do, up to PLANNED; None where the batch is finished."""
    with site.database.reading() as session:
        batch = queries.batch_status(session, batch_id)
        if batch is None or batch.finished_at is not None:
            return None
        if batch.verdict is not None:
            return BatchPortion(batch, queries.still_to_decide(session, batch, size=PLANNED), {})
        undoable = {one.comment_id: one for one in queries.still_to_undo(session, batch, size=PLANNED)}
        return BatchPortion(batch, tuple(undoable), undoable)


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
    """Return the number of comments in the next portion, chosen so that it takes PORTION_SECONDS."""
    aimed = int(size * PORTION_SECONDS / max(seconds, 0.001))
    return max(LEAST_PORTION, min(LARGEST_PORTION, aimed, 2 * size))
