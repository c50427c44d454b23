"""Which page of one's own comments a secret opens, and whether an address is known."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.comments.models import Comment
from cms.outbox.models import Commenter
from cms.privacy.models import MyCommentsLink


@dataclass(frozen=True, slots=True)
class OpenPage:
    """A page of one's own comments: whose they are, its language, and until when it is open."""

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


def open_page(session: Session, secret_hash: str, now: datetime) -> OpenPage | None:
    """Return the page that a secret opens at `now`, None where there is none; one SELECT."""
    row = session.execute(_OPEN, {"secret_hash": secret_hash, "now": now}).one_or_none()
    return OpenPage(*row) if row else None


def fingerprint_behind_link(session: Session, secret_hash: str) -> str | None:
    """Return the fingerprint of the address to which a letter's unused link was sent, or None; one SELECT."""
    found: str | None = session.execute(_UNOPENED, {"secret_hash": secret_hash}).scalar_one_or_none()
    return found


def is_known(session: Session, fingerprint: str) -> bool:
    """Tell whether the address with this fingerprint has comments or a commenter; one SELECT."""
    return bool(session.execute(_KNOWN, {"fingerprint": fingerprint}).scalar_one())
