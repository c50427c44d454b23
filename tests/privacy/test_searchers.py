"""Searching in several processes finds what one finds."""

import pytest

from cms.privacy import searchers
from cms.privacy.scan import Hit
from cms.privacy.searchers import Searchers
from cms.privacy.sought import SoughtAddresses

ADDRESSES = ["dan@example.org", "ada@example.net"]


def test_several_processes_find_what_one_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searchers, "SHORT", 10)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    found: dict[int, list[Hit]] = {}
    with Searchers(ADDRESSES, SoughtAddresses(ADDRESSES)) as searching:
        for number in range(20):
            monkeypatch.setattr(searchers, "ALONE", 0 if number > 9 else 1_000_000)
            data = b"the tram " * (number % 10) + ADDRESSES[number % 2].encode()
            searching.search(data, lambda hits, number=number: found.update({number: hits}))
        searching.finish()
    assert sorted(found) == list(range(20))
    assert all(found[number] == found[number + 10] and len(found[number]) == 1 for number in range(10))
