"""A site goes out as a WordPress export, and comes in again."""

import io
import json
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

import cms
from cms.articles.models import ArticleKind, ArticleStatus
from cms.comments.actions.receipts import withdraw
from cms.config import load_settings
from cms.exchange import wxr, wxr_writing
from cms.exchange.actions.exporting import ExportReport, export_wxr
from cms.exchange.actions.wordpress import import_wxr
from cms.exchange.actions.wordpress_records import body, comment_text
from cms.exchange.commands.exports import export_group
from cms.exchange.wxr_events import ChannelHead, WxrAuthor, WxrComment, WxrEvent, WxrItem, WxrTerm
from cms.moderation.actions.deciding import decide
from cms.moderation.rules import Verdict
from cms.privacy.actions.erasing import erase_comments
from cms.site import Site
from cms.text.characters import storable
from tests.exchange.conftest import NOW, SHARED
from tests.factories import hire, send_comment, write_article

NEWEST = 1_000_000  # a decision that is newer than any here
ARTICLES = """SELECT kind, slug, title, standfirst, body_text, language, CASE WHEN comments_open THEN 1 ELSE 0 END
 FROM article ORDER BY id"""
BYLINES = """SELECT a.slug, w.slug, w.name FROM article a JOIN article_author j ON j.article_id = a.id
 JOIN author w ON w.id = j.author_id ORDER BY a.slug, j.position"""
SUBJECTS = """SELECT a.slug, s.slug, t.slug FROM article a LEFT JOIN section s ON s.id = a.section_id
 LEFT JOIN article_tag j ON j.article_id = a.id LEFT JOIN tag t ON t.id = j.tag_id ORDER BY 1, 2, 3"""
# The word joiner is what an import puts between a "<" that was typed and a letter behind it.
COMMENTS = """SELECT a.slug, c.name, replace(c.body_html, '\u2060', ''), c.status, p.name
 FROM comment c JOIN article a ON a.id = c.article_id LEFT JOIN comment p ON p.id = c.parent_id ORDER BY c.created_at, c.id"""
STORABLE = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cn"))).map(storable).map(str.strip)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Site]:
    """Give an empty site of its own, with a key of its own."""
    folder = tmp_path / "other"
    folder.mkdir()
    opened = cms.open_site(load_settings({}, instance=folder, base_url="https://other.example"))
    yield opened
    opened.database.close()


def exported(site: Site, **options: Any) -> tuple[str, ExportReport]:
    stream = io.StringIO()
    report = export_wxr(site, stream, NOW, **options)
    return stream.getvalue(), report


def events(text: str) -> list[WxrEvent]:
    return list(wxr.read(io.BytesIO(text.encode())))


def items(text: str) -> dict[str, WxrItem]:
    return {one.title: one for one in events(text) if isinstance(one, WxrItem)}


def all_rows(site: Site, sql: str) -> list[list[Any]]:
    """Return rows with single spaces in their texts, since a line end in HTML is one."""
    with site.database.reading() as session:
        rows = session.execute(sa.text(sql)).all()
    return [[" ".join(value.split()) if isinstance(value, str) else value for value in row] for row in rows]


def add(site: Site, sql: str, **values: Any) -> None:
    with site.database.writing() as session:
        session.execute(sa.text(sql), values)
        session.commit()


