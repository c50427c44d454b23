"""What the database knows of its keys."""

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.privacy.models import VaultKey

_KEYS = sa.select(col(VaultKey.id)).order_by(col(VaultKey.id)).limit(100)


def known_keys(session: Session, *, for_update: bool = False) -> tuple[str, ...]:
    """Return the ids of all keys under which something is sealed, oldest first; one SELECT.

    `for_update` keeps another host from making its own first key meanwhile.
    """
    if for_update and session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("LOCK TABLE vault_key IN EXCLUSIVE MODE"))
    return tuple(session.execute(_KEYS).scalars())
