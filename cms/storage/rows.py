"""What a statement did to rows: whether it changed any, which id it gave."""

from typing import Protocol

import sqlalchemy as sa
from sqlmodel import Session


class Numbered(Protocol):
    """A row whose id the database gives."""

    id: int | None


def changed_any(session: Session, update: sa.Update) -> bool:
    """Carry out an UPDATE; tell whether there was a row for it to change."""
    return bool(session.execute(update).rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def stored(session: Session, row: Numbered) -> int:
    """Store a row; return its id."""
    session.add(row)
    session.flush()
    if row.id is None:
        raise RuntimeError(f"the database gave {type(row).__name__} no id")
    return row.id
