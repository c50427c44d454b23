"""Timed jobs: every worker looks what is due, and one of them at a time carries it out."""

import atexit
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cms import logs
from cms.db import UtcTime, table_of
from cms.site import Site
from cms.storage.dialects import insert_into
from cms.storage.rows import changed_any

# Longer than any job takes. After that time the job of a worker that has died may be taken by another.
LEASE = timedelta(minutes=10)
FIRST_PAUSE = timedelta(minutes=1)  # before a job that failed is tried again, doubled each time
LONGEST_PAUSE = timedelta(minutes=30)
LOOK_SECONDS = 2.0  # between two looks at what is due; each costs one SELECT
LOOK_SECONDS_AT_MOST = 60.0  # while the database does not answer
STOP_SECONDS = 3.0  # that a worker which is told to stop waits for the job at hand


class JobState(SQLModel, table=True):
    """When a job is due next, and which worker has it until when; the one table that belongs to no feature."""

    __tablename__ = "job"
    __table_args__ = (
        sa.CheckConstraint("(leased_until IS NULL) = (leased_by IS NULL)", name="leased"),
        sa.CheckConstraint("failures >= 0", name="failures"),
    )

    name: str = Field(primary_key=True, max_length=40)
    due_at: datetime = Field(sa_type=UtcTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcTime)
    leased_by: str | None = Field(default=None, max_length=32)
    ran_at: datetime | None = Field(default=None, sa_type=UtcTime)
    failures: int = Field(default=0)


_JOB = table_of(JobState)


def always(_site: Site, _now: datetime) -> bool:
    """Say that there is work to do."""
    return True


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is due every so often, if there is something to do (`wanted`).

    The work commits by itself, and may be cut off: after LEASE another worker begins it again. `wanted` only reads.
    """

    name: str
    every: timedelta
    work: Callable[[Site, datetime], object]
    wanted: Callable[[Site, datetime], bool] = always


class Runner:
    """A thread that carries jobs out until it is told to stop; front.py and wsgi.py start one in each process."""

    def __init__(self, site: Site, jobs: Sequence[Job], clock: Callable[[], datetime]) -> None:
        """Take the jobs and the clock; nothing begins yet."""
        self._site, self._jobs, self._clock = site, jobs, clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin. After any fork: a thread does not come along into a child."""
        atexit.register(self.stop)
        self._thread.start()

    def stop(self) -> None:
        """Begin no further job, and wait STOP_SECONDS at most for the one at hand."""
        self._stopping.set()
        self._thread.join(STOP_SECONDS)
        atexit.unregister(self.stop)

    def _run(self) -> None:
        by, pause = secrets.token_hex(8), LOOK_SECONDS
        while not self._stopping.wait(pause):
            try:
                run_due(self._site, self._jobs, self._clock, by, self._stopping.is_set)
                pause = LOOK_SECONDS
            except Exception as error:  # a thread that ended here would end every job for good
                logs.write_failed_job("looking for what is due", error)
                pause = min(pause * 2, LOOK_SECONDS_AT_MOST)


def never() -> bool:
    """Say that nothing tells this process to stop."""
    return False


def run_due(
    site: Site,
    jobs: Sequence[Job],
    clock: Callable[[], datetime],
    by: str,
    is_stopping: Callable[[], bool] = never,
) -> list[str]:
    """Carry out each job that is due and that no other worker has; return their names.

    One SELECT, and around the work of each job that is due two short transactions.
    """
    with site.database.reading() as session:
        states = {row.name: (row.due_at, row.leased_until) for row in session.execute(_STATES)}
    done = []
    for job in jobs:
        now = clock()
        if is_stopping():
            break
        if (
            _seems_free(states.get(job.name), job, now)
            and job.wanted(site, now)
            and _claim(site, job, now, by)
        ):
            _carry_out(site, job, clock, by)
            done.append(job.name)
    return done


_STATES = sa.select(_JOB.c.name, _JOB.c.due_at, _JOB.c.leased_until).limit(1000)


def _furthest(job: Job, now: datetime) -> datetime:
    """Return the furthest moment at which a job can be due; a later one was noted by a clock that ran ahead."""
    return now + max(job.every, LONGEST_PAUSE)


def _seems_free(state: tuple[datetime, datetime | None] | None, job: Job, now: datetime) -> bool:
    """Tell from what was read whether a claim is worth a transaction."""
    if state is None:
        return True
    due_at, leased_until = state
    is_due = due_at <= now or due_at > _furthest(job, now)
    return is_due and (leased_until is None or leased_until <= now or leased_until > now + LEASE)


def _claim(site: Site, job: Job, now: datetime, by: str) -> bool:
    """Take the job for LEASE, by compare-and-set; False where another worker was faster."""
    due_at, leased_until = _JOB.c.due_at, _JOB.c.leased_until
    with site.database.writing() as session:
        noted = insert_into(session, _JOB).values(name=job.name, due_at=now, failures=0)
        session.execute(noted.on_conflict_do_nothing())
        is_claimed = changed_any(
            session,
            sa.update(_JOB)
            .where(
                _JOB.c.name == job.name,
                sa.or_(due_at <= now, due_at > _furthest(job, now)),
                sa.or_(leased_until.is_(None), leased_until <= now, leased_until > now + LEASE),
            )
            .values(leased_until=now + LEASE, leased_by=by),
        )
        session.commit()
    return is_claimed


def _carry_out(site: Site, job: Job, clock: Callable[[], datetime], by: str) -> None:
    """Do the work and note it; work that raises is tried again later, after twice as long each time."""
    began = clock()
    try:
        job.work(site, began)
    except Exception as error:  # whatever it is, the other jobs go on
        logs.write_failed_job(job.name, error)
        _note(site, job, by, clock(), failed=True)
    else:
        _note(site, job, by, began, failed=False)


def _note(site: Site, job: Job, by: str, now: datetime, *, failed: bool) -> None:
    with site.database.writing() as session:
        mine = (_JOB.c.name == job.name, _JOB.c.leased_by == by)
        failures = session.execute(sa.select(_JOB.c.failures).where(*mine)).scalar_one_or_none()
        if failures is None:  # it took longer than its lease, and another worker has it now
            return
        failures = failures + 1 if failed else 0
        values = {"due_at": now + _pause(failures), "failures": failures} if failed else _done(job, now)
        session.execute(sa.update(_JOB).where(*mine).values(leased_until=None, leased_by=None, **values))
        session.commit()


def _done(job: Job, began: datetime) -> dict[str, object]:
    return {"due_at": began + job.every, "ran_at": began, "failures": 0}


def _pause(failures: int) -> timedelta:
    """Return how long a job that failed so many times in a row waits: 1, 2, 4 … 30 minutes."""
    return min(FIRST_PAUSE * (1 << min(failures - 1, 10)), LONGEST_PAUSE)