def newspaper(site: Site) -> None:
    """Fill a site with one thing of each kind."""
    quay = write_article(
        site, "Tide & <Time>", NOW, authors=["Ada", "Ben"], section="Harbour", tags=["Sea", "Boats"],
        body="<p>It\nrose ]]&gt; &amp; fell.</p>\n<pre>a\n  b</pre><p><a href='/articles/x'>x</a></p>",
    )  # fmt: skip
    write_article(site, "جوار اور وقت", NOW, language="ur", authors=["عائشہ"], tags=["سمندر"])
    write_article(site, "Soon", NOW, days_ago=-1)
    write_article(site, "Unfinished", NOW, status=ArticleStatus.DRAFT, publish_at=None)
    write_article(site, "About", NOW, kind=ArticleKind.PAGE, comments_open=False)
    first = send_comment(
        site, quay, NOW, text="I was there: <b>wet</b>.\nVery.\n\nAnd a<b and https://sea.example/?a=1&b=2"
    )
    answer = send_comment(
        site, quay, NOW, name="Eve", email="eve@example.org", parent_id=first, root_id=first
    )
    last = send_comment(
        site, quay, NOW, name="Fay", email="fay@example.org", parent_id=answer, root_id=first, text="No."
    )
    decide(site, hire(site, "Cleo", NOW), [first, last], Verdict.APPROVE, "", NEWEST, NOW)


def test_what_is_written_is_what_reading_yields() -> None:
    item = WxrItem(
        line=7, title="a ]]> b", link="https://o.example/a", content=" <p>x</p>\n", excerpt="e", post_id="4",
        post_name="tide", status="publish", post_type="post", terms=(WxrTerm("category", "harbour", name="Häfen"),),
        meta=(("_wp_old_slug", "ebb"),), comments=(WxrComment(comment_id="9", author="Dan", content="<b>x</b>"),),
    )  # fmt: skip
    head = ChannelHead(
        "1.2", "Paper", "https://o.example", "d", "ur", "https://o.example", "https://o.example"
    )
    text = wxr_writing.OPENING + wxr_writing.written(head) + wxr_writing.written(item) + wxr_writing.CLOSING
    ElementTree.fromstring(text)  # noqa: S314  # written just now
    read_head, read_item = events(text)
    assert read_head == head
    assert isinstance(read_item, WxrItem)
    assert replace(read_item, line=7) == item


@given(STORABLE, STORABLE)
def test_any_text_goes_out_as_xml_and_comes_back(title: str, name: str) -> None:
    item = WxrItem(line=1, title=title, content=title, terms=(WxrTerm("post_tag", "t", name=name),))
    head = ChannelHead("1.2", "Paper")
    text = wxr_writing.OPENING + wxr_writing.written(head) + wxr_writing.written(item) + wxr_writing.CLOSING
    (read,) = (one for one in events(text) if isinstance(one, WxrItem))
    assert (read.title, read.content, read.terms[0].name) == (title, title, name)


@pytest.mark.both_engines
def test_a_site_that_goes_out_comes_in_elsewhere_as_it_was(site: Site, other: Site) -> None:
    newspaper(site)
    text, said = exported(site, with_addresses=True)
    done = import_wxr(other, io.BytesIO(text.encode()), now=NOW)
    assert done.damage == ""
    assert said.as_json()["articles"] == {"published": 2, "scheduled": 1, "draft": 1, "retracted": 0}
    assert {**said.as_json()["articles"]} | done.as_json()["articles"] == said.as_json()["articles"]
    assert said.as_json()["comments"] == done.as_json()["comments"]
    assert (said.pages, said.authors, said.tags) == (done.pages, done.authors, done.tags)
    for sql in (ARTICLES, BYLINES, SUBJECTS, COMMENTS):
        assert all_rows(other, sql) == all_rows(site, sql), sql
    assert all_rows(other, "SELECT count(*) FROM comment WHERE email_sealed IS NOT NULL") == [[3]]


def test_what_has_gone_out_once_changes_nothing_where_it_came_in(site: Site, other: Site) -> None:
    newspaper(site)
    text, said = exported(site)
    import_wxr(other, io.BytesIO(text.encode()), now=NOW)
    again = import_wxr(other, io.BytesIO(exported(site)[0].encode()), now=NOW)
    assert (sum(again.articles.values()), sum(again.comments.values()), again.updated) == (0, 0, 0)
    assert again.unchanged >= sum(said.articles.values()) + said.pages


