"""Counting the changes of things."""

from collections.abc import Iterable

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from cms.pages.models import Version


def bump(session: Session, things: Iterable[str]) -> None:
    """Note that `things` have changed, in key order so that two bumps never wait for each other in a circle."""
    rows = [{"thing": thing, "number": 1} for thing in sorted(set(things))]
    if not rows:
        return
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(Version).on_conflict_do_update(
        index_elements=[col(Version.thing)], set_={"number": col(Version.number) + 1}
    )
    session.execute(statement, rows)
