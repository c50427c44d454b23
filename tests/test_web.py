"""What every response gets: guard, headers, error pages, compression, the request log."""

import gzip
from datetime import timedelta

import brotli
import pytest
from flask import Flask
from werkzeug.test import TestResponse

import cms
from cms.answering.finished import FinishedPage
from cms.answering.sent import SECURITY_HEADERS
from cms.articles.models import ArticleStatus
from cms.site import Site
from tests.comments.stored import only
from tests.conftest import ON_SQLITE, START, Clock
from tests.factories import write_article
from tests.reader import Reader, check_page

CAT = "/articles/cat"
pytestmark = ON_SQLITE


@pytest.fixture(autouse=True)
def _cat(site: Site) -> None:
    write_article(site, "Cat", START, body="<p>" + "Told at length. " * 100 + "</p>")


def check_headers(response: TestResponse) -> None:
    """Check that no answer goes without what protects its reader."""
    for name, value in SECURITY_HEADERS.items():
        assert response.headers.get(name) == value, name
    assert "'unsafe" not in response.headers["Content-Security-Policy"]
    assert "Cache-Control" in response.headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": ""}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, 303),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Origin": "http://localhost"}, 303),
        ({"Origin": "http://localhost:8000"}, 403),
        ({"Origin": "https://localhost"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost", "Referer": "https://evil.example/"}, 303),
        ({"Referer": "http://localhost/articles/cat"}, 303),
        ({"Referer": "https://evil.example/http://localhost/"}, 403),
        ({"Referer": "http://[::1"}, 403),
        ({}, 303),
    ],
)
def test_a_comment_is_taken_from_here_and_from_nowhere_else(
    app: Flask, headers: dict[str, str], status: int
) -> None:
    reader = Reader(app)
    fields = {"name": "Dan", "email": "dan@example.org", "comment": "Hello.", **reader.form_of(CAT)}
    assert reader.post(f"{CAT}/comments", fields, headers=headers).status_code == status


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/moderation/decisions", "/comments/x/withdrawal"])
def test_every_other_foreign_post_is_403(app: Flask, path: str) -> None:
    answer = Reader(app, origin="cross-site").post(path, {})
    assert answer.status_code == 403
    check_page(answer)
    check_headers(answer)


def test_a_foreign_reader_may_follow_a_link_here(app: Flask) -> None:
    assert Reader(app, origin="cross-site").get(CAT).status_code == 200


def test_a_head_is_a_get_without_its_body(app: Flask) -> None:
    reader = Reader(app)
    got, head = reader.get(CAT), reader.client.head(CAT, headers=reader.headers)
    assert (head.status_code, head.data) == (200, b"")
    for name in ("ETag", "Content-Type", "Content-Length", "Cache-Control", "Vary"):
        assert head.headers[name] == got.headers[name]


def test_options_says_which_methods_there_are(app: Flask) -> None:
    answer = Reader(app).client.options(f"{CAT}/comments")
    assert answer.status_code == 200
    assert "POST" in answer.headers["Allow"]
    check_headers(answer)


@pytest.mark.parametrize(
    "path", ["/nowhere", "/articles/nothing", "/comments/nothing", "/%00", "/static/x.css"]
)
def test_what_is_not_here_is_a_real_page(app: Flask, path: str) -> None:
    answer = Reader(app).get(path)
    assert answer.status_code == 404
    assert check_page(answer).text("h1") == "This page is not here"
    assert answer.headers["Cache-Control"] == "no-store"
    check_headers(answer)


def test_a_wrong_method_is_405_and_says_which_are_right(app: Flask) -> None:
    answer = Reader(app).post(CAT, {})
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    check_page(answer)
    check_headers(answer)


def test_a_retracted_article_is_410(app: Flask, site: Site) -> None:
    write_article(site, "Dog", START, status=ArticleStatus.RETRACTED)
    answer = Reader(app).get("/articles/dog")
    assert answer.status_code == 410
    assert check_page(answer).text("h1") == "This article was taken back"
    check_headers(answer)


