"""A moderator's deed: taking decisions back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from cms.comments.actions.learning import learn
from cms.comments.queries.editing import KeptVersion, versions_of
from cms.comments.rules import CommentStatus, Lesson
from cms.moderation.actions.edits import give_back
from cms.moderation.actions.outcomes import NotHere, Outcome, changed_article, hidden, left_as_it_is
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
    Deed,
    can_undo,
    lesson_of,
)
from cms.moderation.writes import lock_log, set_status, write_decision
from cms.outbox.actions.announcing import announce
from cms.pages.writes import bump
from cms.site import Site


def undo(site: Site, staff_id: int, ids: Sequence[int], now: datetime) -> Outcome | NotHere:
    """Take decisions back, each by a new entry, where each is still its comment's last; one transaction.

    An undo can be undone: that is how a decision is made good again.
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


@dataclass(frozen=True, slots=True)
class _Standing:
    comments: dict[int, LockedComment]
    newest: dict[int, Newest]
    versions: dict[int, KeptVersion]


def _undo_each(
    session: Session, asked: Iterable[Entry], standing: _Standing, staff_id: int, now: datetime
) -> Outcome:
    undone, unchanged, left, changed = [], [], [], []
    lessons: dict[int, Lesson | None] = {}
    for entry in asked:
        comment, last = standing.comments[entry.comment_id], standing.newest[entry.comment_id]
        if last.entry.id == entry.id and entry.from_status is not None:
            undone.append(_take_back(session, entry, comment, entry.from_status, staff_id, now))
            if entry.id in standing.versions:
                give_back(session, comment.id, standing.versions[entry.id], undone[-1])
            changed.append(changed_article(comment, entry.from_status))
            if entry.id not in standing.versions or comment.status is not entry.from_status:
                lessons[comment.id] = lesson_of(
                    entry.from_status, entry.earlier_reason, by_person=entry.earlier_by_person
                )
        elif last.entry.undo_of == entry.id and last.entry.staff_id == staff_id:
            unchanged.append(comment.id)
        else:
            left.append(left_as_it_is(comment, last))
    learn(session, lessons)
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
