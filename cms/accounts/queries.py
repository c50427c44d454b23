"""Who works here and who is signed in."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.accounts.models import Staff, StaffSession
from cms.accounts.rules import Act, Role, may
from cms.db import UtcTime

STAFF_LISTED = 1000  # more than any newsroom has


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is at work in this browser."""

    id: int
    name: str
    role: Role
    session_id: int
    seen_at: datetime

    def may(self, act: str) -> bool:
        """Tell whether this person's role allows an act, by its name; for templates."""
        return may(self.role, Act(act))


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a password is compared with."""

    staff_id: int
    role: Role
    mark: str
    fingerprint: str = field(repr=False)
    password_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StaffLine:
    """One person of staff in a list, without the address."""

    id: int
    name: str
    role: Role
    disabled: bool


_SIGNED_IN: sa.Select[*tuple[Any, ...]] = (  # Any: columns of many kinds
    sa.select(
        col(Staff.id),
        col(Staff.name),
        col(Staff.role),
        col(StaffSession.id).label("session_id"),
        col(StaffSession.seen_at),
    )
    .join(StaffSession, col(StaffSession.staff_id) == col(Staff.id))
    .where(
        col(StaffSession.secret_hash) == sa.bindparam("secret_hash"),
        col(StaffSession.ended_at).is_(None),
        col(StaffSession.seen_at) > sa.bindparam("alive", type_=UtcTime()),
        col(Staff.disabled_at).is_(None),
    )
)
_AT_WORK = sa.select(
    col(Staff.id), col(Staff.role), col(Staff.mark), col(Staff.email_fingerprint), col(Staff.password_hash)
).where(col(Staff.disabled_at).is_(None))
_CREDENTIALS = _AT_WORK.where(col(Staff.email_fingerprint) == sa.bindparam("fingerprint"))
_CREDENTIALS_OF = _AT_WORK.where(col(Staff.mark) == sa.bindparam("mark"))
_BY_FINGERPRINT = sa.select(col(Staff.id)).where(col(Staff.email_fingerprint) == sa.bindparam("fingerprint"))
_CREDENTIALS_BY_ID = _AT_WORK.where(col(Staff.id) == sa.bindparam("staff_id"))
_LINE = sa.select(
    col(Staff.id), col(Staff.name), col(Staff.role), col(Staff.disabled_at).is_not(None).label("disabled")
)
_LINE_BY_ID = _LINE.where(col(Staff.id) == sa.bindparam("staff_id"))
_LIST = _LINE.order_by(col(Staff.id)).limit(STAFF_LISTED)


def signed_in(session: Session, secret_hash: str, *, now: datetime, hours: int) -> SignedIn | None:
    """Return who holds the session with this hash, seen within `hours`; one SELECT."""
    alive = now - timedelta(hours=hours)
    row = session.execute(_SIGNED_IN, {"secret_hash": secret_hash, "alive": alive}).one_or_none()
    return SignedIn(*row) if row else None


def credentials(session: Session, fingerprint: str, *, for_update: bool = False) -> Credentials | None:
    """Return what the password of an address is compared with, None for unknown and for disabled; one SELECT.

    `for_update` keeps the password from being changed until the transaction ends.
    """
    statement = _CREDENTIALS.with_for_update() if for_update else _CREDENTIALS
    row = session.execute(statement, {"fingerprint": fingerprint}).one_or_none()
    return Credentials(*row) if row else None


def credentials_of(session: Session, mark: str) -> Credentials | None:
    """Return the same of whoever has a mark; one SELECT."""
    row = session.execute(_CREDENTIALS_OF, {"mark": mark}).one_or_none()
    return Credentials(*row) if row else None


def credentials_by_id(session: Session, staff_id: int) -> Credentials | None:
    """Return the same by an id; one SELECT."""
    row = session.execute(_CREDENTIALS_BY_ID, {"staff_id": staff_id}).one_or_none()
    return Credentials(*row) if row else None


def staff_with(session: Session, fingerprint: str) -> int | None:
    """Return the id of whoever has, or had, an address; one SELECT."""
    found: int | None = session.execute(_BY_FINGERPRINT, {"fingerprint": fingerprint}).scalar_one_or_none()
    return found


def staff_line(session: Session, staff_id: int) -> StaffLine | None:
    """Return one person who works or worked here, or None; one SELECT."""
    row = session.execute(_LINE_BY_ID, {"staff_id": staff_id}).one_or_none()
    return _line(row) if row else None


def staff_list(session: Session) -> tuple[StaffLine, ...]:
    """Return everybody who works or worked here, without addresses; one SELECT."""
    return tuple(_line(row) for row in session.execute(_LIST))


def _line(row: Any) -> StaffLine:  # Any: a row of _LINE
    return StaffLine(row.id, row.name, row.role, bool(row.disabled))
