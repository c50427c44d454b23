"""Noting decisions about many comments, and how far each has come."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.moderation.models import Batch
from cms.storage.rows import stored


def begin_batch(session: Session, batch: Batch) -> int:
    """Store a decision about many comments, of which none is carried out yet; return its id."""
    return stored(session, batch)


def note_carried_out(session: Session, batch_id: int, number: int) -> None:
    """Count what was carried out of a batch."""
    session.execute(
        sa.update(Batch).where(col(Batch.id) == batch_id).values(carried_out=col(Batch.carried_out) + number)
    )


def finish_batch(session: Session, batch_id: int, now: datetime) -> None:
    """Note that nothing of a batch is left to do, and drop what it noted: from here on that can be erased with each text."""
    session.execute(
        sa.update(Batch)
        .where(col(Batch.id) == batch_id, col(Batch.finished_at).is_(None))
        .values(finished_at=now, note=None)
    )
