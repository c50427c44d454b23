"""What an article said before is never lost."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from cms.desk import writes
from cms.site import Site
from tests.conftest import Clock
from tests.desk.typist import Typist, fields_of
from tests.factories import write_article
from tests.reader import check_page

pytestmark = pytest.mark.both_engines


def versions(author: Typist, path: str) -> list[str]:
    return re.findall(r'data-revision="(\d+)"', author.get(f"{path}/revisions").text)


def test_what_was_overwritten_can_be_read_and_put_into_the_form(ada: Typist) -> None:
    path = ada.write(title="Tides", standfirst="In short.", body_html="It rose.")
    ada.change(path, title="Ebb", body_html="It fell.", tags="sea")
    earlier = ada.get(f"{path}/revisions/1")
    page = check_page(earlier)
    assert "It rose." in page.text(class_="panel__body")
    assert "<ins>Ebb</ins>" in earlier.text
    form = ada.send(path, "write_on", fields_of(earlier))
    assert form.status_code == 200
    fields = fields_of(form)
    assert (fields["title"], fields["body_html"], fields["tags"]) == ("Tides", "<p>It rose.</p>", "sea")
    assert ada.form(path)["title"] == "Ebb"
    assert ada.send(path, "save", fields).status_code == 303
    assert ada.form(path)["title"] == "Tides"
    assert versions(ada, path) == ["2", "1"]


def test_earlier_words_do_not_go_over_what_somebody_has_stored_meanwhile(ada: Typist, ben: Typist) -> None:
    path = ada.write(body_html="First.")
    ada.change(path, body_html="Second.")
    fields = fields_of(ada.get(f"{path}/revisions/1"))
    ben.change(path, body_html="Third, of Ben.")
    fields = fields_of(ada.send(path, "write_on", fields))
    assert ada.send(path, "save", fields).status_code == 409
    assert "Third, of Ben." in ada.form(path)["body_html"]


def test_each_version_says_who_stored_it_and_when(ada: Typist, ben: Typist, clock: Clock) -> None:
    path = ada.write(body_html="First.")
    clock.advance(hours=1)
    ben.change(path, body_html="Second.")
    clock.advance(hours=1)
    ada.change(path, body_html="Third.")
    rows = re.findall(
        r"<time[^>]*>([^<]+)</time>.*?<bdi>(\w*)</bdi>", ada.get(f"{path}/revisions").text, re.DOTALL
    )
    assert [name for _, name in rows] == ["Ben", "Ada"]
    assert rows[0][0] != rows[1][0]


def test_nothing_is_kept_twice_where_the_words_stay_as_they_were(ada: Typist) -> None:
    path = ada.write(body_html="First.")
    ada.change(path, tags="sea")
    ada.change(path, section="Harbour")
    page = ada.get(f"{path}/revisions")
    assert "There is none yet." in page.text
    check_page(page)


def test_what_came_in_from_elsewhere_is_kept_when_it_is_first_changed(
    site: Site, ben: Typist, clock: Clock
) -> None:
    article = write_article(site, "Tides", clock() - timedelta(days=30), body="<p>As it came in.</p>")
    path = f"/desk/articles/{article}"
    assert versions(ben, path) == []
    ben.change(path, body_html="<p>Changed.</p>")
    (earliest,) = versions(ben, path)
    assert "As it came in." in ben.get(f"{path}/revisions/{earliest}").text


def test_the_oldest_of_very_many_are_forgotten(
    site: Site, ada: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writes, "KEPT_REVISIONS", 3)
    path = ada.write(body_html="Number 1.")
    for number in range(2, 6):
        ada.change(path, body_html=f"Number {number}.")
    assert versions(ada, path) == ["4", "3"]
    assert ada.get(f"{path}/revisions/2").status_code == 404
    with site.database.reading() as session:
        assert session.execute(sa.text("SELECT count(*) FROM article_revision")).scalar_one() == 3


def test_who_may_not_change_an_article_does_not_see_what_it_said(ada: Typist, con: Typist) -> None:
    path = ada.write(body_html="First.")
    ada.change(path, body_html="Second.")
    for address in (f"{path}/revisions", f"{path}/revisions/1"):
        assert con.get(address).status_code == 404
    assert ada.get(f"{path}/revisions/9").status_code == 404


def test_a_text_of_a_script_that_goes_the_other_way_keeps_its_direction(ada: Typist) -> None:
    path = ada.write(title="جوار", body_html="پانی", language="ur")
    ada.change(path, body_html="پانی اترا")
    page = check_page(ada.get(f"{path}/revisions/1"))
    (said,) = page.all(class_="panel__body")
    assert said[0]["dir"] == "rtl"


def test_an_editor_erases_what_may_not_be_kept_and_nobody_else_does(ada: Typist, ben: Typist) -> None:
    path = ada.write(body_html="Where she lives.")
    ada.change(path, body_html="In the town.")
    erasure = f"{path}/revisions/1/erasure"
    assert "Erase this version" not in ada.get(f"{path}/revisions/1").text
    assert press(ada, erasure, ada.form(path)).status_code == 403
    assert press(ben, erasure, fields_of(ben.get(f"{path}/revisions/1"))).status_code == 303
    assert ben.get(f"{path}/revisions/1").status_code == 404
    assert versions(ben, path) == []
    token = ben.form(path)
    assert [press(ben, f"{path}/revisions/{one}/erasure", token).status_code for one in (1, 2)] == [404, 404]
    assert "In the town." in ben.get(f"{path}/revisions/2").text


def press(someone: Typist, path: str, fields: dict[str, str]) -> TestResponse:
    return someone.client.post(path, data={"csrf_token": fields["csrf_token"]}, headers=someone.headers)
