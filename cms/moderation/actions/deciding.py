"""A moderator's deed: deciding about comments."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from cms.comments.actions.learning import learn
from cms.comments.rules import CommentStatus, Lesson
from cms.moderation.actions.outcomes import NotHere, Outcome, changed_article, hidden, left_as_it_is
from cms.moderation.models import Decision
from cms.moderation.queries.standing import (
    LockedComment,
    Newest,
    locked_comments,
    newest_entries,
)
from cms.moderation.rules import (
    STATUS_AFTER,
    Deed,
    LastEntry,
    Verdict,
    is_so_already,
    lesson_of,
    reason_kept,
    still_stands,
)
from cms.moderation.writes import lock_log, set_status, write_decision
from cms.outbox.actions.announcing import announce
from cms.pages.writes import bump
from cms.site import Site


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
        announce(site, session, hidden(comments.values()), now)
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
    lessons: dict[int, Lesson | None] = {}
    wanted = STATUS_AFTER[ruling.verdict]
    for comment in comments:
        last = newest[comment.id].entry if comment.id in newest else LastEntry(0, Deed.SUBMITTED, None)
        if not still_stands(ruling.as_of, last, ruling.staff_id):
            left.append(left_as_it_is(comment, newest[comment.id]))
        elif comment.is_gone and wanted is CommentStatus.APPROVED:
            refused.append(comment.id)
        elif is_so_already(comment.status, last, wanted, ruling.reason):
            unchanged.append(comment.id)
        else:
            decided.append(_enter(session, comment, wanted, ruling))
            changed.append(changed_article(comment, wanted))
            lessons[comment.id] = lesson_of(wanted, ruling.reason, by_person=True)
    learn(session, lessons)
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