def test_no_address_goes_out_unless_it_is_asked_for(site: Site) -> None:
    newspaper(site)
    closed, said = exported(site)
    assert said.addresses == 0
    assert "@example.org" not in closed
    opened, told = exported(site, with_addresses=True)
    assert told.addresses == 3
    assert {found.email for found in items(opened)["Tide &amp; &lt;Time&gt;"].comments} == {
        "dan@example.org", "eve@example.org", "fay@example.org",
    }  # fmt: skip


def test_what_was_withdrawn_or_erased_stays_out_and_answers_to_it_move_up(site: Site) -> None:
    article = write_article(site, "Tides", NOW)
    first = send_comment(site, article, NOW, text="First of all.")
    gone = send_comment(site, article, NOW, parent_id=first, root_id=first, text="Never mind me.")
    erased = send_comment(site, article, NOW, parent_id=gone, root_id=first, text="Nor me.")
    last = send_comment(site, article, NOW, parent_id=erased, root_id=first, text="Last of all.")
    withdraw(site, [gone], NOW)
    erase_comments(site, [erased], NOW)
    text, said = exported(site)
    assert "Never mind" not in text
    assert [(one.comment_id, one.parent) for one in items(text)["Tides"].comments] == [
        (str(first), "0"),
        (str(last), str(first)),
    ]
    assert said.as_json()["comments"]["held"] == 2


def test_each_picture_stands_in_the_library_once_and_is_named_as_the_lead(site: Site) -> None:
    figure = '<figure><img src="/media/2026/05/quay.png" alt="The quay" width="8" height="6"></figure>'
    write_article(
        site,
        "One",
        NOW,
        body=figure,
        image_path="2026/05/lead.jpg",
        image_alt="Low tide",
        image_caption="At six",
    )
    write_article(site, "Two", NOW, body=figure)
    found = items(exported(site)[0])
    lead, quay = found["lead"], found["quay"]
    assert dict(found["One"].meta)["_thumbnail_id"] == lead.post_id
    assert (lead.attachment_url, lead.excerpt) == ("http://localhost/media/2026/05/lead.jpg", "At six")
    assert dict(lead.meta) == {
        "_wp_attached_file": "2026/05/lead.jpg",
        "_wp_attachment_image_alt": "Low tide",
    }
    assert quay.post_parent == found["One"].post_id
    assert 'src="http://localhost/media/2026/05/quay.png"' in found["Two"].content
    assert len({one.post_id for one in found.values()}) == 4


def test_pictures_come_in_elsewhere_from_this_site_s_folder(site: Site, other: Site) -> None:
    from PIL import Image

    folder = site.settings.media_folder / "2026"
    folder.mkdir(parents=True)
    for name in ("lead.png", "quay.png"):
        Image.new("RGB", (8, 6), "navy" if name == "lead.png" else "teal").save(folder / name)
    figure = '<figure><img src="/media/2026/quay.png" alt="The quay" width="8" height="6"></figure>'
    write_article(site, "One", NOW, body=figure, image_path="2026/lead.png", image_alt="Low tide")
    text, _ = exported(site)
    done = import_wxr(other, io.BytesIO(text.encode()), media=site.settings.media_folder, now=NOW)
    assert done.media["brought_in"] == 2
    (row,) = all_rows(other, "SELECT image_path, image_alt, body_html FROM article")
    assert row[:2] == ["2026/lead.png", "Low tide"]
    assert "/media/2026/quay.png" in row[2]


def test_a_slug_that_an_article_had_before_goes_along(site: Site) -> None:
    article = write_article(site, "Tides", NOW)
    put = "INSERT INTO former_address (address, thing, suffix) VALUES (:address, :thing, '')"
    for address in ("/articles/ebb", "/2020/05/ebb-and-flow"):
        add(site, put, address=address, thing=f"article:{article}")
    assert items(exported(site)[0])["Tides"].meta == (("_wp_old_slug", "ebb"),)


