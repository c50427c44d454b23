"""Signing in and out, as a browser does it."""

import re

import pytest
import sqlalchemy as sa
from argon2 import Parameters, PasswordHasher, extract_parameters
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import col, select
from werkzeug.test import TestResponse

from cms import create_app, open_site
from cms.accounts import actions
from cms.accounts.models import Staff, StaffSession
from cms.accounts.rules import Refusal, Role
from cms.site import Site
from tests.conftest import Clock
from tests.factories import PASSWORD, hire
from tests.reader import Colleague, check_page

TOKEN = re.compile(r'(name="csrf_token"[^>]*value=")([^"]+)')


def _sign_in(client: FlaskClient, **fields: str) -> TestResponse:
    token = TOKEN.search(client.get("/sign-in").text)
    assert token
    sent = {"csrf_token": token[2], "email": "ada@example.org", "password": PASSWORD, **fields}
    return client.post("/sign-in", data=sent)


def test_an_author_arrives_at_the_desk(site: Site, app: Flask, clock: Clock) -> None:
    hire(site, "Ada", clock())
    response = _sign_in(app.test_client())
    assert (response.status_code, response.headers["Location"]) == (303, "/desk/")


def test_a_moderator_arrives_at_the_queue(site: Site, app: Flask, clock: Clock) -> None:
    hire(site, "Cleo", clock())
    response = _sign_in(app.test_client(), email="cleo@example.org")
    assert response.headers["Location"] == "/moderation/"


def test_the_way_on_is_kept_where_it_is_local(site: Site, app: Flask, clock: Clock) -> None:
    hire(site, "Ada", clock())
    asked = app.test_client().get("/desk/?status=draft")
    assert asked.status_code == 303
    client = app.test_client()
    assert 'value="/desk/?status=draft"' in client.get(asked.headers["Location"]).text
    assert _sign_in(client, next="/desk/?status=draft").headers["Location"] == "/desk/?status=draft"
    assert _sign_in(app.test_client(), next="//evil.example").headers["Location"] == "/desk/"


def test_case_and_space_around_an_address_do_not_matter(site: Site, app: Flask, clock: Clock) -> None:
    hire(site, "Ada", clock())
    assert _sign_in(app.test_client(), email=" ADA@Example.org ").status_code == 303


def test_one_keyboards_letters_are_anothers(site: Site, clock: Clock) -> None:
    actions.add_staff(site, "Ada", "ada@example.org", Role.AUTHOR, "gr\u00fc\u00dfe aus dem hafen", clock())
    outcome = actions.sign_in(site, "ada@example.org", "gru\u0308\u00dfe aus dem hafen", "", clock())
    assert isinstance(outcome, actions.SignedInNow)


def test_unknown_and_known_get_the_same_answer_to_the_byte(site: Site, app: Flask, clock: Clock) -> None:
    unknown = _sign_in(app.test_client(), password="not the password")
    hire(site, "Ada", clock())
    known = _sign_in(app.test_client(), password="not the password")
    assert unknown.status_code == known.status_code == 422
    assert TOKEN.sub(r"\1", unknown.text) == TOKEN.sub(r"\1", known.text)
    assert "There is a problem" in known.text
    check_page(known)


class WrittenDown(PasswordHasher):
    """Hashes as always, and writes down at what cost each password was compared."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.costs: list[Parameters] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002  # argon2 calls it so
        self.costs.append(extract_parameters(str(hash)))
        return super().verify(hash, password)


def test_an_unknown_address_takes_as_long_as_a_wrong_password(
    site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nearly all the time goes into one comparison, at the cost that stands in the hash."""
    hire(site, "Ada", clock())
    monkeypatch.setattr(actions, "HASHER", hasher := WrittenDown())
    actions.sign_in(site, "ada@example.org", "not the password", "", clock())
    actions.sign_in(site, "nobody@example.org", "not the password", "", clock())
    known, unknown = hasher.costs
    assert known == unknown


@pytest.mark.both_engines
def test_the_eleventh_failure_from_one_network_is_not_even_tried(
    site: Site, app: Flask, clock: Clock
) -> None:
    hire(site, "Ada", clock())
    client = app.test_client()
    for number in range(10):
        assert _sign_in(client, email=f"{number}@example.org").status_code == 422
    refused = _sign_in(client)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 601
    assert 'value="ada@example.org"' in refused.text
    clock.advance(minutes=21)
    assert _sign_in(client).status_code == 303


def test_one_address_is_not_tried_from_many_networks(site: Site, clock: Clock) -> None:
    hire(site, "Ada", clock())
    for number in range(10):
        actions.sign_in(site, "ada@example.org", "wrong", f"network {number}", clock())
    outcome = actions.sign_in(site, "ada@example.org", PASSWORD, "network 11", clock())
    assert isinstance(outcome, actions.TooManyTries)


def test_signing_in_well_is_not_counted(site: Site, clock: Clock) -> None:
    hire(site, "Ada", clock())
    for _ in range(11):
        outcome = actions.sign_in(site, "ada@example.org", PASSWORD, "one network", clock())
    assert isinstance(outcome, actions.SignedInNow)


def test_rate_limits_off_lets_everybody_try(site: Site, clock: Clock) -> None:
    hire(site, "Ada", clock())
    free = site.but(rate_limits=False)
    for _ in range(12):
        outcome = actions.sign_in(free, "ada@example.org", "wrong", "one network", clock())
    assert isinstance(outcome, actions.WrongCredentials)


