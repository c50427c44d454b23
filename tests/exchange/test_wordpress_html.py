"""What a post's content becomes."""

import time

import pytest

from cms.exchange.autop import paragraphs
from cms.exchange.shortcodes import Attachment, PostAttachments
from cms.exchange.wordpress_html import body_html

ONE = Attachment("1", "https://old.example/wp-content/uploads/a.jpg", "A", "seen", "said <em>so</em>")
TWO = Attachment("2", "https://old.example/b.png", "B")
SONG = Attachment("3", "https://old.example/s.mp3", "Song")
AROUND = PostAttachments({"1": ONE, "2": TWO, "3": SONG}, (ONE, TWO, SONG))
FIGURE_ONE = (
    '<figure><img src="https://old.example/wp-content/uploads/a.jpg" alt="seen">'
    "<figcaption>said <em>so</em></figcaption></figure>"
)
FIGURE_TWO = '<figure><img src="https://old.example/b.png" alt="B"></figure>'


def squeezed(html: str) -> str:
    return html.replace("\n", "")


def link(address: str) -> str:
    return f'<a class="outside" href="{address}">{address}</a>'


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("", ""),
        ("one", "<p>one</p>"),
        ("one\n\ntwo", "<p>one</p><p>two</p>"),
        ("one\r\n\r\n\r\ntwo", "<p>one</p><p>two</p>"),
        ("one\ntwo", "<p>one<br>two</p>"),
        ("a<br><br>b", "<p>a</p><p>b</p>"),
        ("<p>typed</p>\n\nbare", "<p>typed</p><p>bare</p>"),
        ('<p class="x">a\n\nb</p>', '<p class="x">a</p><p>b</p>'),
        ("<div>a</div>b", "<div>a</div><p>b</p>"),
        ("<div>a\n\nb</div>", "<div><p>a</p><p>b</p></div>"),
        ("<ul>\n<li>a</li>\n<li>b\nc</li>\n</ul>\nx", "<ul><li>a</li><li>b<br>c</li></ul><p>x</p>"),
        ("<blockquote>a\n\nb</blockquote>", "<blockquote><p>a</p><p>b</p></blockquote>"),
        ("<h2>t</h2>\ntext", "<h2>t</h2><p>text</p>"),
        ("x\n<hr>\ny", "<p>x</p><hr><p>y</p>"),
        ("<table><tr><td>x</td></tr></table>", "<table><tr><td>x</td></tr></table>"),
        ("<img src=x>\n\ny", "<p><img src=x></p><p>y</p>"),
        ("</div>loose", "<p>loose</p>"),
        ("1 < 2 and <3", "<p>1 < 2 and <3</p>"),
        ('a <a title="x > y">b</a>', '<p>a <a title="x > y">b</a></p>'),
    ],
)
def test_classic_text_gets_paragraphs_and_breaks(typed: str, shown: str) -> None:
    assert squeezed(paragraphs(typed)) == shown


def test_preformatted_text_is_left_alone() -> None:
    assert paragraphs("<pre>a\n\n  b\n</pre>") == "<pre>a\n\n  b\n</pre>"


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ('[gallery ids="2,1,99"]', f'<figure class="gallery">{FIGURE_TWO}{FIGURE_ONE}</figure>'),
        ("[gallery ids=”1″]", f'<figure class="gallery">{FIGURE_ONE}</figure>'),
        ("x [gallery] y", f'<p>x</p><figure class="gallery">{FIGURE_ONE}{FIGURE_TWO}</figure><p>y</p>'),
        ('[gallery exclude="1"]', f'<figure class="gallery">{FIGURE_TWO}</figure>'),
        ('[[gallery ids="1"]]', '<p>[gallery ids="1"]</p>'),
        ("[[caption]x[/caption]]", "<p>[caption]x[/caption]</p>"),
        (
            '[caption id="a" width="5"]<a href="x"><img src="y" alt="z"></a> words <b>bold</b>[/caption]',
            '<figure><a href="x"><img src="y" alt="z"></a><figcaption>words <b>bold</b></figcaption></figure>',
        ),
        ('[caption caption="old"]<img src="y">[/caption]', '<figure><img src="y"><figcaption>old</figcaption></figure>'),
        ("[audio https://x.example/a.mp3]", '<figure><audio controls src="https://x.example/a.mp3" title="a.mp3"></audio></figure>'),
        ('[video mp4="https://x.example/v.mp4"][/video]', '<figure><video controls src="https://x.example/v.mp4" title="v.mp4"></video></figure>'),
        ('[playlist ids="3"]', '<figure><audio controls src="https://old.example/s.mp3" title="Song"></audio></figure>'),
        ("[embed width=3]https://y.example/w[/embed]", f"<p>{link('https://y.example/w')}</p>"),
        ("[youtube=https://y.example/w]", f"<p>{link('https://y.example/w')}</p>"),
        ("[youtube abc-1]", f"<p>{link('https://www.youtube.com/watch?v=abc-1')}</p>"),
        ("[googlemaps https://maps.example/?q=1]", f"<p>{link('https://maps.example/?q=1')}</p>"),
        ("https://y.example/w", f"<p>{link('https://y.example/w')}</p>"),
        ("a\nhttps://y.example/w\nb", f"<p>a<br>{link('https://y.example/w')}<br>b</p>"),
        ("see https://y.example/w there", "<p>see https://y.example/w there</p>"),
        ('<a href="[gallery]">q</a>', '<p><a href="[gallery]">q</a></p>'),
        ("one<!--more-->two<!-- note -->", "<p>onetwo</p>"),
        ("one\n<!--nextpage-->\ntwo", "<p>one</p><p>two</p>"),
    ],
)  # fmt: skip
def test_shortcodes_embeds_and_markers_become_plain_html(content: str, shown: str) -> None:
    assert squeezed(body_html(content, AROUND).html) == shown