def test_who_reads_it_sees_what_is_public_and_whether_comments_are_taken(site: Site) -> None:
    write_article(site, "Open", NOW)
    write_article(site, "Closed", NOW, comments_open=False)
    write_article(site, "Taken back", NOW, status=ArticleStatus.RETRACTED)
    write_article(site, "Old", NOW, days_ago=40)
    changed = replace(site, settings=replace(site.settings, close_after_days=30, timezone="Asia/Karachi"))
    found = items(exported(changed)[0])
    states = {title: (one.status, one.comment_status) for title, one in found.items()}
    assert states == {
        "Open": ("publish", "open"),
        "Closed": ("publish", "closed"),
        "Taken back": ("private", "open"),
        "Old": ("publish", "closed"),
    }
    assert (found["Open"].post_date, found["Open"].post_date_gmt) == (
        "2026-05-01 16:00:00",
        "2026-05-01 11:00:00",
    )


@pytest.mark.parametrize(
    ("kept", "sent"),
    [
        ("<p>one\ntwo</p>\n<p>three</p>", "<p>one two</p>\n<p>three</p>"),
        ("<p>a <em>b</em>\n<strong>c</strong></p>", "<p>a <em>b</em> <strong>c</strong></p>"),
        ("<pre>a\n\n  b</pre>", "<pre>a\n\n  b</pre>"),
        ('<p>Say sizes="auto" and  two  spaces.</p>', '<p>Say sizes="auto" and  two  spaces.</p>'),
    ],
)  # fmt: skip
def test_wordpress_would_make_no_break_that_is_none(kept: str, sent: str) -> None:
    assert body(kept, "https://o.example/articles/a") == sent


def test_a_comment_s_paragraphs_become_lines() -> None:
    assert comment_text("<p>a<br>b</p><p>c</p><pre>d<br></pre>") == "a\nb\n\nc\n\n<pre>d<br></pre>"


def test_an_empty_site_is_an_export_too(site: Site) -> None:
    text, said = exported(site)
    assert said == ExportReport()
    assert [type(one) for one in events(text)] == [ChannelHead]


@pytest.mark.skipif(not SHARED.exists(), reason="the sample exports lie beside the checkout")
@pytest.mark.parametrize("name", ["themeunittestdata.wordpress.xml", "small-export.xml", "slashes.xml"])
def test_a_real_export_goes_out_as_it_came_in(site: Site, other: Site, name: str) -> None:
    with (SHARED / name).open("rb") as stream:
        import_wxr(site, stream, now=NOW)
    text, _ = exported(site)
    ElementTree.fromstring(text)  # noqa: S314  # written just now
    import_wxr(other, io.BytesIO(text.encode()), now=NOW)
    for sql in (ARTICLES, BYLINES, SUBJECTS, COMMENTS):
        assert all_rows(other, sql) == all_rows(site, sql), sql


@pytest.fixture
def run(instance: Path) -> Callable[..., Result]:
    return lambda *options: CliRunner().invoke(export_group, ["wxr", *map(str, options)])


