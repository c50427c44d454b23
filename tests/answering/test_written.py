"""A page that is written of finished pieces."""

from collections.abc import Iterator

import pytest
from flask import Flask, render_template
from jinja2 import DictLoader

from cms import create_app
from cms.answering.written import Written, written
from cms.site import Site
from tests.conftest import Clock
from tests.factories import write_article

TEMPLATES = {
    "page.html": "{% from 'parts.html' import part %}<h1>{{ title }}</h1>{{ once(part, words) }}{{ once(part, 'é') }}…",
    "parts.html": "{% macro part(words) %}<p>{{ words }}</p>{{ once(again, words) }}{% endmacro %}"
    "{% macro again(words) %}<i>{{ words }}</i>{% endmacro %}",
}


@pytest.fixture
def page(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Give an application that has a page of two pieces, in each of which stands another."""
    with app.test_request_context():
        monkeypatch.setattr(app.jinja_env, "loader", DictLoader(TEMPLATES))
        yield app


@pytest.mark.usefixtures("page")
def test_a_page_of_pieces_is_what_its_template_says() -> None:
    for words in ("tide", "<b> & “tram”", "tide"):
        shown = written("page.html", title="<Cat>", words=words).body.decode()
        assert shown == render_template("page.html", title="<Cat>", words=words)
        assert shown.startswith("<h1>&lt;Cat&gt;</h1><p>")


@pytest.mark.usefixtures("page")
def test_pages_have_one_digest_if_they_say_the_same() -> None:
    said = [("Cat", "tide"), ("Cat", "tram"), ("Dog", "tide"), ("Cat", "tide")]
    pages: list[Written] = [written("page.html", title=title, words=words) for title, words in said]
    assert len({page.digest for page in pages}) == len({page.body for page in pages}) == 3
    assert pages[0] == pages[3]


def test_a_page_has_one_etag_wherever_it_is_made(site: Site, clock: Clock) -> None:
    write_article(site, "Cat", clock())
    workers = [create_app(one, clock).test_client() for one in (site, site.but())]
    assert len({worker.get("/articles/cat").headers["ETag"] for worker in [*workers, *workers]}) == 1
