"""A moderator's deed: taking decisions back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from cms.comments.actions.learning import learn
from cms.comments.queries.editing import KeptVersion, versions_of
from cms.comments.rules import Lesson
from cms.comments.writes.changing import set_featured
from cms.moderation.actions.edits import give_back
from cms.moderation.actions.outcomes import NotHere, Outcome, changed_article, hidden, left_as_it_is
from cms.moderation.models import Decision
from cms.moderation.queries.batches import BatchStatus
from cms.moderation.queries.reasons import spam_reasons
from cms.moderation.queries.standing import (
    Entry,
    LockedComment,
    Newest,
    entries,
    locked_comments,
    newest_entries,
)
from cms.moderation.rules import (
    BESIDE_THE_STATE,
    ON_THE_LIST,
    OPPOSITES,
    EntryKind,
    can_undo,
    lesson_of,
)
from cms.moderation.writes.log import lock_log, write_decision
from cms.moderation.writes.status import put_on_list, set_status
from cms.outbox.actions.announcing import announce
from cms.pages.writes import bump
from cms.reports.writes import undo_about_reports
from cms.site import Site


def undo(site: Site, staff_id: int, ids: Sequence[int], now: datetime) -> Outcome | NotHere:
    """Take decisions back, each by a new entry, where each is still its comment's last; one transaction.

    What was made beside a decision goes with it. An undo can be undone: that is how a decision is made good again.
    """
    with site.database.writing() as session:
        found = entries(session, sorted(set(ids)))
        asked = [
            entry for entry in found if can_undo(entry.deed, entry.from_status) and not entry.text_is_gone
        ]
        if missing := tuple(sorted(set(ids) - {entry.id for entry in asked})):
            return NotHere(missing)
        comments = locked_comments(session, sorted({entry.comment_id for entry in asked}))
        lock_log(session)
        standing = _Standing(
            comments,
            newest_entries(session, list(comments)),
            versions_of(session, [entry.id for entry in asked]),
        )
        outcome = _undo_each(session, asked, standing, staff_id, now)
        announce(site, session, hidden(comments.values()), now)
        session.commit()
        return outcome


def undo_in_batch(
    session: Session,
    comments: dict[int, LockedComment],
    entry_ids: Sequence[int],
    batch: BatchStatus,
    now: datetime,
) -> tuple[int, ...]:
    """Take entries back as part of a decision about many, each by itself, where it is still the last of its comment.

    In the transaction that holds the comments and the log; return the ids of the new entries.
    """
    found = [one for one in entries(session, entry_ids) if one.id in entry_ids and not one.text_is_gone]
    asked = [replace(one, beside_id=None) for one in found]
    standing = _Standing(
        comments, newest_entries(session, list(comments)), versions_of(session, list(entry_ids))
    )
    return _undo_each(session, asked, standing, batch.staff_id, now, batch.id).decided


@dataclass(frozen=True, slots=True)
class _Standing:
    comments: dict[int, LockedComment]
    newest: dict[int, Newest]
    versions: dict[int, KeptVersion]


def _undo_each(
    session: Session,
    asked: Sequence[Entry],
    standing: _Standing,
    staff_id: int,
    now: datetime,
    batch_id: int | None = None,
) -> Outcome:
    undone: dict[int, int] = {}
    unchanged, left, changed = [], [], []
    lessons: dict[int, Lesson | None] = {}
    together = {entry.id for entry in asked}
    taught = spam_reasons(session)
    for entry in asked:
        is_beside = entry.beside_id in together
        comment, last = standing.comments[entry.comment_id], standing.newest[entry.comment_id]
        if is_beside and entry.beside_id not in undone:
            continue  # it stays with what could not be undone
        if last.entry.id == entry.id and entry.from_status is not None:
            beside = undone[entry.beside_id] if is_beside and entry.beside_id else None
            number = _take_back(session, entry, comment, staff_id, beside, batch_id, now)
            undone[entry.id] = number
            kept = standing.versions.get(entry.id)
            if kept:
                give_back(session, comment.id, kept, number)
            changed.append(changed_article(comment, entry.from_status))
            if entry.deed not in BESIDE_THE_STATE and (not kept or comment.status is not entry.from_status):
                lessons[comment.id] = lesson_of(
                    entry.from_status, entry.earlier_reason, taught, by_person=entry.earlier_by_person
                )
        elif is_beside:
            continue  # somebody has decided about it since
        elif last.entry.undo_of == entry.id and last.entry.staff_id == staff_id:
            unchanged.append(comment.id)
        else:
            left.append(left_as_it_is(comment, last))
    learn(session, lessons)
    bump(session, filter(None, changed))
    said = (undone[entry.id] for entry in asked if entry.id in undone and entry.beside_id not in together)
    return Outcome(tuple(said), tuple(unchanged), tuple(left))


def _take_back(
    session: Session,
    entry: Entry,
    comment: LockedComment,
    staff_id: int,
    beside_id: int | None,
    batch_id: int | None,
    now: datetime,
) -> int:
    """Restore the state before `entry`, with the reason that its writer's receipt gave then."""
    before = entry.from_status or comment.status
    deed = OPPOSITES.get(entry.deed, EntryKind.UNDONE)
    if deed in OPPOSITES:
        set_featured(session, comment.id, now if deed is EntryKind.FEATURED else None)
    elif comment.status is not before:  # else its place in the queue, with an edit that waits, is right
        set_status(session, comment.id, status=before, now=now)
    if entry.deed in ON_THE_LIST:
        put_on_list(session, comment.id, entry.escalated_from)
    undo_id = write_decision(
        session,
        Decision(
            comment_id=comment.id,
            deed=deed,
            staff_id=staff_id,
            from_status=comment.status,
            to_status=before,
            batch_id=batch_id,
            beside_id=beside_id,
            reason=entry.earlier_reason,
            undo_of=entry.id,
            at=now,
            escalated_from=comment.escalated_at,
        ),
    )
    undo_about_reports(session, comment.id, entry.id, undo_id)
    return undo_id
