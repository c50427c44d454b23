"""Which texts count as copies of one another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.comments.likeness import (
    MAX_DISTANCE,
    PIECE,
    READ_LETTERS,
    are_copies,
    bands,
    copied_percent,
    distance,
    is_telling,
    likeness,
    normalised,
)

CAMPAIGN = (
    "Hello friends, I have earned three thousand dollars a month from home with this wonderful method, and you can"
    " do it as well: look for my name in the search box and write to me before the offer ends on Sunday evening."
)
BITS = st.integers(-(2**63), 2**63 - 1)


def test_a_fingerprint_stays_what_it_is_stored_as() -> None:
    assert likeness("The tram was late again: 12 minutes, and nobody said why. ہاں جی") == 1519765897581300322


@pytest.mark.parametrize(
    "copy",
    [
        CAMPAIGN,
        CAMPAIGN.upper(),
        CAMPAIGN.replace("e", "е"),
        CAMPAIGN.replace("from home", "from-home!!! 😀"),
        f"{CAMPAIGN} https://a.example/1",
        f"{CAMPAIGN} 12345",
    ],
)
def test_a_copy_with_small_changes_is_known_again(copy: str) -> None:
    assert are_copies(likeness(CAMPAIGN), likeness(copy))


@pytest.mark.parametrize(
    "other",
    ["", "Great post!", CAMPAIGN[::-1], "The tram was late again, and the council blames the rain as ever."],
)
def test_another_text_is_no_copy(other: str) -> None:
    assert distance(likeness(CAMPAIGN), likeness(other)) > MAX_DISTANCE


@given(st.text(max_size=400))
def test_a_fingerprint_fits_the_database_and_is_always_the_same(text: str) -> None:
    assert -(2**63) <= likeness(text) < 2**63
    assert likeness(text) == likeness(text)


@given(st.text(st.sampled_from("abcdefgh"), min_size=PIECE, max_size=READ_LETTERS + 50))
def test_each_bit_of_a_fingerprint_is_that_of_most_of_its_pieces(letters: str) -> None:
    read = letters[:READ_LETTERS]
    pieces = {read[start : start + PIECE] for start in range(len(read) - PIECE + 1)}
    alone = [likeness(piece) % 2**64 for piece in pieces]
    most = sum(1 << bit for bit in range(64) if 2 * sum(one >> bit & 1 for one in alone) > len(alone))
    assert likeness(letters) % 2**64 == most


@given(BITS, st.sets(st.integers(0, 63), max_size=MAX_DISTANCE))
def test_two_copies_share_a_band(fingerprint: int, flipped: set[int]) -> None:
    bits = fingerprint & (2**64 - 1)
    for place in flipped:
        bits ^= 1 << place
    other = bits - 2**64 if bits >> 63 else bits
    assert distance(fingerprint, other) == len(flipped)
    assert set(bands(fingerprint)) & set(bands(other))
    assert all(0 <= band < 2**18 for band in bands(other))


def test_what_two_readers_write_by_chance_is_not_telling() -> None:
    assert not is_telling(normalised("Thank you so much! 😀"))
    assert is_telling(normalised(CAMPAIGN))


def test_how_much_was_copied_is_told_in_percent_of_pairs() -> None:
    assert copied_percent("the tram was late", f"{CAMPAIGN} The tram was late again.") == 100
    assert copied_percent("the tram was late", CAMPAIGN) == 0
    assert copied_percent("tram", "tram") == 0
