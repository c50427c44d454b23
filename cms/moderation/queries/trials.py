"""What a policy would have done with the comments that were decided last, and where people had decided otherwise."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from cms.articles.models import Article
from cms.comments.models import Comment
from cms.comments.queries.visible import is_visible
from cms.comments.rules import CommentStatus
from cms.moderation.models import Decision
from cms.moderation.policies import Beside, Effect, InForce, Said, Terms, Which
from cms.moderation.queries.cards import DECIDED_AT

LOOKED_AT = 1000  # decided comments
SHOWN = 20
SECONDS = 2.0  # of looking; a thousand long texts take half of one
BEGINNING_CHARS = 300


@dataclass(frozen=True, slots=True)
class Example:
    """A comment that people approved and that the policy would have met, by its first words."""

    id: int
    name: str
    beginning: str = field(repr=False)
    status: CommentStatus
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Trial:
    """What a policy would have done with `looked_at` decided comments.

    `met` counts those that it would have met by what became of them; `against` those among them that a person approved;
    `is_cut` says that there was no time for all.
    """

    looked_at: int
    met: dict[CommentStatus, int]
    against: int
    examples: tuple[Example, ...]
    is_cut: bool

    @property
    def met_number(self) -> int:
        """How many it would have met."""
        return sum(self.met.values())


_HERS = aliased(Comment)
_DECIDED = (CommentStatus.APPROVED, CommentStatus.REJECTED, CommentStatus.SPAM)
_BY_PERSON = sa.exists().where(
    col(Decision.comment_id) == col(Comment.id),
    col(Decision.to_status) == col(Comment.status),
    col(Decision.staff_id).is_not(None),
)
_SEEN_BEFORE = sa.exists().where(
    col(_HERS.email_fingerprint) == col(Comment.email_fingerprint),
    col(_HERS.id) < col(Comment.id),
    is_visible(_HERS),
)


def _newest(status: CommentStatus) -> sa.Select[*tuple[Any, ...]]:
    part: sa.Select[*tuple[Any, ...]] = (  # Any: columns of many kinds
        sa.select(col(Comment.id).label("id"), DECIDED_AT.label("at"))
        .where(col(Comment.status) == status)
        .order_by(DECIDED_AT.desc(), col(Comment.id).desc())
        .limit(LOOKED_AT)
    )
    return sa.select(part.subquery())


_LAST = sa.union_all(*map(_newest, _DECIDED)).subquery("last_decided")
_ROWS: sa.Select[*tuple[Any, ...]] = (  # Any: columns of many kinds
    sa.select(
        col(Comment.id),
        col(Comment.name),
        col(Comment.body_text),
        col(Comment.email_fingerprint),
        col(Comment.score),
        col(Comment.status),
        col(Comment.article_id),
        DECIDED_AT.label("decided_at"),
        col(Article.section_id),
        _BY_PERSON.label("by_person"),
    )
    .join(_LAST, _LAST.c.id == col(Comment.id))
    .join(Article, col(Article.id) == col(Comment.article_id))
    .order_by(_LAST.c.at.desc(), col(Comment.id).desc())
    .limit(LOOKED_AT)
)


def trial(
    session: Session, terms: Terms, now: datetime, *, seconds: Callable[[], float] = time.monotonic
) -> Trial:
    """Return what a policy would have done with the LOOKED_AT comments decided last whose texts are there; one SELECT."""
    policy = InForce(
        [(1, replace(terms, effect=Effect.HOLD if terms.effect is Effect.CLOSE else terms.effect))]
    )
    statement = _ROWS.add_columns(
        (_SEEN_BEFORE if terms.which is Which.FIRST else sa.false()).label("seen_before")
    )
    end, looked_at, met, against = seconds() + SECONDS, 0, Counter[CommentStatus](), []
    rows = [row for row in session.execute(statement) if row.body_text]
    for row in rows:
        if seconds() > end:
            break
        looked_at += 1
        if policy.rulings(_said(row), _beside(row), now):
            met[row.status] += 1
            if row.status is CommentStatus.APPROVED and row.by_person:
                against.append(row)
    return Trial(
        looked_at,
        {status: met[status] for status in _DECIDED if met[status]},
        len(against),
        tuple(_example(row) for row in against[:SHOWN]),
        looked_at < len(rows),
    )


def _said(row: Any) -> Said:
    return Said(row.article_id, row.name, row.body_text, row.email_fingerprint, row.score)


def _beside(row: Any) -> Beside:
    return Beside(section_id=lambda: row.section_id, is_first=lambda: not row.seen_before)


def _example(row: Any) -> Example:
    return Example(row.id, row.name, row.body_text[:BEGINNING_CHARS], row.status, row.decided_at)
