"""A comment with published answers is taken away alone, or its whole branch as one decision with one undo."""

import pytest
from flask import Flask

from cms.site import Site
from tests.conftest import START, Clock
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator, Reader

FERRY = "/articles/the-ferry"


@pytest.fixture
def branch(site: Site, app: Flask) -> list[int]:
    """Give a comment, an answer, an answer to that, and a stranger to them, all published."""
    hire(site, "Cleo", START)
    article = write_article(site, "The ferry", START)
    made: list[int] = []
    for name, parent in (("Mallory", None), ("Dan", 0), ("Mia", 1), ("Eve", None)):
        above = None if parent is None else made[parent]
        root = None if parent is None else made[0]
        text = f"{name} says that the ferry was late."
        made.append(send_comment(site, article, START, name=name, text=text, parent_id=above, root_id=root))
    Moderator(app, "Cleo").decide("approve", *made)
    return made


def _reject(cleo: Moderator, comment_id: int, **fields: str) -> None:
    data = {
        **cleo.hidden("/moderation/?status=approved"),
        "verdict": "reject",
        "comment": str(comment_id),
        **fields,
    }
    assert cleo.client.post("/moderation/decisions", data=data, headers=cleo.headers).status_code == 303


def _said(app: Flask) -> dict[str, bool]:
    text = Reader(app).get(FERRY).text
    return {name: f"{name} says" in text for name in ("Mallory", "Dan", "Mia", "Eve")}


def test_alone_it_leaves_a_line_and_its_answers_stay(app: Flask, branch: list[int]) -> None:
    _reject(Moderator(app, "Cleo"), branch[0])
    assert _said(app) == {"Mallory": False, "Dan": True, "Mia": True, "Eve": True}
    assert "Removed by a moderator." in Reader(app).get(FERRY).text


def test_the_whole_branch_goes_and_comes_back_by_one_undo(
    app: Flask, branch: list[int], clock: Clock
) -> None:
    cleo = Moderator(app, "Cleo")
    _reject(cleo, branch[0], branch="all", reason="rude")
    assert _said(app) == {"Mallory": False, "Dan": False, "Mia": False, "Eve": True}
    undo = {
        "csrf_token": cleo.hidden("/moderation/?status=approved")["csrf_token"],
        "decision": [
            attrs["value"] for attrs, _ in cleo.page("/moderation/log").all("input", name="decision")
        ][:3],
    }
    assert cleo.client.post("/moderation/undos", data=undo, headers=cleo.headers).status_code == 303
    assert all(_said(app).values())


def test_only_a_card_with_published_answers_asks(app: Flask, branch: list[int]) -> None:
    page = Moderator(app, "Cleo").page("/moderation/?status=approved")
    assert {attrs["id"] for attrs, _ in page.all("select", name="branch")} == {
        f"branch-{branch[0]}",
        f"branch-{branch[1]}",
    }


def test_approving_takes_no_answers_along(app: Flask, branch: list[int]) -> None:
    cleo = Moderator(app, "Cleo")
    cleo.decide("hold", branch[0])
    cleo.decide("approve", branch[0], branch="all")
    assert all(_said(app).values())
