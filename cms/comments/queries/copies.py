"""The folds of near-copies that a new text may belong to."""

from collections.abc import Collection
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from cms.comments.models import Comment
from cms.comments.signals import Lane
from cms.db import table_of
from cms.storage.prebuilt import Prebuilt
from cms.storage.sessions import once_per_transaction

FIRSTS_SOUGHT = 20  # newest folds whose first comment is compared with a text; a campaign makes few


class First(NamedTuple):
    """The comment that a fold began with."""

    id: int
    likeness: int
    body_text: str


_COMMENT = table_of(Comment)
_FOLDS = tuple(f"fold_{index}" for index in range(FIRSTS_SOUGHT))
_FIRSTS = Prebuilt(
    sa.select(_COMMENT.c.id, _COMMENT.c.likeness, _COMMENT.c.body_text)
    .where(
        _COMMENT.c.id.in_([sa.bindparam(name) for name in _FOLDS]),
        _COMMENT.c.fold_id == _COMMENT.c.id,
        _COMMENT.c.erased_at.is_(None),
    )
    .order_by(_COMMENT.c.id)
)
_LANE = Prebuilt(
    sa.select(_COMMENT.c.lane)
    .where(_COMMENT.c.fold_id == sa.bindparam("fold_id"), _COMMENT.c.waiting_since.is_not(None))
    .limit(1)
)


def firsts(session: Session, folds: Collection[int]) -> tuple[First, ...]:
    """Return the first comments of the newest of these folds, oldest first; one SELECT."""
    newest = sorted(folds)[-FIRSTS_SOUGHT:]
    rows = _FIRSTS.all(session, dict(zip(_FOLDS, newest + newest[-1:] * FIRSTS_SOUGHT, strict=False)))
    return tuple(First(*row) for row in rows)


def foresee_fold(session: Session, fold_id: int) -> None:
    """Announce that this transaction will call `lane_of_fold()` for a fold."""
    _foreseen(session).add(fold_id)


def expect_lanes(session: Session) -> None:
    """Let the next question bring along, on PostgreSQL, the lanes of all folds that were announced."""
    once_per_transaction(session, "expected lanes", partial(_expect_foreseen, session))


def lane_of_fold(session: Session, fold_id: int) -> Lane | None:
    """Return the lane in which a fold waits, None where nothing of it does; one SELECT."""
    row = _LANE.first(session, {"fold_id": fold_id})
    return row.lane if row else None


def _expect_foreseen(session: Session) -> None:
    for fold_id in _foreseen(session):
        _LANE.expect(session, {"fold_id": fold_id})


def _foreseen(session: Session) -> set[int]:
    folds: set[int] = once_per_transaction(session, "foreseen folds", set)
    return folds
