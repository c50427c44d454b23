"""What the filter of spam has learnt from decisions."""

import json
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.classifier import Counts, Weights
from cms.comments.features import EVERY, unpacked
from cms.comments.models import Comment, HoldReason, SpamLesson, SpamModel
from cms.comments.rules import CommentStatus, Lesson
from cms.comments.signals import Reason


@dataclass(frozen=True, slots=True)
class Taught:
    """What a comment has taught: its lesson with its buckets."""

    lesson: Lesson
    buckets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pupil:
    """As much of a comment as the filter learns from."""

    id: int
    name: str
    body_text: str
    likeness: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A held comment whose score may be out of date, with the signals that were seen when it came in."""

    id: int
    name: str
    body_text: str
    reasons: tuple[Reason, ...]


OPENED_AT_MOST = 4  # models kept unpacked in a process, half a megabyte each; one site has one
_opened: dict[str, Weights] = {}

# One parameter for hundreds of buckets: a list of placeholders would be parsed anew for each comment.
_COUNTS_SQLITE = sa.text(
    "SELECT bucket, spam, fine, (SELECT mark FROM spam_model) FROM spam_word WHERE bucket IN (SELECT value FROM json_each(:buckets))"
)
_COUNTS_POSTGRESQL = sa.text(
    "SELECT bucket, spam, fine, (SELECT mark FROM spam_model) FROM spam_word WHERE bucket = ANY(:buckets)"
)
_IDS: sa.BindParameter[list[int]] = sa.bindparam("ids", expanding=True)
_TAUGHT = sa.select(col(SpamLesson.comment_id), col(SpamLesson.lesson), col(SpamLesson.buckets)).where(
    col(SpamLesson.comment_id).in_(_IDS)
)
_PUPILS = (
    sa.select(col(Comment.id), col(Comment.name), col(Comment.body_text), col(Comment.likeness))
    .where(col(Comment.id).in_(_IDS), col(Comment.body_text) != "")
    .order_by(col(Comment.id))
)
_ALIKE = sa.select(col(SpamLesson.likeness), col(SpamLesson.lesson)).where(
    col(SpamLesson.likeness).in_(sa.bindparam("likenesses", expanding=True))
)
_NEWEST = sa.select(col(SpamLesson.buckets)).order_by(col(SpamLesson.comment_id).desc())
_MARK = sa.select(col(SpamModel.mark))
_WEIGHTS = sa.select(col(SpamModel.mark), col(SpamModel.weights))
_FITTED = sa.select(col(SpamModel.lessons))
_REASONS = sa.select(col(HoldReason.comment_id), col(HoldReason.code), col(HoldReason.measure)).where(
    col(HoldReason.comment_id).in_(_IDS)
)
_WAITING = (
    sa.select(col(Comment.id), col(Comment.name), col(Comment.body_text))
    .where(
        col(Comment.waiting_since).is_not(None),
        col(Comment.status) == CommentStatus.HELD,
    )
    .order_by(col(Comment.waiting_since), col(Comment.id))
)


def counts(session: Session, buckets: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return in how many spam lessons, and in how many fine ones, each bucket stood; one SELECT."""
    return _counts(_rows(session, buckets))


def known(session: Session, buckets: Sequence[int]) -> tuple[Counts, Weights | None]:
    """Return the counts of buckets, and the weights in force; one SELECT, and one more after each fitting."""
    rows = _rows(session, buckets)
    return _counts(rows), _opened_weights(session, rows[0][3]) if rows else None


def lessons_learnt(session: Session) -> int:
    """Return how many lessons count at present; one SELECT."""
    return sum(counts(session, [EVERY]).get(EVERY, (0, 0)))


def taught(session: Session, ids: Iterable[int]) -> dict[int, Taught]:
    """Return what each of these comments has taught, by its id; one SELECT."""
    rows = session.execute(_TAUGHT, {"ids": list(ids)})
    return {row.comment_id: Taught(row.lesson, unpacked(row.buckets)) for row in rows}


def pupils(session: Session, ids: Iterable[int]) -> tuple[Pupil, ...]:
    """Return those of these comments that still have a text; one SELECT."""
    return tuple(Pupil(*row) for row in session.execute(_PUPILS, {"ids": list(ids)}))


def taught_likenesses(session: Session, likenesses: Iterable[int]) -> set[tuple[int, Lesson]]:
    """Return which of these texts have taught already, and what; one SELECT."""
    rows = session.execute(_ALIKE, {"likenesses": list(likenesses)})
    return {(row.likeness, row.lesson) for row in rows}


def newest_lessons(session: Session, lesson: Lesson, size: int) -> list[tuple[int, ...]]:
    """Return the buckets of the newest comments that taught `lesson`, newest first; one SELECT."""
    statement = _NEWEST.where(col(SpamLesson.lesson) == lesson).limit(size)
    return [unpacked(kept) for kept in session.execute(statement).scalars()]


def weights(session: Session) -> Weights | None:
    """Return the weights in force, None before any were fitted; one SELECT, and one more after each fitting."""
    return _opened_weights(session, session.execute(_MARK).scalar_one_or_none())


def lessons_fitted(session: Session) -> int:
    """Return to how many lessons the present weights were fitted, 0 before any were; one SELECT."""
    found: int | None = session.execute(_FITTED).scalar_one_or_none()
    return found or 0


def waiting(session: Session, *, behind: int, size: int) -> list[Waiting]:
    """Return `size` held comments behind the first `behind`, those that wait longest first; two SELECTs."""
    rows = session.execute(_WAITING.offset(behind).limit(size)).all()
    reasons: dict[int, list[Reason]] = {row.id: [] for row in rows}
    for found in session.execute(_REASONS, {"ids": list(reasons)}) if rows else ():
        reasons[found.comment_id].append(Reason(found.code, found.measure))
    return [Waiting(row.id, row.name, row.body_text, tuple(reasons[row.id])) for row in rows]


def _rows(session: Session, buckets: Sequence[int]) -> Sequence[Any]:
    """Return bucket, spam, fine and the mark of the weights in force; nothing while nothing was learnt."""
    if session.get_bind().dialect.name == "sqlite":
        return session.execute(_COUNTS_SQLITE, {"buckets": json.dumps(buckets)}).all()
    return session.execute(_COUNTS_POSTGRESQL, {"buckets": list(buckets)}).all()


def _counts(rows: Sequence[Any]) -> dict[int, tuple[int, int]]:
    return {bucket: (spam, fine) for bucket, spam, fine, _ in rows if spam or fine}


def _opened_weights(session: Session, mark: str | None) -> Weights | None:
    if mark is None:
        return None
    found = _opened.get(mark)
    if found is None:
        mark, kept = session.execute(_WEIGHTS).one()
        if len(_opened) >= OPENED_AT_MOST:
            _opened.clear()
        found = _opened[mark] = array("f", zlib.decompress(kept))
    return found