def test_a_body_beyond_every_limit_is_413(app: Flask, site: Site) -> None:
    too_much = "x" * (site.settings.desk_max_bytes + 1)
    answer = Reader(app).post("/sign-in", {"email": too_much})
    assert answer.status_code == 413
    check_page(answer)
    check_headers(answer)


def test_a_failure_is_a_500_page_that_asks_no_database(site: Site, clock: Clock) -> None:
    def broken() -> str:
        site.database.close()
        (site.settings.instance / "broadsheet.db").unlink()
        raise ZeroDivisionError("canary")

    app = cms.create_app(site, clock)
    app.add_url_rule("/broken", "articles.broken", broken)
    answer = Reader(app).get("/broken")
    assert answer.status_code == 500
    assert check_page(answer).text("h1") == "Something broke here"
    assert "canary" not in answer.text
    check_headers(answer)


@pytest.mark.breaks_the_schema
def test_a_failure_of_the_database_is_a_500_page_too(app: Flask, site: Site) -> None:
    with site.database.writing() as session:
        session.connection().exec_driver_sql("DROP TABLE section")
        session.commit()
    for path in ("/", CAT, "/nowhere"):
        answer = Reader(app).get(path)
        assert answer.status_code == 500
        check_page(answer)
        check_headers(answer)


def test_an_article_is_public_from_its_second_on(app: Flask, site: Site, clock: Clock) -> None:
    moment = START + timedelta(hours=1)
    write_article(site, "Later", START, publish_at=moment)
    reader = Reader(app)
    for now, status in ((moment - timedelta(microseconds=1), 404), (moment, 200)):
        clock.now = now
        assert reader.get("/articles/later").status_code == status
        assert ("Later" in reader.get("/").text) is (status == 200)
        assert ("Later" in reader.get("/feed.xml").text) is (status == 200)
        assert reader.post("/articles/later/comments", {}).status_code == (404 if status == 404 else 422)


ENCODINGS = [
    ("", None),
    ("identity", None),
    ("gzip", "gzip"),
    ("br", "br"),
    ("gzip, deflate, br, zstd", "br"),
    ("gzip;q=1.0, br;q=0.5", "gzip"),
    ("br;q=0, gzip", "gzip"),
    ("deflate", None),
]


