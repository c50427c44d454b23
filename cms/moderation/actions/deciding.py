"""A moderator's deed: deciding about comments."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from cms.comments.actions.learning import learn
from cms.comments.queries.editing import HeldEdit
from cms.comments.rules import CommentStatus, Lesson
from cms.moderation.actions.edits import deed_about_edit, edits_beside, settle
from cms.moderation.actions.outcomes import NotHere, Outcome, changed_article, hidden, left_as_it_is
from cms.moderation.models import Decision
from cms.moderation.queries.reasons import spam_reasons
from cms.moderation.queries.standing import (
    LockedComment,
    Newest,
    known_ids,
    locked_comments,
    newest_entries,
)
from cms.moderation.rules import (
    STATUS_AFTER,
    EntryKind,
    LastEntry,
    Verdict,
    is_said_twice,
    is_so_already,
    lesson_of,
    reason_kept,
    still_stands,
)
from cms.moderation.writes.log import keep_note, lock_log, write_decision
from cms.moderation.writes.status import set_status
from cms.outbox.actions.announcing import announce
from cms.pages.writes import bump
from cms.reports.writes import settle_reports
from cms.site import Site

AT_ONCE = 100  # comments in one transaction, which a reader's POST waits behind


def decide(
    site: Site,
    staff_id: int,
    ids: Sequence[int],
    verdict: Verdict,
    reason: str,
    as_of: int,
    now: datetime,
    *,
    note: str = "",
) -> Outcome | NotHere:
    """Decide about comments, as somebody who saw the log up to its entry `as_of`; `note` stays with staff.

    In portions of AT_ONCE, each one transaction; where nothing has one of the ids, nothing is done. Only the first piece
    teaches the filter: a decision about many is one opinion.
    """
    asked = sorted(set(ids))
    with site.database.reading() as session:
        if missing := tuple(sorted(set(asked) - known_ids(session, asked))):
            return NotHere(missing)
    outcome = Outcome()
    for start in range(0, len(asked), AT_ONCE):
        judgement = Judgement(
            staff_id, verdict, reason_kept(verdict, reason), as_of, now, teaches=start == 0, note=note
        )
        outcome += _decide_piece(site, asked[start : start + AT_ONCE], judgement)
    return outcome


def _decide_piece(site: Site, ids: Sequence[int], judgement: "Judgement") -> Outcome:
    now = judgement.now
    with site.database.writing() as session:
        comments = locked_comments(session, ids)
        lock_log(session)
        newest = newest_entries(session, list(comments))
        outcome = decide_each(session, comments.values(), newest, judgement)
        announce(site, session, hidden(comments.values()), now)
        session.commit()
        return outcome


@dataclass(frozen=True, slots=True)
class Judgement:
    """What somebody who saw the log up to its entry `as_of` says, and whether the filter of spam learns from it."""

    staff_id: int
    verdict: Verdict
    reason: str
    as_of: int
    now: datetime
    teaches: bool
    note: str = ""


def decide_each(
    session: Session, comments: Collection[LockedComment], newest: dict[int, Newest], judgement: Judgement
) -> Outcome:
    """Carry out a judgement about comments that are locked, in the transaction that holds them."""
    decided, unchanged, left, refused, changed = [], [], [], [], []
    lessons: dict[int, Lesson | None] = {}
    wanted = STATUS_AFTER[judgement.verdict]
    lesson = lesson_of(wanted, judgement.reason, spam_reasons(session), by_person=True)
    edits = edits_beside(session, comments)
    for comment in comments:
        edit = edits.get(comment.id)
        last = newest[comment.id].entry if comment.id in newest else LastEntry(0, EntryKind.SUBMITTED, None)
        if is_said_twice(
            last, judgement.verdict, judgement.reason, judgement.staff_id, edit_waits=edit is not None
        ):
            unchanged.append(comment.id)
        elif not still_stands(judgement.as_of, last, judgement.staff_id):
            left.append(left_as_it_is(comment, newest[comment.id]))
        elif comment.is_gone and wanted is CommentStatus.APPROVED:
            refused.append(comment.id)
        elif edit is not None:
            decided.append(_enter_about_edit(session, comment, edit, judgement))
            changed.append(changed_article(comment, wanted))
            if deed_about_edit(judgement.verdict) is None:
                lessons[comment.id] = lesson
        elif is_so_already(comment.status, last, wanted, judgement.reason) and not _answers_list(
            comment, wanted
        ):
            unchanged.append(comment.id)
        else:
            decided.append(_enter(session, comment, wanted, judgement))
            changed.append(changed_article(comment, wanted))
            lessons[comment.id] = lesson
    learn(session, lessons if judgement.teaches else {})
    bump(session, filter(None, changed))
    return Outcome(tuple(decided), tuple(unchanged), tuple(left), tuple(refused))


def _answers_list(comment: LockedComment, wanted: CommentStatus) -> bool:
    """Tell whether a verdict answers colleagues, a writer or reports, though it leaves the status as it is."""
    is_asked = comment.escalated_at is not None or comment.has_reports
    return is_asked and wanted is not CommentStatus.HELD


def _enter(session: Session, comment: LockedComment, wanted: CommentStatus, judgement: Judgement) -> int:
    set_status(session, comment.id, status=wanted, now=judgement.now)
    return _write(session, comment, EntryKind.DECIDED, wanted, judgement)


def _enter_about_edit(session: Session, comment: LockedComment, edit: HeldEdit, judgement: Judgement) -> int:
    """Decide about what a comment shall say: spam and hold are about the comment, with its new text."""
    deed, wanted = deed_about_edit(judgement.verdict) or (EntryKind.DECIDED, STATUS_AFTER[judgement.verdict])
    set_status(session, comment.id, status=wanted, now=judgement.now)
    entry_id = _write(session, comment, deed, wanted, judgement)
    settle(session, edit, deed, entry_id)
    return entry_id


def _write(
    session: Session, comment: LockedComment, deed: EntryKind, wanted: CommentStatus, judgement: Judgement
) -> int:
    entry = Decision(
        comment_id=comment.id,
        deed=deed,
        staff_id=judgement.staff_id,
        from_status=comment.status,
        to_status=wanted,
        reason=judgement.reason,
        at=judgement.now,
        escalated_from=comment.escalated_at,
    )
    entry_id = write_decision(session, entry)
    keep_note(session, entry_id, comment.id, judgement.note)
    if comment.has_reports:
        settle_reports(session, comment.id, entry_id)
    return entry_id
