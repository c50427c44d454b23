"""The fixtures of all tests: a real site, its application, and a clock that tests can set.

A test runs on SQLite. A test that is marked `both_engines` runs on PostgreSQL as well. Tests have that mark where SQL, locking
or order may differ: search, keysets, races, batches, migrations, triggers, pages kept by version. Elsewhere a second run
would only repeat the same Python. `--every-engine` runs everything on both, after a change to what both depend on.
"""

import copy
import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask

import cms
import cms.articles.models  # the tables on which others hang, whatever a test imports
from cms import assets, db
from cms.accounts import actions as accounts
from cms.config import Settings, load_settings
from cms.moderation.queries.counts import counts_are_true
from cms.site import Site
from tests.compiled import share_compiled_statements
from tests.postgresql import POSTGRESQL, copy_of, empty, make_unlogged
from tests.scheduling import (  # noqa: F401  # hooks of pytest's
    pytest_collection_modifyitems,
    pytest_xdist_auto_num_workers,
    pytest_xdist_make_scheduler,
)

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ON_SQLITE = pytest.mark.only_on("sqlite")
ON_POSTGRESQL = pytest.mark.only_on("postgresql")
WIRED: dict[Settings, Flask] = {}
hypothesis.settings.register_profile("suite", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("suite")
share_compiled_statements()
NO_WAITING = "OFF"  # SQLite would wait for the disk four times in each test (counted); no test cuts the power
IN_CI = os.environ.get("CI") == "true"


class Clock:
    """The moment that the application believes in."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        """Let time pass: `advance(hours=25)`."""
        self.now += timedelta(**duration)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that runs every test on both databases."""
    parser.addoption("--every-engine", action="store_true", help="run each test on SQLite and on PostgreSQL")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Choose the engines of a test that asks for a site and does not name them itself."""
    item = metafunc.definition
    named = [mark for mark in item.iter_markers("parametrize") if "settings" in str(mark.args[0])]
    if "settings" in metafunc.fixturenames and not named:
        only = item.get_closest_marker("only_on")
        both = item.get_closest_marker("both_engines") or item.config.getoption("every_engine")
        engines = only.args if only else ("sqlite", "postgresql") if both else ("sqlite",)
        metafunc.parametrize("settings", engines, indirect=True)


def pytest_configure() -> None:
    """Let Python write its .pyc files, even if the environment forbids it.

    Otherwise each `cms` that a test starts compiles the program again, a third of its start (measured).
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def pytest_collection_finish() -> None:
    """Exempt imported modules from garbage collection, and collect rarely: it took a tenth of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords with the real algorithm at its least cost: few tests are about its price."""
    monkeypatch.setattr(accounts, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture(scope="session", autouse=True)
def static_files_read_once() -> Iterator[None]:
    """Read the program's static files only once, as a server does: it took a fifth of the time of an empty test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assets, "open_assets", cache(assets.open_assets))
        yield


@pytest.fixture
def clock() -> Clock:
    """Give a clock that stands at a Monday morning."""
    return Clock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a migrated SQLite file, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("template")
    settings = Settings(instance=folder, sqlite_synchronous=NO_WAITING)
    db.migrate(settings)
    engine = sa.create_engine(settings.sqlalchemy_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return folder / "broadsheet.db"


@pytest.fixture(scope="session")
def opened_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a site that was opened once, so that it has its key: making one for each test is slow."""
    folder = tmp_path_factory.mktemp("opened")
    shutil.copy(sqlite_template, folder)
    cms.open_site(Settings(instance=folder, sqlite_synchronous=NO_WAITING)).database.close()
    return folder


@pytest.fixture(scope="session")
def postgresql_template() -> Iterator[str]:
    """Give the name of a migrated PostgreSQL database to copy; skip visibly, or fail in CI, where none answers."""
    try:
        with copy_of("template1") as url:
            db.migrate(Settings(database_url=url))
            yield url.rpartition("/")[2]
    except sa.exc.OperationalError as error:
        if IN_CI:
            raise
        pytest.skip(f"no PostgreSQL answers at {POSTGRESQL}: {str(error.orig).splitlines()[0]}")


@pytest.fixture(scope="session")
def postgresql_database(postgresql_template: str) -> Iterator[str]:
    """Give the URL of the PostgreSQL database that tests share, each of which finds it empty."""
    with copy_of(postgresql_template) as url:
        make_unlogged(url)
        yield url


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Give the settings of an empty, migrated site on the engine that is asked for."""
    if request.param == "sqlite":
        if request.node.get_closest_marker("never_opened"):
            shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path)
        else:
            shutil.copytree(request.getfixturevalue("opened_template"), tmp_path, dirs_exist_ok=True)
        checked = load_settings({}, instance=tmp_path, base_url="http://localhost")
        yield replace(checked, sqlite_synchronous=NO_WAITING)
        return
    if request.node.get_closest_marker("breaks_the_schema"):
        with copy_of(request.getfixturevalue("postgresql_template")) as own:
            yield load_settings({}, instance=tmp_path, database_url=own, base_url="http://localhost")
        return
    url: str = request.getfixturevalue("postgresql_database")
    empty(url)
    yield load_settings({}, instance=tmp_path, database_url=url, base_url="http://localhost")


@pytest.fixture
def instance(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of an empty, migrated site, where every command finds it."""
    shutil.copy(sqlite_template, tmp_path / "broadsheet.db")
    monkeypatch.setenv("CMS_INSTANCE", str(tmp_path))
    monkeypatch.delenv("CMS_DATABASE_URL", raising=False)
    return tmp_path


@pytest.fixture
def site(settings: Settings) -> Iterator[Site]:
    """Give an open site; whatever the test does, the numbers of its comments have to be true."""
    opened = cms.open_site(settings)
    yield opened
    with suppress(sa.exc.DBAPIError), opened.database.reading() as session:  # some tests break the database
        assert counts_are_true(session)
    opened.database.close()


@pytest.fixture
def app(site: Site, clock: Clock) -> Flask:
    """Give the application of the site, at the clock's time."""
    return application(site, clock)


def application(site: Site, clock: Callable[[], datetime]) -> Flask:
    """Return what `create_app()` returns, wired once for all sites whose settings are equal.

    Wiring takes 30 ms and reading the templates up to 100 (measured), more than most tests. Whoever adds a route or
    a loader takes an application of his own.
    """
    if site.settings.trusted_proxies:  # then ProxyFix wraps the application itself, and would not wrap a copy
        return cms.create_app(site, clock)
    settings = replace(site.settings, instance=Path(), database_url="")
    if settings not in WIRED:
        WIRED[settings] = wired = cms.create_app(site, clock)
        with wired.app_context():
            assert wired.jinja_env, "made here, so that its copies share the templates of each language"
    made = copy.copy(WIRED[settings])
    made.extensions = {**made.extensions, "site": site}
    made.config = copy.copy(made.config)
    made.config["CLOCK"] = clock
    return made
