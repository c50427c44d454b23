"""A moderator decides with one key a comment, takes back, loses the network, and works with a thumb."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from cms.accounts.rules import Role
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey
Visits = Callable[..., Visitor]
READING = "document.activeElement.closest('[data-comment]')?.dataset.comment ?? ''"
HOLD_ANSWERS = """() => {
    const ask = window.fetch, held = []
    window.fetch = async (...asked) => {
        const answer = await ask(...asked)
        if (asked.length === 1) await new Promise((go) => held.push(go))
        return answer
    }
    window.send_on = async () => {
        while (!held.length) await new Promise((go) => setTimeout(go, 10))
        held.shift()()
    }
}"""


@pytest.fixture
def cleo(visitor: Visits) -> Visitor:
    """Give a moderator before the open queue, in which the demonstration newspaper has put forty comments."""
    someone = visitor(Role.MODERATOR)
    someone.goto("/moderation/")
    return someone


@pytest.fixture
def queue(cleo: Visitor) -> Page:
    """Give the page that she is on."""
    return cleo.page


def test_one_key_decides_and_the_next_comment_has_the_focus(queue: Page) -> None:
    first, left = queue.evaluate(READING), _left(queue)
    queue.keyboard.press("a")
    second = queue.evaluate(READING)
    assert second not in {"", first}
    expect(queue.locator("[data-live]")).to_contain_text("Approved:")
    queue.keyboard.press("2")
    queue.keyboard.press("r")
    expect(queue.locator("[data-left]")).to_have_attribute("data-number", str(left - 2))
    queue.keyboard.press("u")
    assert queue.evaluate(READING) == second
    queue.keyboard.press("u")
    assert queue.evaluate(READING) == first
    _settle(queue)
    assert queue.goto("/moderation/") is not None
    assert _left(queue) == left


def test_keys_do_nothing_outside_the_queue_while_typing_or_switched_off(queue: Page) -> None:
    left = _left(queue)
    queue.locator("select[name=reason]").nth(1).focus()
    queue.keyboard.press("a")
    queue.locator(".house-bar__name a").focus()
    queue.keyboard.press("a")
    queue.evaluate("document.querySelector('[data-queue]').dataset.shortcuts = 'off'")
    queue.locator("[data-heading]").first.focus()
    queue.keyboard.press("a")
    assert _left(queue) == left


def test_what_is_decided_without_network_is_counted_and_sent_later(cleo: Visitor, queue: Page) -> None:
    left = _left(queue)
    queue.route("**/moderation/decisions", lambda route: route.fulfill(status=503))
    queue.keyboard.press("s")
    queue.keyboard.press("s")
    expect(queue.locator("[data-unsent]")).to_contain_text("Not sent yet: 2.")
    queue.unroute("**/moderation/decisions")
    queue.evaluate("window.dispatchEvent(new Event('online'))")
    expect(queue.locator("[data-unsent]")).to_be_hidden()
    queue.keyboard.press("u")
    queue.keyboard.press("u")
    _settle(queue)
    queue.goto("/moderation/")
    assert _left(queue) == left
    cleo.complaints.clear()  # the browser's own about 503


def test_who_was_faster_is_said_on_the_card_that_comes_back(
    visitor: Visits, cleo: Visitor, queue: Page
) -> None:
    comment = queue.evaluate(READING)
    ben = visitor(Role.EDITOR)
    page = ben.goto(f"/moderation/?comment={comment}")
    ben.decide(page.locator(f"[data-comment='{comment}'] button[value=reject]"))
    card = queue.locator(f"[data-comment='{comment}']")
    with queue.expect_response("**/moderation/decisions") as answer:
        queue.keyboard.press("a")
    assert answer.value.status == 409
    expect(card.locator(".notice")).to_contain_text("Left as it is")
    expect(card.locator(".badge--rejected")).to_be_visible()
    with queue.expect_response("**/moderation/decisions") as answer:
        card.locator("button[value=hold]").click()
    assert answer.value.status == 200
    cleo.complaints.clear()  # the browser's own about 409


def test_a_comment_is_escalated_and_noted_by_keys_and_both_are_taken_back(queue: Page) -> None:
    first, left = queue.evaluate(READING), _left(queue)
    card = queue.locator(f"[data-comment='{first}']")
    queue.keyboard.press("e")
    assert queue.evaluate(READING) not in {"", first}
    expect(card.locator(".panel__asked")).to_be_visible()
    queue.keyboard.press("k")
    queue.keyboard.press("n")
    queue.keyboard.type("Ask Ada: was it j, k, or u?")
    queue.keyboard.press("Control+Enter")
    expect(card.locator(".notes__words")).to_have_text("Ask Ada: was it j, k, or u?")
    assert queue.evaluate(READING) == first
    queue.keyboard.press("u")
    expect(card.locator(".notes__words")).to_have_count(0)
    queue.keyboard.press("u")
    expect(card.locator(".panel__asked")).to_have_count(0)
    assert queue.evaluate(READING) == first
    _settle(queue)
    assert _left(queue) == left


def test_a_card_ends_as_the_last_of_two_quick_deeds_left_it(queue: Page) -> None:
    card = queue.locator(f"[data-comment='{queue.evaluate(READING)}']")
    queue.evaluate(HOLD_ANSWERS)
    queue.keyboard.press("e")
    _settle(queue)
    queue.keyboard.press("k")
    queue.keyboard.press("n")
    queue.keyboard.type("Ask Ada.")
    queue.keyboard.press("Control+Enter")
    _settle(queue)
    expect(card.locator(".panel__asked")).to_have_count(0)
    queue.evaluate("send_on()")  # what was asked before the note was kept
    expect(card.locator(".panel__asked")).to_be_visible()
    queue.evaluate("send_on()")
    expect(card.locator(".notes__words")).to_have_text("Ask Ada.")
    queue.keyboard.press("u")
    queue.keyboard.press("u")
    _settle(queue)


def test_a_note_about_those_that_were_ticked_is_not_taken_along_to_the_next(queue: Page) -> None:
    first, left = queue.evaluate(READING), _left(queue)
    bar = queue.get_by_role("form", name="All that are ticked")
    queue.keyboard.press("x")
    bar.get_by_text("Note", exact=True).click()
    queue.keyboard.type("All from one school.")
    queue.keyboard.press("Escape")
    assert queue.evaluate(READING) == first
    bar.get_by_role("button", name="Reject").click()
    expect(queue.locator("[data-left]")).to_have_attribute("data-number", str(left - 1))
    expect(bar.locator("textarea")).to_have_value("")
    queue.keyboard.press("u")
    _settle(queue)
    expect(queue.locator("[data-key=x]:checked")).to_have_count(0)
    assert _left(queue) == left


def test_escape_leads_from_a_reply_back_to_the_keys_and_leaves_its_words(queue: Page) -> None:
    first = queue.evaluate(READING)
    queue.keyboard.press("w")
    reply = queue.locator(f"[data-comment='{first}'] [data-context=reply] textarea")
    expect(reply).to_be_focused()
    queue.keyboard.type("We have asked her, and")
    queue.keyboard.press("Escape")
    assert queue.evaluate(READING) == first
    queue.keyboard.press("j")
    assert queue.evaluate(READING) not in {"", first}
    expect(reply).to_have_value("We have asked her, and")


def _left(queue: Page) -> int:
    return int(queue.locator("[data-left]").get_attribute("data-number") or 0)


def _settle(queue: Page) -> None:
    """Wait until nothing is left to send."""
    expect(queue.locator("[data-queue]")).to_have_attribute("data-unsent-count", "0")


def test_a_comment_with_published_answers_asks_once_and_one_key_answers(cleo: Visitor) -> None:
    page = cleo.goto("/moderation/?status=approved")
    card = page.locator("[data-card]:has([data-branch])").first
    dialog = page.locator('[data-dialog="branch"]')
    card.locator("[data-heading]").focus()
    page.keyboard.press("r")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(card).to_be_visible()
    page.keyboard.press("r")
    with page.expect_response("**/moderation/decisions") as answered:
        page.keyboard.press("b")
    assert answered.value.status == 200
    expect(page.locator("[data-live]")).to_contain_text("Rejected:")
    with page.expect_response("**/moderation/undos") as undone:
        page.keyboard.press("u")
    assert undone.value.status == 200


def test_without_script_no_button_stands_there_that_only_a_script_could_work(
    visitor: Visits, cleo: Visitor
) -> None:
    page = visitor(Role.MODERATOR, java_script_enabled=False).goto("/moderation/")
    expect(page.locator("[data-card]").first).to_be_visible()
    expect(page.locator("[data-bar]")).to_be_hidden()
