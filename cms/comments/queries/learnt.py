"""What the filter of spam has learnt from decisions."""

import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from cms.comments.classifier import Counts, Weights
from cms.comments.features import EVERY, unpacked
from cms.comments.models import Comment, HoldReason, SpamLesson, SpamModel, SpamWord
from cms.comments.rules import CommentStatus, Lesson
from cms.comments.signals import Reason
from cms.storage.listed import Listed


@dataclass(frozen=True, slots=True)
class Pupil:
    """As much of a comment as the filter learns from, with what it taught so far: its lesson and buckets, or None.

    `twins` are the other comments with the very same fingerprint that teach, and what.
    """

    id: int
    name: str
    body_text: str
    likeness: int
    lesson: Lesson | None
    buckets: tuple[int, ...]
    twins: tuple[tuple[int, Lesson], ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A held comment whose score may be out of date, with the signals that were seen when it came in."""

    id: int
    name: str
    body_text: str
    reasons: tuple[Reason, ...]


OPENED_AT_MOST = 4  # models kept unpacked in a process, half a megabyte each; one site has one
_opened: dict[str, Weights] = {}

_MARK = sa.select(col(SpamModel.mark))
_COUNTS = Listed(
    sa.select(
        col(SpamWord.bucket), col(SpamWord.spam), col(SpamWord.fine), _MARK.scalar_subquery().label("mark")
    ),
    col(SpamWord.bucket),
)
_IDS: sa.BindParameter[list[int]] = sa.bindparam("ids", expanding=True)
_TWIN = aliased(SpamLesson)
_PUPILS: sa.Select[*tuple[Any, ...]] = (  # Any: columns of many kinds
    sa.select(
        col(Comment.id),
        col(Comment.name),
        col(Comment.body_text),
        col(Comment.likeness),
        col(SpamLesson.lesson),
        col(SpamLesson.buckets),
        col(_TWIN.comment_id).label("twin_id"),
        col(_TWIN.lesson).label("twin_lesson"),
    )
    .join_from(Comment, SpamLesson, col(SpamLesson.comment_id) == col(Comment.id), isouter=True)
    .join(
        _TWIN,
        sa.and_(
            col(_TWIN.likeness) == col(Comment.likeness),
            col(_TWIN.likeness) != 0,
            col(_TWIN.comment_id) != col(Comment.id),
        ),
        isouter=True,
    )
    .where(col(Comment.id).in_(_IDS))
    .order_by(col(Comment.id))
)
_ALIKE = sa.select(col(SpamLesson.likeness), col(SpamLesson.lesson)).where(
    col(SpamLesson.likeness).in_(sa.bindparam("likenesses", expanding=True)),
    col(SpamLesson.comment_id).not_in(_IDS),
)
_TEACHERS = sa.select(col(SpamLesson.comment_id)).where(col(SpamLesson.comment_id).in_(_IDS))
_NEWEST = sa.select(col(SpamLesson.buckets)).order_by(col(SpamLesson.comment_id).desc())
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
    .with_for_update(key_share=True, skip_locked=True)
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


def pupils(session: Session, ids: Iterable[int]) -> tuple[Pupil, ...]:
    """Return these comments as the filter sees them; one SELECT."""
    rows = session.execute(_PUPILS, {"ids": list(ids)}).all()
    twins: dict[int, list[tuple[int, Lesson]]] = {row.id: [] for row in rows}
    for row in rows:
        if row.twin_id is not None:
            twins[row.id].append((row.twin_id, row.twin_lesson))
    found = {row.id: row for row in rows}
    return tuple(
        Pupil(
            id_,
            row.name,
            row.body_text,
            row.likeness,
            row.lesson,
            unpacked(row.buckets or b""),
            tuple(twins[id_]),
        )
        for id_, row in found.items()
    )


def teachers(session: Session, ids: Iterable[int]) -> set[int]:
    """Return which of these comments teach at present; one SELECT."""
    return set(session.execute(_TEACHERS, {"ids": list(ids)}).scalars())


def taught_likenesses(
    session: Session, likenesses: Iterable[int], *, but: Iterable[int]
) -> set[tuple[int, Lesson]]:
    """Return which of these texts have taught already, and what, by other comments than `but`; one SELECT."""
    rows = session.execute(_ALIKE, {"likenesses": list(likenesses), "ids": list(but)})
    return {(row.likeness, row.lesson) for row in rows}


def newest_lessons(session: Session, lesson: Lesson, size: int) -> list[tuple[int, ...]]:
    """Return the buckets of the newest comments that taught `lesson`, newest first; one SELECT."""
    statement = _NEWEST.where(col(SpamLesson.lesson) == lesson).limit(size)
    return [unpacked(kept) for kept in session.execute(statement).scalars()]


def surplus(session: Session, lesson: Lesson, kept: int, size: int) -> list[int]:
    """Return `size` of the comments that taught `lesson` and are older than its newest `kept`; one SELECT."""
    statement = sa.select(col(SpamLesson.comment_id)).where(col(SpamLesson.lesson) == lesson)
    newest_first = statement.order_by(col(SpamLesson.comment_id).desc())
    return list(session.execute(newest_first.offset(kept).limit(size)).scalars())


def weights(session: Session) -> Weights | None:
    """Return the weights in force, None before any were fitted; one SELECT, and one more after each fitting."""
    return _opened_weights(session, session.execute(_MARK).scalar_one_or_none())


def lessons_fitted(session: Session) -> int:
    """Return to how many lessons the present weights were fitted, 0 before any were; one SELECT."""
    found: int | None = session.execute(_FITTED).scalar_one_or_none()
    return found or 0


def waiting(session: Session, *, behind: int, size: int) -> list[Waiting]:
    """Return `size` held comments behind the first `behind`, those that wait longest first; two SELECTs.

    They are locked; what somebody else is changing is left out.
    """
    rows = session.execute(_WAITING.offset(behind).limit(size)).all()
    reasons: dict[int, list[Reason]] = {row.id: [] for row in rows}
    for found in session.execute(_REASONS, {"ids": list(reasons)}) if rows else ():
        reasons[found.comment_id].append(Reason(found.code, found.measure))
    return [Waiting(row.id, row.name, row.body_text, tuple(reasons[row.id])) for row in rows]


def _rows(session: Session, buckets: Sequence[int]) -> Sequence[Any]:
    """Return bucket, spam, fine and the mark of the weights in force; nothing while nothing was learnt."""
    return _COUNTS.all(session, buckets, {})


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
