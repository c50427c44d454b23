"""PostgreSQL's connections: what is prepared on them, and what becomes of statements that share a round trip."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from psycopg.errors import DivisionByZero, FeatureNotSupported, UndefinedTable

from cms.site import Site
from tests.conftest import ON_POSTGRESQL, START
from tests.factories import write_article
from tests.reader import Reader

SUM, RATIO, NUMBER = "SELECT $1::int + $2::int", "SELECT 1 / $1::int", "SELECT $1::int"
PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE statement = $1"
pytestmark = ON_POSTGRESQL


@pytest.fixture
def wire(site: Site) -> Iterator[Any]:  # Any: imported where PostgreSQL is in use
    """Return a connection of the site's pool."""
    with site.database.writer.connect() as connection:
        yield connection.connection.dbapi_connection


def test_a_statement_is_prepared_once_and_outlives_a_rollback(wire: Any) -> None:
    for first in range(3):
        assert wire.ask(SUM, [first, 2]) == [(first + 2,)]
        wire.rollback()
    assert wire.ask(PREPARED, [SUM]) == [(1,)]


def test_what_was_put_goes_before_what_is_asked_in_its_order(wire: Any) -> None:
    wire.put("BEGIN")
    wire.put("CREATE TEMPORARY TABLE said (word text) ON COMMIT DROP")
    for word in ("one", None, "three"):
        wire.cursor().execute(
            "SELECT 1"
        )  # which sends what was put, since the next statement needs the table
        wire.put("INSERT INTO said VALUES ($1)", [word])
    assert wire.ask("SELECT word FROM said ORDER BY ctid") == [("one",), (None,), ("three",)]


def test_many_rows_that_nobody_asks_about_are_all_stored_by_the_commit(site: Site) -> None:
    with site.database.writer.connect() as connection:
        connection.begin()
        wire: Any = connection.connection.dbapi_connection
        for number in range(250):
            wire.put("INSERT INTO noticed (what, at) VALUES ($1, now())", [str(number)])
            wire.put("SELECT length($1)", ["x" * 10_000])
        connection.commit()
    with site.database.reading() as session:
        assert session.execute(sa.text("SELECT count(*) FROM noticed")).scalar_one() == 250


def test_the_first_mistake_is_told_and_nothing_behind_it_is_done(wire: Any) -> None:
    wire.put("BEGIN")
    wire.put(RATIO, [0])
    wire.put("SELECT lo_creat(-1)")
    with pytest.raises(DivisionByZero):
        wire.ask(SUM, [1, 2])
    wire.rollback()
    assert wire.ask(SUM, [1, 2]) == [(3,)]
    with pytest.raises(UndefinedTable):
        wire.ask("SELECT * FROM nowhere")
    assert wire.ask(SUM, [2, 2]) == [(4,)]


def test_where_a_table_became_another_the_connection_goes_with_what_it_prepared(site: Site) -> None:
    with site.database.writer.connect() as connection:
        wire: Any = connection.connection.dbapi_connection
        wire.cursor().execute("CREATE TEMPORARY TABLE said (word text)")
        assert wire.ask("SELECT * FROM said") == []
        wire.cursor().execute("ALTER TABLE said ADD number integer")
        with pytest.raises(FeatureNotSupported):
            wire.ask("SELECT * FROM said")
        assert wire.closed
        connection.invalidate()


def test_what_is_expected_comes_with_the_next_answer_once(wire: Any) -> None:
    wire.put("BEGIN")
    wire.expect(NUMBER, [1])
    wire.expect(NUMBER, [1])
    assert wire.ask(SUM, [1, 2]) == [(3,)]
    heard_at = wire.heard_at
    assert wire.ask(NUMBER, [1]) == [(1,)]
    assert wire.heard_at == heard_at
    assert wire.ask(NUMBER, [1]) == [(1,)]
    assert wire.heard_at > heard_at


def test_what_is_expected_is_asked_anew_with_other_values_and_in_another_transaction(wire: Any) -> None:
    wire.put("BEGIN")
    wire.expect(NUMBER, [1])
    assert wire.ask(NUMBER, [2]) == [(2,)]
    wire.expect(SUM, [1, 2])
    wire.rollback()
    assert wire.ask(SUM, [1, 2]) == [(3,)]


def test_a_mistake_in_what_is_expected_is_told_with_the_next_answer(wire: Any) -> None:
    wire.put("BEGIN")
    wire.expect(RATIO, [0])
    with pytest.raises(DivisionByZero):
        wire.ask(SUM, [1, 2])
    wire.rollback()
    assert wire.ask(RATIO, [1]) == [(1,)]


def test_a_rollback_that_nobody_waits_for_is_done_before_whatever_comes_next(wire: Any) -> None:
    number = "SELECT 1 FROM noticed WHERE what = $1"
    for next_one in (
        lambda: wire.ask(number, ["tide"]),
        lambda: wire.cursor().execute(number, ["tide"]).fetchall(),
        wire.commit,
        wire.rollback,
        lambda: wire.ask("SELECT 1 WHERE $1 = ''", ["prepared while it is under way"]),
    ):
        wire.put("BEGIN")
        wire.ask("INSERT INTO noticed (what, at) VALUES ($1, now()) RETURNING 1", ["tide"])
        wire.rollback()
        assert not next_one()
        wire.deliver()
        assert wire.info.transaction_status.name in {"IDLE", "INTRANS"}
        wire.rollback()


def test_what_cannot_be_committed_is_taken_back_and_the_connection_goes_on(site: Site) -> None:
    with site.database.writer.connect() as connection:
        connection.begin()
        connection.connection.dbapi_connection.put(RATIO, [0])  # type: ignore[union-attr]  # the driver's own
        with pytest.raises(sa.exc.DataError):
            connection.commit()
    for _ in range(2):
        with site.database.reading() as session:
            assert session.execute(sa.text("SELECT 1")).scalar_one() == 1


def test_nothing_is_sent_for_a_transaction_in_which_nothing_was_asked(site: Site) -> None:
    site.database.close()  # a connection that was used has a ROLLBACK under way
    with site.database.reading() as session:
        wire: Any = session.connection().connection.dbapi_connection
        was = wire.info.transaction_status
    assert was is wire.info.transaction_status
    assert was.name == "IDLE"


def test_a_transaction_that_begins_by_itself_begins_as_it_should(site: Site) -> None:
    with site.database.reader.connect() as connection:
        asked = connection.exec_driver_sql
        assert [asked("SHOW transaction_isolation").scalar() for _ in range(2)] == ["repeatable read"] * 2


def test_the_questions_of_an_articles_page_take_three_round_trips(
    app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cms.storage.wire import Wire

    write_article(site, "Cat", START, tags=["Time", "Rain"], section="City")
    reader, round_trips, make_round_trip = Reader(app), [], Wire._make_round_trip
    monkeypatch.setattr(Wire, "_make_round_trip", lambda wire: (round_trips.append(1), make_round_trip(wire)))
    reader.get("/articles/cat")  # which prepares the statements, and reads the comments
    round_trips.clear()
    reader.get("/articles/cat")
    assert len(round_trips) == 3
