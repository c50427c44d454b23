"""Baked pages: files that a proxy serves, each of them true or gone."""

import gzip
import random
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import brotli
import pytest
from flask import Flask
from sqlmodel import Session

from cms.config import Settings, load_settings
from cms.pages.folder import ONE_BY_ONE_MAX, PAGES, Folder, file_name
from cms.pages.views.baking import Baker, open_baker
from cms.pages.writes import bump
from cms.sense import SettingsRefused
from cms.site import Site
from tests.conftest import Clock
from tests.factories import write_article
from tests.pages.test_never_stale import ARCHIVES, ARTICLES, AT_ONCE, Newsroom
from tests.reader import Reader

TIDE = "/articles/tide"


@pytest.fixture
def settings(tmp_path: Path, sqlite_template: Path) -> Settings:
    """Give the settings of a site that bakes."""
    (tmp_path / "broadsheet.db").write_bytes(sqlite_template.read_bytes())
    return load_settings(
        {}, instance=tmp_path, base_url="http://localhost", bake_folder=str(tmp_path / "baked")
    )


@pytest.fixture
def folder(settings: Settings) -> Folder:
    return Folder(Path(settings.bake_folder))


@pytest.fixture
def baker(site: Site, app: Flask, clock: Clock) -> Iterator[Baker]:
    made = open_baker(site, app.wsgi_app, clock)
    assert made is not None
    yield made
    made.stop()


def _file(settings: Settings, address: str, encoding: str = "") -> Path:
    return Path(settings.bake_folder) / PAGES / encoding / (file_name(address) or "none")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/", "index"),
        ("/articles/tide", "articles/tide"),
        ("/articles/چائے", "articles/چائے"),
        ("/articles/../../etc/passwd", None),
        ("/articles//tide", None),
        ("/articles/" + "چ" * 101, None),
        ("/articles/\0", None),
        ("/articles/", None),
        ("/articles/tide/comments", None),
        ("/br/articles", None),
        ("/feed.xml", None),
    ],
)
def test_an_address_is_a_file_of_ours_or_none(address: str, name: str | None) -> None:
    assert file_name(address) == name


def test_a_baked_page_is_what_the_program_answers(
    settings: Settings, site: Site, app: Flask, clock: Clock, baker: Baker
) -> None:
    write_article(site, "Tide", clock(), tags=["Rain"])
    assert baker.bake_all() == 4  # the front page, the article, its author and its tag
    for address in ("/", TIDE, "/authors/ada", "/tags/rain"):
        answered = Reader(app).get(address).data
        assert _file(settings, address).read_bytes() == answered
        assert gzip.decompress(_file(settings, address, "gzip").read_bytes()) == answered
        assert brotli.decompress(_file(settings, address, "br").read_bytes()) == answered
    assert baker.bake_all() == 0
    assert not baker.bake("/nowhere")
    assert not baker.bake("/feed.xml")


def test_a_page_is_gone_before_the_commit_and_comes_back_after_it(
    site: Site, clock: Clock, folder: Folder, baker: Baker
) -> None:
    article = write_article(site, "Tide", clock())
    baker.bake_all()
    waiting = threading.Thread(target=folder.keep, args=(TIDE, {"": b"old"}, (), None, lambda: True))
    with site.database.writing() as session:
        bump(session, [f"article:{article}"])
        assert not folder.has(TIDE)
        assert folder.has("/authors/ada")
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive(), "nothing is put in place while somebody changes something"
        session.commit()
    waiting.join()
    assert folder.missed() == [TIDE]


def test_a_change_that_is_given_up_holds_nobody_up(site: Site, clock: Clock, folder: Folder) -> None:
    with site.database.writing() as session:
        bump(session, ["front"])
        session.rollback()
        assert folder.keep("/", {"": b"front"}, ["front"], None, lambda: True)


