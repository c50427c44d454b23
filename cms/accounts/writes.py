"""Storing staff, their passwords and their sessions."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.accounts.models import Staff, StaffSession
from cms.accounts.rules import Role
from cms.db import UtcTime
from cms.storage.rows import changed_any, stored


def store_staff(session: Session, person: Staff) -> int:
    """Store someone of staff; return the id. Raises IntegrityError where the address is there already."""
    return stored(session, person)


def open_session(session: Session, staff_id: int, secret_hash: str, now: datetime) -> None:
    """Note that someone is signed in with a browser."""
    session.add(StaffSession(secret_hash=secret_hash, staff_id=staff_id, created_at=now, seen_at=now))
    session.flush()


def end_session(session: Session, secret_hash: str, now: datetime) -> None:
    """End one browser's session."""
    session.execute(_ended(now).where(col(StaffSession.secret_hash) == secret_hash))


def end_sessions(session: Session, staff_id: int, now: datetime) -> None:
    """End all sessions of one person."""
    session.execute(_ended(now).where(col(StaffSession.staff_id) == staff_id))


def mark_seen(session: Session, session_id: int, now: datetime) -> None:
    """Note that a session was used."""
    session.execute(sa.update(StaffSession).where(col(StaffSession.id) == session_id).values(seen_at=now))


def set_password(session: Session, staff_id: int, password_hash: str, *, instead_of: str = "") -> bool:
    """Give someone a password; False where nobody has this id, or hers is not the one that was to be replaced."""
    hers = sa.update(Staff).where(col(Staff.id) == staff_id)
    if instead_of:
        hers = hers.where(col(Staff.password_hash) == instead_of)
    return changed_any(session, hers.values(password_hash=password_hash))


def set_role(session: Session, staff_id: int, role: Role) -> bool:
    """Trust someone with another role; False where nobody has this id."""
    return changed_any(session, sa.update(Staff).where(col(Staff.id) == staff_id).values(role=role))


def mark_disabled(session: Session, staff_id: int, now: datetime) -> bool:
    """Note that someone works here no more; False where nobody has this id, and the first time stays."""
    update = (
        sa.update(Staff)
        .where(col(Staff.id) == staff_id)
        .values(disabled_at=sa.func.coalesce(col(Staff.disabled_at), sa.literal(now, UtcTime())))
    )
    return changed_any(session, update)


def mark_enabled(session: Session, staff_id: int) -> bool:
    """Note that someone works here again; False where nobody has this id."""
    return changed_any(session, sa.update(Staff).where(col(Staff.id) == staff_id).values(disabled_at=None))


def _ended(now: datetime) -> sa.Update:
    return sa.update(StaffSession).where(col(StaffSession.ended_at).is_(None)).values(ended_at=now)
