"""How often one visitor may do a thing, and that her address is kept nowhere."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from cms.limits import writes
from cms.limits.actions import network_mark
from cms.limits.models import DailySalt, LimitCount
from cms.limits.queries import count_within
from cms.limits.rules import WINDOW, network_prefix, retry_after_seconds, sliding_count, window_start
from cms.site import Site
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
    assert network_prefix(address) == network


@given(previous=st.integers(0, 1000), present=st.integers(0, 1000), seconds=SECONDS)
def test_the_sliding_count_lies_between_the_present_window_and_both(
    previous: int, present: int, seconds: float
) -> None:
    found = sliding_count(previous, present, START + timedelta(seconds=seconds))
    assert present <= found <= previous + present


@given(previous=st.integers(0, 1000), first=st.floats(0, 599), later=st.floats(0, 599))
def test_an_earlier_window_counts_less_and_less(previous: int, first: float, later: float) -> None:
    began = window_start(START)
    early, late = sorted((first, later))
    counts = [sliding_count(previous, 0, began + timedelta(seconds=at)) for at in (early, late)]
    assert counts[0] >= counts[1]


@given(seconds=SECONDS)
def test_a_refused_visitor_is_sent_into_the_next_window(seconds: float) -> None:
    now = START + timedelta(seconds=seconds)
    again = now + timedelta(seconds=retry_after_seconds(now))
    assert window_start(now) + WINDOW <= again <= window_start(now) + WINDOW + timedelta(seconds=1)


def test_one_network_has_one_mark_all_day_and_another_has_another(site: Site) -> None:
    mark = network_mark(site, "203.0.113.7", START)
    assert network_mark(site, "203.0.113.200", START + timedelta(hours=9)) == mark
    assert network_mark(site, "203.0.114.7", START) != mark
    assert len(bytes.fromhex(mark)) == 32


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
def test_no_address_has_no_mark(site: Site) -> None:
    assert network_mark(site, "", START) == ""


def test_deeds_are_counted_each_under_its_key_and_old_windows_are_forgotten(site: Site) -> None:
    with site.database.writing() as session:
        for _ in range(3):
            writes.count(session, "a", now=START)
        writes.count(session, "b", now=START)
        assert count_within(session, "a", now=START) == 3
        assert count_within(session, "b", now=START) == 1
        assert count_within(session, "c", now=START) == 0
        assert 0 < count_within(session, "a", now=START + WINDOW * 1.5) < 3
        writes.count(session, "c", now=START + WINDOW * 3)
        assert [row.key for row in session.exec(select(LimitCount))] == ["c"]
