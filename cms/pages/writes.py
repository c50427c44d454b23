"""Counting the changes of things."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from cms.pages.models import Version
from cms.pages.rules import ANYTHING, SITE


def bump(session: Session, things: Iterable[str]) -> int:
    """Note that `things` have changed; return the number of this change, 0 where nothing has. Two statements.

    Call it last: from here to the commit every other bump waits, so numbers follow commits on PostgreSQL too,
    and who has seen a number has seen every smaller one.
    """
    names = sorted(set(things))
    if not names:
        return 0
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    number: int = session.execute(_counted_up(insert)).scalar_one()
    statement = insert(Version)
    noted = statement.on_conflict_do_update(
        index_elements=[col(Version.thing)], set_={"number": statement.excluded.number}
    )
    session.execute(noted, [{"thing": name, "number": number} for name in names])
    return number


def bump_all(session: Session, beyond: int) -> None:
    """Let no page that any process keeps be true any more, of this database or of one that it takes the place of.

    `beyond` is at least the number of the other's last change. Call it last, as `bump()`.
    """
    if bump(session, [SITE]) <= beyond:
        statement = sa.update(Version).where(col(Version.thing).in_([ANYTHING, SITE]))
        session.execute(statement.values(number=beyond + 1))


def _counted_up(insert: Any) -> Any:  # Any: two dialects' constructs without a common type
    return (
        insert(Version)
        .values(thing=ANYTHING, number=1)
        .on_conflict_do_update(index_elements=[col(Version.thing)], set_={"number": col(Version.number) + 1})
        .returning(col(Version.number))
    )
