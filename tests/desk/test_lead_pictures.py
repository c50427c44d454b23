"""The picture above an article, as its author gives it at the desk."""

import io
import re
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlmodel import select

from cms.articles.models import Article
from cms.site import Site
from tests.conftest import Clock
from tests.desk.typist import Typist, fields_of, photograph
from tests.factories import PASSWORD, write_article
from tests.reader import Page, Reader, check_page

NEW = "/desk/articles/new"
SENT = {"lead_alt": "A <bell>", "lead_caption": "At six", "lead_credit": "Dan Hill"}
TAKEN_IN = re.compile(r"\d{4}/\d\d/[0-9a-f]{20}\.jpg")


def _file(body: bytes | None = None, colour: str = "teal") -> dict[str, str]:
    file = (io.BytesIO(photograph(colour=colour) if body is None else body), "IMG_2026 at home.jpg")
    return {"lead_file": file}  # type: ignore[dict-item]  # as werkzeug takes a file


def _shown(app: Flask, path: str) -> list[dict[str, str]]:
    return [attrs for attrs, _ in check_page(Reader(app).get(path)).all("img")]


def _but_token(fields: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name != "csrf_token"}


def _files(site: Site) -> list[Path]:
    return [path for path in site.settings.media_folder.glob("2*/**/*") if path.is_file()]


@pytest.mark.both_engines
def test_it_is_shown_with_the_article_on_the_front_page_and_where_the_article_is_shared(
    ada: Typist, app: Flask
) -> None:
    form = ada.form(ada.write("publish", title="The bell", **SENT, **_file()))
    assert TAKEN_IN.fullmatch(form["lead"])
    address = f"/media/{form['lead']}"
    page = check_page(Reader(app).get("/articles/the-bell"))
    ((above, _),) = page.all("img")
    assert (above["src"], above["alt"], above["width"], above["height"]) == (
        address,
        "A <bell>",
        "1600",
        "800",
    )
    assert page.text("figcaption") == "At six Dan Hill"
    assert page.all("meta", property="og:image")[0][0]["content"].endswith(address)
    assert page.all("meta", property="og:image:alt")[0][0]["content"] == "A <bell>"
    assert address in Reader(app).get("/articles/the-bell").text.split("application/ld+json")[1]
    assert _shown(app, "/")[0]["src"] == address
    assert address in Reader(app).get("/feed.xml").text
    with Reader(app).get(address) as answer, Image.open(io.BytesIO(answer.get_data())) as image:
        assert image.size == (1600, 800)
        assert b"camera" not in answer.get_data()


@pytest.mark.both_engines
def test_another_takes_its_place_and_a_tick_removes_it(ada: Typist, app: Flask) -> None:
    path = ada.write("publish", title="The bell", **SENT, **_file())
    first = ada.form(path)["lead"]
    assert _shown(app, "/")[0]["src"] == f"/media/{first}"
    assert ada.change(path, **_file(colour="navy"), lead_alt="A clock").status_code == 303
    second = ada.form(path)
    assert (second["lead"] != first, second["lead_alt"]) == (True, "A clock")
    for where in ("/", "/articles/the-bell"):
        assert _shown(app, where)[0]["src"] == f"/media/{second['lead']}"
    assert ada.change(path, lead_remove="y").status_code == 303
    assert {value for name, value in ada.form(path).items() if name.startswith("lead")} == {""}
    for where in ("/", "/articles/the-bell"):
        assert not _shown(app, where)
    assert "og:image" not in Reader(app).get("/articles/the-bell").text


def test_a_tick_with_another_picture_means_the_other(ada: Typist) -> None:
    path = ada.write(**SENT, **_file())
    first = ada.form(path)["lead"]
    ada.change(path, lead_remove="y", **_file(colour="navy"))
    assert ada.form(path)["lead"] not in {"", first}


def test_the_words_about_it_change_without_sending_it_again(ada: Typist, app: Flask) -> None:
    path = ada.write("publish", title="The bell", **SENT, **_file())
    ada.change(path, lead_caption="At seven")
    page = check_page(Reader(app).get("/articles/the-bell"))
    assert page.text("figcaption") == "At seven Dan Hill"
    assert page.all("img")[0][0]["width"] == "1600"


