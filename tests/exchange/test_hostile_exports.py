"""Exports that nobody would write by hand: beyond every limit, damaged inside, made to do harm."""

from collections.abc import Callable
from typing import Any

import pytest

from cms.exchange.report import ImportReport
from tests.exchange.conftest import HEAD, comment, export, post, tag, term

Bring = Callable[..., ImportReport]
Rows = Callable[..., list[Any]]
LONG = "x" * 5_000
HALF = "\\ud83d"


@pytest.mark.both_engines
@pytest.mark.parametrize(
    "item",
    [
        post(1, title=LONG),
        post(1, title="ے" * 900, wp_post_name="%db%92" * 900, link="https://old.example/" + "%db%92" * 900),
        post(1, excerpt_encoded=LONG, guid="https://old.example/" + LONG),
        post(1, dc_creator=LONG),
        post(1, term("category", LONG, LONG), term("post_tag", LONG, LONG)),
        post(1, *(term("post_tag", f"t{number}") for number in range(600))),
        post(1, comment(1, author=LONG, author_email=LONG + "@example.org", date_gmt=LONG)),
        post(1, comment(99999999999999999999), comment(-3), comment(0), comment(1, id="x")),
        post(1, comment(2_147_483_648, 2_147_483_649), comment(2_147_483_649)),
        post(1, comment(1, content="<b>" * 5_000 + "x")),
        post(1, comment(1, content="a &#0; &#xD800; &#x110000; \u202e b")),
        post(1, wp_post_id="99999999999999999999999", wp_post_parent="x", wp_menu_order="y"),
        post(1, wp_post_date_gmt="9999-12-31 23:59:59", wp_post_date="0001-01-01 00:00:00"),
        post(1, wp_post_date_gmt="2024-02-31 25:61:61", pubDate="Wed, 30 Nov -0001 00:00:00 +0000"),
        post(1, content_encoded=f'<!-- wp:embed {{"url":"https://x.example/{HALF}"}} --><!-- /wp:embed -->'),
        post(1, content_encoded='<!-- wp:embed {"url":["a"]} -->x<!-- /wp:embed --><!-- wp:block {"ref":{}} /-->'),
        post(1, content_encoded="<!-- wp:a " + "[" * 50_000 + " -->"),
        post(1, content_encoded="<div>" * 3_000 + "deep"),
        post(1, content_encoded='<img src="https://old.example:99999/wp-content/uploads/a.jpg"><img src="http://[::1/a">'),
        post(1, content_encoded='<a href="http://[bad/a.jpg">x</a> <a href="//">y</a>'),
        post(1, link="http://[bad", guid="http://[bad"),
        post(1, wp_post_name="%", title="%zz", link="https://old.example/%zz/%"),
        post(1, wp_post_name="\u202e\u200b", title="\u202e\u200b"),
        post(1, wp_post_name="feed", link="https://old.example/feed/"),
        post(1, wp_post_name="new", link="https://old.example/articles/new/"),
        post(1, "<wp:postmeta><wp:meta_key>footnotes</wp:meta_key><wp:meta_value>[[</wp:meta_value></wp:postmeta>",
             content_encoded="x<!-- wp:footnotes /-->"),
        post(1, "<wp:postmeta><wp:meta_value>a:1:{i:0;O:8:\"stdClass\":0:{}}</wp:meta_value></wp:postmeta>"),
        post(1, "<wp:comment/><wp:comment></wp:comment>"),
        post(1, '<category domain="category" nicename=""><![CDATA[]]></category><category/>'),
        post(1, '<category domain="category" nicename="/../"><![CDATA[<script>x</script>]]></category>'),
    ],
)  # fmt: skip
def test_nothing_in_an_item_stops_the_import(bring: Bring, rows: Rows, item: str) -> None:
    report = bring(export(item, post(50, wp_post_name="behind")))
    assert sum(report.articles.values()) == 2
    assert rows("SELECT 1 FROM article WHERE slug = 'behind'")
    assert sum(bring(export(item, post(50, wp_post_name="behind"))).articles.values()) == 0


@pytest.mark.both_engines
@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace("https://old.example", ""),
        HEAD.replace("https://old.example", "not an address"),
        HEAD.replace("https://old.example", "http://[bad"),
        HEAD.replace("https://old.example", "https://" + "o" * 900),
        HEAD.replace("en-US", "&lt;script&gt;"),
        HEAD + "<wp:author/><wp:category/><wp:tag/><wp:term/>",
        HEAD + f"<wp:author>{tag('wp:author_login', LONG)}{tag('wp:author_display_name', LONG)}</wp:author>",
        HEAD
        + f"<wp:category>{tag('wp:category_nicename', 'a')}{tag('wp:category_parent', 'a')}</wp:category>",
    ],
)
def test_nothing_in_the_head_stops_the_import(bring: Bring, head: str) -> None:
    assert bring(export(post(1, term("category", "a")), head=head)).articles["published"] == 1
    assert bring(export(post(1, term("category", "a")), head=head)).unchanged == 1


def test_two_people_with_one_name_stay_two(bring: Bring, rows: Rows) -> None:
    people = "".join(
        f"<wp:author>{tag('wp:author_login', login)}{tag('wp:author_display_name', 'Ada')}</wp:author>"
        for login in ("one", "two")
    )
    bring(export(post(1, dc_creator="one"), post(2, dc_creator="two"), head=HEAD + people))
    assert sorted(rows("SELECT slug, name FROM author")) == [("ada", "Ada"), ("ada-2", "Ada")]


def test_a_scheduled_post_without_a_date_waits_as_a_draft(bring: Bring) -> None:
    report = bring(export(post(1, wp_status="future", wp_post_date_gmt="0000-00-00 00:00:00")))
    assert report.articles == {"draft": 1}
