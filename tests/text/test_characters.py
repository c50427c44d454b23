"""Which characters a reader's text may hold, and what of it can be seen."""

import sys
import unicodedata

import pytest

from cms.text.characters import comment_text, is_blank, one_line, storable


def test_storable_is_all_but_controls_surrogates_and_non_characters() -> None:
    for code in range(sys.maxunicode + 1):
        is_noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
        is_forbidden = is_noncharacter or unicodedata.category(chr(code)) in {"Cc", "Cs"}
        if chr(code) not in "\t\n\r\u2028\u2029":  # which are line ends, or stay
            assert storable(f"a{chr(code)}b") == ("ab" if is_forbidden else f"a{chr(code)}b")


def test_the_kept_text_loses_only_outer_and_trailing_white_space() -> None:
    assert comment_text("\n\n  a  b \t\r\n\n\n\n\nc\u2028d\n \n") == "  a  b\n\n\nc\nd"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  Ada \t\n Lovelace\u3000", "Ada Lovelace"),
        ("Ada\u202e\x00", "Ada"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u200d\u3164\u115f \ufe0f", ""),
        ("", ""),
    ],
)
def test_a_name_is_one_line_that_can_be_seen(typed: str, name: str) -> None:
    assert one_line(typed) == name


@pytest.mark.parametrize(
    "text", ["", " \n\t", "\u00a0\u3000", "\u200b\u200d\u2060\ufeff", "\u3164\u115f\u2800", "\xad\x00"]
)
def test_a_text_of_invisible_characters_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["a", "۔", "؀", "👩\u200d👧", "\u200b.", "\u0301", "語"])
def test_a_text_with_one_visible_character_is_not_blank(text: str) -> None:
    assert not is_blank(text)
