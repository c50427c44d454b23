"""Policies decide beforehand about comments that come in, for as long as they are in force and no moment longer."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import col

import cms
from cms.comments.actions.editing import Edit, Edited, edit
from cms.comments.models import Comment, HoldReason
from cms.comments.signals import HoldCode
from cms.limits.rules import Visitor
from cms.moderation.actions.deciding import decide
from cms.moderation.actions.policies import keep_policy, switch
from cms.moderation.models import Decision, Policy
from cms.moderation.policies import Effect, PolicyKind, Terms, Which
from cms.moderation.queries.policies import policy
from cms.moderation.rules import Verdict
from cms.privacy.actions.erasing import forget_person
from cms.privacy.actions.sweeping import sweep
from cms.site import Site
from tests.articles.paper import counted
from tests.comments.stored import stored
from tests.conftest import START, Clock
from tests.factories import hire, send_comment, write_article
from tests.reader import Reader

LATEST = 2**31 - 1
FERRY = "/articles/the-ferry"
LATER = START + timedelta(days=7)
WORDS = Terms(PolicyKind.WORDS, Effect.SPAM, lines="casino\nfree * money")


@pytest.fixture
def article(site: Site) -> int:
    for name in ("Cleo", "Ben"):
        hire(site, name, START)
    return write_article(site, "The ferry", START, section="City")


def _keep(site: Site, terms: Terms, **more: Any) -> int:
    made = keep_policy(site, 2, terms, START, **more)
    assert isinstance(made, int)
    return made


def _fingerprint(site: Site, email: str = "dan@example.org") -> str:
    return site.vault.fingerprint(email)


def _of(site: Site, comment_id: int) -> tuple[str, str, str]:
    """Return a comment's state, and the policy and reason of its last entry."""
    with site.database.reading() as session:
        status = session.execute(
            sa.select(col(Comment.status)).where(col(Comment.id) == comment_id)
        ).scalar_one()
        last = session.execute(
            sa.select(col(Decision.policy), col(Decision.reason))
            .where(col(Decision.comment_id) == comment_id)
            .order_by(col(Decision.id).desc())
            .limit(1)
        ).one()
    return status.value, last.policy, last.reason


def _held_by(site: Site, comment_id: int) -> int | None:
    with site.database.reading() as session:
        return session.execute(
            sa.select(col(HoldReason.measure)).where(
                col(HoldReason.comment_id) == comment_id, col(HoldReason.code) == HoldCode.POLICY
            )
        ).scalar_one_or_none()


@pytest.mark.both_engines
def test_a_comment_that_a_policy_meets_becomes_what_it_says(site: Site, article: int) -> None:
    words = _keep(site, WORDS)
    hosts = _keep(site, Terms(PolicyKind.HOSTS, Effect.REJECT, lines="bad.example", reason="advert"))
    dan = Terms(
        PolicyKind.COMMENTER,
        Effect.SPAM,
        ends_at=LATER,
        email_fingerprint=_fingerprint(site, "mallory@example.org"),
    )
    commenter = _keep(site, dan)
    assert _of(site, send_comment(site, article, START, text="What a C4SINO!")) == (
        "spam",
        f"policy {words}",
        "",
    )
    assert _of(site, send_comment(site, article, START, text="See http://shop.bad.example/x")) == (
        "rejected",
        f"policy {hosts}",
        "advert",
    )
    hers = send_comment(site, article, START, name="M", email="Mallory@example.org", text="Quite harmless.")
    assert _of(site, hers) == ("spam", f"policy {commenter}", "")
    assert _of(site, send_comment(site, article, START, text="A word about the ferry.")) == ("held", "", "")
    later = START + timedelta(days=8)
    again = send_comment(site, article, later, name="M", email="mallory@example.org", text="And again.")
    assert _of(site, again) == ("held", "", ""), "it has ended"
    with site.database.reading() as session:
        hits = session.execute(sa.select(col(Policy.id), col(Policy.hits))).all()
    assert dict(map(tuple, hits)) == {words: 1, hosts: 1, commenter: 1}


