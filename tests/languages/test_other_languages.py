"""A language without a catalogue speaks English with dates of its own; what is no language breaks nothing."""

from datetime import UTC, datetime

import pytest
from babel.localedata import locale_identifiers
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from cms.languages import direction, is_language, open_catalogue
from cms.site import Site
from tests.conftest import ON_SQLITE, Clock
from tests.factories import write_article
from tests.reader import Reader

CATALOGUE = open_catalogue()
MORNING = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
NO_LANGUAGES = (
    "",
    "-",
    "x",
    "xx",
    "qqq-garbage",
    "english",
    "12",
    "en-",
    "../../etc/passwd",
    "ur; DROP TABLE article",
    '"><script>alert(1)</script>',
    "اردو",
    "😀",
    "e" * 35,
)


@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("en", "March 2, 2026"),
        ("en-GB", "2 March 2026"),
        ("ur", "2 مارچ، 2026"),
        ("ur-PK", "2 مارچ، 2026"),
        ("ar", "2 مارس 2026"),
        ("ar-SY", "2 آذار 2026"),
        ("fr", "2 mars 2026"),
        ("de_AT", "2. März 2026"),
        ("zh", "2026年3月2日"),
        ("zh-Hant-TW", "2026年3月2日"),
    ],
)
def test_a_date_is_written_as_the_country_writes_it(code: str, day: str) -> None:
    assert CATALOGUE.language(code).day(MORNING, "UTC") == day


def test_a_date_is_that_of_the_sites_time_zone() -> None:
    late = datetime(2026, 3, 2, 20, 30, tzinfo=UTC)
    english = CATALOGUE.language("en-GB")
    assert english.day(late, "Asia/Karachi") == "3 March 2026"
    assert english.day_and_time(late, "Asia/Karachi") == "3 March 2026, 01:30"


@pytest.mark.parametrize(
    ("code", "number"),
    [("en", "12,345"), ("ur", "12,345"), ("ar", "12,345"), ("de", "12.345"), ("fr", "12\u202f345")],
)
def test_a_number_is_grouped_as_the_language_groups_it(code: str, number: str) -> None:
    assert CATALOGUE.language(code).number(12_345) == number


@pytest.mark.parametrize(
    ("code", "runs"),
    [
        ("ur", "rtl"),
        ("ar-EG", "rtl"),
        ("FA", "rtl"),
        ("ur-Latn", "ltr"),
        ("pa", "ltr"),
        ("pa-Arab-PK", "rtl"),
        ("az_Arab", "rtl"),
        ("he", "rtl"),
        ("en", "ltr"),
        ("zh-Hant", "ltr"),
        ("", "ltr"),
    ],
)
def test_a_language_runs_the_way_its_script_does(code: str, runs: str) -> None:
    assert direction(code) == runs


def test_every_language_that_the_desk_offers_can_write_a_date_and_a_number() -> None:
    codes = [code for code in locale_identifiers() if "_" not in code]
    assert len(codes) > 200
    for code in codes:
        language = CATALOGUE.language(code)
        assert "2" in language.day(MORNING, "UTC"), code
        assert "30" in language.day_and_time(MORNING, "UTC"), code
        assert language.number(7), code


@given(st.text() | st.from_regex(r"[a-z]{1,8}([-_][A-Za-z0-9]{1,8}){0,4}", fullmatch=True))
def test_no_code_ever_errs(code: str) -> None:
    language = CATALOGUE.language(code)
    assert language.sentence("Leave a Reply")
    assert language.day_and_time(MORNING, "UTC")
    assert language.number(1000)
    assert direction(code) in {"ltr", "rtl"}
    assert is_language(code) in {True, False}


@pytest.mark.parametrize("code", NO_LANGUAGES)
def test_what_is_no_language_speaks_english(code: str) -> None:
    assert not is_language(code)
    assert CATALOGUE.language(code).sentence("Leave a Reply") == "Leave a Reply"
    assert CATALOGUE.language(code).day(MORNING, "UTC") == "March 2, 2026"


@ON_SQLITE
@pytest.mark.parametrize(
    ("code", "day"), [("fr", "2 mars 2026"), ("zh", "2026年3月2日"), ("fa-AF", "2 مارچ 2026")]
)
def test_an_article_without_a_catalogue_has_an_english_form_and_its_own_dates(
    app: Flask, site: Site, clock: Clock, code: str, day: str
) -> None:
    write_article(site, "Story", clock(), language=code)
    page = Reader(app).page("/articles/story")
    assert page.all("html")[0][0] == {"lang": code, "dir": direction(code)}
    assert page.text("h2", id="reply-heading") == "Leave a Reply"
    (attrs, text), *_ = page.all("time")
    assert attrs["datetime"] == "2026-03-02T08:30:00Z"
    assert text == day


@ON_SQLITE
@pytest.mark.parametrize("code", NO_LANGUAGES)
def test_an_article_whose_language_is_none_is_read_and_answered(
    app: Flask, site: Site, clock: Clock, code: str
) -> None:
    write_article(site, "Story", clock(), language=code)
    reader = Reader(app)
    page = reader.page("/articles/story")
    assert page.all("html")[0][0] == {"lang": code, "dir": "ltr"}
    assert page.text("h2", id="reply-heading") == "Leave a Reply"
    receipt = reader.comment("/articles/story")
    assert receipt.status_code == 303
    assert reader.page(receipt.location).text("h1") == "Your comment"
    assert reader.page("/").text("a", href="/articles/story") == "Story"
    assert reader.get("/feed.xml").status_code == 200
    assert reader.get("/feed.json").status_code == 200
    assert reader.get("/news-sitemap.xml").status_code == 200
