"""Carrying out a portion of a batch: one transaction, with as many statements for hundreds of comments as for one.

Only the first TAUGHT texts of a batch train the spam filter. Copies count once anyway. Texts that differ were chosen
by a filter, often by the very lane that the spam filter gave them, and nobody has read each: they are one opinion.
The spam filter keeps 5,000 lessons of a kind and is fitted to 2,500 (see fitting.py), so a batch of 10,000 that trained
it with all would push out every lesson that people gave one by one, and take half a millisecond a text while readers
wait.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from cms.comments.actions.learning import TAUGHT_AT_ONCE, learn
from cms.comments.queries.learnt import teachers
from cms.comments.rules import CommentStatus, Lesson
from cms.moderation.actions.outcomes import changed_article, hidden
from cms.moderation.actions.undoing import undo_in_batch
from cms.moderation.queries.batches import BatchStatus, Undoable, carried_out_of
from cms.moderation.queries.reasons import spam_reasons
from cms.moderation.queries.standing import articles_of, lock_comments, locked_comments
from cms.moderation.rules import STATUS_AFTER, Verdict, lesson_of
from cms.moderation.writes.batches import note_carried_out
from cms.moderation.writes.log import decide_all, keep_note_beside_all, lock_log, undo_all
from cms.moderation.writes.status import put_back_on_list, set_statuses
from cms.outbox.actions.announcing import announce
from cms.pages import rules as things
from cms.pages.writes import bump
from cms.site import Site

TAUGHT = 50  # texts of one batch: a fiftieth of what the filter is fitted to


@dataclass(frozen=True, slots=True)
class BatchPortion:
    """Comments of a batch that are decided in one transaction; for an undo, with the log entries that it takes back."""

    batch: BatchStatus
    ids: Sequence[int]
    undoable: Mapping[int, Undoable]


@dataclass(frozen=True, slots=True)
class _Done:
    """How many comments were decided, which of them readers could not see before, and which things have changed."""

    number: int
    hidden: Sequence[int]
    changed: set[str]


def carry_out(site: Site, portion: BatchPortion, now: datetime) -> bool:
    """Carry out a portion; False where its batch was stopped meanwhile."""
    batch = portion.batch
    with site.database.writing() as session:
        lock_comments(session, sorted(portion.ids))
        lock_log(session)
        so_far = carried_out_of(session, batch.id)
        if so_far is None:
            return False
        lessons_left = max(0, TAUGHT - so_far)
        if batch.verdict is not None:
            done = _decide(session, batch, batch.verdict, portion.ids, lessons_left, now)
        else:
            done = _take_back(session, portion, lessons_left, now)
        announce(site, session, done.hidden, now)
        note_carried_out(session, batch.id, done.number)
        bump(session, done.changed)
        session.commit()
        return True


def _decide(
    session: Session,
    batch: BatchStatus,
    verdict: Verdict,
    ids: Sequence[int],
    lessons_left: int,
    now: datetime,
) -> _Done:
    wanted = STATUS_AFTER[verdict]
    said = {**_said(batch, ids, now), "after": wanted, "reason": batch.reason, "as_of": batch.as_of}
    decided = sorted(row.comment_id for row in decide_all(session, said))
    set_statuses(session, decided, status=wanted, now=now)
    keep_note_beside_all(session, batch.id, decided, batch.note)
    lesson = lesson_of(wanted, batch.reason, spam_reasons(session), by_person=True)
    learn(session, dict.fromkeys(decided[:lessons_left], lesson))
    is_shown = wanted is CommentStatus.APPROVED
    return _Done(len(decided), decided, _articles(session, decided) if is_shown else set())


def _take_back(session: Session, portion: BatchPortion, lessons_left: int, now: datetime) -> _Done:
    batch, found = portion.batch, {portion.undoable[one].id: portion.undoable[one] for one in portion.ids}
    rows = sorted(undo_all(session, _said(batch, sorted(found), now)))
    for status in {row.to_status for row in rows}:
        ids = [row.comment_id for row in rows if row.to_status is status]
        set_statuses(session, ids, status=status, now=now)
    put_back_on_list(session, [row.undo_of for row in rows])
    _unlearn(session, [found[row.undo_of] for row in rows], lessons_left)
    shown = [row.comment_id for row in rows if CommentStatus.APPROVED in {row.from_status, row.to_status}]
    were_hidden = [row.comment_id for row in rows if row.from_status is not CommentStatus.APPROVED]
    done = _Done(len(rows), were_hidden, _articles(session, shown))
    others = found.keys() - {row.undo_of for row in rows}
    return _with_others(session, done, batch, [found[one] for one in sorted(others)], now)


def _with_others(
    session: Session, done: _Done, batch: BatchStatus, others: Sequence[Undoable], now: datetime
) -> _Done:
    """Take back singly what is more than a status: texts that an entry took out of use, reports that it answered."""
    if not others:
        return done
    comments = locked_comments(session, sorted(one.comment_id for one in others))
    undone = undo_in_batch(session, comments, [one.id for one in others], batch, now)
    changed = {changed_article(comments[one.comment_id], one.from_status) for one in others}
    return _Done(
        done.number + len(undone), [*done.hidden, *hidden(comments.values())], done.changed | changed - {""}
    )


def _unlearn(session: Session, undone: Sequence[Undoable], lessons_left: int) -> None:
    """Let each comment teach what it did before it was decided about; of an earlier batch only what that one taught."""
    taught = spam_reasons(session)
    lessons: dict[int, Lesson | None] = dict.fromkeys(teachers(session, [one.comment_id for one in undone]))
    for place, one in enumerate(undone):
        lesson = _earlier_lesson(one, taught)
        if lesson is not None and (place < lessons_left or not one.earlier_in_batch):
            lessons[one.comment_id] = lesson
    ordered = sorted(lessons)
    for start in range(0, len(ordered), TAUGHT_AT_ONCE):
        learn(session, {one: lessons[one] for one in ordered[start : start + TAUGHT_AT_ONCE]})


def _earlier_lesson(one: Undoable, taught: Container[str]) -> Lesson | None:
    return lesson_of(one.from_status, one.earlier_reason, taught, by_person=one.earlier_by_person)


def _articles(session: Session, ids: Sequence[int]) -> set[str]:
    """Return the names of the articles whose pages change."""
    return {things.article(one) for one in articles_of(session, ids)} if ids else set()


# Any: columns of many kinds
def _said(batch: BatchStatus, ids: Sequence[int], now: datetime) -> dict[str, Any]:
    return {"ids": ids, "staff_id": batch.staff_id, "batch_id": batch.id, "now": now}
