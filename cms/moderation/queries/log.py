"""What the log shows of decisions, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from cms.accounts.models import Staff
from cms.articles.models import Article
from cms.articles.rules import address_of
from cms.comments.models import Comment
from cms.comments.queries.visible import is_visible
from cms.comments.rules import CommentStatus, place_address
from cms.db import Database, UtcTime
from cms.moderation.models import Decision, DecisionNote
from cms.moderation.policies import policy_name, policy_of
from cms.moderation.rules import OPERATOR, EntryKind, can_undo, state_before
from cms.text.numbers import ID_MAX

BATCH = 1000  # rows of the CSV in memory at once


@dataclass(frozen=True, slots=True)
class LogRow:
    """One entry of the log; `by_name` is empty where nobody of staff acted."""

    id: int
    at: datetime
    deed: EntryKind
    by_name: str
    comment_id: int
    comment_name: str
    comment_address: str
    article_title: str
    article_language: str
    from_status: CommentStatus | None
    to_status: CommentStatus
    reason: str
    policy: str
    undo_of: int | None
    batch_id: int | None
    can_undo: bool
    text_is_gone: bool
    note: str = field(repr=False)

    @property
    def actor(self) -> str:
        """Who acted where nobody of staff did, as the tables of rules name it."""
        return _actor(self.deed, self.policy)

    @property
    def policy_id(self) -> int:
        """The number of the newsroom's policy that it names, 0 for none."""
        return policy_of(self.policy)


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page of the log; `next_page` is the id behind which the next begins."""

    rows: tuple[LogRow, ...]
    next_page: int | None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry as the CSV has it."""

    id: int
    at: datetime
    deed: EntryKind
    by_name: str
    comment_id: int
    from_status: CommentStatus | None
    to_status: CommentStatus
    reason: str
    policy: str
    undo_of: int | None

    @property
    def actor(self) -> str:
        """Who acted where nobody of staff did, as the tables of rules name it."""
        return _actor(self.deed, self.policy)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries of the log somebody wants to see; 0 and None narrow nothing.

    `commenter` is the id of a comment and stands for all by the same commenter.
    """

    comment_id: int = 0
    staff_id: int = 0
    article_id: int = 0
    commenter: int = 0
    batch_id: int = 0
    policy_id: int = 0
    since: datetime | None = None
    until: datetime | None = None


_LATER = aliased(Decision)
_OTHER, _WHOSE = aliased(Comment), aliased(Comment)
_FIRST_FROM = (
    sa.select(col(Decision.id))
    .where(col(Decision.at) >= sa.bindparam("moment", type_=UtcTime()))
    .order_by(col(Decision.at), col(Decision.id))
    .limit(1)
)
_LINE: tuple[Any, ...] = (  # Any: columns of many kinds
    col(Decision.id),
    col(Decision.at),
    col(Decision.deed),
    sa.func.coalesce(col(Staff.name), "").label("by_name"),
    col(Decision.comment_id),
    col(Decision.from_status),
    col(Decision.to_status),
    col(Decision.reason),
    col(Decision.policy),
    col(Decision.undo_of),
)
_NEWEST_FIRST = col(Decision.id).desc()  # in commit order, which is the order of time
_LINES: sa.Select[*tuple[Any, ...]] = (  # Any: columns of many kinds
    sa.select(*_LINE).outerjoin(Staff, col(Staff.id) == col(Decision.staff_id)).order_by(_NEWEST_FIRST)
)
_ROWS: sa.Select[*tuple[Any, ...]] = (  # Any: as above
    sa.select(
        *_LINE,
        col(Decision.batch_id),
        col(Comment.name).label("comment_name"),
        col(DecisionNote.body_text).label("note"),
        is_visible().label("is_visible"),
        col(Comment.swept_at).is_not(None).label("text_is_gone"),
        col(Article.kind),
        col(Article.slug),
        col(Article.title),
        col(Article.language),
        sa.not_(
            sa.exists().where(
                col(_LATER.comment_id) == col(Decision.comment_id), col(_LATER.id) > col(Decision.id)
            )
        ).label("is_last"),
    )
    .select_from(Decision)
    .join(Comment, col(Comment.id) == col(Decision.comment_id))
    .join(Article, col(Article.id) == col(Comment.article_id))
    .outerjoin(Staff, col(Staff.id) == col(Decision.staff_id))
    .outerjoin(DecisionNote, col(DecisionNote.entry_id) == col(Decision.id))
    .order_by(_NEWEST_FIRST)
)


def log_page(session: Session, wanted: Wanted, *, after: int | None, size: int) -> LogPage:
    """Return `size` entries older than the entry `after`; one SELECT, one more for each end of a stretch of time."""
    statement = _ROWS.where(*_conditions(session, wanted)).limit(size + 1)
    if after is not None:
        statement = statement.where(col(Decision.id) < after)
    rows = session.execute(statement).all()
    return LogPage(tuple(_row(row) for row in rows[:size]), rows[size - 1].id if len(rows) > size else None)


def log_lines(database: Database) -> Iterator[LogLine]:
    """Yield the whole log, newest first; one SELECT for each thousand.

    Each in a transaction of its own: entries never change, and a slow reader holds nothing up.
    """
    after = None
    while True:
        statement = _LINES if after is None else _LINES.where(col(Decision.id) < after)
        with database.reading() as session:
            rows = session.execute(statement.limit(BATCH)).all()
        for row in rows:
            yield LogLine(*row)
        if len(rows) < BATCH:
            return
        after = rows[-1].id


def _conditions(session: Session, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.comment_id:
        found.append(col(Decision.comment_id) == wanted.comment_id)
    if wanted.staff_id:
        found.append(col(Decision.staff_id) == wanted.staff_id)
    if wanted.batch_id:
        found.append(col(Decision.batch_id) == wanted.batch_id)
    if wanted.policy_id:
        found.append(col(Decision.policy) == policy_name(wanted.policy_id))
        found.append(col(Decision.policy) != "")  # by which the index is known to do
    if wanted.article_id:
        about = sa.select(col(_OTHER.id)).where(col(_OTHER.article_id) == wanted.article_id)
        found.append(col(Decision.comment_id).in_(about))
    if wanted.commenter:
        whose = sa.select(col(_WHOSE.email_fingerprint)).where(col(_WHOSE.id) == wanted.commenter)
        hers = sa.select(col(_OTHER.id)).where(col(_OTHER.email_fingerprint) == whose.scalar_subquery())
        found.append(col(Decision.comment_id).in_(hers))
    if wanted.since is not None:
        found.append(col(Decision.id) >= (_first_from(session, wanted.since) or ID_MAX))
    if wanted.until is not None:
        found.append(col(Decision.id) < (_first_from(session, wanted.until) or ID_MAX))
    return found


def _first_from(session: Session, moment: datetime) -> int | None:
    """Return the first entry that was made then or later: entries are in the order of time."""
    found: int | None = session.execute(_FIRST_FROM, {"moment": moment}).scalar_one_or_none()
    return found


def _row(row: Any) -> LogRow:
    article, before = address_of(row.kind, row.slug), state_before(row.deed, row.from_status)
    return LogRow(
        id=row.id,
        at=row.at,
        deed=row.deed,
        by_name=row.by_name,
        comment_id=row.comment_id,
        comment_name=row.comment_name,
        comment_address=(
            place_address(article, row.comment_id)
            if row.is_visible
            else f"/moderation/?comment={row.comment_id}"
        ),
        article_title=row.title,
        article_language=row.language,
        from_status=row.from_status,
        to_status=row.to_status,
        reason=row.reason,
        policy=row.policy,
        undo_of=row.undo_of,
        batch_id=row.batch_id,
        can_undo=bool(row.is_last) and can_undo(row.deed, before) and not row.text_is_gone,
        text_is_gone=bool(row.text_is_gone),
        note=row.note or "",
    )


def _actor(deed: EntryKind, policy: str) -> str:
    return OPERATOR if policy == OPERATOR else deed
