"""WordPress's export format (WXR 1.2), written from the same records as it is read into."""

from collections.abc import Iterator
from html import escape

from cms.exchange.wxr_events import ChannelHead, WxrAuthor, WxrComment, WxrItem, WxrTerm
from cms.exchange.wxr_format import FIELDS
from cms.text.characters import storable

OPENING = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0"
\txmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
\txmlns:content="http://purl.org/rss/1.0/modules/content/"
\txmlns:dc="http://purl.org/dc/elements/1.1/"
\txmlns:wp="http://wordpress.org/export/1.2/">
<channel>
"""
CLOSING = "</channel>\n</rss>\n"

# What WordPress's importer expects to find, although nothing here fills it.
_ALWAYS = {
    "author": {"wp:author_email": ""},
    "item": {"description": "", "wp:ping_status": "closed"},
    "comment": {"wp:comment_author_url": "", "wp:comment_author_IP": "", "wp:comment_user_id": "0"},
}
_KINDS = {"category": "category", "post_tag": "tag"}  # of terms that have an element of their own


def written(record: ChannelHead | WxrAuthor | WxrTerm | WxrItem) -> str:
    """Return a record as XML, each of its elements on a line."""
    match record:
        case ChannelHead():
            return _lines(_values("channel", record))
        case WxrAuthor():
            return _element("wp:author", _values("author", record))
        case WxrTerm():
            kind = _KINDS.get(record.taxonomy, "term")
            return _element(f"wp:{kind}", _values(kind, record))
        case WxrItem():
            return _element("item", _item(record))


def _item(item: WxrItem) -> Iterator[str]:
    yield from _values("item", item)
    for term in item.terms:
        domain, nicename = escape(term.taxonomy), escape(storable(term.slug))
        yield f'<category domain="{domain}" nicename="{nicename}">{_cdata(term.name)}</category>\n'
    for key, value in item.meta:
        yield _element("wp:postmeta", [_tag("wp:meta_key", key), _tag("wp:meta_value", value)])
    for comment in item.comments:
        yield _element("wp:comment", _values("comment", comment))


def _values(kind: str, record: ChannelHead | WxrAuthor | WxrTerm | WxrItem | WxrComment) -> Iterator[str]:
    """Yield an element for each field of a record that the format has a place for."""
    for name, field in FIELDS[kind].items():
        if name == "guid":
            yield f'<guid isPermaLink="false">{_cdata(getattr(record, field))}</guid>\n'
        elif name != "category":
            yield _tag(name, getattr(record, field))
    for name, value in _ALWAYS.get(kind, {}).items():
        yield _tag(name, value)


def _element(name: str, inner: Iterator[str] | list[str]) -> str:
    return f"<{name}>\n{_lines(inner)}</{name}>\n"


def _lines(inner: Iterator[str] | list[str]) -> str:
    return "".join(inner)


def _tag(name: str, value: str) -> str:
    return f"<{name}>{_cdata(value)}</{name}>\n"


def _cdata(text: str) -> str:
    """Return text as XML, without the characters that XML cannot hold."""
    if text.isalnum():
        return text
    return f"<![CDATA[{storable(text).replace(']]>', ']]]]><![CDATA[>')}]]>" if text else ""
