"""What authors write, cleaned: their own markup stays and the page fetches nothing from outside."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.sanitize import ARTICLE_TAGS, article_html, paragraphs
from cms.text.bodies import DEEPEST
from tests.seen import letters, seen

PIECES = st.one_of(
    st.sampled_from(
        [f"<{tag}>" for tag in sorted(ARTICLE_TAGS)] + [f"</{tag}>" for tag in sorted(ARTICLE_TAGS)]
    ),
    st.sampled_from(
        ["<div>", "</div>", "<section>", "<h1>", "</h1>", "<object>", "</object>", "<picture>", "<form>"]
    ),
    st.sampled_from(
        ['<img src="http://o.example/a.png" alt="A">', "<img src=/media/a.png>", "<img>", "<embed src=//o>"]
    ),
    st.sampled_from(
        ["<iframe src='https://o.example/'>", "</iframe>", "<video src=/media/v.mp4>", "<source src=x>"]
    ),
    st.sampled_from(
        ['<a href="#x">', "<p id=x>", '<a href="java&#1;script:x">', "<script>", "</script>", "<svg>", "<!--"]
    ),
    st.text(max_size=5),
    st.sampled_from(["\n\n", "\n", "&nbsp;", "&lt;", "\x00", "\ud800", "&#1;"]),
)
WRITTEN = st.lists(PIECES, max_size=30).map("".join)

# What an author's editor writes: well nested, with pictures and frames from here and from outside.
_words = st.text(alphabet="ab <&\n", max_size=6).map(html.escape)
_media = st.sampled_from(
    [
        '<img src="http://o.example/a.png" alt="A">',
        '<img src="/media/a.png">',
        '<iframe src="https://o.example/"></iframe>',
    ]
)
_inline = st.lists(
    st.one_of(_words, _media, _words.map("<b>{}</b>".format), _words.map('<a href="#x">{}</a>'.format))
)
_paragraph = st.one_of(
    _inline.map("".join).map(f"<{tag}>{{}}</{tag}>".format) for tag in ("p", "h1", "h3", "div")
)
WELL_NESTED = st.recursive(
    st.one_of(_paragraph, _media, st.just("<hr>")),
    lambda blocks: (
        st.lists(blocks, max_size=4)
        .map("".join)
        .flatmap(
            lambda inner: st.sampled_from(
                [
                    f"<blockquote>{inner}</blockquote>",
                    f"<ul><li>{inner}</li></ul>",
                    f"<div>{inner}</div>",
                    inner,
                ]
            )
        )
    ),
    max_leaves=12,
)


def outside(address: str, words: str) -> str:
    """Return the link that stands for something from outside."""
    return f'<a href="{address}" class="outside" rel="nofollow noopener">{words}</a>'


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("One\nline\r\n\r\n\r\nTwo <b>bold</b>\n", "<p>One<br>line</p>\n<p>Two <b>bold</b></p>"),
        ("a<br>\nb", "<p>a<br>\nb</p>"),
        ("<p>a\n\nb</p>", "<p>a\n\nb</p>"),
        ("<h1>T</h1><h3>S</h3>", "<h2>T</h2><h3>S</h3>"),
        ("<div>one</div><div>two <b>x</b></div>", "<p>one</p><p>two <b>x</b></p>"),
        ("loose<h2>T</h2>tail", "<p>loose</p><h2>T</h2><p>tail</p>"),
        (
            "<p><strike>a</strike> <tt>b</tt> <acronym title=c>d</acronym></p>",
            '<p><s>a</s> <code>b</code> <abbr title="c">d</abbr></p>',
        ),
        ('<p style="color:red" onclick=x class="y" lang=ur dir=rtl>x</p>', '<p lang="ur" dir="rtl">x</p>'),
        ("<p>a<script>b</script><style>c</style><template>d</template><svg><a>e</a></svg>f</p>", "<p>af</p>"),
        (
            "<table><tr><td colspan=2>a<td rowspan=x>b</table>",
            '<table><tbody><tr><td colspan="2">a</td><td>b</td></tr></tbody></table>',
        ),
        (
            '<figure class="wide big"><figcaption>a</figcaption></figure>',
            '<figure class="wide"><figcaption>a</figcaption></figure>',
        ),
        ("<details open><summary>a</summary>b</details>", '<details open=""><summary>a</summary>b</details>'),
        ("<p>x<!-- note --></p>", "<p>x</p>"),
        ("", ""),
    ],
)
def test_an_article_keeps_its_markup_and_nothing_else(raw: str, cleaned: str) -> None:
    assert article_html(raw) == cleaned


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        (
            '<p><a href="https://o.example/" target=_blank rel=opener>x</a></p>',
            '<p><a href="https://o.example/" rel="noopener">x</a></p>',
        ),
        ('<p><a href="/pages/about">x</a></p>', '<p><a href="/pages/about">x</a></p>'),
        ('<p><a href="mailto:a@b.example">x</a></p>', '<p><a href="mailto:a@b.example">x</a></p>'),
        ('<p><a href="javascript:x">x</a></p>', "<p><a>x</a></p>"),
        ('<p><a href="java&#1;script&#10;:x">x</a></p>', "<p><a>x</a></p>"),
        (
            '<p id="comments"><a href="#comments">x</a></p>',
            '<p id="text-comments"><a href="#comments">x</a></p>',
        ),
        (
            '<p><a href="#fn1">1</a></p><ol><li id=fn1>n</li></ol>',
            '<p><a href="#text-fn1">1</a></p><ol><li id="text-fn1">n</li></ol>',
        ),
    ],
)
def test_links_lead_where_they_should(raw: str, cleaned: str) -> None:
    assert article_html(raw) == cleaned


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        (
            '<p><img src="http://o.example/i.png" alt="A &lt;cat&gt;"></p>',
            outside("http://o.example/i.png", "A &lt;cat&gt;"),
        ),
        ('<p><img src="//o.example/i.png"></p>', outside("https://o.example/i.png", "o.example")),
        ('<p><img src="photo.jpg"></p>', outside("photo.jpg", "photo.jpg")),
        ('<p><img src="/media/../x.png" alt=a></p>', outside("/media/../x.png", "a")),
        (
            '<p><iframe src="https://v.example/1" title="A film"></iframe></p>',
            outside("https://v.example/1", "A film"),
        ),
        (
            '<p><object data="http://o.example/a.swf">old</object></p>',
            outside("http://o.example/a.swf", "o.example"),
        ),
        ('<p><embed src="http://o.example/a.swf"></p>', outside("http://o.example/a.swf", "o.example")),
        (
            '<p><video><source src="http://o.example/v.mp4">no</video></p>',
            outside("http://o.example/v.mp4", "o.example"),
        ),
        ('<p><a href="/b"><img src="http://o.example/i.png" alt="A"></a></p>', '<a href="/b">A</a>'),
        ('<p><img src="data:image/png;base64,AA" alt="dot"></p>', "dot"),
    ],
)
def test_what_lies_outside_becomes_a_link(raw: str, cleaned: str) -> None:
    assert article_html(raw).replace("\n", "") == f"<p>{cleaned}</p>"


def test_a_frame_between_blocks_is_a_paragraph_of_its_own() -> None:
    cleaned = article_html('<p>a</p><iframe src="https://v.example/1"></iframe>b')
    assert cleaned == f"<p>a</p><p>{outside('https://v.example/1', 'v.example')}</p><p>b</p>"


def test_pictures_after_the_first_are_loaded_when_needed() -> None:
    pictures = seen(
        article_html('<p><img src="/media/a.jpg" alt=a width=3 height=10%><img src="/static/b.png"></p>')
    ).all("img")
    assert pictures == [
        {"src": "/media/a.jpg", "alt": "a", "width": "3", "decoding": "async"},
        {"src": "/static/b.png", "alt": "", "loading": "lazy", "decoding": "async"},
    ]


def test_films_and_sound_of_this_site_are_kept_with_controls() -> None:
    cleaned = article_html(
        '<p><video poster="http://o.example/p.png" autoplay><source src="/media/v.mp4">no</video></p>'
    )
    assert cleaned == '<p><video controls="" src="/media/v.mp4">no</video></p>'


def test_media_may_lie_below_another_prefix() -> None:
    assert seen(article_html("<p><img src=/files/a.png></p>", media_prefix="/files/")).all("img")
    assert not seen(article_html("<p><img src=/media/a.png></p>", media_prefix="/files/")).all("img")


def test_text_with_blocks_keeps_its_own_paragraphs() -> None:
    assert paragraphs("<ul>\n\n<li>a</li></ul>") == "<ul>\n\n<li>a</li></ul>"


@given(WRITTEN)
def test_a_cleaned_article_holds_only_what_is_allowed(raw: str) -> None:
    found = seen(article_html(raw))
    assert found.balanced
    for tag, attributes in found.tags:
        assert tag in ARTICLE_TAGS
        assert "style" not in attributes
        assert (attributes.get("src") or "/media/").startswith(("/media/", "/static/"))


@given(WELL_NESTED)
def test_a_cleaned_article_stays_as_it_is_when_cleaned_again(raw: str) -> None:
    cleaned = article_html(raw)
    assert article_html(cleaned) == cleaned


@given(
    st.text(
        alphabet=st.characters(
            codec="utf-8", exclude_characters="<>&\r\u2028\u2029", exclude_categories=["Cc", "Cs", "Cn"]
        )
    )
)
def test_plain_text_of_an_author_is_kept_whole(raw: str) -> None:
    assert letters(seen(article_html(raw)).text) == letters(raw)


@pytest.mark.parametrize(
    "block",
    [
        "div",
        "blockquote",
        "ul",
        "figure",
        "DETAILS",
        "summary",
        "dialog",
        'div title="<"',
        "blockquote cite='>'",
    ],
)
def test_blocks_within_blocks_are_taken_no_deeper_than_any_text_goes(block: str) -> None:
    closing = f"</{block.split()[0]}>"
    html = f"<{block}>" * 5_000 + "at the bottom" + closing * 5_000 + "<blockquote>beside it</blockquote>"
    found = article_html(html)
    assert "at the bottom" in found
    assert found.endswith("<blockquote>beside it</blockquote>")
    assert found.count("<") <= 6 * DEEPEST


@pytest.mark.parametrize(
    "before",
    [
        "<!-- <div> <ul> -->" * 300,
        "<script>" + '"<ul>"' * 300 + "</script>",
        "<div>" * 300,
        "<p>x</p>" * 1_000,
    ],
)
def test_what_does_not_stand_deep_keeps_its_blocks(before: str) -> None:
    assert article_html(f"{before}<ul><li>one</li></ul>").endswith("<ul><li>one</li></ul>")


def test_blocks_beside_each_other_are_all_taken() -> None:
    html = "<blockquote>a</blockquote>" * 1_000
    assert article_html(html) == html
