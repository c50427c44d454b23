"""A reader answers back, a moderator decides, the next reader sees it."""

from collections.abc import Callable

import pytest

from cms.accounts.rules import Role
from tests.journeys.visitor import ARTICLE, URDU_ARTICLE, Visitor

pytestmark = pytest.mark.journey
Visits = Callable[..., Visitor]


def test_a_reader_comments_and_learns_what_happens_next(visitor: Visits) -> None:
    dan = visitor()
    page = dan.goto("/")
    dan.press(page.get_by_role("link", name="The last ferry").first)
    assert page.locator("article h1").inner_text().startswith("The last ferry")
    receipt = dan.comment(ARTICLE, "I came to read and stayed to answer.")
    assert "It is waiting for a moderator." in page.get_by_role("main").inner_text()
    assert "I came to read and stayed to answer." in page.locator(".comment__body").inner_text()
    assert "dan@example.org" not in page.content()
    assert dan.context.cookies() == []
    assert "I came to read" not in visitor().goto(ARTICLE).content()
    assert receipt.startswith(dan.paper.base_url)


def test_an_approved_comment_is_seen_by_the_next_reader(visitor: Visits) -> None:
    dan, cleo = visitor(), visitor(Role.MODERATOR)
    receipt = dan.comment(ARTICLE, "The rope comes off, and so do I.", name="Dan of the rope")
    _decide(cleo, "Dan of the rope", "Approve")
    page = visitor().goto(ARTICLE)
    shown = page.locator(".comment", has_text="The rope comes off, and so do I.")
    assert shown.locator(".comment__name").inner_text() == "Dan of the rope"
    page = dan.goto(receipt)
    assert "It is published." in page.get_by_role("main").inner_text()
    dan.press(page.get_by_role("link", name="See it in its place"))
    assert page.url.startswith(f"{dan.paper.base_url}{ARTICLE}")


def test_a_rejected_comment_stays_out_of_sight_and_a_decision_can_be_undone(visitor: Visits) -> None:
    dan, cleo = visitor(), visitor(Role.MODERATOR)
    dan.comment(ARTICLE, "Buy my boats.", name="Mallory of the boats")
    _decide(cleo, "Mallory of the boats", "Reject")
    assert "Buy my boats." not in visitor().goto(ARTICLE).content()
    with cleo.page.expect_response("**/moderation/undos"):
        cleo.page.locator("[data-undo]").click()
    assert cleo.goto("/moderation/").locator("[data-comment]", has_text="Buy my boats.").count() == 1


def test_an_error_is_heard_first_and_nothing_typed_is_lost(visitor: Visits) -> None:
    dan = visitor()
    page = dan.goto(ARTICLE)
    page.locator("textarea[name=comment]").fill("Half a thought")
    dan.press(page.get_by_role("button", name="Post Comment"))
    assert page.title().startswith("Error:")
    assert page.evaluate("document.activeElement.hasAttribute('data-error-summary')")
    assert page.locator("textarea[name=comment]").input_value() == "Half a thought"
    page.locator("[data-error-summary] a").first.click()
    assert page.evaluate("document.activeElement.name") in {"name", "email"}


def test_the_whole_loop_works_without_script(visitor: Visits) -> None:
    dan, cleo = visitor(java_script_enabled=False), visitor(Role.MODERATOR, java_script_enabled=False)
    page = dan.goto(ARTICLE)
    dan.press(page.get_by_role("button", name="Post Comment"))
    assert page.title().startswith("Error:")
    page.locator("textarea[name=comment]").fill("**No** script, <em>no</em> trouble.")
    page.locator("input[name=name]").fill("Dan without script")
    page.locator("input[name=email]").fill("dan@example.org")
    dan.press(page.get_by_role("button", name="Preview"))
    assert "no" in page.locator(".comment__body em").inner_text()
    dan.press(page.get_by_role("button", name="Post Comment"))
    receipt = page.url
    _decide(cleo, "Dan without script", "Approve")
    assert "No** script, no trouble." in dan.goto(ARTICLE).locator("#comments").inner_text()
    dan.goto(receipt)
    dan.press(page.get_by_role("button", name="Withdraw the comment"))
    assert "You have withdrawn it." in page.get_by_role("main").inner_text()
    assert "script, no trouble" not in dan.goto(ARTICLE).content()


def test_an_urdu_article_is_answered_in_urdu_from_right_to_left(visitor: Visits) -> None:
    dan = visitor()
    page = dan.goto(URDU_ARTICLE)
    assert page.locator("html").get_attribute("dir") == "rtl"
    dan.comment(URDU_ARTICLE, "چائے اچھی تھی۔", name="دانیال")
    assert page.locator("html").get_attribute("lang") == "ur"
    assert "چائے اچھی تھی۔" in page.locator(".comment__body").inner_text()


def _decide(cleo: Visitor, name: str, verdict: str) -> None:
    page = cleo.goto("/moderation/?status=held")
    while not page.locator("[data-comment]", has_text=name).count():
        cleo.press(page.locator("a[rel=next]"))
    card = page.locator("[data-comment]", has_text=name).first
    cleo.decide(card.get_by_role("button", name=f"{verdict}: comment by {name}"))