@pytest.mark.parametrize(
    ("content", "counted"),
    [
        ('[contact-form-7 id="1"]', {"contact-form-7": 1}),
        ("[box]in[/box] and [box]again[/box]", {"box": 2}),
        ("[citation needed] and [1]", {}),
        ("[caption]never closed", {"caption": 1}),
    ],
)
def test_an_unknown_shortcode_stays_as_typed_and_is_counted(content: str, counted: dict[str, int]) -> None:
    converted = body_html(content, AROUND)
    assert converted.html == f"<p>{content}</p>"
    assert converted.shortcodes == counted


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ('<!-- wp:paragraph {"a":1} --><p>x</p><!-- /wp:paragraph -->', "<p>x</p>"),
        ("<!-- wp:core/paragraph --><p>x</p><!-- /wp:core/paragraph -->", "<p>x</p>"),
        ("<!-- wp:paragraph --><p>never closed", "<p>never closed"),
        ("<!-- wp:more --><!--more--><!-- /wp:more --><!-- wp:paragraph --><p>x</p><!-- /wp:paragraph -->", "<p>x</p>"),
        ("<!-- wp:spacer --><div></div><!-- /wp:spacer -->", ""),
        ("classic\n\ntext<!-- wp:separator --><hr><!-- /wp:separator -->", "<p>classic</p><p>text</p><hr>"),
        (
            '<!-- wp:embed {"url":"https://y.example/w"} --><figure><div>\nhttps://y.example/w\n</div>'
            "<figcaption>c</figcaption></figure><!-- /wp:embed -->",
            f"<figure><p>{link('https://y.example/w')}</p><figcaption>c</figcaption></figure>",
        ),
        (
            "<!-- wp:core-embed/youtube --><figure><div>https://y.example/w</div></figure><!-- /wp:core-embed/youtube -->",
            f"<figure><p>{link('https://y.example/w')}</p></figure>",
        ),
        (
            '<!-- wp:gallery --><figure class="wp-block-gallery"><ul><li><figure><img src="q"></figure></li></ul></figure><!-- /wp:gallery -->',
            '<figure class="gallery"><figure><img src="q"></figure></figure>',
        ),
        ('<!-- wp:shortcode -->[gallery ids="2"]<!-- /wp:shortcode -->', f'<figure class="gallery">{FIGURE_TWO}</figure>'),
        ('<!-- wp:block {"ref":5} /-->', "<p>again</p>"),
        (
            '<!-- wp:cover {"url":"https://old.example/c.jpg"} --><div style="x"><p>On it</p></div><!-- /wp:cover -->',
            '<figure><img src="https://old.example/c.jpg" alt=""></figure><div style="x"><p>On it</p></div>',
        ),
        ("<!-- wp:footnotes /-->", "<ol><li>a note</li></ol>"),
    ],
)  # fmt: skip
def test_blocks_become_plain_html(content: str, shown: str) -> None:
    reusable = {"5": '<!-- wp:paragraph --><p>again</p><!-- /wp:paragraph --><!-- wp:block {"ref":5} /-->'}
    converted = body_html(content, AROUND, reusable, '[{"content":"a note","id":"x"}]')
    assert squeezed(converted.html) == shown


def test_blocks_that_have_nothing_to_show_are_counted() -> None:
    converted = body_html('<!-- wp:latest-posts /--><!-- wp:acf/box /--><!-- wp:block {"ref":6} /-->', AROUND)
    assert converted.empty_blocks == {"latest-posts": 1, "acf/box": 1, "block": 1}


@pytest.mark.parametrize(
    "hostile",
    [
        "[caption " * 30_000,
        '[a "' * 30_000,
        "[caption]" * 30_000 + "[/caption]",
        "<!--" * 30_000,
        '<a "' * 30_000,
        "<!-- wp:a -->" * 30_000,
        "https://a.example\n" * 20_000,
        "[x y]" * 30_000,
        "<p>\n" * 30_000,
    ],
)
def test_hostile_content_costs_no_more_than_its_length(hostile: str) -> None:
    started = time.process_time()
    body_html(hostile, AROUND)
    assert time.process_time() - started < 5
