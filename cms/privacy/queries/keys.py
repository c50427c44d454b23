"""The keys that the database knows, and the processes that hold them."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.keys.keyring import KnownKey
from cms.privacy.models import VaultKey, Worker
from cms.storage.dialects import dialect_of

_KEYS = sa.select(col(VaultKey.id), col(VaultKey.state)).order_by(col(VaultKey.id)).limit(100)
_WORKERS = (
    sa.select(col(Worker.place), col(Worker.seen_at), col(Worker.holds), col(Worker.seals_with))
    .where(col(Worker.seen_at) > sa.bindparam("since"))
    .order_by(col(Worker.place), col(Worker.id))
    .limit(1000)
)


@dataclass(frozen=True, slots=True)
class LiveWorker:
    """A running process: where it runs, when it was last seen, which keys it holds, which one it seals with."""

    place: str
    seen_at: datetime
    holds: frozenset[str]
    seals_with: str | None


def known_keys(session: Session, *, for_update: bool = False) -> tuple[KnownKey, ...]:
    """Return every key that the database knows, oldest first; one SELECT.

    `for_update` keeps another host from making its own first key meanwhile.
    """
    if for_update and dialect_of(session) == "postgresql":
        session.execute(sa.text("LOCK TABLE vault_key IN EXCLUSIVE MODE"))
    return tuple(KnownKey(*row) for row in session.execute(_KEYS))


def live_workers(session: Session, since: datetime) -> list[LiveWorker]:
    """Return every process that was seen since a moment; one SELECT."""
    rows = session.execute(_WORKERS, {"since": since})
    return [LiveWorker(row.place, row.seen_at, frozenset(row.holds.split()), row.seals_with) for row in rows]