def test_the_form_shows_it(ada: Typist) -> None:
    path = ada.write(**SENT, **_file())
    page = check_page(ada.get(path))
    assert [attrs["src"] for attrs, _ in page.all("img")] == [f"/media/{ada.form(path)['lead']}"]
    assert page.all("input", name="lead_remove")


def test_what_it_shows_has_to_be_said(ada: Typist, site: Site) -> None:
    form = {**ada.form(), "title": "The bell"}
    refused = ada.send(NEW, "save", {**form, **_file()})
    assert refused.status_code == 422
    assert "Please say what the lead picture shows." in check_page(refused).text("p", id="lead_alt-error")
    carried = fields_of(refused)
    assert TAKEN_IN.fullmatch(carried["lead"])
    assert ada.send(NEW, "save", {**carried, "lead_alt": "A bell"}).status_code == 303
    assert len(_files(site)) == 1


def test_words_about_a_picture_that_is_not_there_are_not_lost_in_silence(ada: Typist) -> None:
    refused = ada.send(NEW, "save", {**ada.form(), "title": "The bell", "lead_alt": "A bell"})
    assert refused.status_code == 422
    assert check_page(refused).text("p", id="lead_file-error") == "Please choose a picture."
    assert fields_of(refused)["lead_alt"] == "A bell"


def test_a_preview_shows_it_and_carries_it_on(ada: Typist, app: Flask) -> None:
    form = {**ada.form(), "title": "The bell", "body_html": "It rings."}
    preview = ada.send(NEW, "preview", {**form, **SENT, **_file()})
    assert preview.status_code == 200
    carried = fields_of(preview)
    assert Page(preview.text).all("img", src=f"/media/{carried['lead']}", width="1600")
    on = fields_of(ada.send(NEW, "write_on", carried))
    assert {name: on[name] for name in ("lead", *SENT)} == {"lead": carried["lead"], **SENT}
    ada.send(NEW, "publish", carried)
    assert _shown(app, "/articles/the-bell")[0]["src"] == f"/media/{carried['lead']}"


def test_a_preview_without_it_carries_on_that_it_goes(ada: Typist, app: Flask) -> None:
    path = ada.write("publish", title="The bell", **SENT, **_file())
    preview = ada.change(path, "preview", lead_remove="y")
    assert not Page(preview.text).all("img")
    ada.send(path, "save", fields_of(preview))
    assert not _shown(app, "/articles/the-bell")


def test_a_form_with_errors_and_the_one_for_signing_in_again_keep_it(ada: Typist, clock: Clock) -> None:
    kept = fields_of(ada.send(NEW, "publish", {**ada.form(), **SENT, **_file(), "title": ""}))
    assert TAKEN_IN.fullmatch(kept["lead"])
    assert kept["lead_alt"] == "A <bell>"
    clock.advance(hours=13)
    asked = fields_of(ada.send(NEW, "save", {**kept, "title": "The bell"}))
    credentials = {"sign_in_email": "ada@example.org", "sign_in_password": PASSWORD}
    done = ada.send(NEW, "save", {**asked, **credentials})
    assert done.status_code == 303
    assert ada.form(done.headers["Location"])["lead"] == kept["lead"]


@pytest.mark.both_engines
def test_a_save_over_a_newer_one_shows_both_pictures_and_keeps_hers_in_the_form(
    ada: Typist, ben: Typist
) -> None:
    path = ada.write(title="Ours")
    hers = {**ada.form(path), **SENT}
    ben.change(path, lead_alt="Of Ben", **_file(colour="navy"))
    response = ada.send(path, "save", {**hers, **_file()})
    assert response.status_code == 409
    check_page(response)
    kept, theirs = fields_of(response), ben.form(path)["lead"]
    assert theirs != kept["lead"]
    for name in (kept["lead"], theirs):
        assert f'src="/media/{name}"' in response.text.split('id="differences"')[1].split("<form")[0]
    assert "Of Ben" in response.text
    assert ada.send(path, "save", kept).status_code == 303
    assert {name: ben.form(path)[name] for name in ("lead", *SENT)} == {"lead": kept["lead"], **SENT}


