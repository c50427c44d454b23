"""What the privacy page and the health check say."""

from flask import Flask

from cms.site import Site
from tests.conftest import ON_SQLITE
from tests.reader import Reader


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
