"""Exports written by hand, and what an import of them left in the database."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from cms.exchange.actions.wordpress import import_wxr
from cms.exchange.report import ImportReport
from cms.site import Site

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SHARED = Path(__file__).parents[3] / "shared" / "data" / "wxr"

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Paper</title><link>https://old.example</link><language>en-US</language>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_site_url>https://old.example</wp:base_site_url>
<wp:base_blog_url>https://old.example</wp:base_blog_url>
"""


@pytest.fixture
def bring(site: Site) -> Callable[..., ImportReport]:
    def _bring(text: str, **options: Any) -> ImportReport:
        return import_wxr(site, io.BytesIO(text.encode()), **{"now": NOW, **options})

    return _bring


@pytest.fixture
def rows(site: Site) -> Callable[..., list[Any]]:
    def _rows(sql: str, **values: Any) -> list[Any]:
        with site.database.reading() as session:
            return list(session.execute(sa.text(sql), values).all())

    return _rows


def export(*items: str, head: str = HEAD) -> str:
    return f"{head}{''.join(items)}</channel></rss>"


def tag(name: str, text: object) -> str:
    escaped = str(text).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{escaped}]]></{name}>"


def post(number: int = 1, *inner: str, **fields: object) -> str:
    """Return an item; `fields` are elements by name, `wp_` and `content_encoded` for those with a prefix."""
    slug = fields.get("wp_post_name", f"post-{number}")
    values: dict[str, object] = {
        "title": f"Post {number}",
        "link": f"https://old.example/2024/05/{slug}/",
        "dc_creator": "ada",
        "guid": f"https://old.example/?p={number}",
        "content_encoded": f"Text of {number}.",
        "wp_post_id": number,
        "wp_post_date_gmt": "2024-05-06 07:08:09",
        "wp_comment_status": "open",
        "wp_post_name": slug,
        "wp_status": "publish",
        "wp_post_type": "post",
        **fields,
    }
    elements = (tag(name.replace("_", ":", 1), text) for name, text in values.items() if text is not None)
    return f"<item>{''.join(elements)}{''.join(inner)}</item>"


def comment(number: int, parent: int = 0, **fields: object) -> str:
    values: dict[str, object] = {
        "id": number,
        "author": "Dan",
        "author_email": f"dan{number}@example.org",
        "author_IP": "192.0.2.7",
        "date_gmt": f"2024-05-07 08:{number % 60:02}:00",
        "content": f"Comment {number}",
        "approved": 1,
        "type": "",
        "parent": parent,
        **fields,
    }
    inner = "".join(tag(f"wp:comment_{name}", text) for name, text in values.items() if text is not None)
    return f"<wp:comment>{inner}</wp:comment>"


def term(taxonomy: str, slug: str, name: str = "") -> str:
    return f'<category domain="{taxonomy}" nicename="{slug}"><![CDATA[{name or slug.title()}]]></category>'