def test_what_changed_while_it_was_made_is_not_put_in_place(
    site: Site, app: Flask, clock: Clock, folder: Folder
) -> None:
    article = write_article(site, "Tide", clock())

    def changed_meanwhile(environ, start_response):  # type: ignore[no-untyped-def]
        answer = app.wsgi_app(environ, start_response)
        with site.database.writing() as session:
            bump(session, [f"article:{article}"])
            session.commit()
        return answer

    baker = Baker(site, changed_meanwhile, folder, clock)
    assert not baker.bake(TIDE)
    assert not folder.has(TIDE)
    baker.stop()


def test_many_pages_go_at_once(site: Site, clock: Clock, folder: Folder) -> None:
    for number in range(ONE_BY_ONE_MAX + 1):
        folder.keep(f"/articles/{number}", {"": b"x"}, ["front"], None, lambda: True)
    with site.database.writing() as session:
        bump(session, ["front"])
        session.commit()
    assert not any(folder.has(f"/articles/{number}") for number in range(ONE_BY_ONE_MAX + 1))
    assert not folder.has_missed()


def test_no_page_is_there_beyond_its_time(site: Site, clock: Clock, folder: Folder, baker: Baker) -> None:
    write_article(site, "Tide", clock())
    write_article(site, "Later", clock(), days_ago=-1 / 24)
    baker.bake_all()
    assert folder.due() == clock() + timedelta(hours=1)
    clock.advance(minutes=59)
    baker.forget_due()
    assert folder.has(TIDE)
    clock.advance(seconds=59)
    baker.forget_due()
    assert not folder.has(TIDE)
    assert not baker.bake(TIDE), "it would be old within a second"
    clock.advance(seconds=2)
    assert baker.bake("/articles/later")


def test_another_program_or_other_settings_begin_anew(
    site: Site, app: Flask, clock: Clock, folder: Folder, baker: Baker
) -> None:
    write_article(site, "Tide", clock())
    baker.bake_all()
    again = open_baker(site, app.wsgi_app, clock)
    assert again is not None
    assert folder.has("/")
    other = open_baker(site.but(site_name="Another"), app.wsgi_app, clock)
    assert other is not None
    assert not folder.has("/")
    for one in (again, other):
        one.stop()


def test_the_job_bakes_what_was_taken_away_and_what_came_out(
    site: Site, clock: Clock, folder: Folder, baker: Baker
) -> None:
    job = baker.job
    assert job.wanted(site, clock())
    job.work(site, clock())
    assert not job.wanted(site, clock()), "a site without articles has no front page yet"
    clock.advance(minutes=1)
    write_article(site, "Tram", clock())
    job.work(site, clock())
    assert not job.wanted(site, clock())
    write_article(site, "Tide", clock())
    with site.database.writing() as session:
        bump(session, ["front"])
        session.commit()
    assert job.wanted(site, clock())
    job.work(site, clock())
    assert folder.has(TIDE)
    assert folder.has("/")


def test_whatever_is_done_no_file_tells_what_is_no_longer_so(
    settings: Settings, site: Site, app: Flask, clock: Clock, folder: Folder, baker: Baker
) -> None:
    newsroom = Newsroom(site, app, clock)
    deeds, chance = newsroom.deeds(), random.Random(7)
    baker.bake_all()
    order = chance.sample(list(deeds), len(deeds))
    for names in (order[start : start + AT_ONCE] for start in range(0, len(order), AT_ONCE)):
        for name in names:
            clock.advance(seconds=20)
            baker.forget_due()
            deeds[name]()
            baker.forget_due()
        baked = [path for path in ("/", "/privacy", *ARCHIVES, *ARTICLES) if folder.has(path)]
        for path in baked:
            assert _file(settings, path).read_bytes() == Reader(app).get(path).data, f"{path} after {names}"
        baker.bake_all()


def test_baking_is_for_the_embedded_database(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="bake_folder"):
        load_settings(
            {}, instance=tmp_path, database_url="postgresql://postgres@127.0.0.1/x", bake_folder=str(tmp_path)
        )


def test_a_session_that_writes_elsewhere_takes_nothing_away(site: Site) -> None:
    with Session(site.database.writer) as session:
        assert bump(session, ["front"]) == 1
