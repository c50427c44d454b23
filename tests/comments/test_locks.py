"""Transactions that change several comments never deadlock on PostgreSQL, which locks rows one by one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlmodel import col, select

from cms.comments.actions.fitting import refit
from cms.comments.actions.preparing import Plan, Submission, planned
from cms.comments.actions.submitting import CommentPromise
from cms.comments.models import HoldReason
from cms.comments.rules import CommentStatus
from cms.comments.signals import HoldCode
from cms.limits.rules import Visitor
from cms.moderation.actions.deciding import decide
from cms.moderation.rules import Verdict
from cms.privacy.actions.sweeping import sweep
from cms.site import Site
from cms.storage.group_commit import PendingWrite
from tests.comments.stored import stored
from tests.comments.test_learning import SPAM_WORDS, teach_much
from tests.conftest import ON_POSTGRESQL, START
from tests.factories import hire, send_comment, write_article

pytestmark = ON_POSTGRESQL
LATER = START + timedelta(days=60)
Person = psycopg.Connection[Any]


@pytest.fixture
def ids(site: Site) -> list[int]:
    """Give two held comments."""
    write_article(site, "Cat", START)
    return [send_comment(site, 1, START, text=text) for text in ("The first.", "The second.")]


@contextmanager
def somebody(site: Site) -> Iterator[Person]:
    """Give the connection of somebody else, who is at work in a transaction."""
    with psycopg.connect(site.settings.database_url) as connection:
        connection.execute("SET lock_timeout = '5s'")
        yield connection
        connection.rollback()


def take(person: Person, comment_id: int) -> None:
    """Let somebody take a comment as who decides about it does."""
    person.execute("SELECT FROM comment WHERE id = %s FOR NO KEY UPDATE NOWAIT", [comment_id])


def again(site: Site, text: str) -> PendingWrite[Any]:
    """Return the storing of a text that was sent before."""
    sent = Submission(
        article_id=1,
        parent_id=None,
        root_id=None,
        language="en",
        name="Dan",
        email="dan@example.org",
        text=text,
        notify=False,
        trap_filled=False,
        origin_known=True,
        visitor=Visitor(""),
    )
    with site.database.reading() as session:
        plan = planned(site, session, sent, LATER)
    assert isinstance(plan, Plan)
    assert plan.old_repeat_id
    promise = CommentPromise(site, plan, LATER)
    return PendingWrite(promise.store, promise.begin)


def test_texts_that_are_sent_anew_together_take_the_old_ones_in_order(site: Site, ids: list[int]) -> None:
    writes = [again(site, "The second."), again(site, "The first.")]
    with ThreadPoolExecutor(1) as beside, somebody(site) as cleo:
        take(cleo, ids[0])
        storing = beside.submit(site.database.group_commit.do_all, writes)
        while not storing.done() and not is_waiting_for_a_lock(site):
            pass
        take(cleo, ids[1])
        cleo.rollback()
        storing.result(10)
    assert [write.failure for write in writes] == [None, None]
    assert len(stored(site)) == 4


def test_a_sweep_leaves_what_somebody_decides_about_to_the_next(site: Site, ids: list[int]) -> None:
    decide(site, hire(site, "Cleo", START), ids, Verdict.REJECT, "advert", 2**31 - 1, START)
    with somebody(site) as cleo:
        take(cleo, ids[0])
        assert sweep(site, LATER)["texts"] == 1
        cleo.execute("UPDATE comment SET status = 'approved' WHERE id = %s", [ids[0]])
        cleo.commit()
    assert sweep(site, LATER)["texts"] == 0
    assert [(one.status, one.body_text) for one in stored(site)] == [
        (CommentStatus.APPROVED, "The first."),
        (CommentStatus.REJECTED, ""),
    ]


def test_a_fitting_of_the_filter_leaves_what_somebody_decides_about(site: Site, ids: list[int]) -> None:
    waiting = [*ids, *(send_comment(site, 1, START, text=" ".join(SPAM_WORDS[at:])) for at in (0, 1))]
    teach_much(site, 30)
    with somebody(site) as cleo:
        take(cleo, waiting[-1])
        refit(site, START)
    with site.database.reading() as session:
        is_words = col(HoldReason.code) == HoldCode.WORDS
        assert set(session.exec(select(HoldReason.comment_id).where(is_words))) == {*waiting[:-1]}


def is_waiting_for_a_lock(site: Site) -> bool:
    """Tell whether any connection does."""
    with psycopg.connect(site.settings.database_url) as connection:
        waiting = (
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return connection.execute(waiting).fetchone() is not None
