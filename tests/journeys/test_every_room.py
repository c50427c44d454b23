"""Every kind of page fits a phone and is usable by everyone, in daylight and in the dark."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe

from cms.accounts.rules import Role
from tests.journeys.rooms import ROOMS
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey
Visits = Callable[..., Visitor]
# What axe finds right it need not tell: that took it 1.6 s of a long article, and takes 0.6 without (measured).
EVERY_RULE = {"resultTypes": ["violations"]}
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 720}
ROLES = list(dict.fromkeys(role for role, _ in ROOMS.values()))
# Axe takes six seconds for forty cards; what one has found right needs no look at those that are built of the same,
# be it in another room: four rooms show the queue's cards.
ONE_OF_EACH_SHAPE = """(seen) => {
    const shapes = new Set(seen)
    for (const it of document.querySelectorAll("[data-card], [data-decision], .comment")) {
        const shape = JSON.stringify([...new Set(
            [it.parentElement, it, ...it.querySelectorAll("*")].map((part) => `${part.tagName} ${part.className} ${part.getAttributeNames()}`)
        )].sort())
        if (shapes.has(shape)) it.remove()
        shapes.add(shape)
    }
    return [...shapes]
}"""
AXE_AGAIN = Axe("")  # the look before has brought it into the page, which takes 0.1 s (measured)
ONLY_COLOURS = {**EVERY_RULE, "runOnly": ["color-contrast"]}  # all that the night changes of a page


@pytest.mark.parametrize("role", ROLES)
def test_every_room_fits_a_phone_and_axe_finds_nothing_by_day_or_by_night(
    visitor: Visits, role: Role | None
) -> None:
    """Each room is made once and looked at three times: to make it costs more than a look."""
    someone = visitor(role, viewport=PHONE, has_touch=True, is_mobile=True, color_scheme="light")
    wrong: dict[tuple[str, str], object] = {}
    shapes: list[str] = []
    for room in _rooms(someone, role):
        if too_wide := _too_wide(someone):
            wrong[room, "phone"] = too_wide
        shapes = someone.page.evaluate(ONE_OF_EACH_SHAPE, shapes)
        someone.page.set_viewport_size(DESK)
        for scheme, axe, asked in (("light", Axe(), EVERY_RULE), ("dark", AXE_AGAIN, ONLY_COLOURS)):
            someone.page.emulate_media(color_scheme=scheme)
            found = axe.run(someone.page, options=asked)
            if found.violations_count:
                wrong[room, scheme] = found.generate_report()
        someone.page.emulate_media(color_scheme="light")
        someone.page.set_viewport_size(PHONE)
    assert not wrong


def _rooms(someone: Visitor, role: Role | None) -> Iterator[str]:
    """Lead through the rooms of a role in one window, whose opening costs more than most rooms; nothing typed goes along."""
    for room, (sender_of, walk) in ROOMS.items():
        if sender_of == role:
            walk(someone)
            yield room
            someone.page.evaluate("localStorage.clear()")


def test_the_log_shows_its_entries_whole_on_a_phone_and_stays_a_table(visitor: Visits) -> None:
    cleo = visitor(Role.MODERATOR, viewport=PHONE, has_touch=True, is_mobile=True)
    page = cleo.goto("/moderation/log")
    entries = page.get_by_role("table").locator("[data-decision]")
    assert entries.count() == page.get_by_role("row").count() - 1 > 0
    assert page.get_by_role("columnheader").all_inner_texts()[:2] == ["When", "Who"]
    boxes = [cell.bounding_box() for cell in entries.filter(has_text="Undo").first.get_by_role("cell").all()]
    assert [box for box in boxes if box]
    assert all(0 <= box["x"] < box["x"] + box["width"] <= 390 for box in boxes if box)
    assert Axe().run(page, options=EVERY_RULE).violations_count == 0


def test_what_is_wider_than_a_phone_would_be_found(visitor: Visits) -> None:
    dan = visitor(viewport=PHONE, has_touch=True, is_mobile=True)
    dan.goto("/").evaluate("document.querySelector('main').style.width = '500px'")
    assert _too_wide(dan)


def test_axe_would_find_what_is_wrong(visitor: Visits) -> None:
    page = visitor().goto("/")
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert Axe().run(page, options=EVERY_RULE).violations_count > 0
    page.evaluate("""() => {
        const pale = document.createElement('p');
        pale.textContent = 'Hardly to be read';
        pale.style.cssText = 'color: #ddd; background: #fff';
        document.querySelector('main').prepend(pale);
    }""")
    assert AXE_AGAIN.run(page, options=ONLY_COLOURS).violations_count > 0


def test_what_must_not_happen_in_a_window_would_be_noticed(visitor: Visits) -> None:
    dan = visitor()
    page = dan.goto("/")
    page.evaluate("""() => {
        const script = document.createElement('script'), image = document.createElement('img');
        script.textContent = 'document.title = "taken over"';
        image.src = 'https://elsewhere.example/pixel.gif';
        document.body.append(script, image);
    }""")
    page.wait_for_timeout(200)
    assert page.title() != "taken over"
    assert len(dan.complaints) >= 2
    dan.complaints.clear()


def _too_wide(someone: Visitor) -> object:
    """Return what stands out of a phone's window, nothing where the page fits."""
    return someone.page.evaluate("""() => {
        const {scrollWidth, clientWidth} = document.documentElement
        if (clientWidth !== 390) return [`the page is laid out for ${clientWidth} pixels`]
        if (scrollWidth <= 390) return null
        return [`${scrollWidth} pixels`, ...[...document.querySelectorAll('body *')]
            .filter(it => it.getBoundingClientRect().right > 391 || it.getBoundingClientRect().left < -1)
            .slice(0, 5).map(it => it.outerHTML.slice(0, 150))]
    }""")