def test_the_command_writes_a_file_that_nobody_else_may_read(
    run: Callable[..., Result], instance: Path
) -> None:
    target = instance / "out.xml"
    result = run(target, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["comments"] == {"approved": 0, "held": 0, "spam": 0, "rejected": 0}
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert target.read_text().endswith("</rss>\n")


def test_the_command_writes_over_nothing(run: Callable[..., Result], instance: Path) -> None:
    target = instance / "out.xml"
    target.write_text("mine")
    result = run(target)
    assert result.exit_code == 1
    assert "is there already" in result.output
    assert target.read_text() == "mine"


def test_a_folder_that_is_not_there_is_a_refusal_in_one_line(
    run: Callable[..., Result], instance: Path
) -> None:
    result = run(instance / "nowhere" / "out.xml")
    assert result.exit_code == 1
    assert re.fullmatch(r".*nowhere/out\.xml could not be written: .*\n", result.output)


def test_an_article_that_comes_out_meanwhile_changes_no_number_of_another(site: Site, other: Site) -> None:
    figure = '<figure><img src="/media/2026/quay.png" alt="The quay" width="8" height="6"></figure>'
    write_article(site, "One", NOW, body=figure, image_path="2026/lead.jpg", image_alt="Low tide")
    import_wxr(other, io.BytesIO(exported(site)[0].encode()), now=NOW)
    write_article(site, "Two", NOW, image_path="2026/other.jpg", image_alt="High tide")
    again = import_wxr(other, io.BytesIO(exported(site)[0].encode()), now=NOW)
    assert (again.articles["published"], again.updated) == (1, 0)


def test_a_lead_picture_goes_out_with_what_is_said_of_it_whoever_showed_it_before(site: Site) -> None:
    figure = '<figure><img src="/media/x.jpg" alt="" width="8" height="6"></figure>'
    write_article(site, "One", NOW, body=figure)
    write_article(
        site, "Two", NOW, image_path="x.jpg", image_alt="Fog", image_caption="At six", image_credit="Ada"
    )
    found = [one for one in events(exported(site)[0]) if isinstance(one, WxrItem)]
    lead = dict(next(one for one in found if one.title == "Two").meta)["_thumbnail_id"]
    (shown,) = (one for one in found if one.post_id == lead)
    assert (dict(shown.meta)["_wp_attachment_image_alt"], shown.excerpt) == ("Fog", "At six – Ada")


def test_what_is_said_of_pictures_in_a_text_is_no_picture(site: Site) -> None:
    write_article(site, "One", NOW, body="<p>Write src=&quot;http://localhost/media/x.jpg&quot; there.</p>")
    assert list(items(exported(site)[0])) == ["One"]


def test_an_author_signs_in_to_wordpress_by_latin_letters(site: Site) -> None:
    write_article(site, "One", NOW, authors=["عائشہ", "Ada"])
    text, _ = exported(site)
    logins = [one.login for one in events(text) if isinstance(one, WxrAuthor)]
    assert sorted(logins) == ["ada", "byline-1"]
    one = items(text)["One"]
    assert one.creator == "byline-1"
    assert [term.slug for term in one.terms if term.taxonomy == "author"] == ["cap-byline-1", "cap-ada"]


def test_readers_programs_know_an_article_again_where_it_came_in(site: Site, other: Site) -> None:
    write_article(site, "One", NOW)
    import_wxr(other, io.BytesIO(exported(site)[0].encode()), now=NOW)
    assert all_rows(other, "SELECT entry_id FROM article") == [["tag:localhost,2026-05-01:article-1"]]


def test_comments_stand_in_the_sites_own_time_and_those_without_a_text_stay_out(site: Site) -> None:
    article = write_article(site, "One", NOW)
    send_comment(site, article, NOW, text="Here.")
    gone = send_comment(site, article, NOW, text="Gone.")
    add(
        site,
        "UPDATE comment SET body_text = '', body_html = '', swept_at = created_at WHERE id = :id",
        id=gone,
    )
    changed = replace(site, settings=replace(site.settings, timezone="Asia/Karachi"))
    (comment,) = items(exported(changed)[0])["One"].comments
    assert (comment.date, comment.date_gmt) == ("2026-05-01 17:00:00", "2026-05-01 12:00:00")


def test_an_address_that_cannot_be_opened_is_counted(site: Site) -> None:
    newspaper(site)
    add(site, "UPDATE comment SET email_sealed = 'another-key:00' WHERE name = 'Eve'")
    _, said = exported(site, with_addresses=True)
    assert (said.addresses, said.unopened) == (2, 1)


def test_the_command_writes_into_no_file_that_somebody_has_put_there(
    run: Callable[..., Result], instance: Path
) -> None:
    theirs = instance / "theirs"
    theirs.write_text("theirs")
    (instance / ".out.xml.new").symlink_to(theirs)
    assert run(instance / "out.xml").exit_code == 0
    assert theirs.read_text() == "theirs"
    assert not (instance / "out.xml").is_symlink()
