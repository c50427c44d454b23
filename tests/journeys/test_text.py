"""An article's text is written as it will look, and what nobody touches stays to the letter."""

from collections.abc import Callable

import pytest

from cms import sanitize
from cms.accounts.rules import Role
from tests.journeys.visitor import LONG_ARTICLE, TEXT, TEXT_SENT, Visitor, png

pytestmark = pytest.mark.journey
Visits = Callable[..., Visitor]
NEW = "/desk/articles/new"
STORED = """<p>One <b>bold</b> and <i lang="fr">mot</i>, &amp; &lt;so&gt;&nbsp;on,
over two lines.</p>
<h3 id="x">Under</h3><ul>
<li>A
<ul><li>AA</li></ul>
</li>
<li><p>B</p></li></ul>
<pre>  two
    lines</pre>

<blockquote><p>Said</p>
<p>twice</p></blockquote><figure class="wide"><img src="/static/img/icon.svg" alt=""><figcaption>By <a
href="/x">her</a></figcaption></figure><table><tbody><tr><td colspan="2">T</td></tr></tbody></table>
<details><summary>More</summary>Inside</details><p dir="rtl" lang="ur">اردو<br>نیچے</p><hr>
<dl><dt>D</dt><dd>d</dd></dl><p><span lang="de">Wort</span></p>"""
SELECT = """([start, from, to]) => {
    const texts = document.createTreeWalker(document.querySelector("[data-desk-writing] [role=textbox]"), NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const text = texts.currentNode;
        if (text.data.startsWith(start)) return getSelection().setBaseAndExtent(text, from, text, to);
    }
    throw new Error(`there is no ${start}`);
}"""
LET_FALL = """async (place, bytes) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], "IMG_1.png", { type: "image/png" }));
    const box = place.getBoundingClientRect();
    const event = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true, clientX: box.x + 40, clientY: box.y + 30 });
    place.dispatchEvent(event);
}"""


def _writing(visitor: Visits, address: str = NEW) -> Visitor:
    ada = visitor(Role.EDITOR)
    ada.goto(address).locator(TEXT).wait_for(state="visible")
    return ada


def _select(ada: Visitor, start: str, first: int, last: int) -> None:
    ada.page.locator(TEXT).focus()
    ada.page.evaluate(SELECT, [start, first, last])
    ada.page.evaluate("new Promise(requestAnimationFrame)")  # until the page has heard of it


def _sent(ada: Visitor) -> str:
    return ada.page.locator(TEXT_SENT).input_value()


def _tool(ada: Visitor, name: str) -> None:
    ada.page.get_by_role("toolbar").get_by_role("button", name=name, exact=True).click()


def _stored(visitor: Visits, body_html: str) -> tuple[Visitor, str]:
    ada = _writing(visitor)
    page = ada.page
    page.locator("input[name=title]").fill("All kinds of things")
    _tool(ada, "HTML")
    page.locator(TEXT_SENT).fill(body_html)
    ada.press(page.locator("button[name=action][value=save]"))
    _tool(ada, "HTML")
    page.locator(TEXT).wait_for(state="visible")
    return ada, page.url


def _choose_picture(ada: Visitor, alt: str, caption: str = "") -> None:
    page = ada.page
    page.locator("input[name=picture]").set_input_files(
        {"name": "IMG_1.png", "mimeType": "image/png", "buffer": png()}
    )
    _say_what_it_shows(ada, alt, caption)


def _say_what_it_shows(ada: Visitor, alt: str, caption: str) -> None:
    page = ada.page
    page.get_by_label("What the picture shows").fill(alt)
    page.get_by_label("The picture's caption").fill(caption)
    with page.expect_response("**/desk/pictures"):
        page.get_by_role("button", name="Put it into the text").click()
    page.locator("dialog").first.wait_for(state="hidden")


def test_what_nobody_touches_is_stored_to_the_letter(visitor: Visits) -> None:
    ada, _ = _stored(visitor, STORED)
    before = _sent(ada)
    assert before == sanitize.article_html(STORED)
    for start in ("One ", "A", "Said", "Under", "Wort"):
        _select(ada, start, 1, 1)
        ada.page.keyboard.type("X")
        assert len(_sent(ada)) >= len(before) - 20
        assert _sent(ada) != before
        ada.page.keyboard.press("Backspace")
        assert _sent(ada) == before, f"after a letter in {start!r} that was taken back"


