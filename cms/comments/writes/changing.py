"""Changes to a comment other than to its text: its lane, its score, its edits, its versions."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.models import Comment, CommentEdit, CommentVersion, HoldReason
from cms.comments.rules import CommentStatus, VersionKind
from cms.comments.signals import HoldCode, Lane
from cms.moderation.queries.standing import lock_comments
from cms.storage.rows import changed_any
from cms.storage.sessions import once_per_transaction


def move_fold(session: Session, fold_id: int, lane: Lane) -> None:
    """Move all waiting comments of a fold to one lane, except those that another transaction has locked.

    To wait for these could deadlock: this transaction holds the lock of the log, for which the other one may wait.
    """
    waiting = (
        sa.select(col(Comment.id))
        .where(col(Comment.fold_id) == fold_id, col(Comment.waiting_since).is_not(None))
        .with_for_update(key_share=True, skip_locked=True)
    )
    session.execute(sa.update(Comment).where(col(Comment.id).in_(waiting)).values(lane=lane))


def foresee_repeat(session: Session, comment_id: int) -> None:
    """Announce that this transaction stores the text of this comment again, and will call `let_repeats()`."""
    _foreseen_repeats(session).add(comment_id)


def let_repeats(session: Session) -> None:
    """Allow the texts that were announced to be stored again: the day in which they count as repeats is over.

    The comments are locked in the order of their ids, as a decision about several locks them, so that no two
    transactions deadlock.
    """
    once_per_transaction(
        session, "let repeats", lambda: _let_repeats(session, sorted(_foreseen_repeats(session)))
    )


def keep_repeat(session: Session, comment_id: int, repeat_key: str) -> None:
    """Let the same text, sent again, lead to this comment, although a policy has decided about it."""
    session.execute(sa.update(Comment).where(col(Comment.id) == comment_id).values(repeat_key=repeat_key))


def _foreseen_repeats(session: Session) -> set[int]:
    ids: set[int] = once_per_transaction(session, "foreseen repeats", set)
    return ids


def _let_repeats(session: Session, ids: Sequence[int]) -> None:
    if ids:
        lock_comments(session, ids)
        session.execute(sa.update(Comment).where(col(Comment.id).in_(ids)).values(repeat_key=None))


def mark_withdrawn(session: Session, comment_id: int, now: datetime) -> bool:
    """Note that the writer has withdrawn a comment and what she would have changed; False if it was withdrawn or erased."""
    session.execute(sa.delete(CommentEdit).where(col(CommentEdit.comment_id) == comment_id))
    update = (
        sa.update(Comment)
        .where(
            col(Comment.id) == comment_id,
            col(Comment.withdrawn_at).is_(None),
            col(Comment.erased_at).is_(None),
        )
        .values(withdrawn_at=now, waiting_since=None, escalated_at=None, repeat_key=None)
    )
    return changed_any(session, update)


def set_score(session: Session, comment_id: int, *, score: int, lane: Lane) -> None:
    """Give a comment the score and the lane that it has by what is known now."""
    session.execute(sa.update(Comment).where(col(Comment.id) == comment_id).values(score=score, lane=lane))


def set_words(session: Session, comment_id: int, percent: int | None) -> None:
    """Note how much a comment's words are like spam, in place of what stood there."""
    is_words = col(HoldReason.code) == HoldCode.WORDS
    session.execute(sa.delete(HoldReason).where(col(HoldReason.comment_id) == comment_id, is_words))
    if percent is not None:
        session.add(HoldReason(comment_id=comment_id, code=HoldCode.WORDS, measure=percent))
        session.flush()


def hold_edit(session: Session, edit: CommentEdit) -> None:
    """Let a change to an approved comment wait for a moderator, in place of an earlier one."""
    drop_edit(session, edit.comment_id)
    session.add(edit)
    session.flush()
    session.execute(
        sa.update(Comment)
        .where(col(Comment.id) == edit.comment_id, col(Comment.withdrawn_at).is_(None))
        .values(waiting_since=edit.at)
    )


def drop_edit(session: Session, comment_id: int) -> None:
    """Take a held edit away; the comment waits for nothing more."""
    session.execute(sa.delete(CommentEdit).where(col(CommentEdit.comment_id) == comment_id))
    session.execute(
        sa.update(Comment)
        .where(col(Comment.id) == comment_id, col(Comment.status) == CommentStatus.APPROVED)
        .values(waiting_since=col(Comment.reported_at))
    )


def keep_version(session: Session, version: CommentVersion) -> None:
    """Keep what an entry of the log takes out of use."""
    session.add(version)
    session.flush()


def change_version(
    session: Session, entry_id: int, *, into: int, kind: VersionKind, name: str = "", body_text: str = ""
) -> None:
    """Hand what the entry `entry_id` had kept on to the entry `into`, which undoes it."""
    session.execute(
        sa.update(CommentVersion)
        .where(col(CommentVersion.entry_id) == entry_id)
        .values(entry_id=into, kind=kind, name=name, body_text=body_text)
    )


def set_featured(session: Session, comment_id: int, at: datetime | None) -> None:
    """Put a comment forward since `at`, or no longer."""
    session.execute(sa.update(Comment).where(col(Comment.id) == comment_id).values(featured_at=at))


def ask_second_look(session: Session, comment_id: int, now: datetime) -> bool:
    """Note that the writer wants a second look at a rejection; False where she had one."""
    update = (
        sa.update(Comment)
        .where(
            col(Comment.id) == comment_id,
            col(Comment.second_look_at).is_(None),
            col(Comment.status) == CommentStatus.REJECTED,
            col(Comment.withdrawn_at).is_(None),
            col(Comment.erased_at).is_(None),
        )
        .values(second_look_at=now, escalated_at=now)
    )
    return changed_any(session, update)
