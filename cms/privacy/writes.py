"""Noting keys and who holds them, sealing anew, opening doors, and taking away what is to go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col

from cms.comments.models import Comment
from cms.db import table_of
from cms.keys.keyring import KeyState
from cms.limits.models import DailySalt
from cms.moderation.models import Note, Policy
from cms.outbox.models import Commenter, Letter
from cms.privacy.models import MyCommentsLink, VaultKey, Worker
from cms.privacy.queries.sealed import SealedColumn
from cms.reports.models import Report
from cms.storage.dialects import insert_into
from cms.storage.rows import changed_any

LETTERS_OF_OTHERS = {("letter", "thread_id")}  # about another comment of the same thread
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


def empty_comments(session: Session, ids: Sequence[int], now: datetime) -> None:
    """Take all that these comments say, and everything that hangs on them; the rows stay, so that threads stand."""
    _drop_what_hangs_on(session, ids)
    session.execute(
        sa.update(Comment)
        .where(col(Comment.id).in_(ids))
        .values(
            name="",
            body_text="",
            body_html="",
            likeness=0,
            facts=None,
            repeat_key=None,
            notify=False,
            escalated_at=None,
            reports=None,
            reported_at=None,
            swept_at=now,
        )
    )


def mark_erased(session: Session, ids: Sequence[int], now: datetime) -> None:
    """Take what says whose these comments were."""
    session.execute(
        sa.update(Comment)
        .where(col(Comment.id).in_(ids))
        .values(
            email_sealed=None, email_fingerprint=None, network_mark=None, waiting_since=None, erased_at=now
        )
    )
    _forget_notes_about_nobody(session)


def forget_person(session: Session, fingerprint: str) -> None:
    """Take what is known of the owner of an address, the letters to it, and the doors that they open."""
    session.execute(sa.delete(MyCommentsLink).where(col(MyCommentsLink.email_fingerprint) == fingerprint))
    session.execute(sa.delete(Letter).where(col(Letter.email_fingerprint) == fingerprint))
    session.execute(sa.delete(Note).where(col(Note.email_fingerprint) == fingerprint))
    session.execute(
        sa.update(Policy).where(col(Policy.email_fingerprint) == fingerprint).values(email_fingerprint=None)
    )
    session.execute(sa.delete(Commenter).where(col(Commenter.fingerprint) == fingerprint))


def forget_ended_policies(session: Session, moment: datetime) -> None:
    """Forget about whom policies were that had ended by `moment`."""
    session.execute(
        sa.update(Policy)
        .where(col(Policy.email_fingerprint).is_not(None), col(Policy.ends_at) <= moment)
        .values(email_fingerprint=None)
    )


def forget_addresses(session: Session, ids: Sequence[int]) -> None:
    """Forget the addresses of comments; their fingerprints stay."""
    session.execute(
        sa.update(Comment).where(col(Comment.id).in_(ids)).values(email_sealed=None, notify=False)
    )


def forget_fingerprints(session: Session, ids: Sequence[int]) -> None:
    """Forget by what the addresses of comments could be found again, and their owners of whom nothing else is kept."""
    session.execute(sa.update(Comment).where(col(Comment.id).in_(ids)).values(email_fingerprint=None))
    _forget_notes_about_nobody(session)


def forget_network_marks(session: Session, ids: Sequence[int]) -> None:
    """Forget from which network comments came."""
    session.execute(sa.update(Comment).where(col(Comment.id).in_(ids)).values(network_mark=None))


def forget_notes(session: Session, moment: datetime) -> None:
    """Take away what staff noted before a moment."""
    session.execute(sa.delete(Note).where(col(Note.at) < moment))


def forget_marks_of_reports(session: Session, moment: datetime) -> None:
    """Forget from which networks reports before a moment came."""
    marked = (col(Report.at) < moment, col(Report.network_mark).is_not(None))
    session.execute(sa.update(Report).where(*marked).values(network_mark=None))


def forget_reports(session: Session, moment: datetime) -> None:
    """Take away reports from before a moment that somebody has answered."""
    session.execute(sa.delete(Report).where(col(Report.at) < moment, col(Report.settled_by).is_not(None)))


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


def forget_links(session: Session, moment: datetime) -> None:
    """Take away the doors that were shut by `moment`."""
    session.execute(sa.delete(MyCommentsLink).where(col(MyCommentsLink.ends_at) <= moment))


def merge_words(session: Session, index: str, pages: int, *, begins: bool) -> bool:
    """Write so many pages of one of SQLite's search indexes anew, without what is gone; tell whether more is to do.

    A first step makes one merge of all that the index holds, which the others go on with (its manual, section 6.8).
    """
    driver: Any = session.connection().connection.dbapi_connection  # Any: the driver's own kind
    before = driver.total_changes
    driver.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('merge', ?)", (-pages if begins else pages,))  # noqa: S608  # our own table
    return bool(driver.total_changes - before >= 2)  # else nothing was done, says the manual


def _forget_notes_about_nobody(session: Session) -> None:
    """Take away notes about commenters of whom no comment is known any more; staff write few, so all are looked at."""
    is_known = sa.exists().where(col(Comment.email_fingerprint) == col(Note.email_fingerprint))
    session.execute(sa.delete(Note).where(col(Note.email_fingerprint).is_not(None), ~is_known))


def _drop_what_hangs_on(session: Session, ids: Sequence[int]) -> None:
    """Delete every row that would go with its comment: reasons, edits, versions, letters, notes, whatever comes."""
    for table in SQLModel.metadata.sorted_tables:
        for key in table.foreign_keys:
            hangs = key.column.table.name == "comment" and key.ondelete == "CASCADE"
            if hangs and (table.name, key.parent.name) not in LETTERS_OF_OTHERS:
                session.execute(sa.delete(table).where(key.parent.in_(ids)))