def test_the_same_form_sent_twice_is_no_conflict(ada: Typist) -> None:
    path = ada.write(title="Ours")
    form = {**ada.form(path), **SENT}
    for _ in range(2):
        assert ada.send(path, "save", {**form, **_file()}).status_code == 303


@pytest.mark.parametrize(
    "name",
    ["../secret.jpg", "/etc/hosts", "a/../kept.jpg", "//b.example/a.jpg", "https://b.example/a.jpg", "./kept.jpg",
     "away.jpg", "missing.jpg", "notes.txt", "drawn.svg", "a", "a\0.jpg", "a" * 5000, "kept.jpg/", "\\kept.jpg"],
)  # fmt: skip
def test_a_name_that_is_none_of_ours_is_refused_and_the_words_stay(
    ada: Typist, site: Site, name: str
) -> None:
    media = site.settings.media_folder
    (media / "a").mkdir(parents=True)
    for path in (media.parent / "secret.jpg", media / "kept.jpg"):
        path.write_bytes(photograph(size=(30, 20)))
    (media / "away.jpg").symlink_to(media.parent / "secret.jpg")
    (media / "notes.txt").write_text("Notes.")
    (media / "drawn.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    form = {**ada.form(), **SENT, "title": "The bell"}
    refused = ada.send(NEW, "save", {**form, "lead": name})
    assert refused.status_code == 422
    assert "This is no picture that a page can show." in check_page(refused).text("p", id="lead_file-error")
    kept = fields_of(refused)
    assert {name: kept[name] for name in ("lead", *SENT)} == {"lead": "", **SENT}
    assert ada.send(NEW, "save", {**form, "lead": "kept.jpg"}).status_code == 303


@pytest.mark.parametrize("body", [b"<svg onload='alert(1)'/>", b"GIF89a", photograph("PNG")[:-900]])
def test_a_file_that_is_no_picture_is_refused_and_words_and_picture_stay(
    ada: Typist, site: Site, body: bytes
) -> None:
    path = ada.write(**SENT, **_file())
    before = ada.form(path)
    refused = ada.change(path, lead_caption="At nine", **_file(body))
    assert refused.status_code == 422
    assert "This is no picture that a page can show." in check_page(refused).text("p", id="lead_file-error")
    assert _but_token(fields_of(refused)) == {**_but_token(before), "lead_caption": "At nine"}
    assert _but_token(ada.form(path)) == _but_token(before)
    assert len(_files(site)) == 1


@pytest.mark.both_engines
def test_a_picture_that_moved_in_is_untouched_by_who_does_not_touch_it(
    ben: Typist, site: Site, app: Flask, clock: Clock
) -> None:
    moved = {"image_path": "2019/05/old bell.jpg", "image_alt": "", "image_caption": "Two  spaces "}
    article_id = write_article(site, "Old", clock(), **moved)
    path = f"/desk/articles/{article_id}"
    before = _shown(app, "/articles/old")
    assert ben.change(path, tags="bells").status_code == 303
    assert _shown(app, "/articles/old") == before
    with site.database.reading() as session:
        stored = session.exec(select(Article)).one()
    assert {name: getattr(stored, name) for name in moved} == moved
    assert (stored.image_width, stored.updated_at) == (None, None)
    assert ben.change(path, lead_caption="Another").status_code == 422, "now it has to be said what it shows"
    assert ben.change(path, lead_caption="Another", lead_alt="A bell").status_code == 303


def test_a_client_that_knows_nothing_of_it_leaves_it_as_it_was(ada: Typist) -> None:
    path = ada.write(**SENT, **_file())
    before = ada.form(path)
    form = {name: value for name, value in before.items() if not name.startswith("lead")}
    assert ada.send(path, "save", {**form, "title": "Another"}).status_code == 303
    assert ada.form(path)["lead"] == before["lead"]


@pytest.mark.parametrize(
    ("field", "limit"), [("lead_alt", 1000), ("lead_caption", 1000), ("lead_credit", 300)]
)
def test_words_that_are_longer_than_their_column_are_refused(ada: Typist, field: str, limit: int) -> None:
    path = ada.write(**SENT, **_file())
    assert ada.change(path, **{field: "x" * limit}).status_code == 303
    assert ada.change(path, **{field: "x" * (limit + 1)}).status_code == 422
