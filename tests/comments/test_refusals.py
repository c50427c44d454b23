"""What is said to a reader whose comment cannot be taken, and that her words come back."""

import io
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from sqlmodel import update
from werkzeug.test import TestResponse

from cms.articles.models import Article, ArticleStatus, FormerAddress
from cms.site import Site
from tests.comments.stored import only, stored
from tests.conftest import ON_SQLITE, START, Clock, application
from tests.factories import write_article
from tests.reader import Page, Reader, check_page

CAT = "/articles/cat"
pytestmark = ON_SQLITE


def filled(reader: Reader, path: str = CAT, **fields: str) -> dict[str, str]:
    """Return the fields of a form that Dan has filled in."""
    return {
        "name": "Dan",
        "email": "dan@example.org",
        "comment": "My very words.",
        **reader.form_of(path),
        **fields,
    }


def test_a_form_sent_from_another_site_is_403_with_the_words_kept(app: Flask, site: Site) -> None:
    write_article(site, "Cat", START)
    fields = filled(Reader(app))
    answer = Reader(app, origin="cross-site").post(f"{CAT}/comments", fields)
    page = check_page(answer)
    assert answer.status_code == 403
    assert page.text("title").startswith("Error:")
    assert "My very words." in page.text("textarea", id="comment")
    assert "another site" in page.all("div", role="alert")[0][1]
    assert stored(site) == []


@pytest.mark.parametrize("path", [CAT, "/pages/about us", "/articles/چائے"])
def test_the_address_that_takes_comments_leads_to_their_form_when_it_is_opened(app: Flask, path: str) -> None:
    answer = Reader(app).get(f"{path}/comments")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{quote(path)}#reply")


def test_a_closed_article_is_403_with_the_words_kept_and_shows_no_form(app: Flask, site: Site) -> None:
    write_article(site, "Open", START)
    write_article(site, "Cat", START, comments_open=False)
    reader = Reader(app)
    assert "Comments are closed." in reader.get(CAT).text
    assert not reader.page(CAT).all("textarea")
    answer = reader.post(f"{CAT}/comments", filled(reader, "/articles/open"))
    assert answer.status_code == 403
    assert "My very words." in answer.text
    assert "Comments on this article are closed." in answer.text


def test_comments_close_after_the_days_that_are_set_at_their_second(site: Site, clock: Clock) -> None:
    write_article(site, "Cat", START, publish_at=START)
    reader = Reader(application(site.but(close_after_days=14), clock))
    fields = filled(reader)
    clock.now = START + timedelta(days=14) - timedelta(seconds=1)
    assert reader.post(f"{CAT}/comments", {**fields, **reader.form_of(CAT)}).status_code == 303
    fields = {**fields, **reader.form_of(CAT), "comment": "Too late?"}
    clock.now = START + timedelta(days=14)
    assert reader.post(f"{CAT}/comments", fields).status_code == 403
    assert "Comments are closed." in reader.get(CAT).text


def test_the_day_that_an_import_says_wins_over_the_sites(site: Site, clock: Clock) -> None:
    write_article(site, "Cat", START, publish_at=START, comments_close_at=START + timedelta(days=90))
    reader = Reader(application(site.but(close_after_days=14), clock))
    clock.advance(days=60)
    assert reader.comment(CAT).status_code == 303


@pytest.mark.parametrize("size", [300_000, 6_000_000, 20_000_000])
def test_a_body_that_is_too_large_is_413_with_as_many_words_as_arrived(
    app: Flask, site: Site, size: int
) -> None:
    write_article(site, "Cat", START)
    reader = Reader(app)
    fields = filled(reader)
    comment = "My very words. " + "x" * size
    answer = reader.post(f"{CAT}/comments", {**fields, "comment": comment})
    page = check_page(answer)
    assert answer.status_code == 413
    assert page.text("textarea", id="comment").startswith("My very words. xxx")
    assert page.all("input", id="name")[0][0]["value"] == "Dan"
    assert page.all("input", name="token")[0][0]["value"] == fields["token"]
    assert stored(site) == []


def announced(reader: Reader, body: bytes, length: str, **environ: Any) -> TestResponse:
    """Send a body with a length of one's own, '' for none, to a server that ends the stream."""
    return reader.client.post(
        f"{CAT}/comments",
        input_stream=io.BytesIO(body),
        headers=reader.headers,
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": length, **environ},
        content_type="application/x-www-form-urlencoded",
    )


@pytest.mark.parametrize(
    ("length", "more", "status"),
    [("", 0, 411), ("", 5_000_000, 413), ("100000", 0, 400), ("9999999", 0, 400), ("9999999", 300_000, 413)],
)
def test_a_body_that_may_have_been_cut_is_refused_with_what_arrived(
    app: Flask, site: Site, length: str, more: int, status: int
) -> None:
    write_article(site, "Cat", START)
    reader = Reader(app)
    body = urlencode({**filled(reader), "comment": "My very words. " + "x" * more}).encode()
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked"} if not length else {}
    answer = announced(reader, body, length, **chunked)
    assert answer.status_code == status
    assert check_page(answer).text("textarea", id="comment").startswith("My very words.")
    assert stored(site) == []


