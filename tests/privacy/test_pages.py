"""What the privacy page and the health check say."""

import pytest
from flask import Flask

from cms.site import Site
from tests.conftest import ON_SQLITE, Clock, application
from tests.reader import Reader


@pytest.mark.both_engines
def test_the_health_check_answers_when_the_database_does(app: Flask) -> None:
    answer = Reader(app).get("/healthz")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")


@ON_SQLITE
def test_the_health_check_says_so_when_the_database_does_not(app: Flask, site: Site) -> None:
    site.database.close()
    for leftover in site.settings.instance.glob("broadsheet.db*"):
        leftover.unlink()
    (site.settings.instance / "broadsheet.db").write_bytes(b"not a database" * 400)
    assert Reader(app).get("/healthz").status_code == 503


@ON_SQLITE
def test_the_privacy_page_is_a_page_of_the_paper(app: Flask) -> None:
    page = Reader(app).page("/privacy")
    assert page.text("h1")


@ON_SQLITE
def test_the_privacy_page_says_every_number_that_is_in_force(site: Site, clock: Clock) -> None:
    changed = site.but(
        forget_addresses_days=41, forget_refused_texts_days=1, forget_fingerprints_days=43, contact="the desk"
    )
    said = Reader(application(changed, clock)).page("/privacy").text("main")
    for number in ("41 days after", "43 days more", "after 1 day;", "Write to the desk."):
        assert number in said
    at_once = Reader(application(site.but(forget_fingerprints_days=0), clock)).page("/privacy").text("main")
    assert "fingerprint of it" not in at_once
    assert "My comments" not in at_once, "it would lead nowhere without letters"
