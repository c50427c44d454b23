"""Limits hold when many try at one moment."""

import threading
from datetime import timedelta

import pytest

from cms.comments.actions.preparing import Submission, TooMany
from cms.comments.actions.submitting import submit
from cms.limits.actions import use_once
from cms.limits.rules import Visitor
from cms.site import Site
from tests.conftest import START
from tests.factories import write_article

pytestmark = pytest.mark.both_engines


def test_many_comments_at_one_moment_do_not_pass_the_limit(site: Site) -> None:
    article_id = write_article(site, "Cat", START)
    limit = site.settings.comments_per_ten_minutes
    outcomes: list[object] = []

    def send(number: int) -> None:
        sent = Submission(
            article_id=article_id,
            parent_id=None,
            root_id=None,
            language="en",
            name="Mallory",
            email="mallory@example.org",
            text=f"Buy number {number}.",
            notify=False,
            trap_filled=False,
            origin_known=True,
            visitor=Visitor("m" * 64),
        )
        outcomes.append(submit(site, sent, START))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(limit + 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == limit + 6
    assert sum(isinstance(outcome, TooMany) for outcome in outcomes) == 6


def test_what_is_good_once_is_good_once_for_two_at_one_moment(site: Site) -> None:
    began = threading.Barrier(2)
    found: list[bool] = []

    def use(secret: str) -> None:
        began.wait()
        with site.database.writing() as session:
            found.append(use_once(session, secret, START + timedelta(hours=1)))
            session.commit()

    for number in range(5):
        threads = [threading.Thread(target=use, args=(f"sum {number}",)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(found) == [False] * 5 + [True] * 5
