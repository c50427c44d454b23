"""The desk's list."""

import re

import pytest
from flask import Flask

from cms.site import Site
from tests.conftest import Clock, application
from tests.desk.typist import Typist
from tests.factories import hire, write_article


def _titles(typist: Typist, path: str = "/desk/") -> list[str]:
    return [text for _, text in typist.page(path).all("a", class_="table__title")]


def test_an_empty_desk_says_what_to_do(ada: Typist) -> None:
    assert "The first article needs a title and a text" in ada.page("/desk/").text("main")


@pytest.mark.both_engines
def test_an_author_sees_her_own_and_an_editor_all(ada: Typist, ben: Typist) -> None:
    ada.write(title="Of Ada")
    ben.write(title="Of Ben")
    assert _titles(ada) == ["Of Ada"]
    assert set(_titles(ben)) == {"Of Ada", "Of Ben"}


@pytest.mark.parametrize("state", ["draft", "scheduled", "published", "retracted"])
def test_the_list_narrows_to_a_state(state: str, ada: Typist) -> None:
    ada.write("save", title="draft")
    ada.write("publish", title="published")
    ada.write("publish", title="scheduled", publish_at="2027-01-01T09:00")
    ada.change(ada.write("publish", title="retracted"), "retract")
    assert _titles(ada, f"/desk/?status={state}") == [state]


def test_a_state_that_is_not_known_is_404(ada: Typist) -> None:
    assert ada.get("/desk/?status=lost").status_code == 404


@pytest.mark.both_engines
def test_pages_of_the_list_neither_skip_nor_repeat_where_times_are_equal(site: Site, clock: Clock) -> None:
    small = site.but(page_size=2)
    app: Flask = application(small, clock)
    hire(small, "Ben", clock())
    ben = Typist(app, "Ben")
    for number in range(5):
        write_article(small, f"Number {number}", clock())
    path, seen = "/desk/", []
    while path:
        text = ben.get(path).text
        seen += re.findall(r"Number \d", text)
        onward = re.search(r'href="([^"]+)" rel="next"', text)
        path = onward[1].replace("&amp;", "&") if onward else ""
    assert seen == [f"Number {number}" for number in (4, 3, 2, 1, 0)]
