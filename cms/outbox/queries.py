"""Which letter is due, where it goes, and what the owner of an address has said."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from cms.accounts.models import Staff
from cms.comments.models import Comment
from cms.outbox.models import Commenter, Letter
from cms.outbox.rules import AWAITED, LONGEST_PAUSE, ONE_A_THREAD, ROW_LEASE, KnownCommenter, LetterKind

AN_HOUR = timedelta(hours=1)
TOLD_AT_ONCE = 20  # replies that one letter tells of; the others come with the next


@dataclass(frozen=True, slots=True)
class DueLetter:
    """A letter whose moment has come; its address stays where it is."""

    id: int
    kind: LetterKind
    mark: str
    email_fingerprint: str
    language: str
    comment_id: int | None
    reply_id: int | None
    thread_id: int | None
    created_at: datetime
    attempts: int
    staff_id: int | None


@dataclass(frozen=True, slots=True)
class SealedTo:
    """Where a letter goes, sealed, with the row to which the seal is bound."""

    sealed: str
    table: str
    mark: str


_OTHER = aliased(Letter)
_COLUMNS = (
    col(Letter.id),
    col(Letter.kind),
    col(Letter.mark),
    col(Letter.email_fingerprint),
    col(Letter.language),
    col(Letter.comment_id),
    col(Letter.reply_id),
    col(Letter.thread_id),
    col(Letter.created_at),
    col(Letter.attempts),
    col(Letter.staff_id),
)
_COMMENTER = (
    col(Commenter.fingerprint),
    col(Commenter.mark),
    col(Commenter.wish),
    col(Commenter.asked),
    col(Commenter.asked_at),
    col(Commenter.proved_at),
)


def is_anything_due(session: Session, now: datetime, *, per_hour: int) -> bool:
    """Tell whether a letter may leave now; two SELECTs."""
    return _has_room(session, now, per_hour) and session.execute(_due(now).limit(1)).first() is not None


def next_due(session: Session, now: datetime, *, per_hour: int) -> tuple[DueLetter, ...]:
    """Return the letter that leaves next, with those about the same thread that go along; () for none.

    Three SELECTs. Letters that somebody waits for at her screen come first.
    """
    if not _has_room(session, now, per_hour):
        return ()
    first = session.execute(
        _due(now).order_by(col(Letter.kind).not_in(AWAITED), col(Letter.due_at), col(Letter.id)).limit(1)
    ).first()
    if first is None or first.kind is not LetterKind.REPLY:
        return () if first is None else (DueLetter(*first),)
    together = _due(now).where(
        col(Letter.kind) == LetterKind.REPLY,
        col(Letter.email_fingerprint) == first.email_fingerprint,
        col(Letter.thread_id) == first.thread_id,
    )
    rows = session.execute(together.order_by(col(Letter.due_at), col(Letter.id)).limit(TOLD_AT_ONCE))
    return tuple(DueLetter(*row) for row in rows)


def sealed_to(session: Session, letter: DueLetter) -> SealedTo | None:
    """Return where a letter goes, or None where the address was forgotten; one SELECT."""
    row = session.execute(
        sa.select(
            col(Letter.email_sealed),
            col(Comment.email_sealed).label("of_comment"),
            col(Comment.mark).label("comment_mark"),
            col(Staff.email_sealed).label("of_staff"),
            col(Staff.mark).label("staff_mark"),
        )
        .outerjoin(Comment, col(Comment.id) == col(Letter.comment_id))
        .outerjoin(Staff, sa.and_(col(Staff.id) == col(Letter.staff_id), col(Staff.disabled_at).is_(None)))
        .where(col(Letter.id) == letter.id)
    ).one_or_none()
    if row is None:
        return None
    if row.email_sealed is not None:
        return SealedTo(row.email_sealed, "letter", letter.mark)
    if row.of_staff is not None:
        return SealedTo(row.of_staff, "staff", row.staff_mark)
    return SealedTo(row.of_comment, "comment", row.comment_mark) if row.of_comment is not None else None


def asked_about(session: Session, mark: str) -> int | None:
    """Return the comment that the letter with this mark asks its writer to confirm, or None; one SELECT."""
    found: int | None = session.execute(
        sa.select(col(Letter.comment_id)).where(
            col(Letter.mark) == mark, col(Letter.kind) == LetterKind.CONFIRM
        )
    ).scalar_one_or_none()
    return found


def count_sent(session: Session, letter: DueLetter, now: datetime, within: timedelta) -> int:
    """Return how many letters of the same kind have gone to the same address `within` that time; one SELECT."""
    statement = sa.select(sa.func.count(col(Letter.id))).where(
        col(Letter.email_fingerprint) == letter.email_fingerprint,
        col(Letter.kind) == letter.kind,
        _lately(Letter, now, within),
    )
    return int(session.execute(statement).scalar_one())


def commenter(session: Session, fingerprint: str) -> KnownCommenter | None:
    """Return what the owner of the address with this fingerprint has said, or None; one SELECT."""
    row = session.execute(
        sa.select(*_COMMENTER).where(col(Commenter.fingerprint) == fingerprint)
    ).one_or_none()
    return KnownCommenter(*row) if row else None


def commenters(session: Session, fingerprints: Collection[str]) -> dict[str, KnownCommenter]:
    """Return what is known of the owners of these addresses, by fingerprint; one SELECT."""
    rows = session.execute(sa.select(*_COMMENTER).where(col(Commenter.fingerprint).in_(fingerprints)))
    return {row.fingerprint: KnownCommenter(*row) for row in rows}


def is_proved(session: Session, fingerprint: str) -> bool:
    """Tell whether somebody has shown that the address with this fingerprint is hers; one SELECT."""
    known = commenter(session, fingerprint)
    return known is not None and known.proved_at is not None


def count_stale(session: Session, now: datetime) -> int:
    """Return how many letters have been due for a day; one SELECT."""
    is_stale = (col(Letter.ended_at).is_(None), col(Letter.created_at) < now - timedelta(days=1))
    return int(session.execute(sa.select(sa.func.count(col(Letter.id))).where(*is_stale)).scalar_one())


def _has_room(session: Session, now: datetime, per_hour: int) -> bool:
    """Tell whether the site may send another letter in this hour."""
    busy = sa.select(sa.func.count()).where(
        sa.or_(
            _lately(Letter, now, AN_HOUR),
            sa.and_(col(Letter.ended_at).is_(None), sa.not_(_is_free(Letter, now))),
        )
    )
    return bool(session.execute(busy).scalar_one() < per_hour)


def _due(now: datetime) -> sa.Select[*tuple[Any, ...]]:
    in_its_thread = sa.exists().where(
        col(Letter.kind) == LetterKind.REPLY,
        col(_OTHER.kind) == LetterKind.REPLY,
        col(_OTHER.email_fingerprint) == col(Letter.email_fingerprint),
        col(_OTHER.thread_id) == col(Letter.thread_id),
        sa.or_(
            _lately(_OTHER, now, ONE_A_THREAD),
            sa.and_(col(_OTHER.ended_at).is_(None), sa.not_(_is_free(_OTHER, now))),
        ),
    )
    return sa.select(*_COLUMNS).where(
        col(Letter.ended_at).is_(None),
        # Later than any pause: noted by a clock that ran ahead.
        sa.or_(col(Letter.due_at) <= now, col(Letter.due_at) > now + LONGEST_PAUSE),
        _is_free(Letter, now),
        sa.not_(in_its_thread),
    )


def _is_free(letter: type[Letter], now: datetime) -> sa.ColumnElement[bool]:
    until = col(letter.leased_until)
    return sa.or_(until.is_(None), until <= now, until > now + ROW_LEASE)


def _lately(letter: type[Letter], now: datetime, within: timedelta) -> sa.ColumnElement[bool]:
    """Return the condition that a letter was sent within that time; what a clock that ran ahead noted is not."""
    return sa.and_(col(letter.sent_at) > now - within, col(letter.sent_at) <= now + within)
