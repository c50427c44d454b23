"""What readers write, cleaned: nothing dangerous gets through and nothing typed is eaten."""

import re

import nh3
import pytest
from bleach._vendor.html5lib import _inputstream
from hypothesis import given
from hypothesis import strategies as st

from cms.sanitize import (
    comment_html,
    comment_text,
    comments_html,
    is_blank,
    one_line,
    plain_text,
    shows_nothing,
)
from cms.text.markup import COMMENT_TAGS, MAX_DEPTH, MAX_TAGS
from cms.text.typeset import MAX_BREAKS
from tests.seen import letters, seen

REL = "nofollow ugc noopener"
LISTED_TAG = re.compile(rf"</?(?:{'|'.join(COMMENT_TAGS)})>|<br ?/>", re.IGNORECASE)
BLOCKS = {"p", "pre", "blockquote", "ul", "ol"}

# Words that make trouble: tags of the list and others, whole and cut, addresses, entities, odd characters.
PIECES = st.one_of(
    st.sampled_from(
        [f"<{tag}>" for tag in sorted(COMMENT_TAGS)] + [f"</{tag}>" for tag in sorted(COMMENT_TAGS)]
    ),
    st.sampled_from(
        ["<", ">", "&", '"', "'", "\n", "\n\n", " ", "<b", "</", "<!--", "-->", "<?", "]]>", "<br/>"]
    ),
    st.sampled_from(
        ["http://", "https://example.org/a_(b).", '<a href="https://example.org/?a=1&b=2">', "<a href='"]
    ),
    st.sampled_from(
        ["&lt;", "&amp;", "&#60;", "&#x0;", "&notin;", "<script>", "<img src=x onerror=y>", "<svg>", "<p "]
    ),
    st.sampled_from(
        [
            "\u202e",
            "\u2066",
            "\u2067",
            "\u2068",
            "\u2069",
            "\ud800",
            "\ufdd0",
            "\x00",
            "\x85",
            "\u200d",
            "ے",
            "\r\n",
        ]
    ),
    st.text(max_size=6),
)
TYPED = st.lists(PIECES, max_size=60).map("".join)


def link(address: str) -> str:
    """Return the link that a bare address becomes."""
    return f'<a href="{address}" rel="{REL}">{address}</a>'


