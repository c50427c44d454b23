"""What people are told while the database cannot work: nothing false, with their words; then all goes on by itself."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from cms.site import Site
from cms.storage import embedded, hosted
from cms.storage.outages import is_outage, kind_of
from tests.comments.stored import stored
from tests.conftest import ON_POSTGRESQL, ON_SQLITE, START, Clock
from tests.desk.typist import Typist, fields_of
from tests.factories import hire, send_comment, write_article
from tests.postgresql import POSTGRESQL
from tests.reader import Moderator, Page, Reader, check_page

CAT = "/articles/cat"
# Too long for the free space of any page that the file has already.
WORDS = "My very words. " * 330
Outage = Callable[[Site], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait five seconds for a lock."""
    for room in (embedded, hosted):
        monkeypatch.setattr(room, "PATIENCE_SECONDS", 1)


@contextmanager
def told(site: Site, pragma: str) -> Iterator[None]:
    """Let each writing transaction begin with a pragma, which goes with its connection."""

    def obey(connection: sa.Connection) -> None:
        connection.exec_driver_sql(pragma)

    sa.event.listen(site.database.writer, "begin", obey)
    yield
    sa.event.remove(site.database.writer, "begin", obey)
    site.database.writer.dispose()


def full(site: Site) -> AbstractContextManager[None]:
    """Let the file be as long as it may become, with no free page in it."""
    raw = site.database.writer.raw_connection()
    raw.cursor().execute("VACUUM")
    raw.close()
    return told(site, "PRAGMA max_page_count=1")


def read_only(site: Site) -> AbstractContextManager[None]:
    """Let nothing be written."""
    return told(site, "PRAGMA query_only=ON")


@contextmanager
def locked(site: Site) -> Iterator[None]:
    """Hold what every writer of comments needs for longer than anybody waits."""
    with site.database.writing() as session:
        if not site.database.is_sqlite:
            session.connection().exec_driver_sql("LOCK TABLE comment IN SHARE ROW EXCLUSIVE MODE")
        else:
            session.connection()
        yield


@contextmanager
def gone(site: Site) -> Iterator[None]:
    """Stop PostgreSQL for this database: break every connection off and take no new one."""
    name = site.settings.database_url.rpartition("/")[2]
    url = POSTGRESQL.replace("postgresql://", "postgresql+psycopg://", 1)
    administer = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with administer.connect() as connection:
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
        connection.execute(
            sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :n"), {"n": name}
        )
        try:
            yield
        finally:
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')


@contextmanager
def damaged(site: Site) -> Iterator[None]:
    """Put something else in the file's place, and the file back at the end."""
    site.database.close()
    path = site.settings.instance / "broadsheet.db"
    path.rename(path.with_suffix(".whole"))
    path.write_bytes(b"This is no database. " * 1000)
    yield
    site.database.close()
    path.with_suffix(".whole").rename(path)


def filled(reader: Reader) -> dict[str, str]:
    """Return the fields of a form that Dan has filled in."""
    return {"name": "Dan", "email": "dan@example.org", "comment": WORDS, **reader.form_of(CAT)}


def check_refused(answer: TestResponse) -> dict[str, str]:
    """Check that nothing false is said and the words stand in a form; return its fields as they would be sent."""
    page = check_page(answer)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Location" not in answer.headers
    assert page.text("title").startswith("Error:")
    assert "could not be stored" in page.all("div", role="alert")[0][1]
    assert page.all("form", method="post")[0][0]["action"] == f"{CAT}/comments"
    return {name: value for name, value in fields_of(answer).items() if name != "website"}


