"""What is decided about comments without a database, in tables."""

import sys
import unicodedata
from datetime import timedelta
from typing import NamedTuple

import pytest

from cms.comments.rules import (
    CommentStatus,
    ReceiptState,
    closes_at,
    gives_away,
    in_reading_order,
    is_address,
    is_repeat,
    receipt_state,
)
from tests.conftest import START


@pytest.mark.parametrize(
    "address",
    [
        "dan@example.org",
        "dan+paper@mail.example.co.uk",
        "o'hara@example.org",
        "दान@उदाहरण.भारत",
        f"{'a' * 64}@{'b' * 185}.org",
    ],
)
def test_an_address_that_can_be_written_to_is_taken(address: str) -> None:
    assert is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "dan",
        "dan@",
        "@example.org",
        "dan@example",
        "dan@example..org",
        "dan@@example.org",
        "dan ben@example.org",
        "dan@exa\0mple.org",
        "dan@example.org\r\nBcc: all@example.org",
        "dan\u202e@example.org",
        "dan\u200b@example.org",
        "Dan <dan@example.org>",
        f"{'a' * 65}@example.org",
        f"dan@{'b' * 250}.org",
        f"{'𐐀' * 64}@{'𐐀' * 100}.org",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    assert not is_address(address)


@pytest.mark.parametrize(("hours", "repeats"), [(0, True), (23.99, True), (24, False), (500, False)])
def test_the_same_text_is_a_repeat_for_a_day(hours: float, repeats: bool) -> None:
    assert is_repeat(START, START + timedelta(hours=hours)) is repeats


@pytest.mark.parametrize(
    ("is_open", "close_in", "close_after_days", "expected_in"),
    [
        (True, None, 0, None),
        (True, None, 14, 14),
        (True, 3, 14, 3),
        (True, 30, 0, 30),
        (False, 30, 14, 0),
    ],
)
def test_comments_close_by_hand_then_by_the_articles_day_then_by_the_sites(
    is_open: bool, close_in: int | None, close_after_days: int, expected_in: int | None
) -> None:
    close_at = None if close_in is None else START + timedelta(days=close_in)
    expected = None if expected_in is None else START + timedelta(days=expected_in)
    assert closes_at(START, is_open, close_at, close_after_days) == expected


@pytest.mark.parametrize(
    ("status", "withdrawn", "by_person", "state"),
    [
        (CommentStatus.HELD, False, False, ReceiptState.WAITING),
        (CommentStatus.APPROVED, False, True, ReceiptState.PUBLISHED),
        (CommentStatus.REJECTED, False, True, ReceiptState.NOT_PUBLISHED),
        (CommentStatus.SPAM, False, False, ReceiptState.WAITING),
        (CommentStatus.SPAM, False, True, ReceiptState.NOT_PUBLISHED),
        (CommentStatus.APPROVED, True, True, ReceiptState.WITHDRAWN),
    ],
)
def test_a_receipt_says_what_became_of_its_comment(
    status: CommentStatus, withdrawn: bool, by_person: bool, state: ReceiptState
) -> None:
    assert receipt_state(status, withdrawn=withdrawn, by_person=by_person) is state


class InThread(NamedTuple):
    """A comment in a thread."""

    id: int
    parent_id: int | None


def test_a_thread_is_read_depth_first_and_an_orphan_begins_its_own() -> None:
    rows = [InThread(1, None), InThread(2, None), InThread(3, 1), InThread(4, 3), InThread(5, 99)]
    places = [(row.id, depth) for row, depth in in_reading_order(rows)]
    assert places == [(1, 0), (3, 1), (4, 2), (2, 0), (5, 0)]


def test_a_thread_ten_thousand_replies_deep_is_read_without_recursion() -> None:
    rows = [InThread(1, None), *(InThread(number, number - 1) for number in range(2, 10_001))]
    assert in_reading_order(rows)[-1] == (InThread(10_000, 9_999), 9_999)


def test_an_address_is_found_behind_every_sign_that_reads_as_at() -> None:
    signs = [
        sign for sign in map(chr, range(sys.maxunicode + 1)) if "@" in unicodedata.normalize("NFKC", sign)
    ]
    assert "@" in signs
    assert all(gives_away(f"I am dan{sign}example.org.", "dan@example.org") for sign in signs)
