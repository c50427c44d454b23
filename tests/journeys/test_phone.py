"""What a phone shows is what its owner has a use for."""

from collections.abc import Callable
from typing import Any

import pytest

from cms.accounts.rules import Role
from tests.journeys.visitor import ARTICLE, Visitor

pytestmark = pytest.mark.journey
Visits = Callable[..., Visitor]
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def test_buttons_for_all_that_are_ticked_come_with_the_first_tick(visitor: Visits) -> None:
    cleo = visitor(Role.MODERATOR, **PHONE)
    page = cleo.goto("/moderation/")
    bars = page.locator("[aria-label='Approve: all that are ticked']")
    assert [bar.is_visible() for bar in bars.all()] == [False, False]
    page.locator("[data-key=x]").first.check()
    assert [bar.is_visible() for bar in bars.all()] == [True, True]
    page.locator("[data-key=x]").first.uncheck()
    assert not bars.first.is_visible()
    cleo.goto("/moderation/?words=the")
    assert page.get_by_role("form", name="All that match").is_visible()


def test_the_rooms_of_staff_wait_behind_one_button_without_a_script(visitor: Visits) -> None:
    cleo = visitor(Role.MODERATOR, **PHONE, java_script_enabled=False)
    page = cleo.goto("/moderation/")
    box = page.locator("header").bounding_box()
    assert box
    assert box["height"] < 60, "one row"
    log = page.get_by_role("link", name="Log", exact=True)
    assert log.is_hidden()
    page.get_by_role("button", name="Menu").tap()
    assert page.get_by_role("button", name="Sign out").is_visible()
    cleo.press(log)
    assert page.url.endswith("/moderation/log")


def test_what_was_decided_and_its_undo_take_one_row(visitor: Visits) -> None:
    cleo = visitor(Role.MODERATOR, **PHONE)
    page = cleo.goto("/moderation/")
    bar = page.locator("[data-bar]")
    bar.wait_for()
    assert page.get_by_role("button", name="Keys").is_hidden()
    box = bar.bounding_box()
    assert box
    assert box["height"] < 80


@pytest.mark.parametrize("path", [ARTICLE, "/articles/purane-pul-ka-chai-khana"])
def test_nothing_shows_of_the_field_for_machines(visitor: Visits, path: str) -> None:
    page = visitor(**PHONE).goto(path)
    seen = page.locator("input[name=website]").evaluate("""it => {
        it.scrollIntoView({block: "center"});
        const {left, right, top} = it.closest("div").getBoundingClientRect();
        return [left + 1, right - 1].map(x => document.elementFromPoint(x, top + .5)).filter(found => found?.closest(".trap")).length;
    }""")
    assert seen == 0


@pytest.mark.parametrize(
    ("role", "path"),
    [(Role.EDITOR, "/desk/"), (Role.EDITOR, "/moderation/reasons/"), (Role.MODERATOR, "/moderation/log")],
)
def test_a_table_of_staffs_is_cards_that_show_each_row_whole(visitor: Visits, role: Role, path: str) -> None:
    page = visitor(role, **PHONE).goto(path)
    table = page.get_by_role("table").first
    assert page.get_by_role("columnheader").count() > 3
    cells = table.locator("tbody tr").first.locator("th, td").all()
    boxes = [box for cell in cells if (box := cell.bounding_box())]
    assert len(boxes) > 3
    assert all(0 <= box["x"] < box["x"] + box["width"] <= 360 for box in boxes)
    scrolled = page.locator(".table__scroll").first.evaluate("it => it.scrollWidth <= it.clientWidth")
    assert scrolled
