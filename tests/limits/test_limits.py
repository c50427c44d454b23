"""How often one visitor may do a thing, and that her address is kept nowhere."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from cms.limits import writes
from cms.limits.actions import network_mark, visitor
from cms.limits.models import DailySalt, LimitCount
from cms.limits.queries import counts_within, foresee
from cms.limits.rules import DEVICES, WINDOW, ip_of, is_near, network_prefix, tally, window_start
from cms.privacy.actions.rotation import Pace, rotate
from cms.site import Site
from tests.articles.paper import counted
from tests.conftest import ON_SQLITE, START

SECONDS = st.floats(0, 4e9, allow_nan=False)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("203.0.113.255", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("2001:DB8:1:ffff::1", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", ""),
        ("unix:", ""),
        ("203.0.113.77:8080", ""),
        ("203.0.113.999", ""),
    ],
)
def test_an_address_is_cut_to_its_network(address: str, network: str) -> None:
    assert network_prefix(ip_of(address)) == network


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("::ffff:10.1.2.3", True),
        ("172.17.0.1", True),
        ("192.168.1.9", True),
        ("fd00::1", True),
        ("fe80::1%eth0", True),
        ("100.64.0.1", False),
        ("203.0.113.7", False),
        ("2001:db8::1", False),
        ("", False),
    ],
)
def test_an_address_is_near_where_no_reader_of_a_public_site_can_be(address: str, near: bool) -> None:
    assert is_near(ip_of(address)) is near


@given(previous=st.integers(0, 1000), present=st.integers(0, 1000), seconds=SECONDS)
def test_the_sliding_count_lies_between_the_present_window_and_both(
    previous: int, present: int, seconds: float
) -> None:
    found = tally(previous, present, START + timedelta(seconds=seconds)).count
    assert present <= found <= previous + present


@given(previous=st.integers(0, 1000), first=st.floats(0, 599), later=st.floats(0, 599))
def test_an_earlier_window_counts_less_and_less(previous: int, first: float, later: float) -> None:
    began = window_start(START)
    early, late = sorted((first, later))
    counts = [tally(previous, 0, began + timedelta(seconds=at)).count for at in (early, late)]
    assert counts[0] >= counts[1]


@given(
    previous=st.integers(0, 200),
    present=st.integers(0, 200),
    seconds=st.floats(0, 599),
    limit=st.integers(1, 50),
)
@example(previous=0, present=1, seconds=598.0, limit=1)  # a float's breadth before the window's end
def test_whoever_waits_as_long_as_she_is_told_is_below_the_limit_and_not_kept_long(
    previous: int, present: int, seconds: float, limit: int
) -> None:
    now = window_start(START) + timedelta(seconds=seconds)
    told = tally(previous, present, now)
    if told.count < limit:
        return
    wait = told.seconds_until_below(limit)
    assert wait <= 2 * WINDOW.total_seconds()
    assert _later(previous, present, now, wait) < limit
    assert wait == 1 or _later(previous, present, now, wait - 2) >= limit - 1e-6


@pytest.mark.both_engines
def test_one_network_has_one_mark_all_day_and_another_has_another(site: Site) -> None:
    mark = network_mark(site, "203.0.113.7", START)
    assert network_mark(site, "203.0.113.200", START + timedelta(hours=9)) == mark
    assert network_mark(site, "203.0.114.7", START) != mark
    assert len(bytes.fromhex(mark)) == 32


@pytest.mark.both_engines
def test_tomorrow_the_same_network_has_another_mark_and_todays_salt_is_gone(site: Site) -> None:
    tomorrow = START + timedelta(days=1)
    today_mark = network_mark(site, "203.0.113.7", START)
    assert network_mark(site, "203.0.113.7", tomorrow) != today_mark
    with site.database.reading() as session:
        assert list(session.exec(select(col(DailySalt.day)))) == [tomorrow.date()]


@ON_SQLITE
def test_the_salt_of_the_day_lies_sealed(site: Site) -> None:
    network_mark(site, "203.0.113.7", START)
    with site.database.reading() as session:
        sealed = session.exec(select(col(DailySalt.salt_sealed))).one()
    salt = site.vault.unseal(sealed, table="daily_salt", mark=START.date().isoformat())
    assert len(bytes.fromhex(salt)) == 32
    assert salt not in sealed


@ON_SQLITE
def test_the_salt_is_asked_for_once_a_day_and_again_under_a_new_key(site: Site) -> None:
    mark = network_mark(site, "203.0.113.7", START)
    with counted(site) as selects:
        assert network_mark(site, "203.0.113.7", START + timedelta(hours=9)) == mark
    assert not [select for select in selects if "daily_salt" in select]
    rotate(site, lambda: START, lambda _: None, Pace(look=0, grace=0))
    with counted(site) as selects:
        assert network_mark(site, "203.0.113.7", START) == mark
        assert network_mark(site, "203.0.113.7", START + timedelta(days=1)) != mark
    assert len([select for select in selects if "daily_salt" in select]) == 2


@ON_SQLITE
def test_no_address_has_no_mark(site: Site) -> None:
    assert network_mark(site, "", START) == ""


@ON_SQLITE
def test_many_visitors_share_each_kind_of_device(site: Site) -> None:
    seen = [
        visitor(site, f"203.0.113.{host}", "Firefox", is_forwarded=False, now=START) for host in range(256)
    ]
    assert {who.network_mark for who in seen} == {network_mark(site, "203.0.113.7", START)}
    assert {who.device for who in seen} == set(range(DEVICES))
    assert visitor(site, "203.0.113.7", "Firefox", is_forwarded=False, now=START) == seen[7]


@pytest.mark.both_engines
def test_deeds_are_counted_each_under_its_key_and_kinds_are_gathered(site: Site) -> None:
    with site.database.writing() as session:
        writes.count(session, {"a": 1, "b": 1, "kinds:a": 0b001}, now=START)
        writes.count(session, {"a": 2, "kinds:a": 0b100}, now=START)
        found = counts_within(session, ["a", "b", "c", "kinds:a"], now=START)
        assert [found.tally(key).count for key in "abc"] == [3, 1, 0]
        assert found.kinds("kinds:a") == 0b101
        later = counts_within(session, ["a", "kinds:a"], now=START + WINDOW * 1.5)
        assert 0 < later.tally("a").count < 3
        assert later.kinds("kinds:a") == 0b101


@pytest.mark.both_engines
def test_old_windows_are_forgotten_a_few_with_each_transaction(site: Site) -> None:
    with site.database.writing() as session:
        writes.count(session, {f"old-{number}": 1 for number in range(150)}, now=START)
        session.commit()
        left = []
        for _ in range(3):
            for _deed in range(2):
                writes.count(session, {"new": 1}, now=START + WINDOW * 2)
            left.append(len(session.exec(select(LimitCount)).all()))
            session.commit()
    assert left == [51, 1, 1]


@pytest.mark.both_engines
def test_forgetting_reads_an_index_and_not_the_table(site: Site) -> None:
    asked = list[tuple[str, Any]]()

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if statement.startswith("DELETE"):
            asked.append((statement, values))

    # Long keys, since a table of few pages is read from end to end, as it should be.
    rows = [{"key": f"old-{number:0180}", "since": START, "number": 1} for number in range(5_000)]
    with site.database.writing() as session:
        session.execute(sa.insert(LimitCount), rows)
        sa.event.listen(site.database.writer, "before_cursor_execute", note)
        writes.count(session, {"new": 1}, now=START + WINDOW * 2)
        sa.event.remove(site.database.writer, "before_cursor_execute", note)
        ((statement, values),) = asked
        explain = "EXPLAIN QUERY PLAN" if site.database.is_sqlite else "EXPLAIN"
        plan = str(session.connection().exec_driver_sql(f"{explain} {statement}", values).all())
    assert "ix_limit_count_since" in plan
    assert not re.search(r"Seq Scan|SCAN (limit_count|old)\b", plan), plan


def _later(previous: int, present: int, now: object, seconds: float) -> float:
    """Return the count so many seconds later, if nothing is added."""
    assert hasattr(now, "timestamp")
    passed = (now.timestamp() - window_start(START).timestamp() + seconds) / WINDOW.total_seconds()
    if passed < 1:
        return tally(previous, present, window_start(START) + WINDOW * passed).count
    if passed < 2:
        return tally(present, 0, window_start(START) + WINDOW * passed).count
    return 0


@pytest.mark.both_engines
def test_a_transaction_looks_once_at_all_that_was_foreseen_and_knows_what_it_counts(site: Site) -> None:
    with site.database.writing() as session:
        writes.count(session, {"a": 5, "b": 1, "kinds:a": 0b001}, now=START)
        session.commit()
        foresee(session, ["b", "kinds:a"])
        foresee(session, ["c"])
        with counted(site, by_writers=True) as selects:
            looked_at = {key: tallied(session, key) for key in ("a", "b", "c")}
            writes.count(session, {"a": 1, "c": 2, "kinds:a": 0b100}, now=START)
            writes.count(session, {"a": 1}, now=START)
            assert [tallied(session, key) for key in ("a", "b", "c")] == [7, 1, 2]
            assert counts_within(session, ["kinds:a"], now=START).kinds("kinds:a") == 0b101
        session.commit()
        assert [tallied(session, key) for key in ("a", "b", "c")] == [7, 1, 2]
    assert looked_at == {"a": 5, "b": 1, "c": 0}
    assert len(selects) == 1


@pytest.mark.both_engines
def test_what_a_transaction_counts_in_one_window_it_sees_from_the_next(site: Site) -> None:
    later = window_start(START) + WINDOW
    with site.database.writing() as session:
        assert tallied(session, "a", later) == 0
        writes.count(session, {"a": 3}, now=START)
        writes.count(session, {"a": 1}, now=later)
        assert tallied(session, "a", later) == 4
        session.commit()
        assert tallied(session, "a", later) == 4


@pytest.mark.both_engines
def test_what_was_counted_and_taken_back_is_known_no_longer(site: Site) -> None:
    with site.database.writing() as session:
        assert tallied(session, "a") == 0
        writes.count(session, {"a": 3}, now=START)
        session.rollback()
        assert tallied(session, "a") == 0


def tallied(session: Session, key: str, now: datetime = START) -> float:
    """Return how often something was done in the ten minutes before."""
    return counts_within(session, [key], now=now).tally(key).count
