"""A CDN may keep pages where it is told what has changed."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.error import HTTPError

import pytest
from flask import Flask

import cms
from cms.comments.rules import week_end
from cms.jobs import run_due
from cms.pages.actions import JOB, TAGS_MAX, is_wanted, purge
from cms.pages.writes import bump
from cms.site import Site
from tests.conftest import START, Clock
from tests.factories import write_article
from tests.reader import Reader


class Cdn(HTTPServer):
    """A CDN on loopback, which notes what it is told."""

    calls: list[tuple[dict[str, str], list[str]]]
    status = 200


class _Noting(BaseHTTPRequestHandler):
    server: Cdn

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append((dict(self.headers), json.loads(body)["tags"]))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_what: object) -> None:
        """Say nothing."""


@pytest.fixture
def cdn() -> Iterator[Cdn]:
    with Cdn(("127.0.0.1", 0), _Noting) as server:
        server.calls = []
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def shared(site: Site, cdn: Cdn) -> Site:
    """Give a site in front of which a CDN stands that has been told everything."""
    told = site.but(purge_url=f"http://127.0.0.1:{cdn.server_port}/purge", purge_header="Fastly-Key: abc")
    with site.database.writing() as session:
        bump(session, ["site"])
        session.commit()
    purge(told, START)
    cdn.calls.clear()
    return told


def test_what_changed_is_told_once_with_the_operators_header(shared: Site, cdn: Cdn, clock: Clock) -> None:
    assert not is_wanted(shared, clock())
    with shared.database.writing() as session:
        bump(session, ["article:7", "front"])
        session.commit()
    assert run_due(shared, [JOB], clock, "here") == ["purge"]
    ((headers, tags),) = cdn.calls
    assert tags == ["article:7", "front"]
    assert headers["Surrogate-Key"] == "article:7 front"
    assert headers["Cache-Tag"] == "article:7,front"
    assert headers["Fastly-Key"] == "abc"
    assert not is_wanted(shared, clock())


def test_what_the_cdn_refuses_is_told_again(shared: Site, cdn: Cdn, clock: Clock) -> None:
    with shared.database.writing() as session:
        bump(session, ["tag:3"])
        session.commit()
    cdn.status = 503
    with pytest.raises(HTTPError):
        purge(shared, clock())
    cdn.status = 200
    purge(shared, clock())
    assert [tags for _, tags in cdn.calls] == [["tag:3"], ["tag:3"]]


def test_so_much_that_changed_is_the_whole_site(shared: Site, cdn: Cdn, clock: Clock) -> None:
    with shared.database.writing() as session:
        bump(session, [f"article:{number}" for number in range(TAGS_MAX + 1)])
        session.commit()
    purge(shared, clock())
    assert [tags for _, tags in cdn.calls] == [["site"]]


def test_what_comes_out_by_its_time_is_told_then(shared: Site, cdn: Cdn, clock: Clock) -> None:
    write_article(shared, "Later", START, days_ago=-1 / 24)
    assert not is_wanted(shared, clock())
    clock.advance(minutes=61)
    purge(shared, clock())
    assert [tags for _, tags in cdn.calls] == [["site"]]
    assert not is_wanted(shared, clock())


def test_a_cdn_may_keep_a_page_for_an_hour_and_never_beyond_its_time(
    shared: Site, site: Site, app: Flask, clock: Clock
) -> None:
    write_article(site, "Tide", clock(), tags=["Rain"])
    page = Reader(cms.create_app(shared, clock)).get("/articles/tide")
    assert page.headers["Cache-Control"] == "max-age=0, must-revalidate, s-maxage=3600"
    assert {"article:1", "site"} <= set(page.headers["Surrogate-Key"].split())
    clock.now = week_end(clock()) - timedelta(minutes=90)  # when the form's token names another week
    late = Reader(cms.create_app(shared, clock)).get("/articles/tide")
    assert late.headers["Cache-Control"] == "no-cache"
    alone = Reader(app).get("/articles/tide").headers
    assert alone["Cache-Control"] == "no-cache"
    assert "Surrogate-Key" not in alone