def test_opening_and_saving_an_article_does_not_change_its_text(visitor: Visits) -> None:
    ada = visitor(Role.EDITOR)
    page = ada.goto(LONG_ARTICLE)
    title = page.locator("h1").inner_text()
    ada.press(ada.goto("/desk/").get_by_role("link", name=title))
    before = _sent(ada)
    assert len(before) > 1000
    ada.press(page.locator("button[name=action][value=save]"))
    assert _sent(ada) == before


def test_buttons_and_keys_write_what_they_say(visitor: Visits) -> None:
    ada = _writing(visitor)
    page, press, write = ada.page, ada.page.keyboard.press, ada.page.keyboard.type
    page.get_by_text("Text", exact=True).click()
    write("A heading")
    _tool(ada, "Heading")
    press("Enter")
    write("Some ")
    press("Control+b")
    write("bold")
    press("Control+b")
    write(" and ")
    press("Control+i")
    write("slanted")
    press("Control+i")
    write(" words.")
    press("Enter")
    write("Said")
    _tool(ada, "Quotation")
    press("Enter")
    write("twice")
    for _ in range(2):
        press("Enter")
    write("One")
    _tool(ada, "List")
    press("Enter")
    write("Two")
    for _ in range(2):
        press("Enter")
    write("First")
    _tool(ada, "Numbered list")
    assert _sent(ada) == (
        "<h2>A heading</h2>\n<p>Some <strong>bold</strong> and <em>slanted</em> words.</p>\n"
        "<blockquote><p>Said</p><p>twice</p></blockquote>\n<ul><li>One</li><li>Two</li></ul>\n<ol><li>First</li></ol>"
    )
    assert page.get_by_role("button", name="Numbered list", pressed=True).count() == 1
    _tool(ada, "Numbered list")
    assert _sent(ada).endswith("</ul>\n<p>First</p>")
    press("Control+z")
    assert _sent(ada).endswith("</ul>\n<ol><li>First</li></ol>")


def test_a_link_is_made_changed_and_ended(visitor: Visits) -> None:
    ada = _writing(visitor)
    page = ada.page
    page.locator(TEXT).fill("See the tide table.")
    _select(ada, "See", 8, 18)
    page.keyboard.press("Control+k")
    page.get_by_label("Where it leads").fill("example.org/?a=1&b=2")
    page.keyboard.press("Enter")
    linked = '<p>See the <a href="{}">tide table</a>.</p>'
    assert _sent(ada) == linked.format("https://example.org/?a=1&amp;b=2")
    page.keyboard.press("Control+k")
    page.get_by_label("Where it leads").fill("ada@example.org")
    page.get_by_role("button", name="Make it a link").click()
    assert _sent(ada) == linked.format("mailto:ada@example.org")
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    assert _sent(ada) == linked.format("mailto:ada@example.org")
    page.keyboard.press("Control+k")
    page.get_by_role("button", name="Take the link away").click()
    assert _sent(ada) == "<p>See the tide table.</p>"


def test_a_picture_stands_where_the_caret_was_and_can_be_changed_and_taken_out(visitor: Visits) -> None:
    ada = _writing(visitor)
    page = ada.page
    page.locator("input[name=title]").fill("A quiet morning")
    page.locator(TEXT).fill("Before it.\nBehind it.")
    _select(ada, "Before", 6, 6)
    _tool(ada, "Picture")
    page.get_by_role("button", name="Put it into the text").click()
    assert page.get_by_role("alert").inner_text() == "Please choose a picture."
    _choose_picture(ada, 'A "teal" field', "Taken by <Ada>")
    page.keyboard.type("Right ")
    before, _, rest = _sent(ada).partition("\n<figure>")
    assert before == "<p>Before it.</p>"
    assert 'alt="A &quot;teal&quot; field" width="600" height="300"' in rest
    assert rest.endswith("<figcaption>Taken by &lt;Ada&gt;</figcaption></figure>\n<p>Right Behind it.</p>")
    page.locator(f"{TEXT} img").click()
    page.get_by_label("What the picture shows").fill("A field")
    page.get_by_role("button", name="Put it into the text").click()
    assert 'alt="A field"' in _sent(ada)
    ada.press(page.locator("button[name=action][value=publish]"))
    ada.press(page.get_by_role("link", name="See it as readers do"))
    places = [page.content().find(words) for words in ("Before it.", 'alt="A field"', "Right Behind it.")]
    assert places == sorted(places)
    assert -1 not in places


