"""Two people at one article: nothing of either is lost."""

import pytest

from tests.desk.typist import Typist, fields_of
from tests.reader import check_page

pytestmark = pytest.mark.both_engines


def test_a_save_over_a_newer_one_shows_both_texts_and_overwrites_nothing(ada: Typist, ben: Typist) -> None:
    path = ada.write(title="Ours", body_html="First.")
    hers = {**ada.form(path), "body_html": "Of Ada."}
    ben.change(path, "save", body_html="Of Ben.")
    response = ada.send(path, "save", hers)
    assert response.status_code == 409
    page = check_page(response)
    assert page.text(data_yours="") == "Of Ada."
    assert page.text(data_theirs="") == "<p>Of Ben.</p>"
    assert fields_of(response)["body_html"] == "Of Ada."
    assert ben.form(path)["body_html"] == "<p>Of Ben.</p>"


def test_saving_once_more_overwrites_knowingly(ada: Typist, ben: Typist) -> None:
    path = ada.write(title="Ours", body_html="First.")
    hers = {**ada.form(path), "body_html": "Of Ada."}
    ben.change(path, "save", body_html="Of Ben.")
    kept = fields_of(ada.send(path, "save", hers))
    assert ada.send(path, "save", kept).status_code == 303
    assert ben.form(path)["body_html"] == "<p>Of Ada.</p>"


def test_the_same_words_from_two_windows_are_no_conflict(ada: Typist) -> None:
    path = ada.write(title="Ours", body_html="First.")
    form = {**ada.form(path), "body_html": "Second."}
    assert ada.send(path, "save", form).status_code == 303
    assert ada.send(path, "save", form).status_code == 303


def test_publishing_what_somebody_has_changed_meanwhile_is_a_conflict(ada: Typist, ben: Typist) -> None:
    path = ada.write(title="Ours", body_html="First.")
    hers = ada.form(path)
    ben.change(path, "save", title="Theirs")
    assert ada.send(path, "publish", hers).status_code == 409
    assert "Draft" in ben.get(path).text
