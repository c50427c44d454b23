"""What every test is given: a real site on each database, its application, a clock that tests can turn."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from sqlmodel import SQLModel

import cms
import cms.articles.models  # the tables on which others hang, whatever a test imports
from cms import db
from cms.accounts import actions as accounts
from cms.config import Settings, load_settings
from cms.moderation.models import RejectionReason
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
# For what is the same on each engine: the other one would only cost time.
ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
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


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords with the real algorithm at its least cost: few tests are about its price."""
    monkeypatch.setattr(accounts, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def clock() -> Clock:
    """Give a clock that stands at a Monday morning."""
    return Clock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a migrated SQLite file, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("template")
    settings = Settings(instance=folder)
    db.migrate(settings)
    engine = sa.create_engine(settings.sqlalchemy_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return folder / "broadsheet.db"


@pytest.fixture(scope="session")
def postgresql_database() -> Iterator[str]:
    """Give the URL of a migrated PostgreSQL database; skip visibly, or fail in CI, where none answers."""
    try:
        with _database_of_its_own() as url:
            yield url
    except sa.exc.OperationalError as error:
        if IN_CI:
            raise
        pytest.skip(f"no PostgreSQL answers at {POSTGRESQL}: {str(error.orig).splitlines()[0]}")


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Give the settings of an empty, migrated site on each engine."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "broadsheet.db")
        yield load_settings({}, instance=tmp_path, base_url="http://localhost")
        return
    url: str = request.getfixturevalue("postgresql_database")
    if request.node.get_closest_marker("breaks_the_schema"):
        with _database_of_its_own() as own:
            yield load_settings({}, instance=tmp_path, database_url=own, base_url="http://localhost")
        return
    _empty(url)
    yield load_settings({}, instance=tmp_path, database_url=url, base_url="http://localhost")


@pytest.fixture
def site(settings: Settings) -> Iterator[Site]:
    """Give an open site on each engine."""
    opened = cms.open_site(settings)
    yield opened
    opened.database.close()


@pytest.fixture
def app(site: Site, clock: Clock) -> Flask:
    """Give the application of the site, at the clock's time."""
    made = cms.create_app(site, clock)
    made.testing = False
    return made


@contextmanager
def _database_of_its_own() -> Iterator[str]:
    name = f"cms_test_{uuid.uuid4().hex[:12]}"
    url = POSTGRESQL.rpartition("/")[0] + f"/{name}"
    _administer(f'CREATE DATABASE "{name}"')
    db.migrate(Settings(database_url=url))
    yield url
    _administer(f'DROP DATABASE "{name}" WITH (FORCE)')


def _empty(url: str) -> None:
    """Take every row out; a database for each test would cost 0.3 s more (measured), half a suite's time."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        # The role of a replica fires no triggers: the log refuses every other DELETE.
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in SQLModel.metadata.sorted_tables:
            connection.execute(sa.delete(table))
        connection.exec_driver_sql("DELETE FROM article_search")
        connection.execute(sa.insert(RejectionReason), FIRST_REASONS)  # which a migration brings
        for (sequence,) in connection.exec_driver_sql("SELECT sequencename FROM pg_sequences").all():
            connection.exec_driver_sql(f'ALTER SEQUENCE "{sequence}" RESTART')
    engine.dispose()


def _administer(statement: str) -> None:
    url = POSTGRESQL.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