def test_a_form_of_staff_whose_length_is_not_announced_is_411(app: Flask) -> None:
    environ = {"wsgi.input_terminated": True, "CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    answer = Reader(app).post(
        "/sign-in", None, input_stream=io.BytesIO(b"email=x"), environ_overrides=environ
    )
    assert answer.status_code == 411


def test_who_sends_too_often_is_429_with_the_words_and_told_when(site: Site, clock: Clock) -> None:
    write_article(site, "Cat", START)
    reader = Reader(application(site.but(comments_per_ten_minutes=2), clock))
    assert [reader.comment(CAT, comment=f"Number {n}.").status_code for n in (1, 2)] == [303, 303]
    refused = reader.comment(CAT, comment="My very words.")
    page = check_page(refused)
    assert refused.status_code == 429
    assert "My very words." in page.text("textarea", id="comment")
    assert page.text("title").startswith("Error:")
    clock.advance(seconds=int(refused.headers["Retry-After"]) + 600)
    assert reader.comment(CAT, comment="My very words.").status_code == 303


def test_a_repeat_is_led_to_its_receipt_even_beyond_the_limit(site: Site, clock: Clock) -> None:
    write_article(site, "Cat", START)
    reader = Reader(application(site.but(comments_per_ten_minutes=1), clock))
    first = reader.comment(CAT).headers["Location"]
    assert reader.comment(CAT).headers["Location"] == first


def test_another_network_is_not_stopped_by_it(site: Site, clock: Clock) -> None:
    write_article(site, "Cat", START)
    app = application(site.but(comments_per_ten_minutes=1), clock)
    reader = Reader(app)
    reader.comment(CAT)
    fields = filled(reader, comment="From elsewhere.")
    address = {"REMOTE_ADDR": "198.51.100.7"}
    assert reader.post(f"{CAT}/comments", fields, environ_base=address).status_code == 303


def test_limits_that_are_off_stop_nobody(site: Site, clock: Clock) -> None:
    write_article(site, "Cat", START)
    reader = Reader(application(site.but(comments_per_ten_minutes=1, rate_limits=False), clock))
    assert [reader.comment(CAT, comment=f"Number {n}.").status_code for n in range(3)] == [303] * 3


def test_without_the_sites_key_the_words_are_kept_and_the_log_says_why(
    site: Site, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    write_article(site, "Cat", START)
    reader = Reader(application(site, clock))
    fields = filled(reader)
    receipt = reader.comment(CAT, comment="Sent before.").headers["Location"]
    for file in site.settings.keys_folder.glob("*.key"):
        file.unlink()
    site.keyring.look()
    keyless = reader
    answer = keyless.post(f"{CAT}/comments", fields)
    assert answer.status_code == 503
    assert "My very words." in check_page(answer).text("textarea", id="comment")
    assert "key is missing" in caplog.text
    assert "Cat, told at length." in keyless.page(CAT).text("article")
    page = keyless.page(receipt)
    assert "Sent before." in page.text("div", class_="comment__body")
    assert not page.all("form")
    assert keyless.post(f"{receipt}/withdrawal", {"token": fields["token"]}).status_code == 503


def test_an_article_that_was_renamed_meanwhile_still_takes_the_comment(
    app: Flask, site: Site, clock: Clock
) -> None:
    article_id = write_article(site, "Cat", START)
    reader = Reader(app)
    fields = filled(reader)
    with site.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE article SET slug = 'tom-cat'")
        session.add(FormerAddress(address=CAT, thing=f"article:{article_id}"))
        session.commit()
    assert reader.post(f"{CAT}/comments", fields).status_code == 303
    assert only(site).article_id == article_id


@pytest.mark.parametrize(("status", "expected"), [(ArticleStatus.RETRACTED, 410), (ArticleStatus.DRAFT, 404)])
def test_an_article_that_went_meanwhile_gives_the_words_back(
    app: Flask, site: Site, status: ArticleStatus, expected: int
) -> None:
    write_article(site, "Cat", START)
    reader = Reader(app)
    fields = filled(reader)
    with site.database.writing() as session:
        session.exec(update(Article).values(status=status))
        session.commit()
    answer = reader.post(f"{CAT}/comments", fields)
    assert answer.status_code == expected
    assert check_page(answer).text("textarea", id="comment") == "My very words."
    assert stored(site) == []


def test_a_comment_on_what_never_was_is_404(app: Flask) -> None:
    assert Reader(app).post("/articles/nothing/comments", {}).status_code == 404


def test_an_urdu_articles_refusal_is_read_from_right_to_left(app: Flask, site: Site) -> None:
    write_article(site, "Billi", START, language="ur", slug="billi")
    answer = Reader(app).comment("/articles/billi", comment="")
    page = Page(answer.text)
    assert page.all("html")[0][0]["dir"] == "rtl"
    assert page.all("html")[0][0]["lang"] == "ur"