@pytest.mark.parametrize(
    ("settings", "outage", "is_readable"),
    [
        ("sqlite", full, True),
        ("sqlite", read_only, True),
        ("sqlite", locked, True),
        ("sqlite", damaged, False),
        ("postgresql", locked, True),
        ("postgresql", gone, False),
    ],
    indirect=["settings"],
)
def test_a_comment_that_cannot_be_stored_is_503_with_its_words_and_goes_in_afterwards(
    app: Flask, site: Site, outage: Outage, is_readable: bool, caplog: pytest.LogCaptureFixture
) -> None:
    write_article(site, "Cat", START)
    reader = Reader(app)
    fields = filled(reader)
    assert reader.post(f"{CAT}/comments", {**fields, "comment": "Before."}).status_code == 303
    with outage(site):
        again = check_refused(reader.post(f"{CAT}/comments", fields))
        assert again == fields
        page = reader.get(CAT)
        assert page.status_code == (200 if is_readable else 503)
        check_page(page)
    assert "the database cannot work just now" in caplog.text
    assert "My very words" not in caplog.text
    assert len(stored(site)) == 1
    assert reader.get(CAT).status_code == 200
    sent = [reader.post(f"{CAT}/comments", again) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [303, 303]
    assert len({answer.headers["Location"] for answer in sent}) == 1
    assert len(stored(site)) == 2


@ON_POSTGRESQL
@pytest.mark.parametrize("is_stored", [False, True])
def test_a_connection_lost_around_commit_thanks_nobody_and_sending_again_stores_once(
    app: Flask, site: Site, is_stored: bool
) -> None:
    write_article(site, "Cat", START)
    reader = Reader(app)
    fields = filled(reader)
    reader.post(f"{CAT}/comments", {**fields, "comment": "Before."})  # the day's salt is there from now on

    @sa.event.listens_for(site.database.writer, "commit", once=True)
    def _lose(connection: sa.Connection) -> None:
        raw = connection.connection.dbapi_connection
        if is_stored:
            raw.commit()
        with site.database.reader.connect() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({raw.info.backend_pid})")
        if is_stored:
            connection.exec_driver_sql("SELECT 'the answer to COMMIT'")

    again = check_refused(reader.post(f"{CAT}/comments", fields))
    assert len(stored(site)) == (2 if is_stored else 1)
    assert reader.post(f"{CAT}/comments", again).status_code == 303
    assert len(stored(site)) == 2


@pytest.mark.breaks_the_schema
@pytest.mark.parametrize("table", ["decision", "article"])
@ON_SQLITE
def test_a_mistake_of_ours_is_500_with_the_words(
    app: Flask, site: Site, table: str, caplog: pytest.LogCaptureFixture
) -> None:
    write_article(site, "Cat", START)
    reader = Reader(app)
    fields = filled(reader)
    with site.database.writing() as session:
        session.connection().exec_driver_sql(f"DROP TABLE {table}")
        session.commit()
    answer = reader.post(f"{CAT}/comments", fields)
    page = check_page(answer)
    assert answer.status_code == 500
    assert page.text("textarea", id="comment") == WORDS.strip()
    assert page.all("input", id="email")[0][0]["value"] == "dan@example.org"
    assert "not your fault" in page.all("div", role="alert")[0][1]
    assert "no such table" in caplog.text
    assert "dan@example.org" not in caplog.text


@ON_SQLITE
def test_a_moderators_decision_and_an_authors_text_wait_on_the_page_that_says_so(
    app: Flask, site: Site, clock: Clock
) -> None:
    comment = send_comment(site, write_article(site, "Cat", START), START)
    for name in ("Ben", "Cleo"):
        hire(site, name, START)
    cleo, ben = Moderator(app, "Cleo"), Typist(app, "Ben")
    body = "It strikes thirteen. " * 300 + "\r\n\r\nThen it stops."
    article = {**ben.form(), "title": "The clock", "body_html": body}
    decision = {**cleo.hidden(), "verdict": "approve", "comment": str(comment)}
    clock.advance(minutes=2)  # after which a session would be noted as in use
    with read_only(site):
        assert cleo.get("/moderation/").status_code == 200
        refused = [
            ben.send("/desk/articles/new", "publish", article),
            cleo.client.post("/moderation/decisions", data=decision, headers=cleo.headers),
        ]
    for answer in refused:
        assert answer.status_code == 503
        assert "kept on this page" in check_page(answer).text("main")
    assert "Then it stops." in Page(refused[0].text).text("textarea")
    text = fields_of(refused[0])
    assert {**text, "body_html": ""} == {**article, "action": "publish", "body_html": ""}
    assert text["body_html"].split() == body.split()
    written = ben.client.post("/desk/articles/new", data=text, headers=ben.headers)
    assert written.status_code == 303
    decided = cleo.client.post("/moderation/decisions", data=fields_of(refused[1]), headers=cleo.headers)
    assert decided.status_code == 303
    assert str(stored(site)[0].status) == "approved"


@ON_POSTGRESQL
def test_postgresql_promises_what_it_stores_whatever_its_default_is(site: Site) -> None:
    name = site.settings.database_url.rpartition("/")[2]
    with site.database.writer.connect() as connection:
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        connection.commit()
    site.database.close()
    try:
        with site.database.writing() as session:
            asked = session.connection().exec_driver_sql
            assert asked("SHOW synchronous_commit").scalar() == "on"
            assert asked("SHOW lock_timeout").scalar() == "1s"
        with site.database.reading() as session:
            assert session.connection().exec_driver_sql("SHOW synchronous_commit").scalar() == "off"
    finally:
        with site.database.writer.connect() as connection:
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" RESET synchronous_commit')
            connection.commit()
        site.database.close()


def test_an_outage_is_told_from_a_mistake_and_logged_by_its_kind(tmp_path: Path) -> None:
    with pytest.raises(OperationalError) as nowhere:
        sa.create_engine(f"sqlite:///{tmp_path}/no/such/folder/x.db").connect()
    assert is_outage(nowhere.value)
    assert kind_of(nowhere.value) == "SQLITE_CANTOPEN"
    with pytest.raises(OperationalError) as mistaken, sa.create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("SELECT canary FROM nowhere")
    assert not is_outage(mistaken.value)
    assert not is_outage(ValueError("canary"))
