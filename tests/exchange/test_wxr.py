"""Reading export files, well-formed and broken."""

import gzip
import io
import tracemalloc
from collections.abc import Iterator

import pytest

from cms.exchange.wxr import read
from cms.exchange.wxr_events import ChannelHead, Damage, Oversized, WxrAuthor, WxrEvent, WxrItem, WxrTerm
from cms.exchange.wxr_format import LONGEST_ITEM
from cms.exchange.xml_repair import NotWxr

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Paper</title><link>https://old.example</link><wp:wxr_version>1.2</wp:wxr_version>
"""
TAIL = "</channel></rss>"


def events(text: str | bytes) -> list[WxrEvent]:
    return list(read(io.BytesIO(text.encode() if isinstance(text, str) else text)))


def item(inner: str) -> WxrItem:
    (found,) = [event for event in events(f"{HEAD}<item>{inner}</item>{TAIL}") if isinstance(event, WxrItem)]
    return found


def test_an_item_carries_its_terms_fields_and_comments() -> None:
    found = item(
        "<title><![CDATA[One & two]]></title><wp:post_id>7</wp:post_id><dc:creator>ada</dc:creator>"
        '<category domain="post_tag" nicename="x"><![CDATA[X]]></category>'
        "<content:encoded><![CDATA[body]]></content:encoded><excerpt:encoded>short</excerpt:encoded>"
        "<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>9</wp:meta_value></wp:postmeta>"
        "<wp:comment><wp:comment_id>3</wp:comment_id><wp:comment_author_email>dan@example.org"
        "</wp:comment_author_email><wp:comment_author_IP>192.0.2.1</wp:comment_author_IP>"
        "<wp:comment_content>Hi</wp:comment_content></wp:comment>"
    )
    assert (found.title, found.post_id, found.creator, found.content, found.excerpt) == (
        "One & two", "7", "ada", "body", "short",
    )  # fmt: skip
    assert found.terms == (WxrTerm("post_tag", "x", name="X"),)
    assert found.meta == (("_thumbnail_id", "9"),)
    assert found.comments[0].comment_id == "3"
    assert "192.0.2.1" not in repr(found)
    assert "dan@example.org" not in repr(found)


def test_authors_and_terms_are_read_without_addresses() -> None:
    found = events(
        HEAD
        + "<wp:author><wp:author_login>ada</wp:author_login><wp:author_email>a@example.org</wp:author_email>"
        "<wp:author_display_name>Ada</wp:author_display_name></wp:author>"
        "<wp:category><wp:category_nicename>news</wp:category_nicename><wp:cat_name>News</wp:cat_name>"
        "<wp:category_parent>top</wp:category_parent></wp:category>" + TAIL
    )
    assert found[1:] == [
        WxrAuthor(login="ada", display_name="Ada"),
        WxrTerm("category", "news", name="News", parent="top"),
    ]


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_version_and_scheme_of_the_namespaces_is_known(version: str, scheme: str) -> None:
    text = HEAD.replace("http://wordpress.org/export/1.2", f"{scheme}://wordpress.org/export/{version}")
    text = text.replace("<wp:wxr_version>1.2", f"<wp:wxr_version>{version}").replace("xmlns:wp=", "xmlns:w=")
    text = text.replace("wp:wxr_version", "w:wxr_version")
    found = events(f"{text}<item><w:post_id>1</w:post_id></item>{TAIL}")
    assert isinstance(found[0], ChannelHead)
    assert found[0].version == version
    assert isinstance(found[1], WxrItem)
    assert found[1].post_id == "1"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<![CDATA[a <![CDATA[ b ]]> :)]]>", "a <![CDATA[ b ]]> :)"),
        ("<![CDATA[]]>]]>", "]]>"),
        ("<![CDATA[x <![CDATA[ y ]]> z <![CDATA[ q: ]]>]]>", "x <![CDATA[ y ]]> z <![CDATA[ q: ]]>"),
        ("<![CDATA[a ]]]]><![CDATA[> b]]>", "a ]]> b"),
        ("<![CDATA[a]]> and <![CDATA[b]]>", "a and b"),
        ("\n <![CDATA[a]]>\n ", "\n a\n "),
        ("<![CDATA[x\x08y\x0b]]>", "xy"),
        ("x&#8;y&#x1F;z&#65;", "xyzA"),
        ("<![CDATA[&#8;]]>", "&#8;"),
        ("AT&T &nbsp;&eacute; &bogus; 1 < 2", "AT&T \xa0é &bogus; 1 < 2"),
        ("a<!-- b -- c -->d", "ad"),
        ("plain <b>bold</b> text", "plain bold text"),
        ("\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "\U0001f600"),
        ("&#xD83D;x", "x"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_value_is_read_as_it_was_meant(source: str, text: str) -> None:
    assert item(f"<content:encoded>{source}</content:encoded>").content == text


@pytest.mark.parametrize("step", [1, 7, 64])
def test_it_does_not_matter_where_chunks_end(step: int) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(step)

    source = "<![CDATA[x <![CDATA[ y ]]> z\x07 é]]>"
    text = f"{HEAD}{' ' * 70_000}<item><title>a &amp; b &nope</title><content:encoded>{source}</content:encoded></item>{TAIL}"
    (found,) = [event for event in read(Slow(text.encode())) if isinstance(event, WxrItem)]
    assert (found.title, found.content) == ("a & b &nope", "x <![CDATA[ y ]]> z é")


@pytest.mark.parametrize(
    "encoded",
    [
        ("\n\n  " + HEAD + TAIL).encode(),
        ("\ufeff" + HEAD + TAIL).encode(),
        (HEAD.replace("UTF-8", "UTF-16") + TAIL).encode("utf-16"),
        (HEAD + TAIL).encode("utf-16-le"),
        (HEAD + TAIL).encode("utf-16-be"),
        (HEAD.replace("UTF-8", "windows-1252") + TAIL).encode(),
        (HEAD.replace('<?xml version="1.0" encoding="UTF-8" ?>', "") + TAIL).encode(),
        ("<br />\n<b>Warning</b>: something in a plugin\n" + HEAD + TAIL).encode(),
        (HEAD + TAIL + "\n\n\0\0<b>Notice</b>").encode(),
        (HEAD.replace('version="1.0" enc', 'version="1.1" enc') + TAIL).encode(),
        HEAD.encode() + b"<item><title>\xff\xfe\x80</title></item>" + TAIL.encode(),
    ],
)
def test_what_stands_around_an_export_or_how_it_is_encoded_does_not_matter(encoded: bytes) -> None:
    found = events(encoded)
    assert isinstance(found[0], ChannelHead)
    assert not [event for event in found if isinstance(event, Damage)]


def test_a_declared_encoding_is_honoured() -> None:
    text = HEAD.replace("UTF-8", "windows-1251") + "<item><title>Привет</title></item>" + TAIL
    (found,) = [event for event in events(text.encode("cp1251")) if isinstance(event, WxrItem)]
    assert found.title == "Привет"


@pytest.mark.parametrize(
    ("foreign", "said"),
    [
        (b"", "empty"),
        (b" \n\n\t", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "HTML"),
        (b"<html><head></head></html>", "HTML"),
        (b'{"posts": []}', "JSON"),
        (gzip.compress(HEAD.encode()), "gzip"),
        (b"PK\x03\x04rest", "zip"),
        (b"just words", "not XML"),
        (b"\x89PNG\r\n\x1a\n<", "not a WordPress export|WXR"),
        (b'<?xml version="1.0"?><feed><entry/></feed>', "<feed>"),
        (b'<rss version="2.0"><channel><title>x</title><item><title>y</title></item></channel></rss>', "no WXR"),
        (b'<rss version="2.0"><channel><title>x</title></channel></rss>', "no WXR version"),
        (HEAD.replace("1.2</wp", "abc</wp").encode() + TAIL.encode(), "'abc'"),
        (b'<?xml version="1.0"?><!DOCTYPE rss>' + HEAD[40:].encode() + TAIL.encode(), "DOCTYPE"),
        (b'<!DOCTYPE rss SYSTEM "http://evil.example/x.dtd">' + HEAD[40:].encode() + TAIL.encode(), "DOCTYPE"),
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><rss>&z;</rss>', "DOCTYPE"),
        (b"<rss", "no WXR version"),
    ],
)  # fmt: skip
def test_a_foreign_or_hostile_file_is_refused_in_one_line(foreign: bytes, said: str) -> None:
    with pytest.raises(NotWxr, match=said) as refusal:
        events(foreign)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "broken",
    [
        "<item><title>Two</title><wp:post",
        "<item><title>Two</title></itm></channel></rss>",
        "<item><content:encoded><![CDATA[never closed",
        "",
        "<item><x " + "a" * 3_000_000,
        "<item>" + "<d>" * 200,
    ],
)
def test_items_before_the_damage_are_read_and_the_damage_is_named(broken: str) -> None:
    found = events(f"{HEAD}<item><title>One</title></item>\n{broken}")
    assert [event.title for event in found if isinstance(event, WxrItem)] == ["One"]
    assert isinstance(found[-1], Damage)
    assert found[-1].line >= 6
    assert found[-1].why


def test_a_second_export_behind_the_first_is_not_passed_over_in_silence() -> None:
    found = events(f"{HEAD}<item><title>One</title></item>{TAIL}{HEAD}<item><title>Two</title></item>{TAIL}")
    assert isinstance(found[-1], Damage)


class Long(io.RawIOBase):
    """A stream that is made while it is read, so that only the reader's own memory counts."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts

    def read(self, size: int = -1) -> bytes:
        return next(self._parts, b"")


