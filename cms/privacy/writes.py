"""Noting keys, the processes that hold them, and what was sealed anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from cms.keyring import KeyState
from cms.privacy.models import VaultKey, Worker
from cms.privacy.queries.sealed import SealedColumn

FORGET_WORKERS_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Resealed:
    """A row's key, the sealed value that was read, and the one that is to take its place."""

    key: Any  # an id or a day, as the column has it
    before: str
    after: str


def remember_key(session: Session, key_id: str, state: KeyState, now: datetime) -> None:
    """Note a key that things here are or will be sealed under."""
    session.add(VaultKey(id=key_id, made_at=now, state=state))
    session.flush()


def set_key_state(session: Session, key_id: str, state: KeyState) -> None:
    """Note that a key has come to another state."""
    session.execute(sa.update(VaultKey).where(col(VaultKey.id) == key_id).values(state=state))


def forget_key(session: Session, key_id: str) -> None:
    """Note that nothing is sealed under a key any more, or that it is not to be had."""
    session.execute(sa.delete(VaultKey).where(col(VaultKey.id) == key_id))


def note_worker(session: Session, worker: dict[str, Any]) -> None:
    """Note a running process by the values of its row, and forget those not seen for a day."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(sa.delete(Worker).where(col(Worker.seen_at) < worker["seen_at"] - FORGET_WORKERS_AFTER))
    session.execute(
        insert(Worker).values(worker).on_conflict_do_update(index_elements=[col(Worker.id)], set_=worker)
    )


def forget_worker(session: Session, worker_id: str) -> None:
    """Note that a process has ended."""
    session.execute(sa.delete(Worker).where(col(Worker.id) == worker_id))


def replace_seals(session: Session, column: SealedColumn, rows: Sequence[Resealed]) -> None:
    """Put new seals in place of those that were read; a row that was changed or erased meanwhile is left alone."""
    table = column.table
    if rows:
        session.execute(
            sa.update(table)
            .where(table.c[column.key] == sa.bindparam("the_key"))
            .where(table.c[column.name] == sa.bindparam("before"))
            .values({column.name: sa.bindparam("after")}),
            [{"the_key": row.key, "before": row.before, "after": row.after} for row in rows],
        )
