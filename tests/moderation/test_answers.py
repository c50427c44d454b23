"""What a script is told that decides in place of a form."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from cms.site import Site
from tests.conftest import ON_SQLITE, START
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator

JSON = {"Accept": "application/json"}


@pytest.fixture
def article(site: Site) -> int:
    hire(site, "Cleo", START)
    hire(site, "Ben", START)
    return write_article(site, "The ferry", START)


@pytest.fixture
def cleo(app: Flask, article: int) -> Moderator:
    return Moderator(app, "Cleo")


def _ask(who: Moderator, path: str, seen: dict[str, str], **fields: Any) -> TestResponse:
    data = {**seen, **fields}
    return who.client.post(f"/moderation/{path}", data=data, headers={**who.headers, **JSON})


@ON_SQLITE
def test_a_script_is_told_what_was_decided_and_how_many_are_left(
    site: Site, cleo: Moderator, article: int
) -> None:
    comment, _other = (send_comment(site, article, START, name=name) for name in ("Dan", "Eve"))
    response = _ask(cleo, "decisions", cleo.hidden(), comment=comment, verdict="approve")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    told = response.json
    assert told is not None
    assert (told["said"], told["left"], told["waiting"]["number"]) == ("Approved: 1.", [], 1)
    assert told["as_of"] == told["decided"][0]
    undone = _ask(cleo, "undos", cleo.hidden(), decision=told["decided"]).json
    assert undone is not None
    assert (undone["said"], undone["waiting"]["number"]) == ("Undone: 1.", 2)


@ON_SQLITE
def test_a_script_is_told_who_was_faster(site: Site, app: Flask, cleo: Moderator, article: int) -> None:
    comment, other = (send_comment(site, article, START, name=name) for name in ("Dan", "Eve"))
    seen = cleo.hidden()
    Moderator(app, "Ben").decide("approve", comment)
    alone = _ask(cleo, "decisions", seen, comment=comment, verdict="spam")
    assert alone.status_code == 409
    assert alone.json is not None
    assert "Ben" in alone.json["left"][0]["said"]
    both = _ask(cleo, "decisions", seen, comment=[comment, other], verdict="spam")
    assert both.status_code == 200
    assert both.json is not None
    assert [left["comment"] for left in both.json["left"]] == [comment]
    assert len(both.json["decided"]) == 1


@ON_SQLITE
@pytest.mark.parametrize(
    ("path", "fields"),
    [("decisions", {"comment": "x"}), ("decisions", {"verdict": "praise"}), ("undos", {"decision": "999"})],
)
def test_a_script_is_told_what_was_not_understood(
    site: Site, cleo: Moderator, article: int, path: str, fields: dict[str, str]
) -> None:
    comment = send_comment(site, article, START)
    response = _ask(cleo, path, cleo.hidden(), **{"comment": comment, "verdict": "approve", **fields})
    assert response.status_code == 422
    assert response.json is not None
    assert response.json["said"].endswith(".")


@ON_SQLITE
def test_whoever_dislikes_keys_switches_them_off_for_herself(
    site: Site, app: Flask, cleo: Moderator, article: int
) -> None:
    def state(who: Moderator) -> str:
        page = who.page("/moderation/")
        return next(attrs["data-shortcuts"] for _, attrs, _ in page.elements if "data-shortcuts" in attrs)

    assert state(cleo) == "on"
    assert cleo.post("/moderation/shortcuts", "/moderation/", shortcuts="off").status_code == 303
    assert (state(cleo), state(Moderator(app, "Ben"))) == ("off", "on")
