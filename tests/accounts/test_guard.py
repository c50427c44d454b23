"""What happens to a form whose session has ended: nothing of it is lost."""

import re

from flask import Flask
from werkzeug.datastructures import MultiDict

from cms.site import Site
from tests.conftest import Clock
from tests.desk.typist import Typist
from tests.factories import PASSWORD, hire
from tests.reader import Reader, check_page

HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
NEW = "/desk/articles/new"


def _away(site: Site, app: Flask, clock: Clock) -> tuple[Typist, dict[str, str]]:
    hire(site, "Ada", clock())
    ada = Typist(app, "Ada")
    form = {
        **ada.form(),
        "title": "On deadline",
        "body_html": 'One\r\n\r\n"two" & <b>three</b>',
        "tags": "a, b",
    }
    clock.advance(hours=13)
    return ada, form


def _carried(text: str) -> dict[str, str]:
    import html

    return {name: html.unescape(value.replace("&#13;", "\r")) for name, value in HIDDEN.findall(text)}


def test_a_post_after_the_session_has_ended_is_asked_to_sign_in_and_goes_on(
    site: Site, app: Flask, clock: Clock
) -> None:
    ada, form = _away(site, app, clock)
    asked = ada.send(NEW, "publish", form)
    assert asked.status_code == 401
    assert asked.headers["Cache-Control"] == "no-store"
    assert f'action="{NEW}"' in asked.text
    page = check_page(asked)
    assert "On deadline" not in page.text("main")
    carried = _carried(asked.text)
    assert {name: carried[name] for name in form if name != "csrf_token"} == {
        name: value for name, value in form.items() if name != "csrf_token"
    }
    credentials = {"sign_in_email": "ada@example.org", "sign_in_password": PASSWORD}
    done = ada.client.post(NEW, data={**carried, **credentials}, headers=ada.headers)
    assert done.status_code == 303
    assert "<b>three</b>" in Reader(app).get("/articles/on-deadline").text
    assert ada.get("/desk/").status_code == 200


def test_a_wrong_password_keeps_everything_for_the_next_try(site: Site, app: Flask, clock: Clock) -> None:
    ada, form = _away(site, app, clock)
    carried = _carried(ada.send(NEW, "save", form).text)
    wrong = {"sign_in_email": "ada@example.org", "sign_in_password": "wrong"}
    refused = ada.client.post(NEW, data={**carried, **wrong}, headers=ada.headers)
    assert refused.status_code == 401
    assert "wrong" not in refused.text
    again = _carried(refused.text)
    again.pop("csrf_token")
    carried.pop("csrf_token")
    assert again == carried


def test_too_many_tries_keep_everything_too(site: Site, app: Flask, clock: Clock) -> None:
    ada, form = _away(site, app, clock)
    carried = _carried(ada.send(NEW, "save", form).text)
    wrong = {"sign_in_email": "ada@example.org", "sign_in_password": "wrong"}
    for _ in range(11):
        refused = ada.client.post(NEW, data={**carried, **wrong}, headers=ada.headers)
    assert refused.status_code == 429
    assert "Retry-After" in refused.headers
    assert _carried(refused.text)["title"] == "On deadline"


def test_repeated_names_are_carried_on_in_order(app: Flask) -> None:
    sent = MultiDict([("comment", "3"), ("comment", "1"), ("verdict", "approve")])
    asked = app.test_client().post("/desk/articles/new", data=sent)
    assert [pair for pair in HIDDEN.findall(asked.text) if pair[0] != "csrf_token"] == list(
        sent.items(multi=True)
    )


def test_credentials_without_a_token_of_this_browser_sign_nobody_in(
    site: Site, app: Flask, clock: Clock
) -> None:
    hire(site, "Ada", clock())
    sent = {"title": "Forged", "sign_in_email": "ada@example.org", "sign_in_password": PASSWORD}
    client = app.test_client()
    assert client.post(NEW, data=sent).status_code == 401
    assert client.get("/desk/").status_code == 303


def test_another_site_cannot_post_at_all(site: Site, app: Flask, clock: Clock) -> None:
    hire(site, "Ada", clock())
    ada = Typist(app, "Ada")
    form = {**ada.form(), "title": "Forged"}
    assert ada.client.post(NEW, data=form, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_token_of_an_earlier_session_asks_once_more_with_everything_kept(
    site: Site, app: Flask, clock: Clock
) -> None:
    ada, form = _away(site, app, clock)
    elsewhere = Typist(app, "Ada")  # the same browser signs in anew in another window
    cookie = elsewhere.client.get_cookie("staff")
    assert cookie
    ada.client.set_cookie("staff", cookie.value)
    asked = ada.send(NEW, "publish", form)
    assert asked.status_code == 422
    check_page(asked)
    assert "sign_in_password" not in asked.text
    done = ada.client.post(NEW, data=_carried(asked.text), headers=ada.headers)
    assert done.status_code == 303


def test_the_address_keeps_its_question(app: Flask) -> None:
    asked = app.test_client().post("/desk/articles/new?kind=page&x=1", data={"title": "a"})
    assert 'action="/desk/articles/new?kind=page&amp;x=1"' in asked.text
