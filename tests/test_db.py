"""The database's promises: who waits for whom, and what it refuses by itself."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import Session, col, select

from cms import db
from cms.articles.models import Tag
from cms.comments.models import Comment
from cms.config import Settings, load_settings
from cms.db import Database, UtcTime, stored_as_value
from cms.moderation.models import Decision
from cms.site import Site
from cms.storage import hosted
from tests.conftest import ON_POSTGRESQL, ON_SQLITE, START
from tests.factories import send_comment, write_article
from tests.postgresql import POSTGRESQL
from tests.reader import Reader


@pytest.fixture
def database(site: Site) -> Database:
    """Give an open database of each engine."""
    return site.database


def add_tag(session: Session, name: str) -> None:
    """Write something small."""
    session.add(Tag(slug=name, name=name))
    session.flush()


def tags(session: Session) -> list[str]:
    """Return what was written."""
    return list(session.exec(select(col(Tag.slug)).order_by(col(Tag.id))))


@pytest.mark.both_engines
def test_a_reading_session_can_change_nothing(database: Database) -> None:
    with database.reading() as session, pytest.raises(sa.exc.DBAPIError, match=r"readonly|read-only"):
        add_tag(session, "never")
    with database.reading() as session:
        assert tags(session) == []


@pytest.mark.both_engines
def test_a_reading_session_sees_one_state_throughout(database: Database) -> None:
    with database.reading() as reader:
        before = tags(reader)
        with database.writing() as writer:
            add_tag(writer, "meanwhile")
            writer.commit()
        assert tags(reader) == before == []
    with database.reading() as reader:
        assert tags(reader) == ["meanwhile"]


@pytest.mark.both_engines
def test_a_writing_session_without_commit_leaves_nothing(database: Database) -> None:
    with database.writing() as session:
        add_tag(session, "never")
    with database.reading() as session:
        assert tags(session) == []


@pytest.mark.both_engines
def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    with database.writing() as writer:
        add_tag(writer, "half")
        began = time.perf_counter()
        with database.reading() as reader:
            assert tags(reader) == []
        assert time.perf_counter() - began < 1


@pytest.mark.both_engines
def test_after_reading_a_connection_can_write_again(database: Database) -> None:
    for number in range(20):
        with database.reading() as session:
            tags(session)
        with database.writing() as session:
            add_tag(session, f"n{number}")
            session.commit()
    with database.reading() as session:
        assert len(tags(session)) == 20


@pytest.mark.both_engines
def test_writers_wait_for_each_other_instead_of_failing(database: Database) -> None:
    def write(number: int) -> None:
        with database.writing() as session:
            seen = len(tags(session))  # a deferred transaction would fail here when it comes to write
            add_tag(session, f"n{number}-{seen}")
            session.commit()

    with ThreadPoolExecutor(12) as people:
        list(people.map(write, range(48)))
    with database.reading() as session:
        assert len(tags(session)) == 48


@ON_SQLITE
def test_on_sqlite_a_writer_sees_all_that_was_written_before(database: Database) -> None:
    def write(number: int) -> int:
        with database.writing() as session:
            seen = len(tags(session))
            add_tag(session, f"n{number}")
            session.commit()
            return seen

    with ThreadPoolExecutor(8) as people:
        assert sorted(people.map(write, range(32))) == list(range(32))


@ON_SQLITE
def test_sqlite_survives_power_loss_and_keeps_its_promises(settings: Settings) -> None:
    database = db.open_database(load_settings({}, instance=settings.instance))
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    for engine, patience_ms in ((database.reader, 5000), (database.writer, 0)):  # who writes waits by itself
        with engine.connect() as connection:
            for name, value in (wanted | {"busy_timeout": patience_ms}).items():
                assert connection.exec_driver_sql(f"PRAGMA {name}").scalar() == value
    database.close()


@ON_POSTGRESQL
def test_no_request_leaves_a_transaction_open_on_postgresql(app: Flask, site: Site) -> None:
    write_article(site, "Cat", START)
    reader = Reader(app)
    for path in ("/", "/articles/cat", "/feed.xml", "/search?q=cat", "/nowhere", "/healthz"):
        reader.get(path)
    reader.comment("/articles/cat")
    reader.comment("/articles/cat", comment="")
    name = site.settings.database_url.rpartition("/")[2]
    asked = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = :name AND state LIKE 'idle in%'")
    with site.database.reader.connect() as connection:
        assert connection.execute(asked, {"name": name}).scalar() == 0


@pytest.mark.both_engines
def test_a_moment_without_time_zone_is_refused(database: Database) -> None:
    naive = datetime(2026, 3, 2, 9, 30)  # noqa: DTZ001  # that is what is tried
    with database.writing() as session, pytest.raises(sa.exc.StatementError, match="without a time zone"):
        session.execute(sa.update(Comment).values(created_at=naive))


@pytest.mark.both_engines
def test_a_moment_comes_back_in_utc_to_the_microsecond(site: Site) -> None:
    zones = [UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=8))]
    moments = [datetime(2026, 3, 2, 9, 30, 1, 2, tzinfo=zone) for zone in zones]
    article = write_article(site, "Cat", START)
    for moment in moments:
        send_comment(site, article, moment, text=str(moment))
    with site.database.reading() as session:
        found = list(session.exec(select(col(Comment.created_at)).order_by(col(Comment.id))))
    assert found == moments
    assert {moment.tzinfo for moment in found} == {UTC}


def test_moments_compare_in_the_database_as_they_do_in_python() -> None:
    moments = [START, START + timedelta(microseconds=1), START + timedelta(days=400), START.replace(year=999)]
    written = [UtcTime().process_bind_param(one, sa.create_engine("sqlite://").dialect) for one in moments]
    assert [moments[written.index(one)] for one in sorted(written)] == sorted(moments)


NONSENSE = (
    "UPDATE comment SET status = 'nonsense'",
    "UPDATE comment SET status = 'HELD'",
    "UPDATE hold_reason SET code = 'nonsense'",
    "UPDATE article SET status = 'nonsense'",
    "UPDATE article SET kind = 'poem'",
    "UPDATE article SET publish_at = NULL",
    "UPDATE article SET title = ''",
    "UPDATE article SET version = 0",
    "UPDATE comment SET email_fingerprint = NULL",
    "UPDATE comment SET parent_id = id",
    "UPDATE comment SET article_id = 4711",
    "INSERT INTO version (thing, number) VALUES ('x', 0)",
)


@pytest.mark.both_engines
def test_the_database_itself_refuses_nonsense(site: Site) -> None:
    send_comment(site, write_article(site, "Cat", START), START, text="Look: https://cat.example/")
    for statement in NONSENSE:
        with site.database.writing() as session, pytest.raises(sa.exc.IntegrityError):
            session.connection().exec_driver_sql(statement)


@pytest.mark.both_engines
@pytest.mark.parametrize("statement", ["UPDATE decision SET reason = 'x'", "DELETE FROM decision"])
def test_the_log_can_be_neither_changed_nor_cut(site: Site, statement: str) -> None:
    send_comment(site, write_article(site, "Cat", START), START)
    with site.database.writing() as session, pytest.raises(sa.exc.DBAPIError, match="append-only"):
        session.connection().exec_driver_sql(statement)
    with site.database.reading() as session:
        assert len(session.exec(select(Decision)).all()) == 1


@pytest.mark.both_engines
def test_an_enum_is_stored_by_its_value_and_refused_by_its_name(site: Site) -> None:
    class Size(StrEnum):
        SMALL = "s"

    table = sa.Table("sized", sa.MetaData(), sa.Column("size", stored_as_value(Size, "size")))
    with site.database.writing() as session:
        table.create(session.connection())
        session.execute(table.insert(), {"size": Size.SMALL})
        assert session.connection().exec_driver_sql("SELECT size FROM sized").scalar() == "s"
        with pytest.raises(sa.exc.StatementError):
            session.execute(table.insert(), {"size": "SMALL"})


@pytest.mark.both_engines
def test_an_error_does_not_quote_what_was_to_be_stored(site: Site) -> None:
    with site.database.writing() as session:
        add_tag(session, "once")
        with pytest.raises(sa.exc.IntegrityError) as refused:
            session.execute(sa.insert(Tag), {"slug": "once", "name": "canary.4711"})
    assert "canary.4711" not in str(refused.value)


@pytest.mark.both_engines
def test_migrating_again_and_in_parallel_changes_nothing(site: Site) -> None:
    failures: list[BaseException] = []

    def migrate() -> None:
        try:
            db.migrate(site.settings)
        except Exception as error:  # told below, in the thread that fails the test
            failures.append(error)

    threads = [threading.Thread(target=migrate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert db.is_current(site.database)


@ON_POSTGRESQL
def test_migrating_locks_for_one_transaction_as_a_pooler_wants_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = []

    def look(connection: sa.Connection) -> None:
        mine = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        held.append(connection.exec_driver_sql(mine).scalar_one())
        connection.connection.rollback()  # of the driver's own transaction
        held.append(connection.exec_driver_sql(mine).scalar_one())

    monkeypatch.setattr(db, "_upgrade", look)
    db.migrate(site.settings)
    assert held == [1, 0]


@ON_POSTGRESQL
def test_who_comes_after_a_restart_meets_no_connection_from_before_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosted, "IDLE_SECONDS", 0)
    own = sa.text("SELECT pg_backend_pid()")
    with site.database.reading() as session:
        before = session.execute(own).scalar_one()
    with psycopg.connect(POSTGRESQL, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [before])
    with site.database.reading() as session:
        assert session.execute(own).scalar_one() != before


@pytest.mark.both_engines
def test_who_reads_at_length_takes_turns_on_sqlite_alone(database: Database) -> None:
    def at_once(_: int) -> int:
        with database.reading_in_turn():
            present.append(1)
            time.sleep(0.02)
            found = len(present)
            present.pop()
        return found

    present: list[int] = []
    with ThreadPoolExecutor(4) as threads:
        most = max(threads.map(at_once, range(4)))
    assert (most == 1) is database.is_sqlite
