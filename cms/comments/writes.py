"""Storing what readers write."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.likeness import bands
from cms.comments.models import Comment, HoldReason, LikenessBand
from cms.comments.rules import CommentStatus
from cms.comments.signals import Reason


def store_comment(session: Session, comment: Comment, reasons: Iterable[Reason]) -> int:
    """Store a comment with the reasons why it is held; return its id.

    `comment.root_id` is the parent's thread, or None for one that begins its own.
    Raises IntegrityError where an equal held one (by `repeat_key`) is there already.
    """
    comment.waiting_since = comment.created_at if comment.status is CommentStatus.HELD else None
    session.add(comment)
    session.flush()
    if comment.id is None:  # the database gives every row its id
        raise RuntimeError("a stored comment has no id")
    if comment.root_id is None:
        comment.root_id = comment.id
    session.add_all(HoldReason(comment_id=comment.id, code=r.code, measure=r.measure) for r in reasons)
    if comment.likeness:
        session.add_all(LikenessBand(band=band, comment_id=comment.id) for band in bands(comment.likeness))
    session.flush()
    return comment.id


def let_repeat(session: Session, comment_id: int) -> None:
    """Let the same text be stored anew, since the day in which it counted as a repeat is over."""
    session.execute(sa.update(Comment).where(col(Comment.id) == comment_id).values(repeat_key=None))


def mark_withdrawn(session: Session, comment_id: int, now: datetime) -> bool:
    """Note that the writer has withdrawn a comment; False if that was so already."""
    done = session.execute(
        sa.update(Comment)
        .where(col(Comment.id) == comment_id, col(Comment.withdrawn_at).is_(None))
        .values(withdrawn_at=now, waiting_since=None, escalated_at=None, repeat_key=None)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def set_body_html(session: Session, comment_id: int, body_html: str) -> None:
    """Give a comment the HTML that was made from its text."""
    session.execute(sa.update(Comment).where(col(Comment.id) == comment_id).values(body_html=body_html))
