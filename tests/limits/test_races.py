"""Limits hold when many try at one moment."""

import threading

from cms.comments.actions.submitting import Submission, TooMany, submit
from cms.limits.rules import Visitor
from cms.site import Site
from tests.conftest import START
from tests.factories import write_article


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
