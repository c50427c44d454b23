"""What every test is given: a real site, its application, a clock that tests can turn.

A test runs on SQLite. One that is marked `both_engines` runs on PostgreSQL as well, and is so where SQL, locking or
order may differ between them: search, keysets, races, batches, migrations, triggers, what is kept by version. Elsewhere
the second run would only repeat Python. `--every-engine` runs everything on both, for who changes what both stand on.
"""

import copy
import gc
import os
import shutil
import sys
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy.dialects import postgresql
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

import cms
import cms.articles.models  # the tables on which others hang, whatever a test imports
from cms import assets, db
from cms.accounts import actions as accounts
from cms.config import Settings, load_settings
from cms.moderation.models import RejectionReason
from cms.moderation.queries.counts import counts_are_true
from cms.moderation.rules import REASON_SENTENCES
from cms.site import Site

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
POSTGRESQL = os.environ.get("CMS_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")
FIRST_REASONS = [
    {
        "code": code,
        "place": place,
        "teaches_spam": code == "advert",
        "staff_sentence": "",
        "public_sentence": "",
    }
    for place, code in enumerate(REASON_SENTENCES, start=1)
]
ON_SQLITE = pytest.mark.only_on("sqlite")
ON_POSTGRESQL = pytest.mark.only_on("postgresql")
WIRED: dict[Settings, Flask] = {}
_ON_WHICH_NOTHING_HANGS = """
    SELECT relname FROM pg_class AS parent
     WHERE relkind = 'r' AND relpersistence = 'p' AND relnamespace = current_schema::regnamespace
       AND NOT EXISTS (
           SELECT FROM pg_constraint JOIN pg_class AS child ON child.oid = conrelid
            WHERE confrelid = parent.oid AND child.oid <> parent.oid AND child.relpersistence = 'p')
"""
hypothesis.settings.register_profile("suite", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("suite")
NO_WAITING = "OFF"  # of SQLite for the disk, as it did four times a test (counted); no test cuts the power
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


class Compiled(dict[Any, Any]):  # Any: SQLAlchemy's own kinds
    """What SQLAlchemy has compiled, by the kind of database; its own is by engine, and begins anew with each site."""

    def get(self, key: Any, default: Any = None) -> Any:
        """Return what was compiled of a statement on any engine of its kind."""
        return super().get(_of_its_kind(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(_of_its_kind(key), compiled)


def _of_its_kind(key: Any) -> Any:
    dialect, *statement = key
    return dialect.name, *statement


COMPILED = Compiled()
sa.orm.Mapper._compiled_cache = (
    COMPILED  # of the INSERTs of its rows, which has precedence over a connection's
)


@sa.event.listens_for(sa.Engine, "engine_connect")
def _share_what_is_compiled(connection: sa.Connection) -> None:
    """Compile a statement once for all tests, as a server does for all requests: a tenth of their time (measured)."""
    connection.execution_options(compiled_cache=COMPILED)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let who changes the ground run every test on every engine."""
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
    """Let what is compiled be kept, though the environment forbids it.

    Else each `cms` that a test starts compiles the program anew, a third of its start, and each run the tests (measured).
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Begin one process more than there are cores, since one waits for the browser and the others for PostgreSQL."""
    return (yield) + 1


class ByFile(LoadScopeScheduling):
    """Hands out whole files, whose tests share their servers, and all journeys to one process, with its browser.

    The journeys begin first: they take longest by far, and at the end the other processes would wait for them.
    """

    def schedule(self) -> None:
        """Order the files as they were collected; xdist would put those of the most tests first."""
        self.config.option.loadscopereorder = False
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        file, _, _ = nodeid.partition("::")
        return "journeys" if "journeys/" in file else file


@pytest.hookimpl(optionalhook=True)  # pytest-xdist's, which may be switched off
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Share the tests out so that no server and no browser is started twice."""
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the journeys first, which take longest."""
    items.sort(key=lambda item: "journeys/" not in item.nodeid)


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what was imported, and come seldom: it took a tenth of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords with the real algorithm at its least cost: few tests are about its price."""
    monkeypatch.setattr(accounts, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture(scope="session", autouse=True)
def static_files_read_once() -> Iterator[None]:
    """Read the program's static files for the first site alone, as a server does: for each it took a fifth of an empty test."""
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
    """Give the folder of a site that was opened once, and has its key: to make one took a tenth of the time of four rooms (measured)."""
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
        wait_for_no_disk(url)
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
    _empty(url)
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
    if (
        site.settings.trusted_proxies
    ):  # then the application has itself wrapped, and a copy would not be inside
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


@contextmanager
def copy_of(template: str) -> Iterator[str]:
    """Give the URL of a new PostgreSQL database; to copy a migrated one takes a tenth of what migrating does (measured)."""
    name = f"cms_test_{uuid.uuid4().hex[:12]}"
    _administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield f"{POSTGRESQL.rpartition('/')[0]}/{name}"
    _administer(f'DROP DATABASE "{name}" WITH (FORCE)')


def wait_for_no_disk(url: str) -> None:
    """Make every table UNLOGGED, those first on which no other hangs.

    A commit then takes 0.3 ms where it waited 7 (measured on a busy disk). Only who pulls the server's plug could tell.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        while found := connection.execute(_ON_WHICH_NOTHING_HANGS).fetchone():
            connection.execute(f'ALTER TABLE "{found[0]}" SET UNLOGGED'.encode())


def _empty(url: str) -> None:
    """Take every row out; a database for each test would cost 0.3 s more (measured), half a suite's time."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute(_emptying(url))


@cache
def _emptying(url: str) -> bytes:
    """Return the statements that empty the tables; sent as one, since each would be a round trip of its own."""
    with psycopg.connect(url) as connection:
        sequences = [name for (name,) in connection.execute("SELECT sequencename FROM pg_sequences")]
        # Those of the database: of the models only as many are known as this process has imported by now.
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'alembic_version'"
            )
        ]
    first_reasons = sa.insert(RejectionReason).values(FIRST_REASONS)  # which a migration brings
    statements = [
        # The role of a replica fires no triggers: the log refuses every other DELETE, and children need their parents.
        "SET session_replication_role = replica",
        *(f'DELETE FROM "{table}"' for table in tables),  # noqa: S608  # names of ours
        *(f"SELECT setval('{sequence}', 1, false)" for sequence in sequences),  # RESTART writes files
        str(first_reasons.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})),
    ]
    return ";".join(statements).encode()


def _administer(statement: str) -> None:
    url = POSTGRESQL.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
