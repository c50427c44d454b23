"""The log's new entries and the one place that changes a comment's status, beside what moderators choose."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.models import Comment
from cms.comments.rules import CommentStatus
from cms.moderation.models import Decision, ModeratorChoice

_SINCE_IT_CAME = sa.case(  # nobody decides about what its writer has taken back
    (sa.and_(col(Comment.withdrawn_at).is_(None), col(Comment.erased_at).is_(None)), col(Comment.created_at))
)
LOG_LOCK = 7_264_002  # PostgreSQL's sequences do not follow commits; one writer of the log at a time does


def write_decision(session: Session, entry: Decision) -> int:
    """Add an entry to the log, in commit order; return its id."""
    lock_log(session)
    session.add(entry)
    session.flush()
    if entry.id is None:  # the database gives every row its id
        raise RuntimeError("an entry of the log has no id")
    return entry.id


def lock_log(session: Session) -> None:
    """Let nobody else write to the log until this transaction ends.

    Comments are locked before the log, in order of their ids, and versions are bumped after it: who keeps
    to that never waits in a circle.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOG_LOCK})


def set_status(session: Session, comment_id: int, *, status: CommentStatus, now: datetime) -> None:
    """Give a comment its status, and with it its place in the queue; every decision answers an escalation.

    After any decision the same text sent again is a new comment.
    """
    is_held = status is CommentStatus.HELD
    session.execute(
        sa.update(Comment)
        .where(col(Comment.id) == comment_id)
        .values(
            status=status,
            decided_at=None if is_held else now,
            waiting_since=_SINCE_IT_CAME if is_held else None,
            escalated_at=None,
            repeat_key=None,
        )
    )


def choose_shortcuts(session: Session, staff_id: int, *, on: bool) -> None:
    """Keep whether keys press buttons for one person of staff."""
    session.merge(ModeratorChoice(staff_id=staff_id, shortcuts=on))
