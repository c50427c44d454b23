"""Counting deeds, noticing what is wrong with the set-up, and making and forgetting the salt of a day."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cms.db import UtcTime, table_of
from cms.limits.models import DailySalt, LimitCount, Noticed
from cms.limits.queries import known_numbers
from cms.limits.rules import KINDS_KEY, SLOW_KEY, WINDOW, added, window_start
from cms.storage.dialects import dialect_of, insert_into, insert_on
from cms.storage.inserts import ROWS_MAX
from cms.storage.prebuilt import Prebuilt
from cms.storage.sessions import Rows, once_per_transaction, store_later

# Rows; a comment leaves two of its network and one of its article, and sixteen are stored at once: forgetting keeps up.
FORGOTTEN_AT_ONCE = 100
_LONG_AGO = datetime.fromtimestamp(0, UTC)


@cache
def _counting(dialect: str, rows: int) -> Prebuilt:
    """Return the statement that counts in so many rows."""
    given = [
        {
            "key": sa.bindparam(f"key_{index}"),
            "since": sa.bindparam(f"since_{index}", type_=UtcTime()),
            "number": sa.bindparam(f"number_{index}"),
        }
        for index in range(rows)
    ]
    insert = insert_on(dialect, table_of(LimitCount)).values(given)
    number, more = col(LimitCount.number), insert.excluded.number
    are_kinds = sa.func.substr(col(LimitCount.key), 1, len(KINDS_KEY)) == KINDS_KEY
    return Prebuilt(
        insert.on_conflict_do_update(
            index_elements=[col(LimitCount.key), col(LimitCount.since)],
            set_={"number": sa.case((are_kinds, number.bitwise_or(more)), else_=number + more)},
        )
    )


@cache
def _forgetting(dialect: str) -> Prebuilt:
    """Return the statement that deletes the oldest counts.

    It finds them by their physical row ids, and by two bounds on their time, between which PostgreSQL expects few rows. Found
    by their keys, it read the whole table twice as long as nobody had analysed it (8 ms of 40,000 rows instead of 0.2, with the
    log locked; measured).
    """
    table = table_of(LimitCount)
    old = table.alias("old")
    row_id: sa.ColumnElement[Any] = sa.literal_column("ctid" if dialect == "postgresql" else "rowid")
    oldest: sa.Select[*tuple[Any, ...]] = (
        sa.select(sa.literal_column(f"old.{row_id}"))
        .select_from(old)
        .where(
            old.c.since >= sa.literal(_LONG_AGO, UtcTime()),
            old.c.since < sa.bindparam("before", type_=UtcTime()),
        )
        .order_by(old.c.since)
        .limit(FORGOTTEN_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    among = row_id == sa.func.any(sa.func.array(oldest.scalar_subquery()))
    return Prebuilt(
        sa.delete(table).where(among if dialect == "postgresql" else row_id.in_(oldest)), overtakes=True
    )


def hold(session: Session, keys: Iterable[str]) -> None:
    """Lock `keys` until this transaction ends, so that no two requests pass one limit at the same moment.

    On SQLite every writing transaction holds the whole database already.
    """
    if dialect_of(session) == "postgresql":
        for key in sorted(keys):
            session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def forgive(session: Session, key: str) -> None:
    """Forget what was counted under a key; nobody else counts there until this transaction ends."""
    hold(session, [key])
    session.execute(sa.delete(LimitCount).where(col(LimitCount.key) == key))


def count(session: Session, numbers: Mapping[str, int], *, now: datetime) -> None:
    """Add to what was counted under each key; forget some of what no limit looks at any more, once a transaction.

    Under a key that begins with KINDS_KEY the number is a set of kinds, one bit each, to which others are added. What
    several deeds of a transaction count is stored as one.
    """
    since, known = window_start(now), known_numbers(session)
    for key in numbers.keys() & known.keys():
        known[key][since] = added(key, known[key].get(since, 0), numbers[key])
    rows = [{"key": key, "since": since, "number": number} for key, number in numbers.items()]
    store_later(session, _count_all, rows)
    once_per_transaction(session, "forgotten counts", lambda: _forget(session, since - WINDOW))


def _forget(session: Session, before: datetime) -> None:
    _forgetting(dialect_of(session)).put(session, {"before": before})


def _count_all(session: Session, rows: Rows) -> None:
    """Store the counts of `rows`; those of one key are added up, since no statement may update a row twice."""
    sums: dict[tuple[str, datetime], int] = {}
    for row in rows:
        window = row["key"], row["since"]
        sums[window] = added(row["key"], sums.get(window, 0), row["number"])
    ordered = sorted(sums.items())
    for start in range(0, len(ordered), ROWS_MAX):
        some, values = ordered[start : start + ROWS_MAX], dict[str, Any]()
        for at, ((key, since), number) in enumerate(some):
            values |= {f"key_{at}": key, f"since_{at}": since, f"number_{at}": number}
        _counting(dialect_of(session), len(some)).put(session, values)


def note_once(session: Session, key: str, *, until: datetime) -> bool:
    """Note `key`, which is remembered until then at least; tell whether it was not noted before."""
    noted = insert_into(session, LimitCount).values(key=key, since=window_start(until) + WINDOW, number=1)
    return session.execute(noted.on_conflict_do_nothing().returning(col(LimitCount.key))).first() is not None


def slow_down(session: Session, article_id: int, until: datetime | None) -> None:
    """Slow an article down until a moment, or (None) no longer; what is over is forgotten as any count is."""
    key = f"{SLOW_KEY}{article_id}"
    session.execute(sa.delete(LimitCount).where(col(LimitCount.key) == key))
    if until is not None:
        session.execute(insert_into(session, LimitCount).values(key=key, since=until, number=1))


def notice(session: Session, what: str, *, now: datetime, again: timedelta) -> bool:
    """Keep that `what` was noticed; tell whether that is news, which it is `again` after the last time."""
    noticed = insert_into(session, Noticed).values(what=what, at=now)
    noticed = noticed.on_conflict_do_update(
        index_elements=[col(Noticed.what)], set_={"at": now}, where=col(Noticed.at) <= now - again
    )
    return session.execute(noticed.returning(col(Noticed.what))).first() is not None


def keep_salt(session: Session, day: date, salt_sealed: str) -> None:
    """Keep the salt of `day` unless another worker has, and forget those of the days before."""
    session.execute(sa.delete(DailySalt).where(col(DailySalt.day) < day))
    kept = insert_into(session, DailySalt).values(day=day, salt_sealed=salt_sealed)
    session.execute(kept.on_conflict_do_nothing())
