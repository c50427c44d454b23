"""A browser measures haste by a fresh token and does the sum that is asked of it; without script all is held."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.journeys.conftest import served
from tests.journeys.visitor import ARTICLE, Paper, Visitor

pytestmark = pytest.mark.journey
Visits = Callable[..., Visitor]


@pytest.fixture(scope="module")
def careful_paper(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Paper, Path]]:
    """Give a newspaper that always asks for a sum, with the folder that its database lies in."""
    folder = tmp_path_factory.mktemp("careful")
    with served(demo, folder, CMS_PROOF_OF_WORK="always") as paper:
        yield paper, folder


def test_a_browser_fetches_a_token_at_the_first_focus_and_sends_it(visitor: Visits) -> None:
    dan = visitor()
    page = dan.goto(ARTICLE)
    token = page.locator("form input[name=token]")
    kept = token.input_value()
    with page.expect_response(lambda answer: answer.url.endswith("/comments/token")):
        page.locator("textarea[name=comment]").focus()
    page.wait_for_function(
        "kept => document.querySelector('form input[name=token]').value !== kept", arg=kept
    )
    assert token.input_value().count(".") == 2
    assert dan.context.cookies() == []
    assert page.locator("form input[name=proof]").input_value() == ""


@pytest.mark.parametrize("scripted", [True, False])
def test_the_sum_is_done_by_script_and_without_it_the_comment_is_held_for_that(
    browser: Browser, careful_paper: tuple[Paper, Path], scripted: bool
) -> None:
    paper, folder = careful_paper
    dan = Visitor.arriving(browser, paper, java_script_enabled=scripted)
    dan.goto(ARTICLE)
    text = f"Sent {'with' if scripted else 'without'} a sum, and read by a person in any case."
    assert "/comments/" in dan.comment(ARTICLE, text)
    with sqlite3.connect(folder / "broadsheet.db") as database:
        found = database.execute(
            "SELECT status, code FROM comment LEFT JOIN hold_reason ON comment_id = comment.id WHERE body_text = ?",
            (text,),
        ).fetchall()
    database.close()
    assert {status for status, _ in found} == {"held"}
    assert ("no_proof" in {code for _, code in found}) is not scripted
    assert not dan.complaints
    dan.leave()
