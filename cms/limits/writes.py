"""Counting deeds, and making and forgetting the salt of a day."""

from collections.abc import Iterable
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from cms.limits.models import DailySalt, LimitCount
from cms.limits.rules import WINDOW, window_start


def hold(session: Session, keys: Iterable[str]) -> None:
    """Let nobody else look at or count `keys` until this transaction ends, so that no limit is passed side by side.

    On SQLite every writing transaction holds the whole database already.
    """
    if session.get_bind().dialect.name == "postgresql":
        for key in sorted(keys):
            session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def count(session: Session, key: str, *, now: datetime) -> None:
    """Count one deed of `key`, and forget windows that no limit looks at any more."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(sa.delete(LimitCount).where(col(LimitCount.since) < window_start(now) - WINDOW))
    session.execute(
        insert(LimitCount)
        .values(key=key, since=window_start(now), number=1)
        .on_conflict_do_update(
            index_elements=[col(LimitCount.key), col(LimitCount.since)],
            set_={"number": col(LimitCount.number) + 1},
        )
    )


def keep_salt(session: Session, day: date, salt_sealed: str) -> None:
    """Keep the salt of `day` unless another worker has, and forget those of the days before."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(sa.delete(DailySalt).where(col(DailySalt.day) < day))
    session.execute(insert(DailySalt).values(day=day, salt_sealed=salt_sealed).on_conflict_do_nothing())
