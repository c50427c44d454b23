"""What people of staff note, read and choose for themselves."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.models import Comment
from cms.moderation.models import DigestWish, ModeratorChoice, Note, ReadingNow
from cms.storage.dialects import insert_into
from cms.storage.rows import changed_any, stored
from cms.vault import random_mark


def store_note(session: Session, note: Note) -> int:
    """Store what somebody tells her colleagues; return its id."""
    return stored(session, note)


def drop_note(session: Session, note_id: int) -> None:
    """Take a note away for good."""
    session.execute(sa.delete(Note).where(col(Note.id) == note_id))


def forget_notes_before(session: Session, moment: datetime) -> None:
    """Take away what staff noted before a moment."""
    session.execute(sa.delete(Note).where(col(Note.at) < moment))


def forget_notes_about(session: Session, fingerprint: str) -> None:
    """Take away what staff noted of the owner of an address."""
    session.execute(sa.delete(Note).where(col(Note.email_fingerprint) == fingerprint))


def forget_notes_about_nobody(session: Session) -> None:
    """Take away notes about commenters of whom no comment is known any more; staff write few, so all are looked at."""
    is_known = sa.exists().where(col(Comment.email_fingerprint) == col(Note.email_fingerprint))
    session.execute(sa.delete(Note).where(col(Note.email_fingerprint).is_not(None), ~is_known))


def note_reading(session: Session, staff_id: int, comment_id: int, now: datetime) -> None:
    """Note which card somebody reads."""
    session.merge(ReadingNow(staff_id=staff_id, comment_id=comment_id, seen_at=now))


def choose_shortcuts(session: Session, staff_id: int, *, on: bool) -> None:
    """Keep whether keys press buttons for one person of staff."""
    session.merge(ModeratorChoice(staff_id=staff_id, shortcuts=on))


def wish_digest(session: Session, staff_id: int, *, on: bool) -> None:
    """Keep whether one person of staff wishes for the daily letter; her link stays the same."""
    row = insert_into(session, DigestWish).values(staff_id=staff_id, mark=random_mark(), wished=on)
    session.execute(row.on_conflict_do_update(index_elements=["staff_id"], set_={"wished": on}))


def end_digest(session: Session, mark: str) -> None:
    """Note that whoever's link this is wishes for no more daily letters."""
    session.execute(sa.update(DigestWish).where(col(DigestWish.mark) == mark).values(wished=False))


def note_digest(session: Session, staff_id: int, day: date) -> bool:
    """Note that the letter of a day is put for somebody; False where it was already, by compare-and-set."""
    is_new = sa.or_(col(DigestWish.put_on).is_(None), col(DigestWish.put_on) < day)
    update = (
        sa.update(DigestWish)
        .where(col(DigestWish.staff_id) == staff_id, col(DigestWish.wished), is_new)
        .values(put_on=day)
    )
    return changed_any(session, update)
