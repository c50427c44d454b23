"""What is pasted into an article keeps what it means and loses how it looked."""

from collections.abc import Callable

import pytest

from cms.accounts.rules import Role
from tests.journeys.visitor import TEXT, TEXT_SENT, Visitor

pytestmark = pytest.mark.journey
Visits = Callable[..., Visitor]
PASTE = """(field, [html, text]) => {
    field.focus();
    const clipboardData = new DataTransfer();
    if (html) clipboardData.setData("text/html", html);
    clipboardData.setData("text/plain", text);
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    if (field.dispatchEvent(event)) document.execCommand("insertText", false, text); // as the browser would
}"""
WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal {margin:0}</style></head><body>
<!--StartFragment--><h1>Tide&nbsp;tables<o:p></o:p></h1>
<p class=MsoNormal><span lang=EN-GB style='color:red'>A <b>bold</b> word &amp; a
<a href="https://example.org/?a=1&amp;b=2" style='x'>link</a>, and <a href="file:///C:/x.doc">a file</a>.</span></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>·<span>&nbsp;
</span></span><![endif]>Bread<o:p></o:p></p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·</span>Soup</p>
<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>1.</span>First</p>
<script>alert(1)</script><!--EndFragment--></body></html>"""
AS_WRITTEN = """<h2>Tide\u00a0tables</h2>
<p>A <strong>bold</strong> word &amp; a <a href="https://example.org/?a=1&amp;b=2">link</a>, and a file.</p>
<ul><li>Bread</li>
<li>Soup</li></ul>
<ol><li>First</li></ol>
"""
GOOGLE_DOCS = """<meta charset='utf-8'><b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr"><span
 style="font-weight:700">Strong</span><span> and</span><span> </span><span style="font-style:italic">slanted</span></p><br><p>Two</p></b>"""
MAIL = "<div>One &lt;line&gt;</div><div><br></div><div>Two<br>lines</div>"


OURS = """<p>Words</p><figure><img src="http://{host}/media/2026/11/a.jpg" alt="A &quot;cat&quot;" width="30" height="20">
<figcaption>Asleep</figcaption></figure><figure><img src="https://elsewhere.example/b.jpg"><figcaption>Lost</figcaption></figure>"""


def _writing(visitor: Visits, *, html: bool) -> Visitor:
    ada = visitor(Role.AUTHOR)
    page = ada.goto("/desk/articles/new")
    if html:
        page.get_by_role("button", name="HTML").click()
    page.locator(TEXT_SENT if html else TEXT).wait_for(state="visible")
    return ada


def _paste(ada: Visitor, html: str, text: str) -> str:
    page = ada.page
    place = TEXT if page.locator(TEXT).is_visible() else TEXT_SENT
    page.locator(place).evaluate(PASTE, [html, text])
    return page.locator(TEXT_SENT).input_value()


@pytest.mark.parametrize(
    ("html", "text", "as_written"),
    [
        (WORD, "Tide tables …", AS_WRITTEN),
        (GOOGLE_DOCS, "…", "<p><strong>Strong</strong> and <em>slanted</em></p>\n<p>Two</p>\n"),
        (MAIL, "One line …", "<p>One &lt;line&gt;</p>\n<p>Two<br>lines</p>\n"),
        ("<p>Only <i>a few</i> words</p>", "Only a few words", "Only <em>a few</em> words"),
        ("<p style='color:red'>Plain & simple</p>", "Plain & simple", "Plain & simple"),
        ("<pre><span>&lt;p&gt;source&lt;/p&gt;</span></pre>", "<p>source</p>", "<p>source</p>"),
        ("", "Only text.\n\nOf two.", "Only text.\n\nOf two."),
    ],
)
def test_what_is_pasted_into_html_keeps_what_it_means(
    visitor: Visits, html: str, text: str, as_written: str
) -> None:
    assert _paste(_writing(visitor, html=True), html, text) == as_written


def test_what_is_pasted_into_the_text_keeps_what_it_means(visitor: Visits) -> None:
    ada = _writing(visitor, html=False)
    for html, text, as_written in (
        (WORD, "Tide tables …", AS_WRITTEN.replace("</li>\n", "</li>").replace("\u00a0", "&nbsp;").strip()),
        (GOOGLE_DOCS, "…", "<p><strong>Strong</strong> and <em>slanted</em></p>\n<p>Two</p>"),
        (MAIL, "One line …", "<p>One &lt;line&gt;</p>\n<p>Two<br>lines</p>"),
        ("<p>Only <i>a few</i> words</p>", "Only a few words", "<p>Only <em>a few</em> words</p>"),
        ("", "<b>As text</b> & so", "<p>&lt;b&gt;As text&lt;/b&gt; &amp; so</p>"),
        ("", "Only text.\n\nOf two.", "<p>Only text.</p>\n<p>Of two.</p>"),
    ):
        for keys in ("Control+a", "Delete"):
            ada.page.locator(TEXT).press(keys)
        assert _paste(ada, html, text) == as_written


def test_a_picture_of_this_site_comes_along_with_its_caption_when_it_is_cut_and_pasted(
    visitor: Visits,
) -> None:
    ada = _writing(visitor, html=True)
    pasted = _paste(ada, OURS.replace("http://{host}", ada.paper.base_url), "Words")
    assert pasted == (
        '<p>Words</p>\n<figure><img src="/media/2026/11/a.jpg" alt="A &quot;cat&quot;" width="30" height="20"> '
        "<figcaption>Asleep</figcaption></figure>\n<p>Lost</p>\n"
    )


def test_pasting_a_block_leaves_the_paragraphs_around_it_and_can_be_taken_back(visitor: Visits) -> None:
    ada = _writing(visitor, html=True)
    page = ada.page
    page.locator(TEXT_SENT).fill("One.\n\nTwo\nlines.\n\n")
    page.locator(TEXT_SENT).press("Control+End")
    pasted = _paste(ada, "<p>A</p><p>B</p>", "A\n\nB")
    assert pasted == "<p>One.</p>\n<p>Two<br>\nlines.</p>\n<p>A</p>\n<p>B</p>\n"
    page.locator(TEXT_SENT).press("Control+z")
    assert page.locator(TEXT_SENT).input_value() == "One.\n\nTwo\nlines.\n\n"
