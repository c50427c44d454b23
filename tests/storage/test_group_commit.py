"""Deeds of many threads share a commit, and none is the worse for another."""

import fcntl
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, InternalError, OperationalError
from sqlmodel import Session, col, select

from cms import db
from cms.articles.models import Tag
from cms.db import Database
from cms.moderation.models import Decision
from cms.site import Site
from cms.storage.group_commit import PendingWrite
from tests.conftest import ON_POSTGRESQL, ON_SQLITE, START
from tests.factories import send_comment, write_article

Work = Callable[[Session], str]


@pytest.fixture
def database(site: Site) -> Database:
    """Give the database of a site."""
    return site.database


def adding(slug: str) -> Work:
    """Return a deed that stores a tag and returns its slug."""

    def work(session: Session) -> str:
        session.add(Tag(slug=slug, name=slug))
        session.flush()
        return slug

    return work


def slugs(database: Database) -> list[str]:
    """Return the slugs of all tags that are committed."""
    with database.reading() as session:
        return sorted(session.exec(select(Tag.slug)))


@contextmanager
def commits(database: Database) -> Iterator[list[object]]:
    """Give the list of the commits that happen meanwhile."""
    seen: list[object] = []

    def note(connection: sa.Connection) -> None:
        seen.append(connection)

    sa.event.listen(database.writer, "commit", note)
    yield seen
    sa.event.remove(database.writer, "commit", note)


def in_one_line(database: Database, works: list[Work]) -> list[object]:
    """Let each thread do one of `works` while the first one holds all others up; return what each is told."""
    held, go = threading.Event(), threading.Event()

    def holding(session: Session) -> str:
        held.set()
        go.wait(10)
        return adding("first")(session)

    def told(work: Work) -> object:
        try:
            return database.write(work)
        except Exception as failure:
            return failure

    with ThreadPoolExecutor(len(works) + 1) as people:
        first = people.submit(told, holding)
        held.wait(10)
        others = [people.submit(told, work) for work in works]
        wait_until_there_are(database, len(works))
        go.set()
        assert first.result() == "first"
        return [one.result() for one in others]


def wait_until_there_are(database: Database, number: int) -> None:
    """Return once so many stand in the line."""
    while len(database.group_commit) < number:
        threading.Event().wait(0.001)


@pytest.mark.both_engines
def test_what_is_written_is_there_once_it_is_told(database: Database) -> None:
    assert database.write(adding("cat")) == "cat"
    assert slugs(database) == ["cat"]


@pytest.mark.both_engines
def test_who_fails_alone_is_told_so_and_leaves_nothing(database: Database) -> None:
    def work(session: Session) -> str:
        adding("dog")(session)
        raise LookupError("no such thing")

    with pytest.raises(LookupError):
        database.write(work)
    assert slugs(database) == []
    assert database.write(adding("cat")) == "cat"


@pytest.mark.both_engines
def test_all_who_wait_share_one_commit(database: Database) -> None:
    with commits(database) as seen:
        told = in_one_line(database, [adding(f"n{number}") for number in range(6)])
    assert told == [f"n{number}" for number in range(6)]
    assert slugs(database) == ["first", *(f"n{number}" for number in range(6))]
    assert len(seen) == 2


def test_what_deeds_begin_with_goes_before_the_work_of_any_and_is_done_again_where_one_goes_wrong(
    database: Database,
) -> None:
    done = list[str]()

    def noting(name: str) -> PendingWrite[None]:
        return PendingWrite(lambda _: works(name), lambda _: done.append(f"begin {name}"))

    def works(name: str) -> None:
        done.append(name)
        if name == "hopeless":
            raise LookupError

    deeds = [noting("a"), noting("hopeless")]
    database.group_commit.do_all(deeds)
    assert done == [
        "begin a",
        "begin hopeless",
        "a",
        "hopeless",
        "begin a",
        "a",
        "begin hopeless",
        "hopeless",
    ]
    assert [deed.failure is None for deed in deeds] == [True, False]


@pytest.mark.both_engines
def test_comments_of_one_line_are_stored_by_one_statement(database: Database, site: Site) -> None:
    article = write_article(site, "Tide", START)
    stored, sending = list[str](), list[Future[int]]()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        stored.extend(re.findall(r"^INSERT INTO (comment|decision) ", statement))

    def first_of_the_line(session: Session) -> str:
        sending.extend(
            people.submit(send_comment, site, article, START, name=name, text=f"I am {name}.")
            for name in ("Ada", "Ben", "Cleo")
        )
        wait_until_there_are(database, 3)
        return adding("first")(session)

    with ThreadPoolExecutor(4) as people:
        sa.event.listen(database.writer, "before_cursor_execute", note)
        database.write(first_of_the_line)
        ids = [one.result() for one in sending]
        sa.event.remove(database.writer, "before_cursor_execute", note)
    assert stored == ["comment", "decision"]
    with database.reading() as session:
        assert sorted(ids) == session.exec(select(Decision.comment_id).order_by(col(Decision.id))).all()


