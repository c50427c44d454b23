"""An author writes, an editor publishes, a reader reads it from top to bottom."""

import io
from collections.abc import Callable

import pytest
from PIL import Image

from cms.accounts.rules import Role
from cms.exchange.actions.demo import STAFF
from tests.journeys.visitor import TEXT, Visitor

pytestmark = pytest.mark.journey
Visits = Callable[..., Visitor]
SEVEN = [f"This is paragraph {number} – with a dash, and with “curly quotes”." for number in range(1, 8)]


def test_what_an_author_publishes_reads_from_top_to_bottom(visitor: Visits) -> None:
    ada = visitor(Role.AUTHOR)
    for title in ("A first headline of mine", "A second headline of mine"):
        _publish(ada, title, "One sentence.", SEVEN[:1])
    address = _publish(ada, "What the tide table leaves out", "A standfirst in one sentence.", SEVEN)
    page = visitor().goto(address)
    text = page.get_by_role("main").inner_text()
    expected = [
        "What the tide table leaves out",
        "A standfirst in one sentence.",
        *SEVEN,
        "A second headline of mine",
        "A first headline of mine",
        "Your email address will not be published. Required fields are marked *",
    ]
    places = [text.find(words) for words in expected]
    assert -1 not in places, expected[places.index(-1)]
    assert places == sorted(places)
    headings = [heading.lower() for heading in page.locator("h2, h3").all_inner_texts()]
    assert any(heading.startswith("more from") for heading in headings)
    assert "leave a reply" in headings
    assert page.locator(".byline a[rel=author]").inner_text() == STAFF[Role.AUTHOR][0]


def test_a_draft_is_seen_by_nobody_and_its_preview_stores_nothing(visitor: Visits) -> None:
    ada = visitor(Role.AUTHOR)
    page = ada.goto("/desk/articles/new")
    _fill(ada, "Not yet for anybody", "", ["Still wet ink."])
    ada.press(page.locator("button[name=action][value=preview]"))
    assert page.locator("article h1").inner_text() == "Not yet for anybody"
    ada.press(page.locator("button[name=action][value=save]"))
    reader = visitor()
    assert "Not yet for anybody" not in reader.goto("/").content()
    answer = reader.page.goto("/articles/not-yet-for-anybody")
    assert answer is not None
    assert answer.status == 404


def test_a_phones_picture_is_made_small_before_it_is_sent(visitor: Visits) -> None:
    ada = visitor(Role.AUTHOR)
    page = ada.goto("/desk/articles/new")
    written = io.BytesIO()
    Image.effect_noise((3000, 2000), 90).convert("RGB").save(written, "JPEG", quality=95)
    assert len(written.getvalue()) > 4_200_000, "more than the site takes"
    _fill(ada, "A picture of fog", "", SEVEN[:2])
    page.get_by_role("button", name="Picture").click()
    page.locator("input[name=picture]").set_input_files(
        {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": written.getvalue()}
    )
    page.locator("input[name=picture]").evaluate(
        "async field => { while (field.files[0].size > 2e6) await new Promise(go => setTimeout(go, 50)) }"
    )
    page.get_by_label("What the picture shows").fill("Fog")
    page.get_by_label("The picture's caption").fill("Fog on the water")
    page.get_by_role("button", name="Put it into the text").click()
    page.locator(f"{TEXT} figure").wait_for()
    ada.press(page.locator("button[name=action][value=publish]"))
    ada.press(page.get_by_role("link", name="See it as readers do"))
    picture = page.locator(".prose figure img")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    assert picture.get_attribute("width") == "1600"
    assert page.locator("figcaption").inner_text() == "Fog on the water"
    assert [page.get_by_text(paragraph).count() for paragraph in SEVEN[:2]] == [1, 1]


def _publish(ada: Visitor, title: str, standfirst: str, paragraphs: list[str]) -> str:
    page = ada.goto("/desk/articles/new")
    _fill(ada, title, standfirst, paragraphs)
    ada.press(page.locator("button[name=action][value=publish]"))
    address = page.get_by_role("link", name="See it as readers do").get_attribute("href")
    assert address
    return address


def _fill(ada: Visitor, title: str, standfirst: str, paragraphs: list[str]) -> None:
    ada.page.locator("input[name=title]").fill(title)
    ada.page.locator("textarea[name=standfirst]").fill(standfirst)
    ada.page.locator(TEXT).fill("\n".join(paragraphs))