@pytest.mark.both_engines
def test_a_policy_about_a_place_holds_whom_it_names(site: Site, article: int) -> None:
    seen = send_comment(site, article, START, text="The first word.")
    decide(site, 1, [seen], Verdict.APPROVE, "", LATEST, START)
    first = _keep(site, Terms(PolicyKind.SECTION, Effect.HOLD, Which.FIRST, section_id=1))
    links = _keep(site, Terms(PolicyKind.ARTICLE, Effect.HOLD, Which.LINKS, article_id=article))
    known = send_comment(site, article, START, text="The second word.")
    stranger = send_comment(site, article, START, name="Eve", email="eve@example.org", text="A third.")
    linking = send_comment(site, article, START, text="Look at http://example.org/x")
    assert [_held_by(site, one) for one in (known, stranger, linking)] == [None, first, links]
    assert [_of(site, one)[0] for one in (known, stranger, linking)] == ["held"] * 3


@pytest.mark.both_engines
def test_a_policy_is_true_at_once_for_every_process_and_switched_off_at_once(
    site: Site, article: int
) -> None:
    send_comment(site, article, START, text="Before any policy.")
    other = cms.open_site(site.settings)
    try:
        number = _keep(other, WORDS)
        assert _of(site, send_comment(site, article, START, text="A casino."))[0] == "spam"
        assert switch(other, 2, number, START, on=False) is True
        assert switch(other, 2, number, START, on=False) is False
        assert _of(site, send_comment(site, article, START, text="Another casino."))[0] == "held"
        assert switch(site, 2, number, START, on=True) is True
        assert _of(site, send_comment(site, article, START, text="A third casino."))[0] == "spam"
    finally:
        other.database.close()


@pytest.mark.both_engines
def test_a_policy_that_is_switched_off_while_comments_come_is_never_applied_after(
    site: Site, article: int
) -> None:
    number = _keep(site, WORDS)
    begun, stop = threading.Barrier(4), threading.Event()
    failed: list[BaseException] = []

    def send(name: str) -> None:
        try:
            begun.wait(10)
            for count in range(200):
                send_comment(
                    site,
                    article,
                    START,
                    name=name,
                    email=f"{name}@example.org",
                    text=f"Casino {name} {count}.",
                )
                if stop.is_set() and count > 5:
                    return
        except BaseException as error:
            failed.append(error)

    site = site.but(rate_limits=False)
    threads = [threading.Thread(target=send, args=(name,)) for name in ("Ann", "Bob", "Cid")]
    for thread in threads:
        thread.start()
    begun.wait(10)
    while len(stored(site)) < 6 and not failed:
        pass
    assert switch(site, 2, number, START, on=False) is True
    with site.database.reading() as session:
        newest = session.execute(sa.select(sa.func.max(col(Decision.id)))).scalar_one()
    while len(stored(site)) < 12 and not failed:
        pass
    stop.set()
    for thread in threads:
        thread.join(60)
    assert not failed
    with site.database.reading() as session:
        by_policy = sa.select(col(Decision.id)).where(col(Decision.policy) == f"policy {number}")
        applied = session.execute(by_policy).scalars().all()
        hits = session.execute(sa.select(col(Policy.hits))).scalar_one()
    assert applied
    assert max(applied) <= newest
    assert hits == len(applied)
    assert {comment.status.value for comment in stored(site)[-2:]} == {"held"}


def test_an_edit_is_met_as_a_comment_is(site: Site, article: int) -> None:
    number = _keep(site, WORDS)
    waiting = send_comment(site, article, START, text="A word about the ferry.")
    public = send_comment(site, article, START, text="Another word about it.")
    decide(site, 1, [public], Verdict.APPROVE, "", LATEST, START)
    wanted = Edit("Dan", "Come to the casino.", True, Visitor())
    assert edit(site, waiting, wanted, START) is Edited.CHANGED
    assert edit(site, public, wanted, START) is Edited.HELD
    assert _of(site, waiting)[:2] == ("spam", f"policy {number}")
    assert _of(site, public)[:2] == ("approved", "")
    assert _held_by(site, public) == number, "what a person has approved stays, its edit waits for one"


