"""What was decided, newest first, narrowed: each page looks at a bounded number of comments, however many there are."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from cms.articles.rules import Cursor
from cms.comments.models import Comment, CommentHost, HoldReason
from cms.comments.rules import CommentStatus
from cms.db import UtcTime
from cms.moderation.filters import Filter
from cms.moderation.queries.cards import DECIDED_AT, REMAINS
from cms.moderation.queries.narrowing import Condition, of_one_kind
from cms.storage.dialects import dialect_of
from cms.text.numbers import ID_MAX

LOOKED_AT = 5_000  # comments that one page looks through; who wants more goes on where it ended (about 15 ms, measured)
LATELY = 100_000  # ids within which PostgreSQL looks for words first, since its index knows no order: common ones are there
WIDER = 5  # times as many ids are looked at next: of a word that is always used about as often so many LOOKED_AT are read
# With PostgreSQL's own 4 MB it forgets which comments of a page of the disk say a common word, and reads each one's text
# anew: of 2 million, a fifth with the word, 3.1 s in place of .6 (measured). Until the transaction ends.
_WORK_MEMORY = "64MB"
_WHENEVER = sa.literal(datetime(1970, 1, 1, tzinfo=UTC), type_=UtcTime())
_WHOSE = aliased(Comment)
_WORDS_SQLITE = (
    "SELECT rowid AS id FROM comment_words WHERE comment_words MATCH :words AND rowid < :before"
    " ORDER BY rowid DESC LIMIT :most"
)
_WORDS_POSTGRESQL = (
    "SELECT id FROM comment WHERE waiting_since IS NULL AND id < :before AND id >= :from_id"
    " AND to_tsvector('simple', name || ' ' || body_text) @@ plainto_tsquery('simple', :words)"
)


def places(
    session: Session,
    status: CommentStatus,
    narrowed: Filter,
    now: datetime,
    *,
    after: Cursor | None,
    size: int,
) -> tuple[list[Cursor], Cursor | None]:
    """Return up to `size` comments that match, and the place to go on from: behind them, or behind all looked at.

    Comments decided last come first. If words, a host, an article, a reason or a commenter are asked for, the search
    goes by their index, and comments written last come first. Two SELECTs at most; for words on PostgreSQL one more,
    and two for each widening.
    """
    matches = (
        col(Comment.status) == status,
        REMAINS,
        *of_one_kind(session, narrowed, now, since=DECIDED_AT, of=Comment),
    )
    for looked_at in _looked_at(session, status, narrowed, after):
        statement = (
            sa.select(looked_at.c.id, looked_at.c.at)
            .join(Comment, col(Comment.id) == looked_at.c.id)
            .where(*matches)
            .order_by(looked_at.c.at.desc(), looked_at.c.id.desc())
        )
        found = [Cursor(row.at, row.id) for row in session.execute(statement.limit(size + 1))]
        if len(found) > size:
            return found[:size], found[size - 1]
        if end := _end_of(session, looked_at):
            return found, end
    return found, None


def _end_of(session: Session, looked_at: sa.Subquery) -> Cursor | None:
    """Return the last of what was looked at, None where there is nothing behind it."""
    newest_first = sa.select(looked_at.c.at, looked_at.c.id).order_by(
        looked_at.c.at.desc(), looked_at.c.id.desc()
    )
    row = session.execute(newest_first.offset(LOOKED_AT - 1).limit(1)).one_or_none()
    return Cursor(row.at, row.id) if row is not None else None


def _looked_at(
    session: Session, status: CommentStatus, narrowed: Filter, after: Cursor | None
) -> tuple[sa.Subquery, ...]:
    """Return SELECTs of the next LOOKED_AT comments, each by one index; the next one is for when one finds too few."""
    before = after.id if after else ID_MAX
    if words := narrowed.search_words():
        return _saying(session, words, before)
    return (_on_one_way(status, narrowed, before, after),)


def _on_one_way(status: CommentStatus, narrowed: Filter, before: int, after: Cursor | None) -> sa.Subquery:
    if narrowed.host:
        return _by_id(col(CommentHost.comment_id), before, col(CommentHost.host) == narrowed.host)
    if narrowed.article:
        return _by_id(col(Comment.id), before, col(Comment.article_id) == narrowed.article)
    if narrowed.commenter:
        whose = sa.select(col(_WHOSE.email_fingerprint)).where(col(_WHOSE.id) == narrowed.commenter)
        return _by_id(col(Comment.id), before, col(Comment.email_fingerprint) == whose.scalar_subquery())
    if narrowed.reason:
        return _by_id(col(HoldReason.comment_id), before, col(HoldReason.code) == narrowed.reason)
    return _by_decision(status, after)


def _by_id(column: Any, before: int, wanted: Condition) -> sa.Subquery:  # Any: a column of comments' ids
    statement = sa.select(column.label("id"), _WHENEVER.label("at")).where(wanted, column < before)
    return statement.order_by(column.desc()).limit(LOOKED_AT).subquery("looked_at")


def _by_decision(status: CommentStatus, after: Cursor | None) -> sa.Subquery:
    statement = sa.select(col(Comment.id), DECIDED_AT.label("at")).where(col(Comment.status) == status)
    if after is not None:
        place = sa.tuple_(sa.literal(after.at, type_=UtcTime()), sa.literal(after.id))
        statement = statement.where(sa.tuple_(DECIDED_AT, col(Comment.id)) < place)
    newest_first = (DECIDED_AT.desc(), col(Comment.id).desc())
    return statement.order_by(*newest_first).limit(LOOKED_AT).subquery("looked_at")


def _saying(session: Session, words: Sequence[str], before: int) -> tuple[sa.Subquery, ...]:
    if dialect_of(session) == "sqlite":
        asked = " ".join(f'"{word}"' for word in words)
        found = sa.text(_WORDS_SQLITE).bindparams(words=asked, before=before, most=LOOKED_AT)
        return (_newest_of(found),)
    setting = sa.func.set_config("work_mem", _WORK_MEMORY, True)
    newest, _ = session.execute(sa.select(sa.func.max(col(Comment.id)), setting)).one()
    found = sa.text(_WORDS_POSTGRESQL).bindparams(words=" ".join(words), before=before)
    return tuple(_newest_of(found.bindparams(from_id=first)) for first in _starts(min(before, newest or 0)))


def _starts(before: int) -> Iterator[int]:
    """Give where to look from, ever further back from `before`, and last from the first of all."""
    width = LATELY
    while width < before:
        yield before - width
        width *= WIDER
    yield 0


def _newest_of(found: sa.TextClause) -> sa.Subquery:
    said = (
        found.columns(sa.column("id", sa.Integer))
        .cte("said")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    statement = sa.select(said.c.id, _WHENEVER.label("at")).order_by(said.c.id.desc())
    return statement.limit(LOOKED_AT).subquery("looked_at")
