"""An address that a reader gave is in no public byte, no log line and no file of the site."""

import logging
from base64 import b64encode
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import SQLModel

from cms.comments.actions.preparing import Submission
from cms.limits.rules import Visitor
from cms.moderation.actions.deciding import decide
from cms.moderation.rules import Verdict
from cms.site import Site
from tests.comments.stored import only
from tests.conftest import ON_POSTGRESQL, ON_SQLITE, START, Clock
from tests.factories import hire, write_article
from tests.reader import Moderator, Reader

CAT = "/articles/cat"
CANARY = "canary.4711@secret-nest.example"
FORMS = tuple(
    form.lower()
    for form in (
        CANARY.encode(),
        CANARY.replace("@", "%40").encode(),
        CANARY.replace("@", "&#64;").encode(),
        b64encode(CANARY.encode()),
        CANARY.encode().hex().encode(),
        b"canary.4711",
        b"secret-nest",
    )
)


def assert_silent(where: str, told: bytes) -> None:
    """Fail where any form of the address stands in `told`."""
    found = [form for form in FORMS if form in told.lower()]
    assert not found, f"{where} holds {found}"


def everything_stored(site: Site) -> bytes:
    """Return every value of every table."""
    with site.database.reading() as session:
        rows = [
            repr(tuple(row))
            for table in SQLModel.metadata.sorted_tables
            for row in session.execute(sa.select(table))
        ]
    return "\n".join(rows).encode()


@pytest.mark.both_engines
def test_a_canary_is_found_nowhere(
    app: Flask, site: Site, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    write_article(site, "Cat", START, tags=["pets"], section="Town")
    reader = Reader(app)
    assert reader.comment(CAT, email=CANARY, comment="").status_code == 422
    receipt = reader.comment(CAT, email=CANARY).headers["Location"]
    assert reader.comment(CAT, email=CANARY.upper()).headers["Location"] == receipt
    cleo = hire(site, "Cleo", START)
    comment_id = only(site).id
    assert comment_id is not None
    moderator = Moderator(app, "Cleo")
    for path in ("/moderation/", "/moderation/log", "/moderation/log.csv"):
        assert_silent(path, moderator.get(path).data)
    decide(site, cleo, [comment_id], Verdict.APPROVE, "", 10**9, START)
    public = ("/", CAT, f"{CAT}?reply_to={comment_id}", "/feed.xml", "/feed.json", "/tags/pets", "/privacy")
    for path in (*public, receipt, "/authors/ada", "/search?q=cat", "/sitemap.xml", "/nowhere"):
        answer = reader.get(path)
        assert_silent(path, answer.data + str(answer.headers).encode())
    assert_silent("the log", caplog.text.encode())
    assert_silent("the database", everything_stored(site))
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert_silent(file.name, file.read_bytes())


@ON_SQLITE
def test_the_answer_to_the_post_that_brought_an_address_is_for_no_cache(app: Flask, site: Site) -> None:
    write_article(site, "Cat", START)
    answer = Reader(app).comment(CAT, email=CANARY, comment="")
    assert CANARY in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@ON_SQLITE
def test_the_sealed_address_can_be_read_with_the_key_and_only_for_its_own_row(app: Flask, site: Site) -> None:
    write_article(site, "Cat", START)
    Reader(app).comment(CAT, email=CANARY)
    comment = only(site)
    assert comment.email_sealed
    assert site.vault.unseal(comment.email_sealed, table="comment", mark=comment.mark) == CANARY
    assert comment.email_fingerprint == site.vault.fingerprint(CANARY.upper())


@pytest.mark.both_engines
@pytest.mark.breaks_the_schema
def test_a_failure_is_logged_without_what_a_reader_wrote(
    app: Flask, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    write_article(site, "Cat", START)
    reader = Reader(app)
    receipt = reader.comment(CAT).headers["Location"]
    token = reader.form_of(CAT)["token"]
    with site.database.writing() as session:
        session.connection().exec_driver_sql("ALTER TABLE hold_reason RENAME TO hold_reason_away")
        session.connection().exec_driver_sql("ALTER TABLE comment RENAME COLUMN body_html TO body_html_away")
        session.commit()
    fields = {"name": "Canary.4711", "email": CANARY, "comment": "Secret-nest of words.", "token": token}
    assert reader.post(f"{CAT}/comments", fields).status_code == 500
    assert reader.get(receipt).status_code == 500
    assert "cms.failures" in {record.name for record in caplog.records}
    assert "POST /articles/cat/comments failed" in caplog.text
    assert "GET /comments/- failed" in caplog.text
    assert_silent("the log", caplog.text.encode())
    assert receipt.rpartition("/")[2] not in caplog.text


@pytest.mark.breaks_the_schema
@ON_POSTGRESQL
def test_a_row_that_postgresql_refuses_is_not_quoted_in_the_log(
    app: Flask, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    write_article(site, "Cat", START)
    reader = Reader(app)
    token = reader.form_of(CAT)["token"]
    with site.database.writing() as session:
        session.connection().exec_driver_sql("ALTER TABLE comment ADD CHECK (language <> 'en')")
        session.commit()
    fields = {"name": "Canary.4711", "email": CANARY, "comment": "Secret-nest.", "token": token}
    assert reader.post(f"{CAT}/comments", fields).status_code == 500
    assert "IntegrityError: 23514" in caplog.text
    assert_silent("the log", caplog.text.encode())


def test_a_submission_does_not_show_its_address_when_it_is_printed() -> None:
    sent = Submission(1, None, None, "en", "Dan", CANARY, "Words.", False, False, True, Visitor())
    assert_silent("repr", repr(sent).encode())
