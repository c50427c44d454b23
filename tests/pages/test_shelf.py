"""What a reader meets of kept pages: the same answers, made once, and forgotten when they must be."""

import sqlite3
import threading
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from flask import Flask

from cms.config import Settings
from cms.pages.queries import Probe
from cms.site import Site
from tests.articles.paper import counted
from tests.conftest import ON_POSTGRESQL, ON_SQLITE, Clock
from tests.desk.typist import Typist
from tests.factories import hire, send_comment, write_article
from tests.pages.kept import Worker
from tests.postgresql import POSTGRESQL
from tests.reader import Moderator, Reader

PAGES = ("/", "/articles/tide", "/articles/tram", "/authors/ada", "/feed.xml")


@pytest.fixture
def worker(site: Site, settings: Settings, clock: Clock) -> Iterator[Worker]:
    for name in ("Ben", "Cleo"):
        hire(site, name, clock())
    for title in ("Tide", "Tram"):
        write_article(site, title, clock())
    started = Worker(settings, clock)
    reader = Reader(started.app)
    for path in PAGES:
        assert reader.get(path).status_code == 200
    started.made = 0
    yield started
    started.close()


@pytest.mark.both_engines
def test_a_kept_page_costs_no_select_and_is_the_same_page(worker: Worker, app: Flask) -> None:
    reader, fresh = Reader(worker.app), Reader(app)
    with counted(worker.site) as sent:
        for path in PAGES:
            kept, made = reader.get(path), fresh.get(path)
            assert kept.data == made.data
            assert set(made.headers) - set(kept.headers) <= {("Date", made.headers.get("Date"))}
    assert (worker.made, sent) == (0, [])


@ON_SQLITE
def test_a_kept_page_is_sent_as_it_is_asked_for(worker: Worker) -> None:
    reader = Reader(worker.app)
    plain = reader.get("/")
    small = {name: reader.get("/", Accept_Encoding=name) for name in ("br", "gzip")}
    assert {name: answer.headers["Content-Encoding"] for name, answer in small.items()} == {
        "br": "br",
        "gzip": "gzip",
    }
    assert len({plain.headers["ETag"], *(answer.headers["ETag"] for answer in small.values())}) == 3
    again = reader.get("/", Accept_Encoding="br", If_None_Match=small["br"].headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == small["br"].headers["ETag"]
    assert "Content-Length" not in again.headers
    head = reader.client.head("/")
    assert (head.data, head.headers["Content-Length"]) == (b"", plain.headers["Content-Length"])
    assert reader.get("/?utm_source=x").data == plain.data
    assert worker.made == 0


@pytest.mark.both_engines
def test_a_held_comment_throws_nothing_away_and_an_approved_one_its_article(
    worker: Worker, site: Site, app: Flask, clock: Clock
) -> None:
    reader = Reader(worker.app)
    held = send_comment(site, 1, clock())
    for path in PAGES:
        reader.get(path)
    assert worker.made == 0
    Moderator(app, "Cleo").decide("approve", held)
    assert "I was there" in reader.get("/articles/tide").text
    for path in PAGES:
        reader.get(path)
    assert worker.made == 1


@pytest.mark.both_engines
def test_an_article_comes_out_at_its_second(worker: Worker, app: Flask, clock: Clock) -> None:
    at = (clock() + timedelta(minutes=5)).replace(second=0, microsecond=0)
    Typist(app, "Ben").write("publish", title="Later", publish_at=at.strftime("%Y-%m-%dT%H:%M"))
    reader = Reader(worker.app)
    clock.now = at - timedelta(microseconds=1)
    assert "Later" not in reader.get("/").text
    assert reader.get("/articles/later").status_code == 404
    clock.now = at
    assert "Later" in reader.get("/").text
    assert reader.get("/articles/later").status_code == 200


@pytest.mark.both_engines
def test_a_database_that_went_back_makes_everything_forgotten(worker: Worker, site: Site, app: Flask) -> None:
    for _ in range(2):
        Typist(app, "Ben").write("publish")
    Reader(worker.app).get("/articles/tide")
    with site.database.writing() as session:
        connection = session.connection()
        connection.exec_driver_sql("UPDATE version SET number = 1")
        connection.exec_driver_sql("UPDATE article SET title = 'Older' WHERE slug = 'tide'")
        session.commit()
    assert "Older" in Reader(worker.app).get("/articles/tide").text


@pytest.mark.both_engines
def test_those_who_wait_share_one_look(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    looks, gate = [], threading.Event()
    real = Probe.changes

    def slow(probe: Probe, since: int) -> object:
        looks.append(since)
        gate.wait(5)
        return real(probe, since)

    monkeypatch.setattr(Probe, "changes", slow)
    monkeypatch.setattr(Probe, "mark", lambda probe: None)
    threads = [threading.Thread(target=worker.shelf.catch_up) for _ in range(12)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(5)
    assert len(looks) <= 3, "the one under way, and the one that began after all had come"


@ON_SQLITE
def test_what_cannot_be_vouched_for_is_not_shown(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def execute(self, *_asked: object) -> None:
            raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(Probe, "_cursor", lambda probe: Broken())
    monkeypatch.setattr(Probe, "mark", lambda probe: None)
    assert Reader(worker.app).get("/").status_code == 200
    assert worker.made == 1, "made anew, since nobody could tell whether the kept one was true"


@ON_SQLITE
def test_an_old_static_address_gets_the_present_file_and_takes_no_room(worker: Worker) -> None:
    reader = Reader(worker.app)
    present = worker.site.assets.address("css/reader.css")
    for _ in range(2):
        assert "immutable" in reader.get(present).headers["Cache-Control"]
        old = reader.get("/static/css/reader.0123456789.css")
        assert (old.status_code, old.headers["Cache-Control"]) == (200, "public, max-age=60")
    assert worker.made == 3


@ON_POSTGRESQL
@pytest.mark.breaks_the_schema
def test_while_postgresql_lets_nobody_in_no_kept_page_is_vouched_for_and_none_breaks(
    worker: Worker, settings: Settings
) -> None:
    name, reader = settings.database_url.rpartition("/")[2], Reader(worker.app)
    with psycopg.connect(POSTGRESQL, autocommit=True) as administrator:
        administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        ended = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = %s"
        administrator.execute(ended, [name])
        assert [reader.get(path).status_code for path in PAGES] == [503] * len(PAGES)
        administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())
    assert [reader.get(path).status_code for path in PAGES] == [200] * len(PAGES)
