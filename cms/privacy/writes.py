"""Writes to keys and their holders, to sealed values, and to links to one's own comments."""

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
    """A row's key, its sealed value as read, and the value that replaces it."""

    key: Any  # an id or a day, as the column has it
    before: str
    after: str


def remember_key(session: Session, key_id: str, state: KeyState, now: datetime) -> None:
    """Note a key under which values are or will be sealed."""
    session.add(VaultKey(id=key_id, made_at=now, state=state))
    session.flush()


def set_key_state(session: Session, key_id: str, state: KeyState) -> None:
    """Set the state of a key."""
    session.execute(sa.update(VaultKey).where(col(VaultKey.id) == key_id).values(state=state))


def forget_key(session: Session, key_id: str) -> None:
    """Delete the row of a key that seals nothing any more, or that is lost."""
    session.execute(sa.delete(VaultKey).where(col(VaultKey.id) == key_id))


def note_worker(session: Session, worker: dict[str, Any]) -> None:
    """Insert or update a running process's row, and forget processes not seen for a day."""
    forgotten = worker["seen_at"] - FORGET_WORKERS_AFTER
    session.execute(sa.delete(_WORKER).where(_WORKER.c.seen_at < forgotten))
    noted = insert_into(session, _WORKER).values(worker)
    session.execute(noted.on_conflict_do_update(index_elements=[_WORKER.c.id], set_=worker))


def try_to_write(session: Session) -> None:
    """Run a DELETE of no row, which fails where the database is read-only; BEGIN IMMEDIATE alone does not."""
    session.execute(sa.delete(_WORKER).where(sa.false()))


def forget_worker(session: Session, worker_id: str) -> None:
    """Delete the row of a process that has ended."""
    session.execute(sa.delete(_WORKER).where(_WORKER.c.id == worker_id))


def replace_seals(session: Session, column: SealedColumn, rows: Sequence[Resealed]) -> None:
    """Replace sealed values, except where a row was changed or erased since it was read."""
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
    """Forget the salts of the days before `moment`, without which no network mark leads back to an address."""
    session.execute(sa.delete(DailySalt).where(col(DailySalt.day) < moment.date()))


def store_link(session: Session, link: MyCommentsLink) -> None:
    """Store the link that a letter is about to carry."""
    session.add(link)
    session.flush()


def open_link(session: Session, secret_hash: str, page_hash: str, now: datetime, until: datetime) -> bool:
    """Replace a letter's secret by its page's, by compare-and-set; False for a link that was used or is too old."""
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


def forget_links_to(session: Session, fingerprint: str) -> None:
    """Delete the links and pages of an address."""
    session.execute(sa.delete(MyCommentsLink).where(col(MyCommentsLink.email_fingerprint) == fingerprint))


def forget_ended_links(session: Session, moment: datetime) -> None:
    """Delete the links and pages that had ended by `moment`."""
    session.execute(sa.delete(MyCommentsLink).where(col(MyCommentsLink.ends_at) <= moment))
