"""What somebody writes is kept on her own device until it is sent, and nothing else of her is."""

import json
import urllib.parse
from collections.abc import Callable

import pytest

from tests.journeys.visitor import ARTICLE, LONG_ARTICLE, Visitor

pytestmark = pytest.mark.journey
Visits = Callable[..., Visitor]
TEXTAREA = "textarea[name=comment]"
NOTE = "[data-draft-note]"


def _type(dan: Visitor, path: str, text: str) -> None:
    page = dan.goto(path)
    page.locator("input[name=email]").fill("dan@example.org")
    page.locator("input[name=name]").fill("Dan of the drafts")
    page.locator(TEXTAREA).fill(text)
    page.locator(NOTE).wait_for(state="visible")


def _kept(dan: Visitor) -> str:
    return str(dan.page.evaluate("JSON.stringify(localStorage)"))


def test_a_draft_comes_back_after_a_crash_and_goes_when_it_is_sent(visitor: Visits) -> None:
    dan = visitor()
    _type(dan, ARTICLE, "Half a thought, and ")
    assert "Half a thought" in _kept(dan)
    assert "dan@example.org" not in _kept(dan)
    assert "Dan of the drafts" not in _kept(dan)
    dan.page.close()  # as when the tab crashes: nothing of it is left but what was kept
    page = dan.page = dan.context.new_page()
    dan.goto(ARTICLE)
    assert page.locator(TEXTAREA).input_value() == "Half a thought, and "
    assert page.locator("input[name=email]").input_value() == ""
    page.goto(LONG_ARTICLE)
    assert page.locator(TEXTAREA).input_value() == ""
    page.go_back()
    assert page.locator(TEXTAREA).input_value() == "Half a thought, and "
    page.locator(TEXTAREA).fill("Half a thought, and the other half.")
    dan.press(page.get_by_role("button", name="Post Comment"))
    assert page.title().startswith("Error:")  # no name and no address yet
    assert "the other half" in _kept(dan)
    page.locator("input[name=name]").fill("Dan of the drafts")
    page.locator("input[name=email]").fill("dan@example.org")
    dan.press(page.get_by_role("button", name="Post Comment"))
    page.locator("[data-comment-sent]").wait_for()
    assert _kept(dan) == "{}"
    dan.goto(ARTICLE)
    assert page.locator(TEXTAREA).input_value() == ""


@pytest.mark.parametrize("ending", ["back", "reload"])
def test_nobody_is_asked_to_send_again_after_a_refused_comment(visitor: Visits, ending: str) -> None:
    dan = visitor()
    page = dan.goto(ARTICLE)
    page.locator("input[name=name]").fill("Dan of the drafts")
    page.locator(TEXTAREA).fill("An address is missing here.")
    dan.press(page.get_by_role("button", name="Post Comment"))
    assert page.title().startswith("Error:")
    dan.come_again(ending, away=LONG_ARTICLE)
    assert urllib.parse.urlsplit(page.url)[2:] == (ARTICLE, "", "reply")
    assert page.locator(TEXTAREA).input_value() == "An address is missing here."
    assert page.locator(NOTE).is_visible()


def test_a_refused_reply_is_found_again_under_what_it_answers(visitor: Visits) -> None:
    dan = visitor()
    page = dan.goto(ARTICLE)
    dan.press(page.get_by_role("link", name="Reply to Haruki Steenbergen"))
    page.locator(TEXTAREA).fill("Which shelf was it?")
    dan.press(page.get_by_role("button", name="Post Comment"))
    assert page.title().startswith("Error:")
    page.reload()
    assert "reply_to=" in page.url
    assert page.get_by_text("You are replying to Haruki Steenbergen.").is_visible()
    assert page.locator(TEXTAREA).input_value() == "Which shelf was it?"
    page.get_by_role("link", name="Cancel the reply").click()
    page.wait_for_url(f"**{ARTICLE}?#reply")


def test_a_draft_can_be_thrown_away_and_an_old_one_is_forgotten(visitor: Visits) -> None:
    dan = visitor()
    _type(dan, ARTICLE, "I had better not.")
    dan.page.get_by_role("button", name="Throw it away").click()
    assert dan.page.locator(TEXTAREA).input_value() == ""
    assert not dan.page.locator(NOTE).is_visible()
    assert _kept(dan) == "{}"
    old = json.dumps({"text": "Long ago.", "at": 1_000_000_000_000})
    dan.page.evaluate("old => localStorage.setItem('draft:/articles/x/comments#', old)", old)
    dan.page.reload()
    dan.page.wait_for_function("localStorage.length === 0")


def test_an_old_address_of_a_comment_leads_to_the_page_where_it_stands(visitor: Visits) -> None:
    dan = visitor()
    page = dan.goto(f"{LONG_ARTICLE}#comment-4711")
    page.wait_for_url(f"**{LONG_ARTICLE}#comments")
    assert urllib.parse.urlsplit(page.url).query == ""
