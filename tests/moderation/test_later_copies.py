"""A campaign that was refused goes on being refused for a day, and one commenter's waiting comments go in one go."""

from datetime import timedelta

import pytest
from flask import Flask

from cms.moderation.actions.batches import BatchJudgement, begin, begin_undo, carry_on
from cms.moderation.filters import Filter
from cms.moderation.queries.batches import batch_status, newest_entry
from cms.moderation.queries.policies import policies
from cms.moderation.rules import Verdict
from cms.site import Site
from tests.comments.stored import stored
from tests.conftest import START, Clock
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator

ADVERT = "Friends, I earn a fortune from home with this wonderful little system, ask me how it works today"


@pytest.fixture
def article(site: Site) -> int:
    hire(site, "Cleo", START)
    return write_article(site, "The ferry", START)


def _copies(site: Site, article: int, *names: str, **fields: object) -> list[int]:
    now = START + timedelta(hours=fields.pop("hours", 0))  # type: ignore[arg-type]  # a number
    return [
        send_comment(
            site, article, now, name=name, email=f"{name}@example.org", text=f"{ADVERT}, says {name}."
        )
        for name in names
    ]


def _statuses(site: Site) -> list[str]:
    return [comment.status.value for comment in stored(site)]


def _refuse(site: Site, campaign: int, verdict: Verdict) -> int:
    with site.database.reading() as session:
        seen = newest_entry(session)
    judgement = BatchJudgement(1, verdict, "advert", Filter(campaign=campaign), seen, later_too=True)
    batch_id = begin(site, judgement, START)
    assert carry_on(site, batch_id, lambda: START, seconds=60)
    return batch_id


@pytest.mark.both_engines
def test_later_copies_become_the_same_for_a_day_and_are_taken_back_with_it(site: Site, article: int) -> None:
    first, _ = _copies(site, article, "ann", "bob")
    batch_id = _refuse(site, first, Verdict.REJECT)
    _copies(site, article, "cid", hours=23)
    _copies(site, article, "dan", hours=25)
    assert _statuses(site) == ["rejected", "rejected", "rejected", "held"]
    with site.database.reading() as session:
        (line,) = policies(session)
        batch = batch_status(session, batch_id)
    assert (line.terms.batch_id, line.hits, line.terms.ends_at) == (batch_id, 1, START + timedelta(days=1))
    assert batch is not None
    assert batch.policy_id == line.id
    assert carry_on(site, begin_undo(site, 1, batch, START), lambda: START, seconds=60)
    assert _statuses(site) == ["held"] * 4
    _copies(site, article, "eve", hours=1)
    assert _statuses(site)[-1] == "held", "with the decision its later copies are free"


def test_approving_says_nothing_of_later_copies(site: Site, article: int) -> None:
    first, _ = _copies(site, article, "ann", "bob")
    _refuse(site, first, Verdict.APPROVE)
    _copies(site, article, "cid")
    assert _statuses(site)[-1] == "held"
    _refuse(site, 999, Verdict.SPAM)
    with site.database.reading() as session:
        assert policies(session) == ()


def test_a_card_of_copies_offers_it_and_the_batch_leads_to_its_policy(
    site: Site, app: Flask, article: int, clock: Clock
) -> None:
    first, _ = _copies(site, article, "ann", "bob")
    cleo = Moderator(app, "Cleo")
    page = cleo.page("/moderation/")
    assert page.all("input", name="later", value="yes")
    fields = {
        **cleo.hidden(),
        "campaign": str(first),
        "equal_to": str(first),
        "verdict": "spam",
        "later": "yes",
    }
    made = cleo.client.post("/moderation/batches/", data=fields, headers=cleo.headers)
    assert cleo.page(made.headers["Location"]).all("a", href="/moderation/policies/1")
    _copies(site, article, "cid")
    assert _statuses(site) == ["spam"] * 3
    assert cleo.post("/moderation/policies/1/standing", "/moderation/", on="no").status_code == 303
    _copies(site, article, "dan")
    assert _statuses(site)[-1] == "held", "whoever began it may end it"


def test_a_note_about_copies_stands_beside_each_of_them_and_is_kept_nowhere_else(
    site: Site, app: Flask, article: int
) -> None:
    first, second = _copies(site, article, "ann", "bob")
    cleo = Moderator(app, "Cleo")
    assert cleo.page("/moderation/").all("textarea", name="note")
    fields = {**cleo.hidden(), "campaign": str(first), "equal_to": str(first), "verdict": "spam"}

    def _say(note: str) -> int:
        sent = {**fields, "note": note}
        return cleo.client.post("/moderation/batches/", data=sent, headers=cleo.headers).status_code

    assert _say("x" * 1001) == 422
    assert _statuses(site) == ["held", "held"]
    assert _say("From the betting people. Ask Ben before you let one through.") == 303
    assert _statuses(site) == ["spam", "spam"]
    for comment in (first, second):
        assert "From the betting people." in cleo.page(f"/moderation/?comment={comment}").text("main")
        assert "From the betting people." in cleo.page(f"/moderation/log?comment={comment}").text("main")
    with site.database.reading() as session:
        batch = batch_status(session, 1)
    assert batch is not None
    assert batch.note is None


def test_all_that_wait_from_one_commenter_are_rejected_as_one_decision(
    site: Site, app: Flask, article: int
) -> None:
    for number in range(3):
        send_comment(site, article, START, text=f"Word {number} of Dan.")
    send_comment(site, article, START, name="Eve", email="eve@example.org", text="A word of Eve.")
    cleo = Moderator(app, "Cleo")
    page = cleo.page("/moderation/context/2")
    assert "Reject all that wait from this commenter: 3" in page.text("button", name="verdict")
    fields = {**cleo.hidden("/moderation/context/2"), "verdict": "reject", "reason": "rude"}
    made = cleo.client.post("/moderation/batches/", data=fields, headers=cleo.headers)
    assert _statuses(site) == ["rejected"] * 3 + ["held"]
    assert cleo.post(f"{made.headers['Location']}/undo", "/moderation/").status_code == 303
    assert _statuses(site) == ["held"] * 4