@pytest.mark.both_engines
def test_who_is_met_is_forgotten_with_the_person_and_when_the_policy_ends(site: Site, article: int) -> None:
    terms = Terms(PolicyKind.COMMENTER, Effect.HOLD, ends_at=LATER)
    for email in ("dan@example.org", "eve@example.org"):
        _keep(
            site, Terms(terms.kind, terms.effect, ends_at=LATER, email_fingerprint=_fingerprint(site, email))
        )
    with site.database.writing() as session:
        forget_person(session, _fingerprint(site))
        session.commit()

    def known() -> list[bool]:
        with site.database.reading() as session:
            rows = session.execute(sa.select(col(Policy.email_fingerprint)).order_by(col(Policy.id)))
            return [one is not None for one in rows.scalars()]

    assert known() == [False, True]
    sweep(site, LATER)
    assert known() == [False, False]


def test_a_changed_policy_takes_the_place_of_the_one_that_it_changes(site: Site, article: int) -> None:
    old = _keep(site, WORDS)
    new = _keep(site, Terms(PolicyKind.WORDS, Effect.REJECT, lines="casino"), replaces=old)
    assert _of(site, send_comment(site, article, START, text="A casino."))[:2] == (
        "rejected",
        f"policy {new}",
    )
    with site.database.reading() as session:
        before, after = policy(session, old), policy(session, new)
    assert before is not None
    assert after is not None
    assert (before.is_on, before.terms.lines, after.replaces) == (False, WORDS.lines, old)


def test_whom_a_policy_sends_to_the_spam_folder_sees_nothing_of_it(
    site: Site, app: Flask, article: int, clock: Clock
) -> None:
    _keep(
        site,
        Terms(
            PolicyKind.COMMENTER,
            Effect.SPAM,
            ends_at=LATER,
            email_fingerprint=_fingerprint(site, "m@example.org"),
        ),
    )
    answers = []
    for email in ("m@example.org", "dan@example.org"):
        reader, words = Reader(app), f"A word about the ferry, by {email[0]}."
        first = reader.comment(FERRY, comment=words, email=email)
        again = reader.comment(FERRY, comment=words, email=email)
        assert again.headers["Location"] == first.headers["Location"], "the same text again is one comment"
        page = reader.get(first.headers["Location"]).text.replace(words, "TEXT")
        headers = {name: value for name, value in first.headers if name not in {"Location", "Content-Length"}}
        answers.append(
            (first.status_code, headers, re.sub(r"[0-9a-f]{32,}|\d+\.[0-9a-f]{40}", "SECRET", page))
        )
    assert answers[0] == answers[1]
    assert [comment.status.value for comment in stored(site)] == ["spam", "held"]


def test_a_closed_section_takes_no_comments_and_its_kept_pages_say_so(
    site: Site, app: Flask, article: int
) -> None:
    dan = Reader(app)
    form = dan.form_of(FERRY)
    number = _keep(site, Terms(PolicyKind.SECTION, Effect.CLOSE, section_id=1))
    assert "textarea" not in dan.get(FERRY).text
    sent = {**form, "name": "Dan", "email": "dan@example.org", "comment": "Too late."}
    assert dan.post(f"{FERRY}/comments", sent).status_code in {403, 409, 410, 422}
    assert not stored(site)
    switch(site, 2, number, START, on=False)
    assert "textarea" in dan.get(FERRY).text
    assert dan.comment(FERRY).status_code == 303


def test_what_no_policy_meets_costs_one_select(site: Site, article: int) -> None:
    with counted(site) as before:
        send_comment(site, article, START, text="The first word.")
    for number in range(5):
        _keep(site, Terms(PolicyKind.WORDS, Effect.SPAM, lines=f"word{number}"))
    send_comment(site, article, START, text="The second word.")
    with counted(site) as after:
        send_comment(site, article, START, text="The third word.")
    assert len(after) <= len(before)