def test_backspace_behind_a_picture_takes_it_and_nothing_else(visitor: Visits) -> None:
    ada = _writing(visitor)
    ada.page.locator(TEXT).fill("Before it.\nBehind it.")
    _select(ada, "Before", 6, 6)
    _tool(ada, "Picture")
    _choose_picture(ada, "A field")
    ada.page.keyboard.press("Backspace")
    assert _sent(ada) == "<p>Before it.</p>\n<p>Behind it.</p>"
    ada.page.keyboard.press("Control+z")
    assert "<figure>" in _sent(ada)


def test_a_picture_that_is_let_fall_is_asked_about_and_lands_there(visitor: Visits) -> None:
    ada = _writing(visitor)
    page = ada.page
    page.locator(TEXT).fill("First.\nLast.")
    page.locator(TEXT).evaluate(LET_FALL, list(png()))
    _say_what_it_shows(ada, "A field", "")
    assert _sent(ada).startswith("<p>First.</p>\n<figure>")
    assert _sent(ada).endswith("</figure>\n<p>Last.</p>")


def test_a_picture_lands_at_the_caret_of_html_too(visitor: Visits) -> None:
    ada = _writing(visitor)
    _tool(ada, "HTML")
    ada.page.locator(TEXT_SENT).fill("First.\n\nLast.")
    ada.page.locator(TEXT_SENT).evaluate("field => field.setSelectionRange(8, 8)")
    _tool(ada, "Picture")
    _choose_picture(ada, "A field")
    assert _sent(ada).startswith("<p>First.</p>\n<figure>")
    assert _sent(ada).endswith("</figure><p>Last.</p>\n")


def test_who_prefers_html_finds_it_again_and_the_text_shows_what_the_site_keeps_of_it(
    visitor: Visits,
) -> None:
    ada = _writing(visitor)
    page = ada.page
    _tool(ada, "HTML")
    ada.goto(NEW)
    assert page.locator(TEXT).is_hidden()
    page.locator(TEXT_SENT).fill(
        "<div onclick=x>Typed</div><script>alert(1)</script><iframe src=//video.example/1></iframe>"
    )
    _tool(ada, "HTML")
    page.locator(TEXT).wait_for(state="visible")
    assert page.locator(TEXT).inner_text().split() == ["Typed", "video.example"]
    assert "onclick" in _sent(ada), "as it was typed, for as long as nobody writes on"


def test_a_picture_that_cannot_be_sent_loses_no_word(visitor: Visits) -> None:
    ada = _writing(visitor)
    page = ada.page
    page.locator(TEXT).fill("Words.")
    ada.context.clear_cookies()
    _tool(ada, "Picture")
    page.locator("input[name=picture]").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": png()}
    )
    page.get_by_label("What the picture shows").fill("A field")
    page.get_by_role("button", name="Put it into the text").click()
    page.get_by_text("The picture could not be sent.").wait_for()
    page.get_by_role("button", name="Close").last.click()
    assert _sent(ada) == "<p>Words.</p>"
    ada.complaints.clear()  # the browser tells of the answer 401
    ada.paper.signed_in.clear()


def test_the_row_of_buttons_is_one_stop_for_tab_and_arrows_lead_along_it(visitor: Visits) -> None:
    ada = _writing(visitor)
    page = ada.page
    page.locator("textarea[name=standfirst]").focus()
    for keys, name in (
        ("Tab", "Bold"),
        ("ArrowRight", "Italic"),
        ("ArrowLeft", "Bold"),
        ("ArrowLeft", "HTML"),
    ):
        page.keyboard.press(keys)
        focused = page.evaluate(
            "document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()"
        )
        assert focused == name
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.role") == "textbox"


def test_without_script_the_field_takes_html_and_a_picture_behind_it(visitor: Visits) -> None:
    ada = visitor(Role.EDITOR)
    dan = visitor(Role.EDITOR, java_script_enabled=False)
    page = dan.goto(NEW)
    assert page.get_by_role("toolbar").count() == 0
    page.locator("input[name=title]").fill("Without script")
    page.locator(TEXT_SENT).fill("One.\n\nTwo.")
    page.locator("input[name=picture]").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": png()}
    )
    dan.press(page.locator("button[name=action][value=save]"))
    assert _sent(dan).startswith("<p>One.</p>\n<p>Two.</p>")
    assert "<figure>" in _sent(dan)
    assert ada.complaints == []
