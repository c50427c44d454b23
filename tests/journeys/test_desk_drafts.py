"""What is written at the desk is kept on its writer's own device until it is stored."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from cms.accounts.rules import Role
from tests.journeys.visitor import TEXT, TEXT_SENT, Visitor, png

pytestmark = pytest.mark.journey
Visits = Callable[..., Visitor]
OFFER = "[data-desk-offer]"


def _crash(ada: Visitor) -> None:
    ada.page.locator("[data-desk-note]").wait_for(state="visible")
    ada.page.close()
    ada.page = ada.context.new_page()


def _do(ada: Visitor, deed: str) -> None:
    ada.press(ada.page.locator(f"button[name=action][value={deed}]"))


def _kept(ada: Visitor) -> str:
    return str(ada.page.evaluate("JSON.stringify(localStorage)"))


def test_a_new_article_comes_back_after_a_crash_and_is_forgotten_once_stored(visitor: Visits) -> None:
    ada = visitor(Role.AUTHOR)
    page = ada.goto("/desk/articles/new")
    page.locator("input[name=title]").fill("Hours of work")
    page.locator(TEXT).fill("A first paragraph.\nA second.")
    assert "csrf" not in _kept(ada)
    _crash(ada)
    page = ada.goto("/desk/articles/new")
    assert page.locator(TEXT_SENT).input_value() == ""
    assert "Hours of work" in page.locator(OFFER).inner_text()
    page.get_by_role("button", name="Put them into the form").click()
    assert page.locator(TEXT_SENT).input_value() == "<p>A first paragraph.</p>\n<p>A second.</p>"
    assert page.locator(OFFER).is_hidden()
    _do(ada, "preview")
    assert "Hours of work" in _kept(ada)
    _do(ada, "save")
    assert _kept(ada) == "{}"
    assert ada.goto("/desk/articles/new").locator(OFFER).is_hidden()


def test_kept_words_come_back_with_their_lead_picture(visitor: Visits) -> None:
    ada = visitor(Role.AUTHOR)
    page = ada.goto("/desk/articles/new")
    assert page.locator("[data-desk-lead]").is_hidden()
    page.locator("input[name=title]").fill("A picture and no words")
    page.locator("input[name=lead_file]").set_input_files(
        {"name": "x.png", "mimeType": "image/png", "buffer": png()}
    )
    page.locator("input[name=lead_alt]").fill("A dot")
    _do(ada, "preview")
    _do(ada, "write_on")
    page.locator("input[name=lead_caption]").fill("The dot, from afar.")
    _crash(ada)
    page = ada.goto("/desk/articles/new")
    page.get_by_role("button", name="Put them into the form").click()
    expect(page.get_by_role("img", name="A dot")).to_be_visible()
    assert page.get_by_label("Remove this picture").is_visible()
    _do(ada, "save")
    assert page.get_by_role("img", name="A dot").is_visible()
    address = page.url
    page.get_by_label("Remove this picture").check()
    _crash(ada)
    page = ada.goto(address)
    page.get_by_role("button", name="Put them into the form").click()
    assert page.get_by_label("Remove this picture").is_checked()
    _do(ada, "save")
    assert page.get_by_role("img", name="A dot").count() == 0


def test_kept_words_of_a_stored_article_meet_a_newer_text_side_by_side(visitor: Visits) -> None:
    ada = visitor(Role.AUTHOR)
    page = ada.goto("/desk/articles/new")
    page.locator("input[name=title]").fill("A title for two")
    _do(ada, "save")
    address = page.url
    page.locator(TEXT).fill("Mine.")
    _crash(ada)
    ben = visitor(Role.EDITOR)
    ben.goto(address).locator(TEXT).fill("His.")
    _do(ben, "save")
    page = ada.goto(address)
    page.locator(TEXT).fill("Typed before I looked up.")
    page.get_by_role("button", name="Put them into the form").click()
    assert page.locator(TEXT_SENT).input_value() == "<p>Mine.</p>"
    _do(ada, "save")
    assert page.locator("[data-theirs]").inner_text() == "<p>His.</p>"
    _do(ada, "save")
    assert _kept(ada) == "{}"


def test_kept_words_can_be_thrown_away_and_are_offered_to_nobody_else(visitor: Visits) -> None:
    ada = visitor(Role.AUTHOR)
    ada.goto("/desk/articles/new").locator(TEXT).fill("I had better not.")
    ada.page.locator("[data-desk-note]").wait_for(state="visible")
    ada.press(ada.page.get_by_role("button", name="Sign out"))
    ada.sign_in(Role.EDITOR)
    assert ada.goto("/desk/articles/new").locator(OFFER).is_hidden()
    ada.press(ada.page.get_by_role("button", name="Sign out"))
    ada.sign_in(Role.AUTHOR)
    page = ada.goto("/desk/articles/new")
    page.get_by_role("button", name="Throw them away").click()
    assert _kept(ada) == "{}"
    ada.paper.signed_in.clear()  # what was signed out is no way in for those who come after


def test_the_offer_is_in_view_also_where_a_reload_keeps_the_place(visitor: Visits) -> None:
    ada = visitor(Role.AUTHOR, viewport={"width": 390, "height": 700})
    page = ada.goto("/desk/articles/new")
    page.locator(TEXT).fill("One.")
    page.locator("[data-desk-note]").wait_for(state="visible")
    page.locator("input[name=slug]").scroll_into_view_if_needed()
    page.reload()
    page.locator(
        "input[name=slug]"
    ).scroll_into_view_if_needed()  # where the browser has not done so by itself
    assert page.evaluate("scrollY") > 700
    box = page.locator(OFFER).bounding_box()
    assert box
    assert 0 <= box["y"] < box["y"] + box["height"] <= 350
