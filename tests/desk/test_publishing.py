"""Publishing, scheduling, taking back, and who may."""

import pytest
from flask import Flask

from cms.site import Site
from tests.conftest import Clock
from tests.desk.typist import Typist, fields_of
from tests.factories import write_article
from tests.reader import Page, Reader


def test_a_draft_is_seen_by_nobody_else(ada: Typist, app: Flask) -> None:
    ada.write("save", title="Quiet")
    assert Reader(app).get("/articles/quiet").status_code == 404


@pytest.mark.both_engines
def test_a_published_article_is_in_lists_and_search(ada: Typist, app: Flask) -> None:
    ada.write("publish", title="Loud")
    reader = Reader(app)
    assert "Loud" in reader.get("/").text
    assert "Loud" in reader.get("/search?q=loud").text


def test_a_later_time_schedules(ada: Typist, app: Flask, clock: Clock) -> None:
    path = ada.write("publish", title="Tomorrow", publish_at="2026-03-03T09:30")
    assert "Scheduled" in ada.get(path).text
    assert Reader(app).get("/articles/tomorrow").status_code == 404
    clock.advance(hours=25)
    assert Reader(app).get("/articles/tomorrow").status_code == 200


def test_a_scheduled_article_whose_time_is_cleared_appears_at_once(ada: Typist, app: Flask) -> None:
    path = ada.write("publish", title="Tomorrow", publish_at="2026-03-03T09:30")
    ada.change(path, "publish", publish_at="")
    assert Reader(app).get("/articles/tomorrow").status_code == 200


def test_saving_changes_of_a_published_article_keeps_it_published_and_says_when(
    ada: Typist, app: Flask, clock: Clock
) -> None:
    path = ada.write("publish", title="Steady")
    published_at = ada.form(path)["publish_at"]
    clock.advance(days=2)
    ada = Typist(app, "Ada")
    ada.change(path, "save", body_html="It strikes twice.")
    page = Reader(app).get("/articles/steady").text
    assert "It strikes twice." in page
    assert "Updated" in page
    assert ada.form(path)["publish_at"] == published_at


def test_a_save_that_changes_no_words_is_no_update(ada: Typist, app: Flask, clock: Clock) -> None:
    path = ada.write("publish", title="Steady")
    clock.advance(minutes=5)
    ada.change(path, "save", tags="clocks")
    assert "Updated" not in Reader(app).get("/articles/steady").text


def test_an_untouched_time_keeps_its_seconds(ada: Typist, app: Flask, clock: Clock) -> None:
    clock.advance(seconds=17)
    path = ada.write("publish", title="Exact")
    clock.advance(minutes=5)
    ada.change(path, "save", standfirst="More.")
    assert "2026-03-02T09:30:17Z" in Reader(app).get("/articles/exact").text


@pytest.mark.both_engines
def test_back_to_draft_hides_it_and_publishing_again_keeps_its_day(
    ada: Typist, app: Flask, clock: Clock
) -> None:
    path = ada.write("publish", title="Twice")
    ada.change(path, "unpublish")
    assert Reader(app).get("/articles/twice").status_code == 404
    assert "Twice" not in Reader(app).get("/search?q=twice").text.partition("<main")[2].partition("<h2")[2]
    clock.advance(hours=5)
    ada.change(path, "publish")
    assert "2026-03-02T09:30:00Z" in Reader(app).get("/articles/twice").text


def test_taken_back_for_good_is_410(ada: Typist, app: Flask) -> None:
    path = ada.write("publish", title="Wrong")
    assert ada.change(path, "retract").status_code == 303
    assert Reader(app).get("/articles/wrong").status_code == 410
    assert "Wrong" not in Reader(app).get("/").text


def test_a_draft_cannot_be_taken_back(ada: Typist) -> None:
    path = ada.write("save", title="Quiet")
    response = ada.change(path, "retract", body_html="New words.")
    assert response.status_code == 422
    assert fields_of(response)["body_html"] == "New words."


def test_a_contributor_is_not_offered_to_publish(con: Typist) -> None:
    assert 'value="publish"' not in con.get("/desk/articles/new").text


def test_a_contributor_who_publishes_all_the_same_keeps_the_words(con: Typist) -> None:
    response = con.send(
        "/desk/articles/new", "publish", {**con.form(), "title": "Mine", "body_html": "Words."}
    )
    assert response.status_code == 403
    assert fields_of(response)["body_html"] == "Words."
    assert "Nothing is written yet" in con.get("/desk/").text


def test_a_contributor_does_not_change_what_is_published(con: Typist, ben: Typist, app: Flask) -> None:
    path = con.write("save", title="Mine")
    ben.change(path, "publish")
    response = con.change(path, "save", body_html="Changed.")
    assert response.status_code == 403
    assert fields_of(response)["body_html"] == "Changed."
    assert "Changed." not in Reader(app).get("/articles/mine").text


def test_an_author_does_not_find_what_others_write(ada: Typist, ben: Typist) -> None:
    path = ben.write("save", title="Of Ben")
    assert ada.get(path).status_code == 404
    assert ada.send(path, "save", ada.form()).status_code == 404


def test_an_author_finds_what_she_began_under_another_name(ada: Typist) -> None:
    path = ada.write("save", title="A guest", authors="Zain")
    assert ada.form(path)["authors"] == "Zain"
    assert "A guest" in ada.get("/desk/").text


def test_an_editor_changes_everybodys(ada: Typist, ben: Typist) -> None:
    path = ada.write("save", title="Of Ada")
    ben.change(path, "save", standfirst="Better.")
    form = ada.form(path)
    assert (form["standfirst"], form["authors"]) == ("Better.", "Ada")


def test_comments_that_had_closed_by_time_open_again(
    ben: Typist, app: Flask, site: Site, clock: Clock
) -> None:
    article_id = write_article(site, "Old", clock(), comments_close_at=clock())
    clock.advance(minutes=1)
    path = f"/desk/articles/{article_id}"
    assert ben.form(path)["comments"] == "closed"
    ben.change(path, "save", comments="open")
    assert "Leave a Reply" in Reader(app).get("/articles/old").text


@pytest.mark.both_engines
def test_static_pages_are_linked_below_every_page_as_long_as_they_are_public(
    ben: Typist, app: Flask, clock: Clock
) -> None:
    about = ben.write("publish", title="About us", kind="page")
    ben.write("publish", title="ہمارے بارے میں", kind="page", language="ur")
    ben.write("save", title="Unfinished", kind="page")
    ben.write("publish", title="Tomorrow", kind="page", publish_at="2026-03-03T09:30")
    assert pages_linked(app) == ["About us", "ہمارے بارے میں"]
    assert 'lang="ur"' in Reader(app).get("/").text
    ben.change(about, title="Who we are")
    assert "Who we are" in pages_linked(app)
    ben.change(about, "unpublish")
    clock.advance(days=2)
    assert pages_linked(app) == ["ہمارے بارے میں", "Tomorrow"]


def pages_linked(app: Flask) -> list[str]:
    """Return the titles of the static pages that the front page links to."""
    links = Page(Reader(app).get("/").text).all("a")
    return [words for attributes, words in links if attributes["href"].startswith("/pages/")]
