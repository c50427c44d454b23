"""The site's own clock: each job in its time, by one worker, through failures, deaths and clocks that jump."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from cms import jobs, timed_jobs
from cms.jobs import Job, Runner, run_due
from cms.site import Site
from tests.conftest import ON_SQLITE, START, Clock

WORDS = "dan@example.org has written something"


class Work:
    """Work that notes when it was done, and fails on demand."""

    def __init__(self) -> None:
        self.done: list[datetime] = []
        self.failing = False

    def __call__(self, _site: Site, now: datetime) -> None:
        self.done.append(now)
        if self.failing:
            raise ValueError(WORDS)


@pytest.fixture
def work() -> Work:
    """Give work that has not been done yet."""
    return Work()


@pytest.fixture
def hourly(work: Work) -> list[Job]:
    """Give the one job of this clock."""
    return [Job("hourly", timedelta(hours=1), work)]


@pytest.mark.both_engines
def test_a_job_is_done_at_once_and_then_in_its_time(
    site: Site, clock: Clock, hourly: list[Job], work: Work
) -> None:
    assert run_due(site, hourly, clock, "a") == ["hourly"]
    clock.advance(minutes=59)
    assert run_due(site, hourly, clock, "a") == []
    clock.advance(minutes=1)
    assert run_due(site, hourly, clock, "b") == ["hourly"]
    assert work.done == [START, START + timedelta(hours=1)]


@pytest.mark.both_engines
def test_of_many_workers_at_one_moment_one_does_the_job(site: Site, clock: Clock) -> None:
    began, done = threading.Barrier(4), []
    slow = [Job("slow", timedelta(hours=1), lambda _site, _now: done.append(time.sleep(0.05)))]

    def look(worker: int) -> None:
        began.wait()
        run_due(site, slow, clock, f"worker {worker}")

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(look, range(4)))
    assert len(done) == 1


@ON_SQLITE
def test_the_job_of_a_worker_that_died_is_free_after_its_lease(
    site: Site, clock: Clock, hourly: list[Job], work: Work
) -> None:
    def die(_site: Site, _now: datetime) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_due(site, [Job("hourly", timedelta(hours=1), die)], clock, "dead")
    clock.advance(minutes=9)
    assert run_due(site, hourly, clock, "alive") == []
    clock.advance(minutes=1)
    assert run_due(site, hourly, clock, "alive") == ["hourly"]
    assert len(work.done) == 1


@ON_SQLITE
def test_a_job_that_fails_waits_twice_as_long_each_time_and_stops_no_other(
    site: Site, clock: Clock, hourly: list[Job], work: Work, caplog: pytest.LogCaptureFixture
) -> None:
    work.failing = True
    other = Work()
    both = [*hourly, Job("other", timedelta(days=1), other)]
    waited = []
    for _ in range(7):
        since = clock.now
        while not run_due(site, both, clock, "a"):
            clock.advance(minutes=1)
        waited.append((clock.now - since) // timedelta(minutes=1))
    assert waited == [0, 1, 2, 4, 8, 16, 30]
    assert len(other.done) == 1
    assert "ValueError" in caplog.text
    assert WORDS not in caplog.text
    work.failing = False
    clock.advance(minutes=30)
    assert run_due(site, both, clock, "a") == ["hourly"]
    clock.advance(hours=1)
    assert run_due(site, both, clock, "a") == ["hourly"]


@ON_SQLITE
def test_a_clock_that_is_set_back_ends_no_job(
    site: Site, clock: Clock, hourly: list[Job], work: Work
) -> None:
    clock.advance(days=400)
    run_due(site, hourly, clock, "a")
    clock.now = START
    assert run_due(site, hourly, clock, "a") == ["hourly"]
    assert work.done[-1] == START


@ON_SQLITE
def test_a_job_for_which_there_is_nothing_to_do_writes_nothing(site: Site, clock: Clock, work: Work) -> None:
    idle = [Job("idle", timedelta(seconds=5), work, wanted=lambda _site, _now: False)]
    assert run_due(site, idle, clock, "a") == []
    with site.database.reading() as session:
        assert session.get(jobs.JobState, "idle") is None


@ON_SQLITE
def test_a_runner_stops_at_once_and_begins_nothing_more(
    site: Site, clock: Clock, hourly: list[Job], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LOOK_SECONDS", 0.01)
    runner = Runner(site, hourly, clock)
    runner.start()
    deadline = time.monotonic() + 5
    while not work.done and time.monotonic() < deadline:
        time.sleep(0.01)
    began = time.monotonic()
    runner.stop()
    assert time.monotonic() - began < 1
    clock.advance(hours=2)
    time.sleep(0.05)
    assert len(work.done) == 1


@ON_SQLITE
def test_a_runner_outlives_a_database_that_does_not_answer(
    site: Site, clock: Clock, hourly: list[Job], work: Work, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr(jobs, "LOOK_SECONDS", 0.01)
    with site.database.writing() as session:
        session.connection().exec_driver_sql("ALTER TABLE job RENAME TO elsewhere")
        session.commit()
    runner = Runner(site, hourly, clock)
    with caplog.at_level(logging.ERROR):
        runner.start()
        while "looking for what is due" not in caplog.text:
            time.sleep(0.01)
    with site.database.writing() as session:
        session.connection().exec_driver_sql("ALTER TABLE elsewhere RENAME TO job")
        session.commit()
    deadline = time.monotonic() + 5
    while not work.done and time.monotonic() < deadline:
        time.sleep(0.01)
    runner.stop()
    assert work.done == [START]


def test_every_job_has_a_name_of_its_own() -> None:
    names = [job.name for job in timed_jobs()]
    assert len(names) == len(set(names))
    assert all(len(name) <= 40 for name in names)


@ON_SQLITE
def test_a_database_that_cannot_work_takes_one_line_of_the_log_at_each_look(
    site: Site,
    clock: Clock,
    hourly: list[Job],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def obey(connection: sa.Connection) -> None:
        connection.exec_driver_sql("PRAGMA query_only=ON")

    monkeypatch.setattr(jobs, "LOOK_SECONDS", 0.01)
    sa.event.listen(site.database.writer, "begin", obey)
    runner = Runner(site, hourly, clock)
    runner.start()
    until = time.monotonic() + 10
    while not caplog.messages and time.monotonic() < until:
        time.sleep(0.01)
    runner.stop()
    sa.event.remove(site.database.writer, "begin", obey)
    site.database.writer.dispose()
    assert (
        caplog.messages[0]
        == "the job looking for what is due waits until the database can work: SQLITE_READONLY"
    )