def test_the_session_begins_anew(site: Site, app: Flask, clock: Clock) -> None:
    hire(site, "Ada", clock())
    client = app.test_client()
    with client.session_transaction() as planted:
        planted["planted"] = "by somebody else"
    assert _sign_in(client).status_code == 303
    with client.session_transaction() as present:
        assert "planted" not in present


def test_a_form_without_its_token_signs_nobody_in(site: Site, app: Flask, clock: Clock) -> None:
    hire(site, "Ada", clock())
    response = _sign_in(app.test_client(), csrf_token="forged")
    assert response.status_code == 422
    assert "staff" not in response.headers.get("Location", "")


def test_signing_out_ends_the_session_for_a_copied_cookie_too(site: Site, app: Flask, clock: Clock) -> None:
    hire(site, "Ada", clock())
    ada = Colleague(app, "Ada")
    cookie = ada.client.get_cookie("staff")
    assert cookie
    assert ada.post("/sign-out", "/desk/").status_code == 303
    thief = app.test_client()
    thief.set_cookie("staff", cookie.value)
    assert thief.get("/desk/").status_code == 303


def test_who_is_let_go_is_out_at_once(site: Site, app: Flask, clock: Clock) -> None:
    staff_id = hire(site, "Ada", clock())
    ada = Colleague(app, "Ada")
    assert actions.disable_staff(site, staff_id, clock()) is None
    assert ada.get("/desk/").status_code == 303
    assert _sign_in(app.test_client()).status_code == 422


def test_who_comes_back_has_her_password_and_no_session_of_before(
    site: Site, app: Flask, clock: Clock
) -> None:
    staff_id = hire(site, "Ada", clock())
    ada = Colleague(app, "Ada")
    actions.disable_staff(site, staff_id, clock())
    assert actions.enable_staff(site, staff_id) is None
    assert ada.get("/desk/").status_code == 303
    assert _sign_in(app.test_client()).status_code == 303


def test_a_new_password_ends_all_sessions(site: Site, app: Flask, clock: Clock) -> None:
    staff_id = hire(site, "Ada", clock())
    ada = Colleague(app, "Ada")
    assert actions.change_password(site, staff_id, "another long password", clock()) is None
    assert ada.get("/desk/").status_code == 303
    assert _sign_in(app.test_client()).status_code == 422
    assert _sign_in(app.test_client(), password="another long password").status_code == 303


@pytest.mark.both_engines
def test_a_session_ends_after_twelve_hours_without_a_request(site: Site, app: Flask, clock: Clock) -> None:
    hire(site, "Ada", clock())
    ada = Colleague(app, "Ada")
    clock.advance(hours=11)
    assert ada.get("/desk/").status_code == 200
    clock.advance(hours=11)
    assert ada.get("/desk/").status_code == 200
    clock.advance(hours=13)
    assert ada.get("/desk/").status_code == 303


@pytest.mark.both_engines
def test_use_is_noted_once_a_minute(site: Site, app: Flask, clock: Clock) -> None:
    hire(site, "Ada", clock())
    ada = Colleague(app, "Ada")
    began = clock()
    clock.advance(seconds=30)
    ada.get("/desk/")
    assert _seen_at(site) == began
    clock.advance(seconds=31)
    ada.get("/desk/")
    assert _seen_at(site) == clock()


@pytest.mark.parametrize(
    ("base_url", "secure"), [("https://paper.example", True), ("http://localhost", False)]
)
def test_the_cookie_is_closed_to_scripts_and_other_sites(
    site: Site, clock: Clock, base_url: str, secure: bool
) -> None:
    response = create_app(site.but(base_url=base_url), clock).test_client().get("/sign-in", base_url=base_url)
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("staff=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ("Secure" in cookie) is secure


def test_a_hash_of_older_parameters_is_renewed(site: Site, clock: Clock) -> None:
    staff_id = hire(site, "Ada", clock())
    old = PasswordHasher(time_cost=2, memory_cost=64, parallelism=1).hash(PASSWORD)
    with site.database.writing() as session:
        session.execute(sa.update(Staff).where(col(Staff.id) == staff_id).values(password_hash=old))
        session.commit()
    actions.sign_in(site, "ada@example.org", PASSWORD, "", clock())
    with site.database.reading() as session:
        renewed = session.exec(select(Staff.password_hash)).one()
    assert renewed != old
    assert isinstance(actions.sign_in(site, "ada@example.org", PASSWORD, "", clock()), actions.SignedInNow)


def test_an_address_stands_nowhere_in_the_clear(site: Site, clock: Clock) -> None:
    hire(site, "Ada", clock())
    with site.database.reading() as session:
        row = session.exec(select(Staff)).one()
    assert "ada@" not in repr(row.model_dump()).lower()
    assert site.vault.unseal(row.email_sealed, table="staff", mark=row.mark) == "ada@example.org"


@pytest.mark.both_engines
def test_one_address_is_one_person(site: Site, clock: Clock) -> None:
    hire(site, "Ada", clock())
    assert isinstance(
        actions.add_staff(site, "Ada too", "ADA@example.org", Role.EDITOR, PASSWORD, clock()), Refusal
    )


def test_without_the_sites_key_the_door_says_reading_only(site: Site, app: Flask, clock: Clock) -> None:
    for file in site.settings.keys_folder.glob("*.key"):
        file.unlink()
    reading_only = open_site(site.settings)
    keyless = create_app(reading_only, clock).test_client()
    assert keyless.get("/sign-in").status_code == 503
    assert keyless.get("/desk/").status_code == 503
    assert keyless.post("/sign-in", data={}).status_code == 503
    reading_only.database.close()


def _seen_at(site: Site) -> object:
    with site.database.reading() as session:
        return session.exec(select(StaffSession.seen_at)).one()
