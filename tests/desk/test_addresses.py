"""An article that moves leaves no dead address behind."""

import pytest
from flask import Flask

from tests.desk.typist import Typist
from tests.reader import Reader


def test_the_old_address_of_a_published_article_leads_on(ada: Typist, app: Flask) -> None:
    path = ada.write("publish", title="Before")
    ada.change(path, "save", slug="after")
    moved = Reader(app).get("/articles/before")
    assert (moved.status_code, moved.headers["Location"]) == (301, "/articles/after")


@pytest.mark.both_engines
def test_two_moves_lead_on_in_one_step_each(ada: Typist, app: Flask) -> None:
    path = ada.write("publish", title="One")
    ada.change(path, "save", slug="two")
    ada.change(path, "save", slug="three")
    for old in ("one", "two"):
        assert Reader(app).get(f"/articles/{old}").headers["Location"] == "/articles/three"


@pytest.mark.both_engines
def test_a_move_back_makes_no_circle(ada: Typist, app: Flask) -> None:
    path = ada.write("publish", title="One")
    ada.change(path, "save", slug="two")
    ada.change(path, "save", slug="one")
    assert Reader(app).get("/articles/one").status_code == 200
    assert Reader(app).get("/articles/two").headers["Location"] == "/articles/one"
    ada.change(path, "unpublish")
    assert Reader(app).get("/articles/one").status_code == 404


@pytest.mark.both_engines
def test_a_new_article_takes_over_an_address_that_another_had(ada: Typist, app: Flask) -> None:
    path = ada.write("publish", title="One")
    ada.change(path, "save", slug="two")
    ada.write("publish", title="One")
    assert Reader(app).get("/articles/one").status_code == 200


def test_a_draft_that_moves_leaves_nothing_behind(ada: Typist, app: Flask) -> None:
    path = ada.write("save", title="Before")
    ada.change(path, "save", slug="after")
    assert Reader(app).get("/articles/before").status_code == 404


def test_an_emptied_address_of_a_published_article_stays(ada: Typist) -> None:
    path = ada.write("publish", title="Before")
    ada.change(path, "save", title="Another title", slug="")
    assert ada.form(path)["slug"] == "before"


def test_an_urdu_title_is_an_urdu_address(ada: Typist, app: Flask) -> None:
    path = ada.write("publish", title="پرانا پل", language="ur")
    ada.change(path, "save", slug="purana-pul")
    assert Reader(app).get("/articles/پرانا-پل").headers["Location"] == "/articles/purana-pul"
