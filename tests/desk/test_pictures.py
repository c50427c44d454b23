"""A picture that comes with an article's form."""

import io
import re
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from werkzeug.test import TestResponse

from cms.pictures.actions.cleaned_files import CleanFile
from cms.site import Site
from tests.conftest import START
from tests.desk.typist import Typist, at_desk, fields_of, photograph
from tests.factories import hire
from tests.reader import Reader, check_page

NEW = "/desk/articles/new"
SHOWN = re.compile(
    r'<figure><img src="(/media/[^"]+)" alt="A &lt;cat&gt;" width="(\d+)" height="(\d+)"[^>]*>'
    r"<figcaption>Asleep</figcaption></figure>"
)


@pytest.fixture
def ada(app: Flask, site: Site) -> Typist:
    hire(site, "Ada", START)
    return at_desk(app)


def _send(ada: Typist, action: str, body: bytes, **fields: str) -> TestResponse:
    filled = {**ada.form(), "title": "The cat", "body_html": "One.\n\nTwo.", "picture_alt": "A <cat>"}
    file = (io.BytesIO(body), "IMG_2026 at home.jpg")
    return ada.send(NEW, action, {**filled, "picture_caption": "Asleep", "picture": file, **fields})  # type: ignore[dict-item]  # as werkzeug takes a file


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_stands_behind_the_text_small_and_without_what_the_camera_wrote(
    app: Flask, ada: Typist, kind: str
) -> None:
    stored = ada.form(_send(ada, "publish", photograph(kind)).headers["Location"])
    assert stored["body_html"].startswith("<p>One.</p>\n<p>Two.</p>")
    assert (stored["picture_alt"], stored["picture_caption"]) == ("", "")
    found = SHOWN.search(stored["body_html"])
    assert found
    assert found.groups()[1:] == ("1600", "800")
    assert found[1] in Reader(app).get("/articles/the-cat").text
    with Reader(app).get(found[1]) as answer:
        assert answer.status_code == 200
        picture = answer.get_data()
    assert b"camera" not in picture
    with Image.open(io.BytesIO(picture)) as image:
        assert (image.format, image.size) == (kind, (1600, 800))


def test_a_small_picture_keeps_its_size(ada: Typist) -> None:
    fields = fields_of(_send(ada, "preview", photograph(size=(30, 20))))
    found = SHOWN.search(fields["body_html"])
    assert found
    assert found.groups()[1:] == ("30", "20")


def test_a_preview_and_a_form_with_errors_carry_the_picture_on(ada: Typist) -> None:
    for action, more in (("preview", {}), ("publish", {"title": ""})):
        fields = fields_of(_send(ada, action, photograph(), **more))
        assert SHOWN.search(fields["body_html"])
        assert not fields.get("picture_caption")


@pytest.mark.parametrize("body", [b"<svg onload='alert(1)'/>", b"GIF89a", photograph("PNG")[:-900]])
def test_what_is_no_whole_picture_is_refused_and_the_words_stay(ada: Typist, site: Site, body: bytes) -> None:
    response = _send(ada, "publish", body)
    assert response.status_code == 422
    assert "This is no picture that a page can show." in response.text
    fields = fields_of(response)
    assert (fields["body_html"], fields["picture_caption"]) == ("One.\n\nTwo.", "Asleep")
    assert not list(site.settings.media_folder.rglob("*.*"))


def test_the_same_picture_twice_is_one_file(ada: Typist, site: Site) -> None:
    for _ in range(2):
        _send(ada, "save", photograph())
    assert len([path for path in site.settings.media_folder.glob("2*/**/*") if path.is_file()]) == 1


def test_who_has_to_sign_in_again_is_told_that_her_picture_is_not_carried_on(
    app: Flask, site: Site, ada: Typist
) -> None:
    said = "The picture cannot be kept on this page."
    form = ada.form()
    ada.client.delete_cookie("staff")
    asked = _post(ada, form, (io.BytesIO(photograph()), "cat.jpg"))
    assert (asked.status_code, said in asked.text) == (401, True)
    asked = _post(ada, form, (io.BytesIO(b""), ""))
    assert (asked.status_code, said in asked.text) == (401, False)


def _post(ada: Typist, form: dict[str, str], picture: tuple[io.BytesIO, str]) -> TestResponse:
    return ada.client.post(NEW, data={**form, "action": "save", "picture": picture}, headers=ada.headers)


@pytest.mark.parametrize("action", ["save", "publish"])
def test_a_picture_that_finds_no_place_is_told_of_and_every_word_is_kept(
    ada: Typist, site: Site, action: str
) -> None:
    site.settings.media_folder.write_text("No folder, as on a disk that is full.")
    response = _send(ada, action, photograph())
    assert response.status_code == 422
    page = check_page(response)
    assert "could not be stored" in page.text("p", id="picture-error")
    assert fields_of(response)["body_html"] == "One.\n\nTwo."
    sent = {"picture": (io.BytesIO(photograph()), "a.jpg"), "csrf_token": fields_of(response)["csrf_token"]}
    assert ada.client.post("/desk/pictures", data=sent, headers=ada.headers).status_code == 507


def test_half_a_picture_is_not_left_behind(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").mkdir()  # so that nothing can be put in its place
    with pytest.raises(OSError, match="directory"):
        CleanFile(b"picture", ".jpg").put_at(tmp_path / "a.jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]
