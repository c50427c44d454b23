"""Everything can be done without a mouse."""

from collections.abc import Callable

import pytest

from cms.accounts.rules import Role
from cms.exchange.actions.demo import STAFF
from tests.factories import PASSWORD
from tests.journeys.visitor import ARTICLE, Visitor

pytestmark = pytest.mark.journey
Visits = Callable[..., Visitor]


def test_a_reader_comments_and_a_moderator_approves_by_keyboard_alone(visitor: Visits) -> None:
    dan = visitor()
    keys = dan.goto(ARTICLE).keyboard
    for field, words in (
        ("textarea[name=comment]", "Typed without a mouse."),
        ("input[name=name]", "Dan of the keys"),
        ("input[name=email]", "dan@example.org"),
    ):
        dan.tab_to(field)
        keys.type(words)
    dan.tab_to("form[action$='/comments'] button[type=submit]")
    dan.enter()
    cleo = visitor()
    _sign_in_by_keyboard(cleo)
    cleo.goto("/moderation/")
    keys = cleo.page.keyboard
    while cleo.page.evaluate("document.activeElement.textContent") != "Dan of the keys":
        keys.press("j")
        cleo.page.wait_for_load_state("networkidle")
    cleo.tab_to("button[value=approve][aria-label$='Dan of the keys']")
    with cleo.page.expect_response("**/moderation/decisions"):
        cleo.page.keyboard.press("Enter")
    assert "Typed without a mouse." in visitor().goto(ARTICLE).locator("#comments").inner_text()


def test_the_first_tab_offers_the_way_past_the_masthead(visitor: Visits) -> None:
    dan = visitor()
    page = dan.goto(ARTICLE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_whatever_has_the_focus_can_be_seen_to_have_it(visitor: Visits) -> None:
    dan = visitor()
    page = dan.goto(ARTICLE)
    unseen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        shown = page.evaluate("""() => {
            const it = document.activeElement, style = getComputedStyle(it);
            return it === document.body || style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0
                || style.boxShadow !== 'none' ? '' : it.outerHTML.slice(0, 120);
        }""")
        unseen += [shown] if shown else []
    assert not unseen


def _sign_in_by_keyboard(cleo: Visitor) -> None:
    keys = cleo.goto("/sign-in").keyboard
    cleo.tab_to("input[name=email]")
    keys.type(STAFF[Role.MODERATOR][1])
    cleo.tab_to("input[name=password]")
    keys.type(PASSWORD)
    cleo.enter()
