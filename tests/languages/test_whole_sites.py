"""A site that is in Urdu or Arabic itself says nothing in English to its readers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

import cms
from cms.config import Settings
from cms.site import Site
from tests.conftest import ON_SQLITE, Clock
from tests.factories import hire
from tests.languages.chrome import latin_words, words
from tests.languages.paper import ARABIC, STORY, URDU, Paper, Words
from tests.reader import Colleague, Page

pytestmark = ON_SQLITE
PATHS = (
    "/",
    STORY,
    "/articles/never-written",
    "/articles/taken-back",
    "/search",
    "/search?q=پل",
    "/search?q=الجسر",
    "/search?q=پپپ",
    "/privacy",
    "/comments/0123456789012345678901234567890123456789",
)


@pytest.fixture(params=[URDU, ARABIC], ids=["ur", "ar"])
def tongue(request: pytest.FixtureRequest) -> Words:
    """Give what people write in each language."""
    words: Words = request.param
    return words


@pytest.fixture
def site(settings: Settings, tongue: Words) -> Iterator[Site]:
    """Give a site in each language."""
    opened = cms.open_site(replace(settings, language=tongue.language))
    yield opened
    opened.database.close()


@pytest.fixture
def paper(site: Site, app: Flask, clock: Clock, tongue: Words) -> Paper:
    """Give articles in the site's own language."""
    return Paper(site, app, clock(), tongue)


def archives(paper: Paper) -> list[str]:
    """Return the addresses that an article leads on to, of its author and its subjects."""
    links = Page(paper.get(STORY)).all("a")
    return [attrs["href"] for attrs, _ in links if attrs.get("href", "").startswith(("/authors/", "/tags/"))]


def test_no_page_has_a_word_of_english(paper: Paper) -> None:
    paper.retract()
    paths = (*PATHS, *archives(paper))
    assert len(paths) > len(PATHS) + 1
    assert {path: found for path in paths if (found := latin_words(paper.get(path)))} == {}


def test_every_page_runs_from_right_to_left(paper: Paper, tongue: Words) -> None:
    for path in (*PATHS, *archives(paper)):
        (html, _), *_ = Page(paper.get(path)).all("html")
        assert (html["lang"], html["dir"]) == (tongue.language, "rtl"), path


def test_an_empty_site_says_how_to_begin_in_its_language(app: Flask, tongue: Words) -> None:
    source = app.test_client().get("/").text
    assert len(words(source)) > 10
    assert latin_words(source) == []


@pytest.mark.parametrize(
    ("method", "path", "origin", "status"),
    [("PUT", "/", "same-origin", 405), ("POST", "/sign-in", "cross-site", 403)],
)
def test_a_refused_request_is_answered_in_the_sites_language(
    app: Flask, method: str, path: str, origin: str, status: int
) -> None:
    answer = app.test_client().open(path, method=method, headers={"Sec-Fetch-Site": origin})
    assert answer.status_code == status
    assert latin_words(answer.text) == []


def test_staff_work_in_the_sites_language(app: Flask, site: Site, clock: Clock, tongue: Words) -> None:
    hire(site, "Cleo", clock())
    page = Colleague(app, "Cleo").page("/moderation/")
    assert page.all("html")[0][0] == {"lang": tongue.language, "dir": "rtl"}
    assert page.text("h1") == site.catalogue.language(tongue.language).sentence("Moderation") != "Moderation"


def test_a_broken_page_says_so_in_the_sites_language(
    paper: Paper, site: Site, app: Flask, tmp_path: Path
) -> None:
    site.database.close()
    (tmp_path / "broadsheet.db").write_bytes(b"no database" * 1000)
    answer = app.test_client().get(STORY)
    assert answer.status_code == 503
    assert latin_words(answer.text) == []
