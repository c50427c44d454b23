"""Bringing a WordPress site in: what becomes of posts, people, subjects and comments."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from cms.comments.actions.receipts import receipt_secret
from cms.exchange.actions import reading
from cms.exchange.report import ImportReport
from cms.exchange.xml_repair import NotWxr
from cms.site import Site
from cms.vault import secret_hash
from tests.conftest import ON_POSTGRESQL
from tests.exchange.conftest import HEAD, SHARED, comment, export, post, tag, term

Bring = Callable[..., ImportReport]
Rows = Callable[..., list[Any]]


@pytest.mark.parametrize(
    ("fields", "kind", "state"),
    [
        ({}, "article", "published"),
        ({"wp_status": "future", "wp_post_date_gmt": "2030-01-01 00:00:00"}, "article", "scheduled"),
        ({"wp_status": "future"}, "article", "published"),
        ({"wp_status": "draft", "wp_post_date_gmt": "0000-00-00 00:00:00"}, "article", "draft"),
        ({"wp_status": "pending"}, "article", "draft"),
        ({"wp_status": "private"}, "article", "draft"),
        ({"wp_post_password": "enter"}, "article", "draft"),
    ],
)
def test_a_post_becomes_an_article_in_its_state(
    bring: Bring, rows: Rows, fields: dict[str, str], kind: str, state: str
) -> None:
    report = bring(export(post(1, **fields)))
    assert report.as_json()["articles"] == {"published": 0, "scheduled": 0, "draft": 0, state: 1}
    assert rows("SELECT kind, slug, title FROM article") == [(kind, "post-1", "Post 1")]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"wp_status": "trash"}, "trash"),
        ({"wp_status": "auto-draft", "content_encoded": ""}, "empty draft"),
        ({"wp_post_type": "product"}, "a kind of its own"),
        ({"wp_post_type": None}, "names no type"),
        ({"wp_post_type": "wp_navigation"}, "menus"),
    ],
)
def test_what_does_not_come_in_is_named_with_its_reason(
    bring: Bring, rows: Rows, fields: dict[str, Any], why: str
) -> None:
    report = bring(export(post(1, **fields)))
    assert any(why in found["why"] for found in report.as_json()["skipped"])
    assert rows("SELECT 1 FROM article") == []


def test_a_page_becomes_a_static_page(bring: Bring, rows: Rows) -> None:
    report = bring(export(post(1, wp_post_type="page"), post(2, wp_post_name="post-1")))
    assert (report.pages, report.articles["published"]) == (1, 1)
    assert sorted(rows("SELECT kind, slug FROM article")) == [("article", "post-1"), ("page", "post-1")]


def test_a_post_that_lacks_nearly_everything_is_survived(bring: Bring, rows: Rows) -> None:
    bare = "<item><wp:post_type>post</wp:post_type><wp:status>publish</wp:status></item>"
    report = bring(export(bare, "<item><title>x</title><wp:post_type>page</wp:post_type></item>", "<item/>"))
    assert (report.articles["published"], report.pages) == (1, 1)
    assert len(rows("SELECT 1 FROM article WHERE slug <> '' AND title <> ''")) == 2


@ON_POSTGRESQL
def test_postgresql_looks_at_once_at_what_came_in(bring: Bring, rows: Rows, site: Site) -> None:
    with site.database.writing() as session:
        session.execute(sa.text("DELETE FROM pg_statistic WHERE starelid = 'article'::regclass"))
        session.commit()
    bring(export(post(1, comment(1)), post(2)))
    known = "FROM pg_stats WHERE schemaname = current_schema() AND tablename = 'article'"
    assert rows(f"SELECT 1 {known} AND attname = 'slug'") == [(1,)]


@pytest.mark.both_engines
def test_the_second_run_brings_in_nothing(bring: Bring) -> None:
    text = export(post(1, comment(1), comment(2, type="pingback"), term("category", "news")), post(2))
    bring(text)
    second = bring(text).as_json()
    assert second["unchanged"] == 4
    assert second["articles"] == {"published": 0, "scheduled": 0, "draft": 0}
    assert (second["pages"], second["authors"], second["sections"], second["mentions"]) == (0, 0, 0, 0)
    assert sum(second["comments"].values()) == second["updated"] == 0


@pytest.mark.both_engines
def test_a_dry_run_reports_the_same_and_writes_nothing(bring: Bring, rows: Rows) -> None:
    text = export(
        post(1, comment(1), comment(2, type="pingback"), term("category", "news"), term("post_tag", "x")),
        post(2, content_encoded="[box]", wp_post_name="post-1"),
    )
    dry = bring(text, dry_run=True).as_json()
    assert rows("SELECT 1 FROM article UNION SELECT 1 FROM comment UNION SELECT 1 FROM author") == []
    assert (
        rows("SELECT 1 FROM former_address UNION SELECT 1 FROM imported_thing UNION SELECT 1 FROM tag") == []
    )
    assert dry == bring(text).as_json()


@pytest.mark.both_engines
def test_a_newer_export_updates_what_nobody_has_touched(bring: Bring, rows: Rows) -> None:
    bring(export(post(1), post(2), post(3)))
    report = bring(
        export(
            post(1, title="Newer"),
            post(2),
            post(3, link="https://old.example/elsewhere/", title="Moved"),
            post(4),
        )
    )
    assert (report.updated, report.unchanged, report.articles["published"]) == (2, 1, 1)
    assert rows("SELECT title, version FROM article ORDER BY id") == [
        ("Newer", 2), ("Post 2", 1), ("Moved", 2), ("Post 4", 1),
    ]  # fmt: skip


@pytest.mark.both_engines
def test_what_has_changed_on_both_sides_is_a_conflict_and_stays(bring: Bring, rows: Rows, site: Site) -> None:
    bring(export(post(1, comment(1))))
    with site.database.writing() as session:
        session.execute(sa.text("UPDATE article SET title = 'Ours', version = version + 1"))
        session.commit()
    report = bring(export(post(1, comment(1), comment(2), title="Theirs")))
    assert [found["address"] for found in report.as_json()["conflicts"]] == [
        "https://old.example/2024/05/post-1/"
    ]
    assert rows("SELECT title FROM article") == [("Ours",)]
    assert report.comments == {"approved": 1}
    assert bring(export(post(1, comment(1), comment(2), title="Theirs"))).conflicts


def test_what_has_changed_only_here_is_unchanged(bring: Bring, rows: Rows, site: Site) -> None:
    bring(export(post(1)))
    with site.database.writing() as session:
        session.execute(sa.text("UPDATE article SET title = 'Ours', version = version + 1"))
        session.commit()
    report = bring(export(post(1)))
    assert (report.unchanged, report.conflicts) == (1, [])
    assert rows("SELECT title FROM article") == [("Ours",)]


@pytest.mark.both_engines
def test_two_posts_with_one_number_are_told_apart_by_their_addresses(bring: Bring, rows: Rows) -> None:
    text = export(
        post(7, guid="g"), post(7, guid="g", wp_post_name="other", link="https://old.example/other/")
    )
    assert bring(text).articles["published"] == 2
    assert bring(text).unchanged == 2
    assert len(rows("SELECT 1 FROM article")) == 2


def test_the_same_post_twice_comes_in_once(bring: Bring) -> None:
    report = bring(export(post(1), post(1)))
    assert report.articles["published"] == 1
    assert "twice" in report.skipped[0].why


def test_a_guid_stays_the_id_in_feeds_unless_it_is_shared(bring: Bring, rows: Rows) -> None:
    bring(export(post(1), post(2, guid="https://old.example/?p=x"), post(3, guid="https://old.example/?p=x")))
    assert rows("SELECT entry_id FROM article ORDER BY id") == [
        ("https://old.example/?p=1",),
        ("https://old.example/2024/05/post-2/",),
        ("https://old.example/2024/05/post-3/",),
    ]


@pytest.mark.parametrize(
    ("wp_slug", "title", "slug"),
    [
        ("%D8%B3%D9%84%D8%A7%D9%85-%D8%AF%D9%86%DB%8C%D8%A7", "x", "سلام-دنیا"),
        ("%d8%b3%d9%84%d8%a7%d9%85", "x", "سلام"),
        ("", "A Title Here", "a-title-here"),
        ("", "", "text-of-1"),
        ("cafe%CC%81", "x", "café"),
        ("a b/c?d", "x", "a-b-c-d"),
        ("../../etc", "x", "etc"),
    ],
)
def test_a_slug_is_kept_decoded_and_normalised(
    bring: Bring, rows: Rows, wp_slug: str, title: str, slug: str
) -> None:
    bring(export(post(1, wp_post_name=wp_slug, title=title, link="https://old.example/?p=1")))
    assert rows("SELECT slug FROM article") == [(slug,)]


@pytest.mark.both_engines
def test_slugs_that_clash_are_made_different(bring: Bring, rows: Rows) -> None:
    bring(export(post(1, wp_post_name="same")))
    bring(export(post(2, wp_post_name="same"), post(3, wp_post_name="same"), post(4, wp_post_name="same-2")))
    assert {slug for (slug,) in rows("SELECT slug FROM article")} == {"same", "same-2", "same-3", "same-2-2"}


def test_people_get_their_names_and_never_their_addresses(bring: Bring, rows: Rows) -> None:
    people = "".join(
        f"<wp:author>{tag('wp:author_login', login)}{tag('wp:author_email', 'secret@example.org')}"
        f"{tag('wp:author_display_name', name)}</wp:author>"
        for login, name in (("ada", "Ada Lovelace"), ("ben@example.org", "ben@example.org"))
    )
    report = bring(
        export(post(1), post(2, dc_creator="ben@example.org"), post(3, dc_creator=">ada"), head=HEAD + people)
    )
    assert report.authors == 2
    assert sorted(rows("SELECT name, slug FROM author")) == [("Ada Lovelace", "ada-lovelace"), ("ben", "ben")]


def test_several_people_sign_an_article_in_order(bring: Bring, rows: Rows) -> None:
    bring(export(post(1, term("author", "cap-ben"), term("author", "cap-ada"))))
    assert rows(
        "SELECT a.name FROM article_author j JOIN author a ON a.id = j.author_id ORDER BY position"
    ) == [
        ("ben",),
        ("ada",),
    ]


def test_the_highest_category_is_the_section_and_all_others_are_tags(bring: Bring, rows: Rows) -> None:
    tree = "".join(
        f"<wp:category>{tag('wp:category_nicename', slug)}{tag('wp:cat_name', slug.title())}"
        f"{tag('wp:category_parent', parent)}</wp:category>"
        for slug, parent in (("world", ""), ("asia", "world"), ("round", "about"), ("about", "round"))
    )
    bring(
        export(
            post(1, term("category", "asia"), term("category", "world"), term("post_tag", "tea")),
            post(2, term("category", "uncategorized"), term("category", "round")),
            post(3, "<category><![CDATA[Bare Name]]></category>"),
            head=HEAD + tree,
        )
    )
    assert rows("SELECT s.slug FROM article a LEFT JOIN section s ON s.id = a.section_id ORDER BY a.id") == [
        ("world",),
        ("round",),
        ("bare-name",),
    ]
    assert sorted(rows("SELECT t.slug FROM article_tag j JOIN tag t ON t.id = j.tag_id")) == [
        ("asia",),
        ("tea",),
    ]


@pytest.mark.both_engines
def test_sections_and_authors_that_are_here_already_are_used(bring: Bring, rows: Rows, site: Site) -> None:
    with site.database.writing() as session:
        session.execute(sa.text("INSERT INTO section (slug, name) VALUES ('news', 'News')"))
        session.execute(
            sa.text("INSERT INTO author (slug, name, bio, language) VALUES ('ada', 'Another', '', '')")
        )
        session.commit()
    report = bring(export(post(1, term("category", "news", "News"))))
    assert (report.sections, report.authors) == (0, 1)
    assert sorted(rows("SELECT slug FROM author")) == [("ada",), ("ada-2",)]


def test_titles_and_excerpts_become_plain_text(bring: Bring, rows: Rows) -> None:
    bring(
        export(post(1, title="A <em>B</em>&#8217;s &amp; C", excerpt_encoded="<p>One</p>\n<p>two &lt;3</p>"))
    )
    assert rows("SELECT title, standfirst FROM article") == [("A B’s & C", "One two <3")]


def test_an_urdu_post_on_an_english_site_is_urdu(bring: Bring, rows: Rows) -> None:
    bring(export(post(1, title="سلام دنیا", content_encoded="یہ ایک اردو تحریر ہے"), post(2)))
    assert rows("SELECT language FROM article ORDER BY id") == [("ur",), ("en-US",)]


def test_body_text_cannot_bring_script_in(bring: Bring, rows: Rows) -> None:
    bring(export(post(1, content_encoded="a<script>alert(1)</script><img src=x onerror=alert(1)> <b>b</b>")))
    ((html, text),) = rows("SELECT body_html, body_text FROM article")
    assert "<script" not in html
    assert "onerror" not in html
    assert "<b>b</b>" in html
    assert "alert" not in text


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("approved", "status"),
    [("1", "approved"), ("0", "held"), ("spam", "spam"), ("trash", "rejected"), ("post-trashed", "rejected"), ("", "held")],
)  # fmt: skip
def test_a_comment_keeps_its_standing_and_gets_its_first_entry(
    bring: Bring, rows: Rows, approved: str, status: str
) -> None:
    assert bring(export(post(1, comment(5, approved=approved)))).comments == {status: 1}
    assert rows("SELECT id, status, name, body_html FROM comment") == [(5, status, "Dan", "<p>Comment 5</p>")]
    assert rows("SELECT comment_id, deed, from_status, to_status FROM decision") == [
        (5, "imported", None, status)
    ]


def test_addresses_of_commenters_are_sealed_and_those_of_their_networks_dropped(
    bring: Bring, rows: Rows, site: Site
) -> None:
    bring(export(post(1, comment(5), comment(6, author_email=""))))
    first, second = rows("SELECT * FROM comment ORDER BY id")
    sealed = first.email_sealed
    assert site.vault.unseal(sealed, table="comment", mark=first.mark) == "dan5@example.org"
    assert first.email_fingerprint == site.vault.fingerprint("DAN5@example.org")
    assert (second.email_sealed, second.email_fingerprint) == (None, None)
    tables = ("SELECT * FROM comment", "SELECT * FROM article", "SELECT * FROM imported_thing")
    everything = repr([rows(table) for table in tables])
    assert "example.org" not in everything
    assert "192.0.2" not in everything


def test_a_commenter_can_ask_for_a_receipt_later(bring: Bring, rows: Rows, site: Site) -> None:
    bring(export(post(1, comment(5))))
    ((mark, stored),) = rows("SELECT mark, receipt_hash FROM comment")
    assert stored == secret_hash(receipt_secret(site, mark))
    assert len(stored) == len(hashlib.sha256().hexdigest())


@pytest.mark.both_engines
def test_threads_are_kept_whatever_their_order(bring: Bring, rows: Rows) -> None:
    bring(
        export(
            post(1, comment(9, 4), comment(4, 2), comment(2), comment(3, 99), comment(7, 8), comment(8, 7))
        )
    )
    found = {
        row.id: (row.parent_id, row.root_id) for row in rows("SELECT id, parent_id, root_id FROM comment")
    }
    assert found[2] == (None, 2)
    assert found[4] == (2, 2)
    assert found[9] == (4, 2)
    assert found[3] == (None, 3)
    assert {found[7][0], found[8][0]} in ({None, 7}, {None, 8})
    assert found[7][1] == found[8][1]


@pytest.mark.both_engines
def test_a_reply_in_a_newer_export_finds_its_thread(bring: Bring, rows: Rows) -> None:
    bring(export(post(1, comment(2))))
    bring(export(post(1, comment(2), comment(5, 2), comment(6, 5))))
    assert rows("SELECT id, parent_id, root_id FROM comment ORDER BY id") == [
        (2, None, 2),
        (5, 2, 2),
        (6, 5, 2),
    ]


@pytest.mark.both_engines
def test_a_number_that_is_taken_is_replaced_and_kept_beside(bring: Bring, rows: Rows, site: Site) -> None:
    bring(export(post(1, comment(2))))
    other = HEAD.replace("old.example", "older.example")
    bring(export(post(1, comment(2), comment(3, 2), wp_post_name="z"), head=other))
    found = rows("SELECT id, parent_id, foreign_id FROM comment ORDER BY id")
    assert [row.foreign_id for row in found] == [2, 3, 2]
    assert found[1].parent_id == found[2].id


def test_mentions_are_counted_and_stay_out_of_the_thread(bring: Bring, rows: Rows) -> None:
    report = bring(export(post(1, comment(1, type="pingback"), comment(2, type="trackback"), comment(3, 1))))
    assert (report.mentions, report.comments) == (2, {"approved": 1})
    assert rows("SELECT id, parent_id FROM comment") == [(3, None)]


@pytest.mark.parametrize(
    ("typed", "html"),
    [
        ("a\n\nb\nc", "<p>a</p><p>b<br>c</p>"),
        ("x &lt; y &amp; z", "<p>x &lt; y &amp; z</p>"),
        ("<em>a</em> <del>b</del><br />c", "<p><em>a</em> b<br>c</p>"),
        ("&lt;b&gt;bold&lt;/b&gt;", "<p>&lt;\u2060b&gt;bold&lt;\u2060/b&gt;</p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ('<a href="javascript:x">y</a>', "<p>y</p>"),
    ],
)
def test_a_comment_is_shown_as_its_writer_saw_it(bring: Bring, rows: Rows, typed: str, html: str) -> None:
    bring(export(post(1, comment(1, content=typed))))
    assert rows("SELECT body_html FROM comment") == [(html,)]


def test_a_nameless_comment_is_anonymous_and_an_empty_one_is_skipped(bring: Bring, rows: Rows) -> None:
    report = bring(
        export(post(1, comment(1, author=""), comment(2, content=" "), comment(3, author="dan3@example.org")))
    )
    assert {name for (name,) in rows("SELECT name FROM comment")} == {"Anonymous"}
    assert report.skipped[0].what == "comment 2"


def test_comments_close_where_they_were_closed(bring: Bring, rows: Rows) -> None:
    bring(export(post(1, wp_comment_status="closed"), post(2)))
    assert [bool(row[0]) for row in rows("SELECT comments_open FROM article ORDER BY id")] == [False, True]


def test_a_damaged_file_comes_in_up_to_the_damage_and_says_so(bring: Bring, rows: Rows) -> None:
    report = bring(export(post(1), post(2))[:-60])
    assert report.articles["published"] == 1
    assert "damaged at line" in report.damage
    assert rows("SELECT slug FROM article") == [("post-1",)]
    assert bring(export(post(1), post(2))).as_json()["articles"]["published"] == 1


def test_a_file_damaged_before_its_first_article_is_refused(bring: Bring) -> None:
    with pytest.raises(NotWxr, match="damaged at line"):
        bring(export(post(1))[:-60])


@pytest.mark.both_engines
def test_a_run_that_is_cut_short_leaves_whole_articles_and_the_next_goes_on(
    bring: Bring, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "ITEMS_A_BATCH", 2)
    items = [post(number, comment(number), term("post_tag", f"t{number}")) for number in range(1, 6)]
    padding = "<!--" + " " * 200_000 + "-->"

    def cut(_size: int) -> None:
        if rows("SELECT 1 FROM article"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(export(*items[:2], padding, *items[2:4], padding, items[4]), progress=cut)
    assert len(rows("SELECT 1 FROM article")) == len(rows("SELECT 1 FROM comment")) == 2
    report = bring(export(*items))
    assert (report.unchanged, report.articles["published"]) == (4, 3)
    assert len(rows("SELECT 1 FROM article")) == len(rows("SELECT 1 FROM comment")) == 5
    assert len(rows("SELECT DISTINCT article_id FROM article_tag")) == 5


@pytest.mark.both_engines
def test_articles_that_came_in_are_found_and_have_their_kin(bring: Bring, rows: Rows) -> None:
    bring(export(post(1, term("post_tag", "tea")), post(2, term("post_tag", "tea")), post(3)))
    assert rows(
        "SELECT related_id FROM related WHERE article_id = (SELECT id FROM article WHERE slug = 'post-1')"
    )
    assert len(rows("SELECT * FROM article_search")) == 3


@pytest.mark.skipif(not SHARED.exists(), reason="../shared is not here")
def test_the_theme_test_site_comes_in_whole_and_its_old_addresses_lead_on(
    bring: Bring, app: Flask, rows: Rows
) -> None:
    text = (SHARED / "themeunittestdata.wordpress.xml").read_text("utf-8")
    said = bring(text).as_json()
    assert said["articles"] == {"published": 48, "scheduled": 1, "draft": 2}
    assert (said["pages"], said["authors"], said["mentions"]) == (21, 2, 4)
    assert said["comments"] == {"approved": 25, "held": 3, "spam": 0, "rejected": 0}
    client = app.test_client()
    old = rows("SELECT address, thing FROM former_address WHERE thing LIKE 'article:%' AND suffix = ''")
    public = {
        f"article:{row.id}"
        for row in rows(
            "SELECT id FROM article WHERE status = 'published' AND publish_at < '2026-01-01T00:00:00Z'"
        )
    }
    tried = [(row.address, row.thing) for row in old if row.thing in public]
    assert {thing for _, thing in tried} == public
    for address, _ in tried[:400]:
        answer = client.get(address)
        assert answer.status_code == 301, address
        assert client.get(answer.location).status_code == 200, address


@pytest.mark.skipif(not SHARED.exists(), reason="../shared is not here")
@pytest.mark.parametrize("name", ["malformed.xml", "malformed-simple.xml"])
def test_malformed_exports_are_refused(bring: Bring, name: str) -> None:
    with pytest.raises(NotWxr):
        bring((SHARED / name).read_text("utf-8"))


@pytest.mark.both_engines
@pytest.mark.skipif(not SHARED.exists(), reason="../shared is not here")
@pytest.mark.parametrize(
    ("name", "articles"),
    [
        ("crazy-cdata.xml", 1),
        ("missing-tags.xml", 1),
        ("slashes.xml", 1),
        ("wxr-simple.xml", 1),
        ("small-export.xml", 6),
        ("valid-wxr-1.0.xml", 3),
        ("valid-wxr-1.1.xml", 1),
    ],
)
def test_exports_of_every_version_come_in(bring: Bring, name: str, articles: int) -> None:
    report = bring((SHARED / name).read_text("utf-8"))
    assert sum(report.articles.values()) == articles