def many_items(number: int) -> Iterator[bytes]:
    yield HEAD.encode()
    body = (
        b"<item><title>x</title><content:encoded><![CDATA["
        + b"word " * 4_000
        + b"]]></content:encoded></item>\n"
    )
    for _ in range(number):
        yield body
    yield TAIL.encode()


def peak_memory(number: int) -> int:
    tracemalloc.start()
    count = sum(isinstance(event, WxrItem) for event in read(Long(many_items(number))))  # type: ignore[arg-type]  # a raw stream reads like a binary one
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == number
    return peak


def test_memory_does_not_grow_with_the_file() -> None:
    assert peak_memory(400) < peak_memory(40) * 1.5


def test_an_item_beyond_all_measure_is_passed_over_by_name() -> None:
    def parts() -> Iterator[bytes]:
        yield HEAD.encode()
        yield b"<item><title>Huge</title><wp:post_id>5</wp:post_id><content:encoded>"
        for _ in range(LONGEST_ITEM // 1_000_000 + 1):
            yield b"x" * 1_000_000
        yield b"</content:encoded></item><item><title>Next</title></item>" + TAIL.encode()

    found = [event for event in read(Long(parts())) if not isinstance(event, ChannelHead)]  # type: ignore[arg-type]  # as above
    assert isinstance(found[0], Oversized)
    assert (found[0].title, found[0].post_id) == ("Huge", "5")
    assert isinstance(found[1], WxrItem)
