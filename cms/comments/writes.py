"""Storing what readers write."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.likeness import bands
from cms.comments.models import Comment, HoldReason, LikenessBand, SpamLesson, SpamModel
from cms.comments.rules import CommentStatus
from cms.comments.signals import HoldCode, Lane, Reason

_COUNT_SQLITE = sa.text(
    "INSERT INTO spam_word (bucket, spam, fine)"
    " SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')"
    " FROM json_each(:rows) WHERE true"
    " ON CONFLICT (bucket) DO UPDATE SET spam = spam_word.spam + excluded.spam, fine = spam_word.fine + excluded.fine"
)
_COUNT_POSTGRESQL = sa.text(
    "INSERT INTO spam_word (bucket, spam, fine)"
    " SELECT * FROM unnest(CAST(:buckets AS integer[]), CAST(:spam AS integer[]), CAST(:fine AS integer[]))"
    " ON CONFLICT (bucket) DO UPDATE SET spam = spam_word.spam + excluded.spam, fine = spam_word.fine + excluded.fine"
)


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


def keep_repeat(session: Session, comment_id: int, repeat_key: str) -> None:
    """Let the same text sent again lead to this comment, though a policy has decided about it."""
    session.execute(sa.update(Comment).where(col(Comment.id) == comment_id).values(repeat_key=repeat_key))


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


def count_lessons(session: Session, changes: Mapping[int, tuple[int, int]]) -> None:
    """Add to each bucket's counts of spam and fine lessons; rows are touched in key order. One statement."""
    ordered = sorted(changes)
    spam, fine = [changes[bucket][0] for bucket in ordered], [changes[bucket][1] for bucket in ordered]
    if session.get_bind().dialect.name == "sqlite":
        rows = json.dumps(list(zip(ordered, spam, fine, strict=True)))
        session.execute(_COUNT_SQLITE, {"rows": rows})
    else:
        session.execute(_COUNT_POSTGRESQL, {"buckets": ordered, "spam": spam, "fine": fine})


def keep_lessons(session: Session, lessons: Sequence[dict[str, Any]]) -> None:
    """Remember what comments have taught, each by the columns of its row."""
    if lessons:
        session.execute(sa.insert(SpamLesson), lessons)


def drop_lessons(session: Session, ids: Iterable[int]) -> None:
    """Forget that these comments have taught anything; the counts are the caller's to take back."""
    session.execute(sa.delete(SpamLesson).where(col(SpamLesson.comment_id).in_(list(ids))))


def keep_weights(session: Session, *, mark: str, weights: bytes, lessons: int, now: datetime) -> None:
    """Put newly fitted weights, compressed, in the place of the earlier ones."""
    session.execute(sa.delete(SpamModel))
    session.add(SpamModel(mark=mark, weights=weights, lessons=lessons, fitted_at=now))
    session.flush()


def set_score(session: Session, comment_id: int, *, score: int, lane: Lane) -> None:
    """Give a comment the score and the lane that it has by what is known now."""
    session.execute(sa.update(Comment).where(col(Comment.id) == comment_id).values(score=score, lane=lane))


def set_words(session: Session, comment_id: int, percent: int | None) -> None:
    """Note how much a comment's words are like spam, in place of what stood there."""
    is_words = (col(HoldReason.comment_id) == comment_id, col(HoldReason.code) == HoldCode.WORDS)
    session.execute(sa.delete(HoldReason).where(*is_words))
    if percent is not None:
        session.add(HoldReason(comment_id=comment_id, code=HoldCode.WORDS, measure=percent))
        session.flush()
