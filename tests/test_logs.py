"""What the log keeps of a request."""

import logging

import pytest
from flask import Flask

from cms.logs import logged_path
from cms.site import Site
from tests.conftest import ON_SQLITE, START
from tests.factories import write_article
from tests.reader import Reader

CAT = "/articles/cat"


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/articles/cat", "/articles/cat"),
        ("/articles/cat/comments", "/articles/cat/comments"),
        ("/comments/0123abc", "/comments/-"),
        ("/comments/0123abc/withdrawal", "/comments/-"),
        ("//comments//0123abc", "//comments//-"),
        ("/Comments/0123abc", "/Comments/-"),
        ("/my-comments/0123abc", "/my-comments/-"),
        ("/letters/0123abc/stop", "/letters/-"),
        ("/comments/", "/comments/"),
        ("/x\n2026-03-02 INFO all is well", "/x%0A2026-03-02%20INFO%20all%20is%20well"),
        ("/\x1b[31m", "/%1B%5B31m"),
        ("/بلی", "/%D8%A8%D9%84%DB%8C"),
    ],
)
def test_the_log_keeps_a_path_on_one_line_and_without_its_secret(path: str, logged: str) -> None:
    assert logged_path(path) == logged


@ON_SQLITE
def test_a_receipts_secret_is_in_no_line_of_the_log(
    app: Flask, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    write_article(site, "Cat", START)
    caplog.set_level(logging.DEBUG)
    reader = Reader(app)
    receipt = reader.comment(CAT).headers["Location"]
    for path in (
        receipt,
        receipt.replace("/comments/", "/comments//"),
        f"{receipt}/",
        f"{receipt}/withdrawal",
        f"{receipt}?x=1",
    ):
        reader.get(path)
    assert "GET /comments/- 200" in caplog.text
    assert receipt.rpartition("/")[2] not in caplog.text
