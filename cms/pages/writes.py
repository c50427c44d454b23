"""Counting the changes of things."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import SessionTransaction
from sqlmodel import Session, col

from cms.pages.folder import BAKED, Folder, Hold
from cms.pages.models import Version
from cms.pages.rules import ANYTHING, PURGED, SITE
from cms.storage.dialects import dialect_of, insert_into, insert_on
from cms.storage.prebuilt import Prebuilt

HOLDS = "holds"  # under which a session remembers what it keeps from being baked until it ends


def bump(session: Session, things: Iterable[str]) -> int:
    """Note that `things` have changed; return the number of this change, 0 where nothing has. Two statements.

    Call it last: every other bump waits from here to the commit, so numbers are in the order of commits on PostgreSQL
    too, and whoever has seen a number has seen every smaller one.
    """
    names = sorted(set(things))
    if not names:
        return 0
    _take_away_baked(session, names)
    number: int = session.execute(_counted_up(session)).scalar_one()
    _noted(dialect_of(session)).put_each(session, [{"thing": name, "number": number} for name in names])
    return number


def bump_all(session: Session, beyond: int) -> None:
    """Make every page that any process keeps out of date, also the pages of a database that this one replaces.

    `beyond` is at least the number of the replaced database's last change. Call it last, as `bump()`.
    """
    if bump(session, [SITE]) <= beyond:
        statement = sa.update(Version).where(col(Version.thing).in_([ANYTHING, SITE]))
        session.execute(statement.values(number=beyond + 1))


def _take_away_baked(session: Session, names: list[str]) -> None:
    """Remove the baked pages that are made of these before the commit; none is baked until it has ended."""
    folder: Folder | None = session.info.get(BAKED)
    if folder is None:
        return
    holds: list[Hold] | None = session.info.get(HOLDS)
    if holds is None:
        holds = session.info[HOLDS] = []
        sa.event.listen(session, "after_transaction_end", _let_go)
    holds.append(folder.begin_change(names))


def _let_go(session: Session, transaction: SessionTransaction) -> None:
    """Allow pages to be baked again, after the commit or its failure."""
    holds: list[Hold] = session.info[HOLDS]
    while transaction.parent is None and holds:
        holds.pop().let_go()


def note_told(session: Session, number: int) -> None:
    """Note up to which change a CDN was told; no change by itself, so nothing is bumped."""
    statement = insert_into(session, Version).values(thing=PURGED, number=max(1, number))
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[col(Version.thing)], set_={"number": statement.excluded.number}
        )
    )


def _counted_up(session: Session) -> Any:  # Any: each database's own kind of INSERT
    return (
        insert_into(session, Version)
        .values(thing=ANYTHING, number=1)
        .on_conflict_do_update(index_elements=[col(Version.thing)], set_={"number": col(Version.number) + 1})
        .returning(col(Version.number))
    )


@cache
def _noted(dialect: str) -> Prebuilt:
    statement = insert_on(dialect, Version).values(thing=sa.bindparam("thing"), number=sa.bindparam("number"))
    return Prebuilt(
        statement.on_conflict_do_update(
            index_elements=[col(Version.thing)], set_={"number": statement.excluded.number}
        )
    )
