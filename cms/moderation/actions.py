"""A moderator's deeds: deciding about comments, and taking a decision back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from cms.comments.rules import CommentStatus
from cms.moderation.models import Decision
from cms.moderation.queries.standing import (
    Entry,
    LockedComment,
    Newest,
    entries,
    locked_comments,
    newest_entries,
)
from cms.moderation.rules import (
    STATUS_AFTER,
    Deed,
    LastEntry,
    LeftAsItIs,
    Verdict,
    can_undo,
    is_so_already,
    reason_kept,
    still_stands,
)
from cms.moderation.writes import lock_log, set_status, write_decision
from cms.pages import rules as things
from cms.pages.writes import bump
from cms.site import Site


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of each comment: `decided` holds the ids of new entries, the others ids of comments.

    `unchanged` was so already; `left` was decided by others or changed by its writer meanwhile;
    `refused` cannot be published, since it was withdrawn or erased.
    """

    decided: tuple[int, ...] = ()
    unchanged: tuple[int, ...] = ()
    left: tuple[LeftAsItIs, ...] = ()
    refused: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class NotHere:
    """The refusal of ids that nothing has; nothing was changed."""

    ids: tuple[int, ...]


def decide(
    site: Site, staff_id: int, ids: Sequence[int], verdict: Verdict, reason: str, as_of: int, now: datetime
) -> Outcome | NotHere:
    """Decide about comments, as somebody who saw the log up to its entry `as_of`; one transaction."""
    with site.database.writing() as session:
        comments = locked_comments(session, sorted(set(ids)))
        if missing := tuple(sorted(set(ids) - set(comments))):
            return NotHere(missing)
        lock_log(session)
        newest = newest_entries(session, list(comments))
        ruling = _Ruling(staff_id, verdict, reason_kept(verdict, reason), as_of, now)
        outcome = _decide_each(session, comments.values(), newest, ruling)
        session.commit()
        return outcome


def undo(site: Site, staff_id: int, ids: Sequence[int], now: datetime) -> Outcome | NotHere:
    """Take decisions back, each by a new entry, where each is still its comment's last; one transaction.

    An undo can be undone: that is how a decision is made good again.
    """
    with site.database.writing() as session:
        found = entries(session, sorted(set(ids)))
        asked = [entry for entry in found if can_undo(entry.deed, entry.from_status)]
        if missing := tuple(sorted(set(ids) - {entry.id for entry in asked})):
            return NotHere(missing)
        comments = locked_comments(session, sorted({entry.comment_id for entry in asked}))
        lock_log(session)
        newest = newest_entries(session, list(comments))
        outcome = _undo_each(session, asked, comments, newest, staff_id, now)
        session.commit()
        return outcome


@dataclass(frozen=True, slots=True)
class _Ruling:
    staff_id: int
    verdict: Verdict
    reason: str
    as_of: int
    now: datetime


def _decide_each(
    session: Session, comments: Iterable[LockedComment], newest: dict[int, Newest], ruling: _Ruling
) -> Outcome:
    decided, unchanged, left, refused, changed = [], [], [], [], []
    wanted = STATUS_AFTER[ruling.verdict]
    for comment in comments:
        last = newest[comment.id].entry if comment.id in newest else LastEntry(0, Deed.SUBMITTED, None)
        if not still_stands(ruling.as_of, last, ruling.staff_id):
            left.append(_left(comment, newest[comment.id]))
        elif comment.is_gone and wanted is CommentStatus.APPROVED:
            refused.append(comment.id)
        elif is_so_already(comment.status, last, wanted, ruling.reason):
            unchanged.append(comment.id)
        else:
            decided.append(_enter(session, comment, wanted, ruling))
            changed.append(_article(comment, wanted))
    bump(session, filter(None, changed))
    return Outcome(tuple(decided), tuple(unchanged), tuple(left), tuple(refused))


def _enter(session: Session, comment: LockedComment, wanted: CommentStatus, ruling: _Ruling) -> int:
    entry = Decision(
        comment_id=comment.id,
        deed=Deed.DECIDED,
        staff_id=ruling.staff_id,
        from_status=comment.status,
        to_status=wanted,
        reason=ruling.reason,
        at=ruling.now,
    )
    set_status(session, comment.id, status=wanted, now=ruling.now)
    return write_decision(session, entry)


def _undo_each(
    session: Session,
    asked: Iterable[Entry],
    comments: dict[int, LockedComment],
    newest: dict[int, Newest],
    staff_id: int,
    now: datetime,
) -> Outcome:
    undone, unchanged, left, changed = [], [], [], []
    for entry in asked:
        comment, last = comments[entry.comment_id], newest[entry.comment_id]
        if last.entry.id == entry.id and entry.from_status is not None:
            undone.append(_take_back(session, entry, comment, entry.from_status, staff_id, now))
            changed.append(_article(comment, entry.from_status))
        elif last.entry.undo_of == entry.id and last.entry.staff_id == staff_id:
            unchanged.append(comment.id)
        else:
            left.append(_left(comment, last))
    bump(session, filter(None, changed))
    return Outcome(tuple(undone), tuple(unchanged), tuple(left))


def _take_back(
    session: Session,
    entry: Entry,
    comment: LockedComment,
    before: CommentStatus,
    staff_id: int,
    now: datetime,
) -> int:
    """Restore the state before `entry`, with the reason that its writer's receipt gave then."""
    set_status(session, comment.id, status=before, now=now)
    return write_decision(
        session,
        Decision(
            comment_id=comment.id,
            deed=Deed.UNDONE,
            staff_id=staff_id,
            from_status=comment.status,
            to_status=before,
            reason=entry.earlier_reason,
            undo_of=entry.id,
            at=now,
        ),
    )


def _left(comment: LockedComment, last: Newest) -> LeftAsItIs:
    return LeftAsItIs(comment.id, last.entry.id, last.entry.deed, last.by_name, last.at, comment.status)


def _article(comment: LockedComment, after: CommentStatus) -> str:
    """Return the name of the article whose page changes, or '' where none does."""
    return things.article(comment.article_id) if CommentStatus.APPROVED in {comment.status, after} else ""
