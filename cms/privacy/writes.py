"""Noting keys."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from cms.privacy.models import VaultKey


def remember_key(session: Session, key_id: str, now: datetime) -> None:
    """Note that things here are sealed under `key_id` from now on."""
    session.add(VaultKey(id=key_id, made_at=now))
    session.flush()


def forget_keys(session: Session) -> None:
    """Note that no known key is to be had any more."""
    session.execute(sa.delete(VaultKey))
