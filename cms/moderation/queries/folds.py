"""Folds of near-copies on a page of the queue: who belongs to each, and in what they differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.models import Comment
from cms.comments.rules import CommentStatus
from cms.moderation.campaigns import are_equal, differences
from cms.moderation.filters import Filter
from cms.moderation.queries.cards import QueueCard
from cms.moderation.queries.narrowing import conditions

MEMBERS_LISTED = 5000  # of all folds of a page; a larger campaign is counted no further
SAMPLES = 3  # that are shown beside the first, with what differs


@dataclass(frozen=True, slots=True)
class Member:
    """One of the near-copies."""

    id: int
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Sample:
    """A near-copy in pieces, each with whether it differs from the first; no pieces where it says the same."""

    id: int
    name: str
    pieces: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """Near-copies that are one card: all of them, longest waiting first, and some to look at."""

    id: int
    members: tuple[Member, ...]
    samples: tuple[Sample, ...]


_MEMBERS: sa.Select[*tuple[Any, ...]] = sa.select(  # Any: columns of many kinds
    col(Comment.fold_id), col(Comment.id), col(Comment.name), col(Comment.created_at)
)
_TEXTS = sa.select(col(Comment.id), col(Comment.body_text)).where(
    col(Comment.id).in_(sa.bindparam("ids", expanding=True))
)


def folds(session: Session, cards: Sequence[QueueCard], narrowed: Filter, now: datetime) -> dict[int, Fold]:
    """Return the folds of cards, by the card's id, of what the filter lets through; two SELECTs at most.

    A comment without near-copies has none.
    """
    by_fold = {card.fold_id: card for card in cards if card.fold_id and card.status is CommentStatus.HELD}
    members = _members(session, list(by_fold), narrowed, now)
    many = {fold_id: some for fold_id, some in members.items() if len(some) > 1}
    shown = {fold_id: some[1 : 1 + SAMPLES] for fold_id, some in many.items()}
    texts = _texts(session, [member.id for some in shown.values() for member in some])
    return {
        by_fold[fold_id].id: Fold(
            fold_id,
            tuple(some),
            tuple(_sample(by_fold[fold_id].body_text, one, texts) for one in shown[fold_id]),
        )
        for fold_id, some in many.items()
    }


def _members(
    session: Session, fold_ids: list[int], narrowed: Filter, now: datetime
) -> dict[int, list[Member]]:
    found: dict[int, list[Member]] = {}
    if not fold_ids:
        return found
    statement = (
        _MEMBERS.where(
            col(Comment.fold_id).in_(fold_ids),
            col(Comment.status) == CommentStatus.HELD,
            *conditions(session, narrowed, now),
        )
        .order_by(col(Comment.fold_id), col(Comment.waiting_since), col(Comment.id))
        .limit(MEMBERS_LISTED)
    )
    for row in session.execute(statement):
        found.setdefault(row.fold_id, []).append(Member(row.id, row.name, row.created_at))
    return found


def _texts(session: Session, ids: list[int]) -> dict[int, str]:
    return {row.id: row.body_text for row in session.execute(_TEXTS, {"ids": ids})} if ids else {}


def _sample(first_text: str, member: Member, texts: dict[int, str]) -> Sample:
    text = texts[member.id]
    pieces = () if are_equal(first_text, text) else differences(first_text, text)
    return Sample(member.id, member.name, pieces)
