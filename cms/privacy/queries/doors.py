"""Whether somebody is known by an address, and which door to its comments a secret opens."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.models import Comment
from cms.outbox.models import Commenter
from cms.privacy.models import MyCommentsLink


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """A page that stands open: whose comments it shows, in which language, until when."""

    email_fingerprint: str
    language: str
    ends_at: datetime


_OPEN = sa.select(
    col(MyCommentsLink.email_fingerprint), col(MyCommentsLink.language), col(MyCommentsLink.ends_at)
).where(
    col(MyCommentsLink.secret_hash) == sa.bindparam("secret_hash"),
    col(MyCommentsLink.opened_at).is_not(None),
    col(MyCommentsLink.ends_at) > sa.bindparam("now"),
)
_UNOPENED = sa.select(col(MyCommentsLink.email_fingerprint)).where(
    col(MyCommentsLink.secret_hash) == sa.bindparam("secret_hash"), col(MyCommentsLink.opened_at).is_(None)
)
_FINGERPRINT: sa.BindParameter[str] = sa.bindparam("fingerprint")
_KNOWN = sa.select(
    sa.exists().where(col(Comment.email_fingerprint) == _FINGERPRINT)
    | sa.exists().where(col(Commenter.fingerprint) == _FINGERPRINT)
)


def open_door(session: Session, secret_hash: str, now: datetime) -> OpenDoor | None:
    """Return the page that a secret opens at `now`, or None; one SELECT."""
    row = session.execute(_OPEN, {"secret_hash": secret_hash, "now": now}).one_or_none()
    return OpenDoor(*row) if row else None


def address_behind(session: Session, secret_hash: str) -> str | None:
    """Return the fingerprint of the address that a letter's unused link was sent to, or None; one SELECT."""
    found: str | None = session.execute(_UNOPENED, {"secret_hash": secret_hash}).scalar_one_or_none()
    return found


def is_known(session: Session, fingerprint: str) -> bool:
    """Tell whether anything is kept of the address with this fingerprint; one SELECT."""
    return bool(session.execute(_KNOWN, {"fingerprint": fingerprint}).scalar_one())
