"""A walk through the whole house: every template is shown to somebody, and every page is sound HTML."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from jinja2 import BaseLoader, Environment
from werkzeug.test import TestResponse

import cms
from cms.outbox.actions.wording import confirm_secret, digest_secret, link_secret
from cms.privacy.models import MyCommentsLink
from cms.privacy.rules import LINK_LIVES
from cms.privacy.writes import store_link
from cms.site import Site
from cms.vault import secret_hash
from tests.conftest import Clock
from tests.desk.typist import Typist
from tests.factories import hire, send_comment, write_article
from tests.house.pages_source import TEMPLATES
from tests.reader import Moderator, Reader, check_page


class Noting(BaseLoader):
    """Loads templates as the program does, and notes which."""

    def __init__(self, loader: BaseLoader) -> None:
        self.loader = loader
        self.noted: set[str] = set()

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        self.noted.add(template)
        return self.loader.get_source(environment, template)


@pytest.fixture
def app(site: Site, clock: Clock) -> Flask:
    """Give an application of its own, since its loader is changed."""
    return cms.create_app(site, clock)


@pytest.fixture
def noted(app: Flask) -> set[str]:
    """Give the names of the templates that were shown."""
    assert app.jinja_env.loader
    loader = app.jinja_env.loader = Noting(app.jinja_env.loader)
    return loader.noted


@pytest.mark.both_engines
def test_every_template_is_shown_in_a_walk_through_the_house(
    app: Flask, site: Site, clock: Clock, noted: set[str]
) -> None:
    reader = Reader(app)
    _sound(reader.get("/"), 200)
    article = write_article(site, "The clock", clock(), tags=["Time"], section="City", authors=["Ada", "Ben"])
    write_article(site, "Another clock", clock(), tags=["Time"], section="City")
    send_comment(site, article, clock(), name="Dan")
    for name in ("Ben", "Cleo", "Abe"):
        hire(site, name, clock())
    _as_a_reader(reader, site)
    _as_the_owner_of_an_address(reader, site, clock)
    _as_two_moderators(Moderator(app, "Ben"), Moderator(app, "Cleo"))
    _sound(reader.get("/reports/1"), 200)
    abe = Moderator(app, "Abe")
    for room in ("hours/", "reasons/", "reasons/rude", "policies/new?kind=words"):
        _sound(abe.get(f"/moderation/{room}"), 200)
    typed = {"kind": "words", "lines": "casino", "effect": "spam", "days": ""}
    tried = abe.post("/moderation/policies/trials", "/moderation/policies/new?kind=words", **typed)
    carried = {attrs["name"]: attrs["value"] for attrs, _ in _sound(tried, 200).all("input", type="hidden")}
    saved = abe.client.post("/moderation/policies/", data=carried, headers=abe.headers)
    _sound(abe.get(saved.headers["Location"]), 200)
    _sound(abe.get("/moderation/policies/"), 200)
    _sound(abe.get("/staff/"), 200)
    _at_the_desk(Typist(app, "Ben"), reader, clock)
    assert set(TEMPLATES) - noted == set()


def _as_a_reader(reader: Reader, site: Site) -> None:
    for path in (
        "/",
        "/articles/the-clock",
        "/authors/ada",
        "/tags/time",
        "/sections/city",
        "/search?q=clock",
        "/privacy",
    ):
        _sound(reader.get(path), 200)
    parts = re.findall(r"<loc>http://localhost(.+?)</loc>", reader.get("/sitemap.xml").text)
    for path in ("/feed.xml", "/feed.json", "/news-sitemap.xml", *parts):
        assert reader.get(path).status_code == 200, path
    _sound(reader.comment("/articles/the-clock", comment=""), 422)
    _sound(reader.comment("/articles/the-clock", preview="1"), 200)
    sent = reader.comment("/articles/the-clock")
    assert sent.status_code == 303
    _sound(reader.get(sent.headers["Location"]), 200)
    _sound(reader.get("/nowhere"), 404)
    _sound(reader.get(f"/letters/{link_secret(site.vault, '0' * 32)}"), 200)
    _sound(reader.get(f"/letters/{digest_secret(site.vault, '0' * 32)}/digest"), 200)
    _sound(reader.get("/sign-in/password"), 200)
    _sound(reader.get(f"/letters/{'0' * 80}/password"), 404)
    _sound(reader.get(f"/letters/{confirm_secret(site.vault, '0' * 32)}/comment"), 200)


def _as_the_owner_of_an_address(reader: Reader, site: Site, clock: Clock) -> None:
    _sound(reader.get("/my-comments"), 200)
    link = MyCommentsLink(
        secret_hash=secret_hash("0" * 40),
        email_fingerprint=site.vault.fingerprint("dan@example.org"),
        language="en",
        made_at=clock(),
        ends_at=clock() + LINK_LIVES,
    )
    with site.database.writing() as session:
        store_link(session, link)
        session.commit()
    path = f"/my-comments/{'0' * 40}"
    _sound(reader.get(path), 200)
    page = reader.post(path, {}).headers["Location"]
    for address in (page, f"{page}/comments.html", f"{page}/erasure", "/my-comments/erased"):
        _sound(reader.get(address), 200)


def _as_two_moderators(ben: Moderator, cleo: Moderator) -> None:
    _sound(ben.get("/moderation/"), 200)
    seen_by_cleo = {**cleo.hidden(), "verdict": "spam", "comment": "1"}
    assert ben.decide("approve", 1).status_code == 303
    _sound(ben.get("/moderation/log"), 200)
    many = {**ben.hidden("/moderation/?words=was"), "verdict": "reject"}
    begun = ben.client.post("/moderation/batches/", data=many, headers=ben.headers)
    _sound(ben.get(begun.headers["Location"]), 200)
    _sound(ben.get("/moderation/batches/"), 200)
    _sound(ben.get("/moderation/context/1"), 200)
    _sound(ben.get("/moderation/figures?period=month"), 200)
    _sound(ben.get("/moderation/replies/1"), 200)
    _sound(ben.get("/moderation/corrections/1"), 200)
    _sound(ben.get("/moderation/pauses/1"), 200)
    _sound(ben.get("/moderation/digest/"), 200)
    late = cleo.client.post("/moderation/decisions", data=seen_by_cleo, headers=cleo.headers)
    _sound(late, 409)


def _at_the_desk(ben: Typist, reader: Reader, clock: Clock) -> None:
    _sound(ben.get("/desk/"), 200)
    _sound(ben.get("/desk/articles/new"), 200)
    path = ben.write("publish", title="A third clock")
    old = ben.form(path)
    _sound(ben.send(path, "preview", old), 200)
    assert ben.change(path, standfirst="Now with a standfirst.").status_code == 303
    _sound(ben.send(path, "save", {**old, "title": "A fifth clock"}), 409)
    _sound(ben.get(f"{path}/revisions"), 200)
    _sound(ben.get(f"{path}/revisions/1"), 200)
    fields = reader.form_of("/articles/a-third-clock")
    assert ben.change(path, "retract").status_code == 303
    typed = {**fields, "name": "Dan", "email": "dan@example.org", "comment": "Too late."}
    _sound(reader.client.post("/articles/a-third-clock/comments", data=typed, headers=reader.headers), 410)
    clock.advance(hours=13)
    _sound(ben.send(path, "save", old), 401)


def _sound(response: TestResponse, status: int) -> Any:
    assert response.status_code == status, response.text
    return check_page(response)