@pytest.mark.parametrize(
    "typed",
    [
        "x < y and a > b & c",
        "if a<b and c>d then",
        "<?php echo 1; ?>",
        "<!-- note -->",
        "<grin> <you@example.org> <3 :-> <-",
        "&lt;b&gt; &amp; &amp;amp; &copy 2026 &#60; &#0;",
        "<b>never closed",
        "never opened</b>",
        "<b class=x>no attributes</b>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="/relative">x</a>',
        '<a href="https://bank.example@elsewhere.example/">x</a>',
        '<a href="https://example.org/" onclick="x">x</a>',
        "<script>alert(1)</script>",
        "<li>an item without a list</li>",
        "C:\\new\\<table>",
    ],
)
def test_what_is_not_markup_is_shown_as_typed(typed: str) -> None:
    assert letters(seen(comment_html(typed)).text) == letters(typed)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("one", "<p>one</p>"),
        ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
        ("one\r\ntwo\rthree", "<p>one<br>two<br>three</p>"),
        ("one<br>\ntwo<br />three", "<p>one<br>two<br>three</p>"),
        ("<B>loud</B> <em>soft</em>", "<p><b>loud</b> <em>soft</em></p>"),
        ("<b>x<i>y</b>z</i>", "<p><b>x&lt;i&gt;y</b>z&lt;/i&gt;</p>"),
        ("<p>a<p>b</p>c</p>", "<p>a</p><p>b</p><p>c</p>"),
        (
            "so:\n<blockquote>a\n\nb</blockquote>\nc",
            "<p>so:</p><blockquote><p>a</p><p>b</p></blockquote><p>c</p>",
        ),
        ("<b>a\n\nb</b>", "<p><b>a<br><br>b</b></p>"),
        ("<b><p>x</p></b>", "<p><b>&lt;p&gt;x&lt;/p&gt;</b></p>"),
        (
            "<ul>\n<li>a</li>\n<li>b<ol><li>c</li></ol></li></ul>",
            "<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>",
        ),
        ("<ul>stray<li>a</li></ul>", "<ul><li>stray</li><li>a</li></ul>"),
        ("<pre>\n\na\n  b http://x.y</pre>", "<pre>a\n  b http://x.y</pre>"),
        ("<code>http://x.y</code>", "<p><code>http://x.y</code></p>"),
        ("<a>nowhere</a>", "<p>nowhere</p>"),
        ("<p></p><ul></ul><blockquote> </blockquote>", ""),
        (" \n\u200b\n ", "<p>\u200b</p>"),
        ("", ""),
    ],
)
def test_a_comment_is_set_in_paragraphs(typed: str, written: str) -> None:
    assert comment_html(typed) == written


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("see https://example.org/a.", f"see {link('https://example.org/a')}."),
        ("(https://example.org/a_(b))", f"({link('https://example.org/a_(b)')})"),
        ("https://example.org/خبر۔ اور", f"{link('https://example.org/خبر')}۔ اور"),
        ("https://example.org/خبر، اور", f"{link('https://example.org/خبر')}، اور"),
        ("https://example.org/؟", f"{link('https://example.org/')}؟"),
        ("<https://example.org/>", f"&lt;{link('https://example.org/')}&gt;"),
        ("HTTP://EXAMPLE.ORG", link("HTTP://EXAMPLE.ORG")),
        ("http://a.example,http://b.example", f"{link('http://a.example')},{link('http://b.example')}"),
        ("https://e.example/?a=1&b<c>", f"{link('https://e.example/?a=1&amp;b')}&lt;c&gt;"),
        ("ftp://example.org javascript://x", "ftp://example.org javascript://x"),
        ("xhttp://example.org http:// https://-", "xhttp://example.org http:// https://-"),
        ("http://user@example.org", "http://user@example.org"),
        ("http://1.2.3.4.5/ http://xn--/", "http://1.2.3.4.5/ http://xn--/"),
    ],
)
def test_a_bare_address_becomes_a_link(typed: str, written: str) -> None:
    assert comment_html(typed) == f"<p>{written}</p>"


def test_a_typed_link_keeps_its_address_and_nothing_else() -> None:
    written = comment_html("""<a href='https://example.org/?a=1&amp;b=2'>here, not http://x.y</a>""")
    assert seen(written).tags == [("p", {}), ("a", {"href": "https://example.org/?a=1&b=2", "rel": REL})]


def test_a_link_within_a_link_is_shown_as_typed() -> None:
    found = seen(comment_html('<a href="http://a.example">a <a href="http://b.example">b</a> c</a>'))
    assert [attributes["href"] for attributes in found.all("a")] == ["http://a.example"]
    assert found.text == 'a <a href="http://b.example">b</a> c'


def test_tags_beyond_the_limit_are_text() -> None:
    written = comment_html("<b>x</b>" * (MAX_TAGS + 1))
    assert len(seen(written).all("b")) == MAX_TAGS
    assert written.endswith("&lt;b&gt;x&lt;/b&gt;</p>")


def test_tags_and_bare_addresses_share_one_limit() -> None:
    written = comment_html("<b>x</b> http://a.example\n" * MAX_TAGS)
    assert len(seen(written).all("b")) + len(seen(written).all("a")) == MAX_TAGS


def test_tags_deeper_than_the_limit_are_text() -> None:
    written = comment_html("<blockquote>" * (MAX_DEPTH + 1) + "x" + "</blockquote>" * (MAX_DEPTH + 1))
    assert len(seen(written).all("blockquote")) == MAX_DEPTH
    assert "<p>&lt;blockquote&gt;x&lt;/blockquote&gt;</p>" in written


