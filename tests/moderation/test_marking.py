"""What speaks against a comment is marked where it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.comments.signals import HoldCode
from cms.moderation.marking import marked
from cms.sanitize import comment_html

EVERYTHING = tuple(HoldCode)
BITS = st.sampled_from(
    "<b>|</b>|<a href='https://a.example/?x=1&y=2'>|</a>|cheap|&|<|>|\"| |\xa0|İ|www.b.example/x|+44 20 7946 0000"
    "|dan@example.org|c h e a p|ｆree|مرحبا|\n\n|https://c.example".split("|")
)


@pytest.mark.parametrize(
    ("text", "words", "codes", "shown"),
    [
        ("Buy cheap pills", ["cheap"], [], "Buy <mark>cheap</mark> pills"),
        ("cheaper is not cheap", ["cheap"], [], "<mark>cheap</mark>er is not <mark>cheap</mark>"),
        ("Call +44 20 7946 0000 now", [], [HoldCode.PHONES], "Call <mark>+44 20 7946 0000</mark> now"),
        ("Write to dan@example.org", [], [HoldCode.ADDRESSES], "Write to <mark>dan@example.org</mark>"),
        ("See best-pills.com now", [], [HoldCode.BAD_HOSTS], "See <mark>best-pills.com</mark> now"),
        ("It is C A S I N O time", [], [HoldCode.SPACED], "It is <mark>C A S I N O</mark> time"),
        ("a < b & cheap", ["cheap"], [], "a &lt; b &amp; <mark>cheap</mark>"),
        ("Nothing here", [], EVERYTHING, "Nothing here"),
    ],
)
def test_what_a_signal_was_seen_by_is_marked(
    text: str, words: list[str], codes: list[HoldCode], shown: str
) -> None:
    assert marked(comment_html(text), words, codes) == f"<p>{shown}</p>"


def test_a_link_is_marked_within_itself() -> None:
    before = comment_html('<a href="https://a.example/">here</a> and https://b.example/')
    after = marked(before, [], [HoldCode.LINKS])
    assert ">" + "<mark>here</mark></a>" in after
    assert "<mark>https://b.example/</mark></a>" in after


@given(st.lists(BITS, max_size=30).map("".join), st.lists(st.sampled_from(["cheap", "a", "&"]), max_size=2))
def test_without_its_marks_a_comment_is_as_it_was(text: str, words: list[str]) -> None:
    before = comment_html(text)
    after = marked(before, words, EVERYTHING)
    assert after.replace("<mark>", "").replace("</mark>", "") == before