@pytest.mark.both_engines
def test_one_that_fails_spoils_no_other_of_its_line(database: Database) -> None:
    def hopeless(session: Session) -> str:
        adding("half")(session)
        raise LookupError("no such thing")

    told = in_one_line(database, [adding("a"), hopeless, adding("a"), adding("b")])
    assert [type(one) for one in told] == [str, LookupError, IntegrityError, str]
    assert slugs(database) == ["a", "b", "first"]


@pytest.mark.both_engines
def test_an_outage_is_told_to_everybody_in_line(database: Database) -> None:
    def broken(session: Session) -> str:
        nothing_may_change = "PRAGMA query_only=ON" if database.is_sqlite else "SET TRANSACTION READ ONLY"
        session.connection().exec_driver_sql(nothing_may_change)
        return adding("never")(session)

    told = in_one_line(database, [adding("a"), broken, adding("b")])
    database.close()
    assert [type(one) for one in told] == [OperationalError if database.is_sqlite else InternalError] * 3
    assert slugs(database) == ["first"]


@ON_POSTGRESQL
def test_who_met_another_in_a_circle_is_carried_out_alone(database: Database) -> None:
    tries = []

    def clashing(session: Session) -> str:
        tries.append(session)
        if len(tries) == 1:
            session.connection().exec_driver_sql("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$")
        return adding("clashing")(session)

    told = in_one_line(database, [adding("a"), clashing, adding("b")])
    assert told == ["a", "clashing", "b"]
    assert slugs(database) == ["a", "b", "clashing", "first"]


def test_who_is_done_waits_for_nobody_who_came_later(database: Database) -> None:
    go, late = threading.Event(), list[Future[str]]()

    def last_of_the_line(session: Session) -> str:
        late.extend(people.submit(database.write, held_up(f"late {number}")) for number in range(3))
        wait_until_there_are(database, 3)
        return adding("last")(session)

    def held_up(slug: str) -> Work:
        return lambda session: adding(slug)(session) if go.wait(10) else ""

    with ThreadPoolExecutor(3) as people:
        told = in_one_line(database, [adding("a"), adding("b"), last_of_the_line])
        assert told == ["a", "b", "last"]
        assert not any(one.done() for one in late)
        go.set()


@ON_SQLITE
def test_a_commit_that_fails_thanks_nobody(database: Database) -> None:
    def fail(_connection: sa.Connection) -> None:
        raise OperationalError("COMMIT", {}, Exception("disk I/O error"), connection_invalidated=True)

    sa.event.listen(database.writer, "commit", fail)
    with pytest.raises(OperationalError):
        database.write(adding("cat"))
    sa.event.remove(database.writer, "commit", fail)
    assert slugs(database) == []


@ON_SQLITE
def test_nobody_waits_longer_for_another_writer_than_that_one_writes(database: Database, site: Site) -> None:
    other = db.open_database(site.settings)
    with other.writing() as session:
        adding("other")(session)
        with ThreadPoolExecutor(1) as people:
            waiting = people.submit(database.write, adding("cat"))
            threading.Event().wait(0.2)
            assert not waiting.done()
            session.commit()
            assert waiting.result(1) == "cat"
    other.close()


@ON_SQLITE
def test_who_waits_to_write_goes_in_before_who_has_just_written(database: Database, site: Site) -> None:
    other, order = db.open_database(site.settings), list[str]()

    def write(through: Database, name: str) -> None:
        with through.writing() as session:
            adding(name)(session)
            order.append(name)
            session.commit()

    with ThreadPoolExecutor(1) as people:
        with database.writing() as session:
            adding("first")(session)
            waiting = people.submit(write, other, "waiting")
            assert _is_waited_for(site.settings.instance)
            session.commit()
        write(database, "again")
        waiting.result(5)
    other.close()
    assert order == ["waiting", "again"]


def _is_waited_for(instance: Path) -> bool:
    """Tell whether somebody comes to hold the place in front of the database within seconds."""
    until, place = time.monotonic() + 5, os.open(instance, os.O_RDONLY)
    try:
        while time.monotonic() < until:
            try:
                fcntl.flock(place, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            fcntl.flock(place, fcntl.LOCK_UN)
            time.sleep(0.001)
        return False
    finally:
        os.close(place)
