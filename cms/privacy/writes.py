"""Noting keys and who holds them, sealing anew, and the doors that letters open to what somebody has sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.db import table_of
from cms.keys.keyring import KeyState
from cms.limits.models import DailySalt
from cms.privacy.models import MyCommentsLink, VaultKey, Worker
from cms.privacy.queries.sealed import SealedColumn
from cms.storage.dialects import insert_into
from cms.storage.rows import changed_any

FORGET_WORKERS_AFTER = timedelta(days=1)
_WORKER = table_of(Worker)


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
    forgotten = worker["seen_at"] - FORGET_WORKERS_AFTER
    session.execute(sa.delete(_WORKER).where(_WORKER.c.seen_at < forgotten))
    noted = insert_into(session, _WORKER).values(worker)
    session.execute(noted.on_conflict_do_update(index_elements=[_WORKER.c.id], set_=worker))


def write_nothing(session: Session) -> None:
    """Find out whether anything could be written: SQLite also begins to write a file that it may only read."""
    session.execute(sa.delete(_WORKER).where(sa.false()))


def forget_worker(session: Session, worker_id: str) -> None:
    """Note that a process has ended."""
    session.execute(sa.delete(_WORKER).where(_WORKER.c.id == worker_id))


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


def forget_salts(session: Session, moment: datetime) -> None:
    """Forget the salts of days before that of `moment`: with them goes any way back from a network mark."""
    session.execute(sa.delete(DailySalt).where(col(DailySalt.day) < moment.date()))


def store_link(session: Session, link: MyCommentsLink) -> None:
    """Store a door that a letter is about to open."""
    session.add(link)
    session.flush()


def open_link(session: Session, secret_hash: str, page_hash: str, now: datetime, until: datetime) -> bool:
    """Put a page's secret in place of a letter's, once, by compare-and-set; False where that link is over."""
    update = (
        sa.update(MyCommentsLink)
        .where(
            col(MyCommentsLink.secret_hash) == secret_hash,
            col(MyCommentsLink.opened_at).is_(None),
            col(MyCommentsLink.ends_at) > now,
        )
        .values(secret_hash=page_hash, opened_at=now, ends_at=until)
    )
    return changed_any(session, update)


def shut_doors(session: Session, fingerprint: str) -> None:
    """Take away the doors that letters to an address open."""
    session.execute(sa.delete(MyCommentsLink).where(col(MyCommentsLink.email_fingerprint) == fingerprint))


def forget_links(session: Session, moment: datetime) -> None:
    """Take away the doors that were shut by `moment`."""
    session.execute(sa.delete(MyCommentsLink).where(col(MyCommentsLink.ends_at) <= moment))
