"""The folds of near-copies that a new text may belong to."""

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.likeness import bands
from cms.comments.models import Comment, LikenessBand
from cms.comments.signals import Lane

FIRSTS_SOUGHT = 50  # newest folds that share a band; by chance one in 65,536 does


@dataclass(frozen=True, slots=True)
class First:
    """The comment that a fold began with."""

    id: int
    likeness: int
    body_text: str = field(repr=False)


def _of_band(place: int) -> sa.Select[*tuple[Any, ...]]:  # Any: columns of many kinds
    return (
        sa.select(col(Comment.id), col(Comment.likeness), col(Comment.body_text))
        .join(LikenessBand, col(LikenessBand.comment_id) == col(Comment.id))
        .where(
            col(LikenessBand.band) == sa.bindparam(f"band_{place}"),
            col(Comment.fold_id) == col(Comment.id),
            col(Comment.erased_at).is_(None),
        )
        .order_by(col(LikenessBand.comment_id).desc())
        .limit(FIRSTS_SOUGHT)
    )


_FIRSTS = sa.union_all(*(sa.select(_of_band(place).subquery()) for place in range(len(bands(0)))))
_LANE = (
    sa.select(col(Comment.lane))
    .where(col(Comment.fold_id) == sa.bindparam("fold_id"), col(Comment.waiting_since).is_not(None))
    .limit(1)
)


def firsts(session: Session, likeness: int) -> tuple[First, ...]:
    """Return the first comments of folds that share a band with a fingerprint, oldest first; one SELECT."""
    wanted = {f"band_{place}": band for place, band in enumerate(bands(likeness))}
    found = {row.id: First(*row) for row in session.execute(_FIRSTS, wanted)}
    return tuple(found[one] for one in sorted(found))


def lane_of_fold(session: Session, fold_id: int) -> Lane | None:
    """Return the lane in which a fold waits, None where nothing of it does; one SELECT."""
    found: Lane | None = session.execute(_LANE, {"fold_id": fold_id}).scalar_one_or_none()
    return found
