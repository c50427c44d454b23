"""What colleagues told each other about comments and commenters, and who asks for another look."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.accounts.models import Staff
from cms.comments.models import Comment
from cms.moderation.models import Decision, Note
from cms.moderation.rules import EntryKind

LISTED = 500  # notes on one page; nobody reads more beside comments


@dataclass(frozen=True, slots=True)
class NoteBeside:
    """What somebody of staff noted about a comment or, `about_commenter`, about whoever wrote it."""

    id: int
    staff_id: int
    by_name: str
    at: datetime
    body_text: str
    about_commenter: bool


@dataclass(frozen=True, slots=True)
class LookAsked:
    """Who asks for another look, and since when; `by_name` is empty for the comment's writer."""

    by_name: str
    at: datetime


_IDS: sa.BindParameter[list[int]] = sa.bindparam("ids", expanding=True)
_NOTE: tuple[Any, ...] = (  # Any: columns of many kinds
    col(Note.id),
    col(Note.staff_id),
    col(Note.at),
    col(Note.body_text),
)
_BESIDE = sa.union_all(
    sa.select(col(Note.comment_id).label("beside"), *_NOTE, sa.false().label("about_commenter")).where(
        col(Note.comment_id).in_(_IDS)
    ),
    sa.select(col(Comment.id).label("beside"), *_NOTE, sa.true().label("about_commenter"))
    .join(Note, col(Note.email_fingerprint) == col(Comment.email_fingerprint))
    .where(col(Comment.id).in_(_IDS)),
).subquery()
_NOTES = (
    sa.select(_BESIDE, col(Staff.name).label("by_name"))
    .join(Staff, col(Staff.id) == _BESIDE.c.staff_id)
    .order_by(_BESIDE.c.at, _BESIDE.c.id)
    .limit(LISTED)
)
_LAST_ASKED = (
    sa.select(sa.func.max(col(Decision.id)))
    .where(col(Decision.comment_id).in_(_IDS), col(Decision.deed).in_((EntryKind.ESCALATED, EntryKind.ASKED)))
    .group_by(col(Decision.comment_id))
)
_ASKED = (
    sa.select(col(Decision.comment_id), col(Staff.name), col(Decision.at))
    .outerjoin(Staff, col(Staff.id) == col(Decision.staff_id))
    .where(col(Decision.id).in_(_LAST_ASKED))
)
_FINGERPRINT = sa.select(col(Comment.email_fingerprint)).where(col(Comment.id) == sa.bindparam("comment_id"))
_AUTHOR = sa.select(col(Note.staff_id)).where(col(Note.id) == sa.bindparam("note_id"))


def notes_beside(session: Session, ids: Sequence[int]) -> dict[int, tuple[NoteBeside, ...]]:
    """Return the notes about comments and their writers, oldest first, by the comment's id; one SELECT."""
    found: dict[int, tuple[NoteBeside, ...]] = {}
    for row in session.execute(_NOTES, {"ids": ids}) if ids else ():
        one = NoteBeside(row.id, row.staff_id, row.by_name, row.at, row.body_text, bool(row.about_commenter))
        found[row.beside] = (*found.get(row.beside, ()), one)
    return found


def looks_asked(session: Session, ids: Sequence[int]) -> dict[int, LookAsked]:
    """Return who asks for another look at comments on the editors' list, by id; one SELECT, none without ids."""
    rows = session.execute(_ASKED, {"ids": ids}) if ids else ()
    return {row.comment_id: LookAsked(row.name or "", row.at) for row in rows}


def fingerprint_of(session: Session, comment_id: int) -> str | None:
    """Return that of a comment's address, '' where it is not known or forgotten; None for no such comment; one SELECT."""
    row = session.execute(_FINGERPRINT, {"comment_id": comment_id}).one_or_none()
    return row.email_fingerprint or "" if row else None


def author_of(session: Session, note_id: int) -> int | None:
    """Return whose a note is, or None where there is none; one SELECT."""
    found: int | None = session.execute(_AUTHOR, {"note_id": note_id}).scalar_one_or_none()
    return found
