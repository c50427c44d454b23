"""Folding makes one of what writers of a word mix up, and no more."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.articles.folding import WORD_MAX, fold, words, words_to_index, words_with_positions

ZWNJ, ZWJ = "\u200c", "\u200d"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("علي", "علی"),
        ("على", "علی"),
        ("كتاب", "کتاب"),
        ("مدرسة", "مدرسہ"),
        ("ماه", "ماہ"),
        ("زكوٰة", "زکوۃ"),
        ("أحمد إلى آخر", "احمد الی اخر"),
        ("ٱلكتاب", "الكتاب"),
        ("مسؤول", "مسوول"),
        ("گئے", "گیے"),
        ("علماء", "علما"),
        ("آ", "آ"),
        ("مُحَمَّدٌ", "محمد"),
        ("عـــربي", "عربي"),
        (f"می{ZWNJ}خواهم", "میخواهم"),
        (f"لا{ZWJ}", "لا"),
        ("ﻛﺘﺎب", "کتاب"),
        ("ﻻ", "لا"),
        ("١٢٣٤٥٦٧٨٩٠", "1234567890"),
        ("۱۲۳۴۵۶۷۸۹۰", "1234567890"),
        ("Café NAÏVE", "cafe naive"),
        ("Straße", "STRASSE"),
        ("ΣΊΣΥΦΟΣ", "σισυφος"),
        ("ＷＩＤＥ ﬁne", "wide fine"),
        ("İstanbul", "istanbul"),
        ("co\u00adop\ufeff", "coop"),
    ],
)
def test_two_spellings_of_a_word_are_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("گھر", "گہر"), ("میری", "میرے"), ("ٹوپی", "توپی"), ("گل", "کل"), ("है", "ह"), ("か", "が"), ("ı", "i")],
)
def test_two_words_stay_two(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_what_is_folded_stays_as_it_is_when_folded_again(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_folding_is_bounded_and_each_character_is_folded_by_itself(text: str) -> None:
    assert len(fold(text)) <= 18 * len(text)
    assert fold(text) == "".join(map(fold, text))


@given(st.text())
def test_no_composed_form_of_unicode_makes_another_word(text: str) -> None:
    for form in ("NFC", "NFD"):
        assert sorted(fold(unicodedata.normalize(form, text))) == sorted(fold(text))


@given(st.text())
def test_words_hold_nothing_that_a_search_engine_could_take_for_syntax(text: str) -> None:
    for word in words(text):
        assert 0 < len(word) <= WORD_MAX
        assert not set(word) & set("\"'*:()-^+&|!<>\\ \x00")
        word.encode()


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("كيً\u0654ﷺ é\u200c .,"))))
def test_each_word_is_found_at_its_place_in_the_original(text: str) -> None:
    found = list(words_with_positions(text))
    assert [word for word, _, _ in found] == words(text)
    for word, begin, end in found:
        assert 0 <= begin < end <= len(text)
        assert word in words(text[begin:end])


def test_a_marked_word_keeps_the_vowel_signs_behind_it() -> None:
    assert list(words_with_positions("قلمٌ جديدٌ")) == [("قلم", 0, 4), ("جدید", 5, 10)]


def test_a_word_with_a_joiner_is_indexed_whole_and_in_parts() -> None:
    assert words_to_index(f"کتاب{ZWNJ}خانہ ہے") == ["کتابخانہ", "ہے", "کتاب", "خانہ"]