def test_breaks_beyond_the_limit_stay_white_space() -> None:
    written = comment_html("a\n" * 2500)
    assert len(seen(written).all("br")) == MAX_BREAKS
    assert letters(seen(written).text) == "a" * 2500


@given(TYPED)
def test_what_is_seen_is_what_was_typed_but_for_markup(typed: str) -> None:
    shown = seen(comment_html(typed)).text
    # A link's tag is the only one with an attribute; its typed form may count as markup or not.
    bare = re.compile(r"""<a href=["']https://example.org/\?a=1&b=2["']>""")
    wanted = LISTED_TAG.sub("", bare.sub("", comment_text(typed)))
    assert letters(LISTED_TAG.sub("", bare.sub("", shown))) == letters(wanted)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"])))
def test_text_without_tags_is_seen_exactly(typed: str) -> None:
    if not LISTED_TAG.search(typed):
        assert letters(seen(comment_html(typed)).text) == letters(comment_text(typed))


@given(TYPED)
def test_a_cleaned_comment_is_well_nested(typed: str) -> None:
    found = seen(comment_html(typed))
    assert found.balanced
    for parents, tag in found.places:
        assert tag in COMMENT_TAGS
        assert (tag == "li") == (bool(parents) and parents[-1] in {"ul", "ol"})
        assert tag not in BLOCKS or not {"p", "pre"} & set(parents)
        assert tag != "a" or "a" not in parents
        assert len(parents) <= MAX_DEPTH


@given(TYPED)
def test_only_links_have_attributes(typed: str) -> None:
    for tag, attributes in seen(comment_html(typed)).tags:
        assert set(attributes) == ({"href", "rel"} if tag == "a" else set())
        assert (attributes.get("href") or "http://").lower().startswith(("http://", "https://"))


@given(TYPED)
def test_a_cleaned_comment_stays_as_it_is_when_cleaned_again(typed: str) -> None:
    written = comment_html(typed)
    again = nh3.clean(written, tags=set(COMMENT_TAGS), attributes={"a": {"href"}}, link_rel=REL)
    assert again == written


@given(TYPED)
def test_cleaning_the_kept_text_gives_the_same_comment(typed: str) -> None:
    assert comment_text(comment_text(typed)) == comment_text(typed)
    assert comment_html(comment_text(typed)) == comment_html(typed)


@given(st.lists(TYPED, max_size=8))
def test_comments_cleaned_together_are_as_each_by_itself(typed: list[str]) -> None:
    assert comments_html(typed) == [comment_html(one) for one in typed]


@given(TYPED)
def test_no_forbidden_character_is_kept(typed: str) -> None:
    for kept in (comment_text(typed), comment_html(typed), one_line(typed)):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef]", kept)
        kept.encode()


def test_the_joiners_and_marks_of_urdu_and_emoji_stay() -> None:
    typed = "می\u200cخواهم \u200e1\u200f \u061c2 👩\u200d👧"
    assert comment_text(typed) == typed
    assert seen(comment_html(typed)).text == typed


@given(TYPED)
def test_plain_text_of_a_comment_is_what_is_seen(typed: str) -> None:
    written = comment_html(typed)
    assert letters(plain_text(written)) == letters(seen(written).text)


def test_plain_text_puts_each_block_on_its_own_line() -> None:
    written = "<h2>A &amp; B</h2><p>one\n <b>tw</b>o<br>three</p><table><tr><td>4</td><td>5</td></tr></table>"
    assert plain_text(f"{written}&amp;lt;") == "A & B\none two\nthree\n4 5\n&lt;"


@given(st.text(max_size=60) | TYPED)
def test_what_shows_nothing_is_known_mostly_without_cleaning_it(typed: str) -> None:
    text = comment_text(typed)
    assert shows_nothing(text) == is_blank(plain_text(comment_html(text)))


@given(st.text())
def test_the_first_wall_gets_no_character_for_which_it_is_told_not_to_look(typed: str) -> None:
    assert _inputstream.HTMLUnicodeInputStream("").reportCharacterErrors is None
    assert not _inputstream.invalid_unicode_re.search(comment_text(typed))
