"""What baits and what does not, in tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.comments import baits
from cms.comments.features import BAIT_BUCKETS, buckets
from cms.comments.habits import disguised


def strength(text: str) -> float:
    """Return how strongly a text baits, as log odds."""
    return baits.STEP * len(BAIT_BUCKETS.intersection(buckets("Dan", text)))


@pytest.mark.parametrize(
    "text",
    [
        "WINNER! You have won a £1000 cash prize. Call 09061701461 now!",
        "Click here to win free bitcoin at casino88",
        "Check out my channel and subscribe",
        "Please follow me, and watch my new video",
        "Gacor banget di m4xw1n, langsung depo 10000001",
        "A L E X I S 1 7 memang gacor",
        "𝑩𝟎𝑺𝑺 𝙢𝙚𝙢𝙖𝙣𝙜 𝙟𝙤𝙨𝙨",
        "اشترك واربح مجانا",
        "سبسکرائب کریں اور مفت انعام",
    ],
)
def test_an_advert_baits_whatever_it_sells_and_in_whatever_language(text: str) -> None:
    assert strength(text) >= 2


@pytest.mark.parametrize(
    "text",
    [
        "Great post, thanks for sharing!",
        "The budget grew by 15B from 2010 to 2020, and 100000 people paid $500 each.",
        "I shall share this on my blog, since my page is about trams too.",
        "As I wrote in https://example.org/2019/12345/m4xw1n, the G20 met at 10am on the 3rd.",
        "ＮＨＫのニュースを見ました。",
        "역시 대단한 기사입니다 감사합니다",
        "یہ بہت اچھا مضمون ہے",
        "The council vote was wrong, and I will vote against it in the next election.",
    ],
)
def test_who_only_has_something_to_say_does_not_bait(text: str) -> None:
    assert strength(text) <= 1


def test_full_width_letters_are_at_home_among_wide_scripts_and_a_disguise_elsewhere() -> None:
    assert disguised("ＮＨＫのニュース") == 0
    assert disguised("ＤＡＭＮ this") == 4


@given(st.text(max_size=300))
def test_whatever_is_written_baits_within_bounds(text: str) -> None:
    assert 0 <= strength(text) <= baits.STEP * baits.STEPS
