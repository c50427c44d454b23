"""A number is said in the form that its language has for it."""

from collections import defaultdict

import pytest

from cms.languages import open_catalogue

CATALOGUE = open_catalogue()
COMMENTS = ("%(num)s comment", "%(num)s comments")
# CLDR, plural rules of Arabic: zero, one, two, few (3-10, 103-110), many (11-99, 111-199), other.
ARABIC = {
    0: "لا تعليقات",
    1: "تعليق واحد",
    2: "تعليقان",
    3: "3 تعليقات",
    10: "10 تعليقات",
    11: "11 تعليقًا",
    26: "26 تعليقًا",
    99: "99 تعليقًا",
    100: "100 تعليق",
    101: "101 تعليق",
    102: "102 تعليق",
    103: "103 تعليقات",
    110: "110 تعليقات",
    111: "111 تعليقًا",
    200: "200 تعليق",
    1000: "1000 تعليق",
    1003: "1003 تعليقات",
}
URDU = {0: "0 تبصرے", 1: "1 تبصرہ", 2: "2 تبصرے", 11: "11 تبصرے", 101: "101 تبصرے"}
ENGLISH = {0: "0 comments", 1: "1 comment", 2: "2 comments", 11: "11 comments", 101: "101 comments"}


@pytest.mark.parametrize(
    ("code", "number", "said"),
    [
        (code, number, said)
        for code, table in (("ar", ARABIC), ("ur", URDU), ("en", ENGLISH), ("ar-EG", ARABIC), ("ru", ENGLISH))
        for number, said in table.items()
    ],
)
def test_a_count_of_comments_is_said_as_the_language_counts(code: str, number: int, said: str) -> None:
    assert CATALOGUE.language(code).plural(*COMMENTS, number) % {"num": number} == said


@pytest.mark.parametrize("code", ["en", "ur", "ar"])
def test_every_sentence_with_a_number_can_be_said_for_every_number(code: str) -> None:
    language = CATALOGUE.language(code)
    with_number = [
        key for key, forms in CATALOGUE.language("en").sentences.items() if isinstance(forms, tuple)
    ]
    assert with_number
    for one in with_number:
        said = [language.plural(one, one, number) % defaultdict(str, num=number) for number in range(200)]
        assert all(str(number) in said[number] for number in range(3, 200)), one


def test_a_sentence_that_no_catalogue_has_is_said_in_english() -> None:
    language = CATALOGUE.language("ar")
    assert language.sentence("Nobody has translated this.") == "Nobody has translated this."
    assert language.plural("%(num)s gull", "%(num)s gulls", 1) == "%(num)s gull"
    assert language.plural("%(num)s gull", "%(num)s gulls", 2) == "%(num)s gulls"
