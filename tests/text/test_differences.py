"""What differs between two texts: exact, escaped, and never slow."""

import html
import random
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cms.text.differences import difference_html

WORST_SECONDS = 0.5  # 5,000 characters; some 10 ms on a quiet machine


def _before(shown: str) -> str:
    return _text(re.sub("<ins>.*?</ins>", "", shown))


def _after(shown: str) -> str:
    return _text(re.sub("<del>.*?</del>", "", shown))


def _text(shown: str) -> str:
    return html.unescape(re.sub("</?(?:ins|del)>", "", shown).replace("<br>", "\n"))


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("the same", "the same", "the same"),
        ("It was red.", "It was blue.", "It was <del>red</del><ins>blue</ins>."),
        ("one two", "one new two", "one <ins>new </ins>two"),
        ("a <b>c</b>", "a c", "a <del>&lt;b&gt;</del>c<del>&lt;/b&gt;</del>"),
        ("first\nsecond", "first\n", "first<br><del>second</del>"),
        ("چائے اچھی تھی", "چائے ٹھنڈی تھی", "چائے <del>اچھی </del><ins>ٹھنڈی </ins>تھی"),
        ("我喜欢茶", "我不喜欢茶", "我<ins>不</ins>喜欢茶"),
    ],
)
def test_what_is_new_and_what_went_is_marked(before: str, after: str, shown: str) -> None:
    assert difference_html(before, after) == shown


@settings(max_examples=80)
@given(st.text("ab <&\n.é", max_size=60), st.text("ab <&\n.é", max_size=60))
def test_both_texts_can_be_read_from_the_difference(before: str, after: str) -> None:
    shown = difference_html(before, after)
    assert (_before(shown), _after(shown)) == (before, after)


@pytest.mark.parametrize("letters", ["a ", "a b ", "ab. ", "abcdefghij klmnopqrst", "\n", "茶"])
def test_no_pair_of_texts_is_slow(letters: str) -> None:
    chance = random.Random(7)  # texts to compare, not secrets
    before, after = ("".join(chance.choices(letters, k=5000)) for _ in range(2))
    began = time.perf_counter()
    shown = difference_html(before, after)
    assert time.perf_counter() - began < WORST_SECONDS
    assert (_before(shown), _after(shown)) == (before, after)