@pytest.mark.parametrize("path", [CAT, "/", "/feed.xml", "/privacy"])
@pytest.mark.parametrize(("accepted", "expected"), ENCODINGS)
def test_a_page_is_compressed_as_the_reader_can_take_it(
    app: Flask, path: str, accepted: str, expected: str | None
) -> None:
    reader = Reader(app)
    plain = reader.get(path)
    answer = reader.get(path, **{"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == expected
    undo = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[expected]
    assert undo(answer.data) == plain.data
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert (answer.headers["ETag"] == plain.headers["ETag"]) is (expected is None)


def test_who_has_a_page_already_gets_304_for_the_encoding_that_she_has(app: Flask) -> None:
    reader = Reader(app)
    brotli_tag = reader.get(CAT, **{"Accept-Encoding": "br"}).headers["ETag"]
    kept = reader.get(CAT, **{"Accept-Encoding": "br", "If-None-Match": brotli_tag})
    assert (kept.status_code, kept.data) == (304, b"")
    assert kept.headers["Vary"] == "Accept-Encoding"
    assert kept.headers["ETag"] == brotli_tag
    assert kept.headers["Cache-Control"] == "no-cache"
    other = reader.get(CAT, **{"Accept-Encoding": "gzip", "If-None-Match": brotli_tag})
    assert other.status_code == 200


def test_a_tag_promises_equal_bytes_only_where_nothing_was_compressed() -> None:
    body = b"".join(b"<p>Number %d says that the tide comes in.</p>" % number for number in range(500))
    hasty, kept = (
        FinishedPage(body, "text/html", [], frozenset(), is_kept=is_kept) for is_kept in (False, True)
    )
    for encoding in ("br", "gzip"):
        assert hasty.variant(encoding).body != kept.variant(encoding).body
        assert hasty.variant(encoding).etag == kept.variant(encoding).etag
        assert hasty.variant(encoding).etag.startswith('W/"')
    assert kept.variant("").etag.startswith('"')


def test_a_changed_page_is_sent_anew(app: Flask, site: Site) -> None:
    reader = Reader(app)
    tag = reader.get("/").headers["ETag"]
    write_article(site, "Dog", START)
    assert reader.get("/", **{"If-None-Match": tag}).status_code == 200


def test_what_nobody_else_may_see_is_not_compressed_beside_its_secrets(app: Flask) -> None:
    answer = Reader(app).comment(CAT, comment="")
    assert "Content-Encoding" not in answer.headers


def test_a_static_file_lives_for_a_year_under_its_fingerprint_and_shortly_under_others(
    app: Flask, site: Site
) -> None:
    reader = Reader(app)
    address = site.assets.address("css/reader.css")
    present = reader.get(address, **{"Accept-Encoding": "br"})
    assert "immutable" in present.headers["Cache-Control"]
    assert present.headers["Content-Encoding"] == "br"
    assert present.mimetype == "text/css"
    check_headers(present)
    for other in ("/static/css/reader.0123456789.css", "/static/css/reader.css"):
        old = reader.get(other)
        assert old.data == brotli.decompress(present.data)
        assert old.headers["Cache-Control"] == "public, max-age=60"
    again = reader.get(address, **{"Accept-Encoding": "br", "If-None-Match": present.headers["ETag"]})
    assert again.status_code == 304


def test_a_picture_may_be_shown_by_a_feed_reader_and_runs_nothing(app: Flask, site: Site) -> None:
    site.settings.media_folder.mkdir()
    (site.settings.media_folder / "x.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    answer = Reader(app).get("/media/x.svg")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    answer.close()


@pytest.mark.parametrize(
    "path", ["/media/../broadsheet.db", "/media/%2e%2e/broadsheet.db", "/media//etc/passwd"]
)
def test_nothing_beside_the_media_folder_is_sent(app: Flask, site: Site, path: str) -> None:
    site.settings.media_folder.mkdir()
    assert Reader(app).get(path).status_code in {308, 404}


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen_as"),
    [
        (0, "198.51.100.7", "127.0.0.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "192.0.2.66, 198.51.100.7", "198.51.100.7"),
        (2, "192.0.2.66, 198.51.100.7, 203.0.113.1", "198.51.100.7"),
        (2, "198.51.100.7", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_a_forwarded_address_is_believed_from_as_many_proxies_as_are_trusted(
    site: Site, clock: Clock, proxies: int, forwarded: str, seen_as: str
) -> None:
    plain = Reader(cms.create_app(site, clock))
    fields = {"name": "Dan", "email": "dan@example.org", **plain.form_of(CAT)}
    plain.post(f"{CAT}/comments", {**fields, "comment": "One."}, environ_base={"REMOTE_ADDR": seen_as})
    expected = only(site).network_mark
    proxied = Reader(cms.create_app(site.but(trusted_proxies=proxies), clock))
    headers = {**proxied.headers, "X-Forwarded-For": forwarded, "X-Forwarded-Host": "evil.example"}
    proxied.post(f"{CAT}/comments", {**fields, "name": "Eve", "comment": "Two."}, headers=headers)
    with site.database.reading() as session:
        marks = session.connection().exec_driver_sql("SELECT network_mark FROM comment").scalars().all()
    assert marks == [expected, expected]


@pytest.mark.parametrize(("path", "led_to"), [("/desk", "/desk/"), ("/moderation", "/moderation/")])
def test_no_redirect_leads_to_a_host_that_the_visitor_has_named(app: Flask, path: str, led_to: str) -> None:
    answer = app.test_client().get(path, headers={"Host": "elsewhere.example"})
    assert (answer.status_code, answer.headers["Location"]) == (308, led_to)
