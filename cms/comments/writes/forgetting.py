"""Taking away what comments say, whose they are, and all that hangs on them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col

from cms.comments.models import Comment

LETTERS_OF_OTHERS = {("letter", "thread_id")}  # about another comment of the same thread


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


def forget_addresses(session: Session, ids: Sequence[int]) -> None:
    """Forget the addresses of comments; their fingerprints stay."""
    session.execute(
        sa.update(Comment).where(col(Comment.id).in_(ids)).values(email_sealed=None, notify=False)
    )


def forget_fingerprints(session: Session, ids: Sequence[int]) -> None:
    """Forget by what the addresses of comments could be found again."""
    session.execute(sa.update(Comment).where(col(Comment.id).in_(ids)).values(email_fingerprint=None))


def forget_network_marks(session: Session, ids: Sequence[int]) -> None:
    """Forget from which network comments came."""
    session.execute(sa.update(Comment).where(col(Comment.id).in_(ids)).values(network_mark=None))


def merge_words(session: Session, index: str, pages: int, *, begins: bool) -> bool:
    """Write so many pages of one of SQLite's search indexes anew, without what is gone; tell whether more is to do.

    A first step makes one merge of all that the index holds, which the others go on with (its manual, section 6.8).
    """
    driver: Any = session.connection().connection.dbapi_connection  # Any: the driver's own kind
    before = driver.total_changes
    driver.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('merge', ?)", (-pages if begins else pages,))  # noqa: S608  # our own table
    return bool(driver.total_changes - before >= 2)  # else nothing was done, says the manual


def _drop_what_hangs_on(session: Session, ids: Sequence[int]) -> None:
    """Delete every row that would go with its comment: reasons, edits, versions, letters, notes, whatever comes."""
    for table in SQLModel.metadata.sorted_tables:
        for key in table.foreign_keys:
            hangs = key.column.table.name == "comment" and key.ondelete == "CASCADE"
            if hangs and (table.name, key.parent.name) not in LETTERS_OF_OTHERS:
                session.execute(sa.delete(table).where(key.parent.in_(ids)))
