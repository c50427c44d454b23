"""Writing at the desk: what becomes of each field, and that nothing is lost."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from flask import Flask

from cms.site import Site
from tests.conftest import ON_POSTGRESQL, Clock
from tests.desk.typist import Typist, fields_of
from tests.factories import write_article
from tests.reader import Reader, check_page

SEED = {
    "title": "The bridge that the town forgot to name",
    "standfirst": "For ninety years everybody has crossed it, and nobody knows what to call it.",
    "body_html": "\n\n".join(
        f"Paragraph {number} — with “curly quotes”, it’s true." for number in range(1, 8)
    ),
}


def test_the_seed_article_reads_top_to_bottom_on_its_page(ada: Typist, app: Flask) -> None:
    ada.write("publish", title="An earlier one")
    ada.write("publish", title="Another one")
    ada.write("publish", **SEED)
    text = Reader(app).get("/articles/the-bridge-that-the-town-forgot-to-name").text
    places = [
        text.index(piece)
        for piece in (
            SEED["title"] + "</h1>",
            SEED["standfirst"] + "</p>",
            "<p>Paragraph 1 — with “curly quotes”, it’s true.</p>",
            "<p>Paragraph 7 — with “curly quotes”, it’s true.</p>",
            "More From Author",
            "Another one",
            "An earlier one",
            "Leave a Reply",
            "Your email address will not be published. Required fields are marked *",
        )
    ]
    assert places == sorted(places)


def test_what_is_left_empty_is_chosen(ada: Typist, clock: Clock) -> None:
    form = ada.form(ada.write("publish", title="Rain, ranked"))
    assert form["slug"] == "rain-ranked"
    assert form["authors"] == "Ada"
    assert form["section"] == ""
    assert form["publish_at"] == clock().strftime("%Y-%m-%dT%H:%M")
    assert form["comments"] == "open"


def test_fields_that_a_form_does_not_send_are_chosen_too(ada: Typist, app: Flask) -> None:
    only = {"csrf_token": ada.token("/desk/articles/new"), "title": "Short", "body_html": "Words."}
    assert ada.send("/desk/articles/new", "publish", only).status_code == 303
    assert "Leave a Reply" in Reader(app).get("/articles/short").text


def test_every_field_comes_back_as_it_was_typed(ada: Typist) -> None:
    typed = {
        "title": "پرانے پل کا چائے خانہ",
        "standfirst": "ایک جملہ۔",
        "body_html": "<p>متن</p>",
        "section": "Town",
        "tags": "چائے, پل",
        "authors": "Ada, Zain",
        "language": "ur",
        "publish_at": "2026-05-01T08:00",
        "comments": "closed",
    }
    form = ada.form(ada.write(**typed))
    assert set(form.pop("tags").split(", ")) == set(typed.pop("tags").split(", "))
    assert {name: form[name] for name in typed} == typed


def test_a_form_without_a_title_comes_back_with_all_words(ada: Typist) -> None:
    words = {
        "title": " ",
        "body_html": "One\n\n  two",
        "tags": "a, b",
        "publish_at": "soon",
        "section": "Town",
    }
    response = ada.send("/desk/articles/new", "publish", {**ada.form(), **words})
    assert response.status_code == 422
    page = check_page(response)
    assert page.text("title").startswith("Error: ")
    summary = [attrs["href"] for attrs, _ in page.all("a") if attrs.get("href", "").startswith("#")]
    assert {"#title", "#publish_at"} <= set(summary)
    kept = fields_of(response)
    assert {name: kept[name] for name in words} == words


def test_a_preview_stores_nothing_and_carries_everything_on(ada: Typist) -> None:
    sent = {**ada.form(), "title": "Looked at", "body_html": "One\r\ntwo\n\n<script>alert(1)</script>three"}
    shown = ada.send("/desk/articles/new", "preview", sent)
    assert shown.status_code == 200
    assert shown.headers["Cache-Control"] == "no-store"
    assert check_page(shown).text("h1") == "Looked at"
    assert "<script>alert" not in shown.text
    assert "Nothing is written yet" in ada.get("/desk/").text
    carried = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown.text)
    assert dict(carried)["body_html"].replace("&#13;", "\r").startswith("One\r\ntwo\n\n&lt;script&gt;")
    again = ada.send("/desk/articles/new", "write_on", {**sent, "csrf_token": ada.token("/desk/")})
    assert fields_of(again)["title"] == "Looked at"


@pytest.mark.both_engines
def test_a_form_sent_twice_makes_one_article(ada: Typist) -> None:
    form = {**ada.form(), "title": "Once", "body_html": "Words."}
    first = ada.send("/desk/articles/new", "publish", form)
    second = ada.send("/desk/articles/new", "publish", form)
    assert first.headers["Location"] == second.headers["Location"]
    assert ada.get("/desk/").text.count("data-article=") == 1


def test_words_added_after_going_back_to_a_new_form_are_stored(ada: Typist) -> None:
    form = {**ada.form(), "title": "Once", "body_html": "Words."}
    path = ada.send("/desk/articles/new", "save", form).headers["Location"]
    ada.send("/desk/articles/new", "save", {**form, "body_html": "More words."})
    assert ada.form(path)["body_html"] == "<p>More words.</p>"


@pytest.mark.both_engines
def test_a_title_that_is_there_already_gets_a_numbered_address(ada: Typist) -> None:
    ada.write(title="Same")
    assert ada.form(ada.write(title="Same"))["slug"] == "same-2"


def test_a_typed_address_that_is_taken_is_refused_with_a_free_one(ada: Typist) -> None:
    ada.write(title="Same")
    response = ada.send("/desk/articles/new", "save", {**ada.form(), "title": "Other", "slug": "same"})
    assert response.status_code == 422
    assert "same-2" in response.text
    assert fields_of(response)["slug"] == "same"


@pytest.mark.both_engines
def test_a_section_in_other_letters_is_the_same_section(ada: Typist) -> None:
    ada.write(section="City Life")
    assert ada.form(ada.write(section="city life"))["section"] == "City Life"


def test_an_author_of_the_same_name_who_moved_in_is_the_writer(ada: Typist, site: Site, clock: Clock) -> None:
    article_id = write_article(site, "Moved in", clock(), authors=["Ada"])
    ada.write("publish", title="New here")
    assert ada.get(f"/desk/articles/{article_id}").status_code == 200
    assert "Moved in" in ada.get("/articles/new-here").text


@pytest.mark.both_engines
def test_a_title_of_300_letters_is_stored(ada: Typist) -> None:
    title = "ab " * 100
    assert ada.form(ada.write(title=title))["title"] == title.strip()


def test_a_page_beside_the_paper_is_an_editors(ben: Typist, app: Flask) -> None:
    ben.write("publish", title="About us", kind="page")
    assert Reader(app).get("/pages/about-us").status_code == 200


def test_an_author_who_asks_for_a_page_keeps_the_words(ada: Typist) -> None:
    response = ada.send("/desk/articles/new", "save", {**ada.form(), "title": "About", "kind": "page"})
    assert response.status_code == 403
    assert fields_of(response)["title"] == "About"


def test_a_button_that_is_not_known_stores_nothing(ada: Typist) -> None:
    response = ada.send("/desk/articles/new", "explode", {**ada.form(), "title": "About"})
    assert response.status_code == 422
    assert fields_of(response)["title"] == "About"


@ON_POSTGRESQL
def test_two_who_make_the_same_new_tags_do_not_wait_for_each_other(
    ada: Typist, ben: Typist, site: Site
) -> None:
    """Each makes new names in one order, whatever order they are typed in; the other is then told of the first's."""
    with psycopg.connect(site.settings.database_url) as other:
        other.execute("INSERT INTO tag (slug, name) VALUES ('boats', 'Boats')")
        with ThreadPoolExecutor() as threads:
            saved = threads.submit(ada.write, "save", tags="Sea, boats")
            wait_until_somebody_waits(other)
            other.execute("SET lock_timeout = '5s'")
            other.execute("INSERT INTO tag (slug, name) VALUES ('sea', 'Sea')")
            other.commit()
            path = saved.result()
    assert set(ada.form(path)["tags"].split(", ")) == {"Sea", "Boats"}


def wait_until_somebody_waits(connection: psycopg.Connection[Any]) -> None:
    """Return once another connection waits for a lock that this one holds."""
    waits = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    )
    while connection.execute(waits).fetchone() == (0,):
        time.sleep(0.01)
