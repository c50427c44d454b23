"""What the spam folder changes for moderators, and that it changes nothing for who wrote."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from cms.comments.rules import CommentStatus
from cms.moderation.actions.deciding import decide
from cms.moderation.queries.log import Wanted, log_page
from cms.moderation.rules import SPAM_POLICY, Verdict
from cms.site import Site
from tests.comments.stored import deeds, stored
from tests.conftest import ON_SQLITE, START, Clock, application
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator, Reader

CAT = "/articles/the-cat"
ADVERT = "Hello friends, I have earned three thousand dollars a month from home with this wonderful method."
LATEST = 2**31 - 1


@pytest.fixture
def folding(site: Site, clock: Clock) -> Iterator[Flask]:
    """Give the application of a site with the spam folder, whose moderator has called ADVERT spam."""
    article = write_article(site, "The cat", clock())
    cleo = hire(site, "Cleo", clock())
    called = send_comment(site, article, clock(), text=ADVERT, email="mallory@example.org")
    decide(site, cleo, [called], Verdict.SPAM, "", LATEST, clock())
    return application(site.but(spam_folder=True, spam_threshold=800), clock)


@pytest.mark.both_engines
def test_a_copy_of_spam_goes_to_the_folder_by_policy_and_by_nobody(folding: Flask, site: Site) -> None:
    assert Reader(folding).comment(CAT, comment=f"{ADVERT} 17").status_code == 303
    last = stored(site)[-1]
    assert last.status is CommentStatus.SPAM
    assert deeds(site, last.id or 0) == ["submitted", "decided"]
    with site.database.reading() as session:
        newest = log_page(session, Wanted(), after=None, size=1).rows[0]
    assert (newest.policy, newest.by_name) == (SPAM_POLICY, "")


def test_the_figures_tell_what_it_caught_and_what_people_took_back(
    folding: Flask, site: Site, clock: Clock
) -> None:
    Reader(folding).comment(CAT, comment=f"{ADVERT} 17")
    cleo = Moderator(folding, "Cleo")
    said = "The filter put into the spam folder by itself: 1. People took back out: %s."
    assert said % 0 in cleo.page("/moderation/figures").text("main")
    clock.advance(minutes=1)
    decide(site, 1, [stored(site)[-1].id or 0], Verdict.APPROVE, "", LATEST, clock())
    assert said % 1 in cleo.page("/moderation/figures").text("main")


@pytest.mark.both_engines
def test_its_writer_sees_exactly_what_the_writer_of_a_held_one_sees(folding: Flask, site: Site) -> None:
    answers = []
    for text in (f"{ADVERT} 18", "The cat was here before, and she will be again."):
        reader = Reader(folding)
        first = reader.comment(CAT, comment=text)
        again = reader.comment(CAT, comment=text)
        assert again.headers["Location"] == first.headers["Location"], "the same text again is one comment"
        page = reader.get(first.headers["Location"]).text.replace(text, "TEXT")
        headers = {name: value for name, value in first.headers if name not in {"Location", "Content-Length"}}
        answers.append(
            (first.status_code, headers, re.sub(r"[0-9a-f]{32,}|\d+\.[0-9a-f]{40}", "SECRET", page))
        )
    assert answers[0] == answers[1]
    assert [comment.status.value for comment in stored(site)] == ["spam", "spam", "held"]


@ON_SQLITE
def test_a_site_that_did_not_ask_for_it_holds_everything(folding: Flask, site: Site, app: Flask) -> None:
    Reader(app).comment(CAT, comment=f"{ADVERT} 17")
    assert stored(site)[-1].status is CommentStatus.HELD


@ON_SQLITE
def test_a_person_can_take_it_out_again(folding: Flask, site: Site) -> None:
    Reader(folding).comment(CAT, comment=f"{ADVERT} 17")
    last = stored(site)[-1]
    decide(site, 1, [last.id or 0], Verdict.APPROVE, "", LATEST, START)
    assert stored(site)[-1].status is CommentStatus.APPROVED
