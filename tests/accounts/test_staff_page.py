"""The page on which an admin takes people on, gives them roles, lets them go and has them back."""

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from cms.accounts import actions, queries
from cms.accounts.rules import INVITATION_LIVES
from cms.site import Site
from tests.conftest import Clock
from tests.factories import PASSWORD, hire
from tests.reader import Colleague, check_page

ROOM = "/staff/"
GUL = {"name": "گل بانو", "email": "gul@example.org", "role": "author"}
LINK = re.compile(r"/letters/[0-9a-f]+/password")


@pytest.fixture
def abe(site: Site, app: Flask, clock: Clock) -> Colleague:
    hire(site, "Abe", clock())
    hire(site, "Ada", clock())
    return Colleague(app, "Abe")


def _roles(site: Site) -> dict[str, tuple[str, bool]]:
    with site.database.reading() as session:
        return {one.name: (one.role.value, one.disabled) for one in queries.staff_list(session)}


def _link(answer: TestResponse) -> str:
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    check_page(answer)
    found = LINK.search(answer.text)
    assert found
    return found[0]


def _choose(app: Flask, link: str, password: str) -> int:
    return app.test_client().post(link, data={"password": password}).status_code


def _sign_in(site: Site, email: str, password: str, clock: Clock) -> object:
    return type(actions.sign_in(site, email, password, "", clock()))


def test_who_is_taken_on_chooses_a_password_by_a_link_that_works_once(
    site: Site, app: Flask, abe: Colleague, clock: Clock
) -> None:
    link = _link(abe.post(ROOM, ROOM, **GUL))
    assert _roles(site)["گل بانو"] == ("author", False)
    assert "gul@example.org" not in abe.get(ROOM).text
    clock.advance(hours=24)
    assert _choose(app, link, PASSWORD) == 303
    assert _choose(app, link, "another long password") == 404
    assert _sign_in(site, "gul@example.org", PASSWORD, clock) is actions.SignedInNow


def test_the_link_ends_with_its_time_and_another_can_be_made(
    app: Flask, site: Site, abe: Colleague, clock: Clock
) -> None:
    link = _link(abe.post(ROOM, ROOM, **GUL))
    clock.now += INVITATION_LIVES
    assert _choose(app, link, PASSWORD) == 404
    again = Colleague(app, "Abe")
    assert _choose(app, _link(again.post("/staff/3/links", ROOM)), PASSWORD) == 303


@pytest.mark.parametrize(
    "slip",
    [{"name": " "}, {"name": "x" * 101}, {"email": "gul"}, {"email": "ada@example.org"}, {"role": "boss"}],
)
def test_a_slip_takes_nobody_on_and_keeps_what_was_typed(
    site: Site, abe: Colleague, slip: dict[str, str]
) -> None:
    typed = {**GUL, **slip}
    answer = abe.post(ROOM, ROOM, **typed)
    assert answer.status_code == 422
    page = check_page(answer)
    assert page.all("input", name="email")[0][0]["value"] == typed["email"]
    assert page.all(class_="field__error")
    assert len(_roles(site)) == 2


def test_a_role_counts_from_the_next_request(site: Site, app: Flask, abe: Colleague) -> None:
    ada = Colleague(app, "Ada")
    assert ada.get("/moderation/").status_code == 403
    assert abe.post("/staff/2/role", ROOM, role="editor").status_code == 303
    assert ada.get("/moderation/").status_code == 200
    assert abe.post("/staff/2/role", ROOM, role="boss").status_code == 422
    assert _roles(site)["Ada"] == ("editor", False)


def test_who_is_disabled_is_out_at_once_and_can_be_had_back(
    site: Site, app: Flask, abe: Colleague, clock: Clock
) -> None:
    ada = Colleague(app, "Ada")
    assert abe.post("/staff/2/standing", ROOM, works="no").status_code == 303
    assert ada.get("/desk/").status_code == 303
    assert abe.post("/staff/2/links", ROOM).status_code == 422, "no link for who cannot sign in"
    assert abe.post("/staff/2/standing", ROOM, works="yes").status_code == 303
    assert ada.get("/desk/").status_code == 303, "a session that has ended stays so"
    assert _sign_in(site, "ada@example.org", PASSWORD, clock) is actions.SignedInNow


def test_nobody_shuts_herself_out(site: Site, abe: Colleague) -> None:
    assert abe.post("/staff/1/standing", ROOM, works="no").status_code == 422
    assert abe.post("/staff/1/role", ROOM, role="author").status_code == 422
    assert _roles(site)["Abe"] == ("admin", False)
    for deed in ("standing", "role", "links"):
        assert abe.post(f"/staff/99/{deed}", ROOM, works="no", role="author").status_code == 404


def test_only_an_admin_sees_the_way_there(site: Site, app: Flask, abe: Colleague) -> None:
    assert abe.page(ROOM).all("a", href=ROOM)
    ada = Colleague(app, "Ada")
    assert not ada.page("/desk/").all("a", href=ROOM)
    assert ada.get(ROOM).status_code == 403
