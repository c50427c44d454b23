"""What a reader types is words and nothing but words; what is found is shown where it stands."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.articles.queries.search import SNIPPET_MAX, WORDS_MAX, asked_words, snippet

TEXT = st.text(alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("ferry <b>&کتاب ")))


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("Ferry ferries FERRY", ["ferry", "ferries"]),
        ('"last ferry" -baker', ["last", "ferry", "baker"]),
        ("title:x NEAR(a b) AND*", ["title", "x", "near", "a", "b", "and"]),
        ("كتاب كتاب", ["کتاب"]),
        ("😀 *** ''", []),
        ("", []),
    ],
)
def test_only_words_are_read_of_what_was_typed(typed: str, asked: list[str]) -> None:
    assert asked_words(typed) == asked


@given(st.text(max_size=400))
def test_few_words_are_looked_for_each_once(typed: str) -> None:
    asked = asked_words(typed)
    assert len(asked) == len(set(asked)) <= WORDS_MAX


@given(TEXT, st.lists(st.sampled_from(["ferry", "b", "کتاب", "fe"]), min_size=1, unique=True))
def test_a_snippet_is_short_escaped_and_part_of_the_text(text: str, asked: list[str]) -> None:
    shown = str(snippet(text, asked))
    plain = unescape(re.sub(r"</?mark>", "", shown))
    assert len(plain) <= SNIPPET_MAX + 4
    assert set(re.findall(r"<[^>]*>", shown)) <= {"<mark>", "</mark>"}
    assert plain.removeprefix("… ").removesuffix(" …") in " ".join(text.split())


def test_a_snippet_stands_where_the_words_are_together() -> None:
    text = (
        "The ferry sails. "
        + "Nothing here. " * 40
        + "At night the baker waits for the ferry & the mail. "
        + "End. " * 60
    )
    shown = snippet(text, ["baker", "ferry"])
    assert "the <mark>baker</mark> waits for the <mark>ferry</mark> &amp; the mail" in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")


def test_a_snippet_marks_the_word_as_it_was_written() -> None:
    assert snippet("ذهب إلى المَدْرَسَةِ صباحًا", ["المدرسہ"]) == "ذهب إلى <mark>المَدْرَسَةِ</mark> صباحًا"


def test_a_short_word_is_marked_only_where_it_stands_whole() -> None:
    assert snippet("to the tower to", ["to"]) == "<mark>to</mark> the tower <mark>to</mark>"


def test_a_text_without_the_words_is_shown_from_its_beginning() -> None:
    assert snippet("Short and plain.", ["ferry"]) == "Short and plain."
