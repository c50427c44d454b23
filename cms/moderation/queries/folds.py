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

MEMBERS_MAX = 5000  # of all folds of a page; a larger campaign is counted no further
NAMED = 12  # of each fold; of the others the page holds the ids
SAMPLES = 3  # that are shown beside the first, with what differs


@dataclass(frozen=True, slots=True)
class Member:
    """One of the near-copies."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A near-copy in pieces, each with whether it differs from the first; no pieces where it says the same."""

    id: int
    name: str
    pieces: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """Near-copies that are one card, longest waiting first: `members` by name, `others` by id alone; some to look at."""

    id: int
    number: int
    members: tuple[Member, ...]
    others: tuple[int, ...]
    samples: tuple[Sample, ...]


# The inner query has a LIMIT so that SQLite runs it by itself. Otherwise SQLite takes the index of one of the
# conditions outside, such as status or language.
_GATHERED = (
    sa.select(col(Comment.fold_id), col(Comment.id), col(Comment.status))
    .where(
        col(Comment.fold_id).in_(sa.bindparam("fold_ids", expanding=True)),
        col(Comment.waiting_since).is_not(None),
    )
    .order_by(col(Comment.fold_id), col(Comment.waiting_since), col(Comment.id))
    .limit(MEMBERS_MAX)
    .subquery("gathered")
)
_MEMBERS: sa.Select[*tuple[Any, ...]] = (  # Any: columns of many kinds
    sa.select(
        _GATHERED.c.fold_id,
        sa.func.aggregate_strings(sa.cast(_GATHERED.c.id, sa.Text), ",").label("ids"),
    )
    .where(_GATHERED.c.status == CommentStatus.HELD)
    .group_by(_GATHERED.c.fold_id)
    .having(sa.func.count() > 1)
)
_SOME: sa.Select[*tuple[Any, ...]] = sa.select(  # Any: as above
    col(Comment.id), col(Comment.name), col(Comment.body_text)
).where(col(Comment.id).in_(sa.bindparam("ids", expanding=True)))


def folds(session: Session, cards: Sequence[QueueCard], narrowed: Filter, now: datetime) -> dict[int, Fold]:
    """Return the folds of cards, by the card's id, of what the filter lets through; two SELECTs at most.

    A comment without near-copies has none.
    """
    by_fold = {card.fold_id: card for card in cards if card.fold_id and card.status is CommentStatus.HELD}
    members = _members(session, by_fold, narrowed, now)
    named = [number for ids in members.values() for number in ids[:NAMED]]
    known = {row.id: row for row in session.execute(_SOME, {"ids": named})} if named else {}
    return {
        by_fold[fold_id].id: Fold(
            fold_id,
            len(ids),
            tuple(Member(one, known[one].name) for one in ids[:NAMED]),
            tuple(ids[NAMED:]),
            tuple(_sample(by_fold[fold_id].body_text, known[one]) for one in ids[1 : 1 + SAMPLES]),
        )
        for fold_id, ids in members.items()
    }


def _members(
    session: Session, by_fold: dict[int, QueueCard], narrowed: Filter, now: datetime
) -> dict[int, list[int]]:
    """Return the ids of each fold's members: that of its card, then the others in the order in which they came."""
    if not by_fold:
        return {}
    statement = _MEMBERS
    if narrowed:
        statement = statement.join(Comment, col(Comment.id) == _GATHERED.c.id).where(
            *conditions(session, narrowed, now)
        )
    found: dict[int, list[int]] = {}
    for row in session.execute(statement, {"fold_ids": list(by_fold)}):
        shown = by_fold[row.fold_id].id
        found[row.fold_id] = [shown, *sorted({int(number) for number in row.ids.split(",")} - {shown})]
    return found


def _sample(first_text: str, row: Any) -> Sample:  # Any: as above
    same = are_equal(first_text, row.body_text)
    return Sample(row.id, row.name, () if same else differences(first_text, row.body_text))
