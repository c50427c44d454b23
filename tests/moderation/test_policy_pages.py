"""An editor sees what a policy would have done before it is in force; moderators read it; nobody sees an address."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from cms.moderation.actions.deciding import decide
from cms.moderation.policies import Effect, PolicyKind, Terms, Which
from cms.moderation.queries.trials import trial
from cms.moderation.rules import Verdict
from cms.site import Site
from tests.comments.stored import stored
from tests.conftest import START, Clock
from tests.factories import hire, send_comment, write_article
from tests.reader import Colleague, Page, Reader

LATEST = 2**31 - 1
ROOM = "/moderation/policies/"
FERRY = "/articles/the-ferry"


@pytest.fixture
def article(site: Site) -> int:
    for name in ("Cleo", "Ben"):
        hire(site, name, START)
    return write_article(site, "The ferry", START, section="City")


@pytest.fixture
def ben(app: Flask, article: int) -> Colleague:
    return Colleague(app, "Ben")


def _try(ben: Colleague, **fields: str) -> TestResponse:
    typed = {"effect": "spam", "days": "", **fields}
    return ben.post(f"{ROOM}trials", f"{ROOM}new?kind={fields['kind']}", **typed)


def _fields(answer: TestResponse) -> dict[str, Any]:
    return {attrs["name"]: attrs["value"] for attrs, _ in Page(answer.text).all("input", type="hidden")}


def _decided(site: Site, article: int) -> None:
    for number, verdict in enumerate(["approve", "reject", "spam", "approve"]):
        text = f"Word {number} about {'a casino' if number < 3 else 'the ferry'}."
        comment = send_comment(site, article, START, name=f"Dan {number}", text=text)
        decide(site, 1, [comment], Verdict(verdict), "", LATEST, START)
    send_comment(site, article, START, text="A casino that waits.")


@pytest.mark.both_engines
def test_a_trial_tells_what_a_policy_would_have_met_and_where_people_disagreed(
    site: Site, article: int
) -> None:
    _decided(site, article)
    with site.database.reading() as session:
        found = trial(session, Terms(PolicyKind.WORDS, Effect.SPAM, lines="casino"), START)
        first = Terms(PolicyKind.SECTION, Effect.HOLD, Which.FIRST, section_id=1)
        by_first = trial(session, first, START)
        closed = trial(session, Terms(PolicyKind.ARTICLE, Effect.CLOSE, article_id=article), START)
        cut = trial(session, first, START, seconds=iter(range(0, 100, 2)).__next__)
    assert (found.looked_at, found.met_number, found.against) == (4, 3, 1)
    assert {status.value: count for status, count in found.met.items()} == {
        "approved": 1,
        "rejected": 1,
        "spam": 1,
    }
    assert [one.name for one in found.examples] == ["Dan 0"]
    assert by_first.met_number == 1, "his first comment is public, so those after it are no stranger's"
    assert closed.met_number == 4
    assert cut.is_cut


def test_a_policy_is_in_force_only_after_its_trial_was_seen(site: Site, ben: Colleague, article: int) -> None:
    _decided(site, article)
    tried = _try(ben, kind="words", lines="casino\r\nbonus")
    assert tried.status_code == 200
    page = Page(tried.text)
    assert "it would have met 3" in page.text("p", data_met="")
    assert "approved 1 of these" in page.text("p", data_against="")
    assert "Word 0 about a casino." in tried.text
    assert ben.page(ROOM).text("p", class_="empty") == "No policy is in force."
    fields = _fields(tried)
    other = ben.client.post(ROOM, data={**fields, "lines": "ferry"}, headers=ben.headers)
    assert other.status_code == 200, "other words than those that were tried are tried first"
    assert "it would have met 1" in Page(other.text).text("p", data_met="")
    saved = ben.client.post(ROOM, data=fields, headers=ben.headers)
    assert saved.headers["Location"] == f"{ROOM}1"
    assert "casino" in ben.page(ROOM).text("table")
    send_comment(site, article, START, text="A casino again.")
    assert stored(site)[-1].status.value == "spam"
    assert len(ben.page("/moderation/log?policy=1").all("tr", data_decision="7")) <= 1
    assert "What it has decided" in ben.page(f"{ROOM}1").text("main")


def test_the_log_is_narrowed_by_policy(site: Site, ben: Colleague, article: int) -> None:
    ben.client.post(ROOM, data=_fields(_try(ben, kind="words", lines="casino")), headers=ben.headers)
    send_comment(site, article, START, text="A casino.")
    send_comment(site, article, START, text="A ferry.")
    rows = ben.page("/moderation/log?policy=1").all("a", href=f"{ROOM}1")
    assert [text for _, text in rows if text == "Policy 1"] == ["Policy 1"]
    assert ben.page("/moderation/log?policy=2").text("p", class_="empty")


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("words", {"lines": ""}),
        ("words", {"lines": "***"}),
        ("words", {"lines": "x" * 101}),
        ("words", {"lines": "\n".join(["word"] * 201)}),
        ("words", {"lines": "casino", "effect": "close"}),
        ("words", {"lines": "casino", "effect": "approve"}),
        ("words", {"lines": "casino", "days": "9999"}),
        ("words", {"lines": "casino", "effect": "reject", "reason": "unheard_of"}),
        ("hosts", {"lines": "no host"}),
        ("score", {"score_from": "0"}),
        ("score", {"score_from": "1001"}),
        ("article", {"article": "nowhere", "effect": "hold"}),
        ("article", {"article": "1", "effect": "close", "days": "7"}),
        ("section", {"section": "99", "effect": "hold"}),
        ("commenter", {"comment": "99", "days": "7"}),
        ("commenter", {"comment": "x", "days": "7"}),
    ],
)
def test_a_policy_that_makes_no_sense_is_given_back(
    ben: Colleague, kind: str, fields: dict[str, str]
) -> None:
    answer = _try(ben, kind=kind, **fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text or "field__error" in answer.text


def test_a_policy_about_a_commenter_begins_at_a_comment_and_never_names_her(
    site: Site, app: Flask, ben: Colleague, article: int, clock: Clock
) -> None:
    canary = "canary.7731@example.org"
    Reader(app).comment(FERRY, email=canary, name="Mallory")
    link = f"{ROOM}new?kind=commenter&comment=1"
    assert link in {attrs.get("href") for attrs, _ in ben.page("/moderation/context/1").all("a")}
    assert link in {attrs.get("href") for attrs, _ in ben.page("/moderation/log?comment=1").all("a")}
    shown = [ben.get(link), _try(ben, kind="commenter", comment="1", days="30")]
    saved = ben.client.post(ROOM, data=_fields(shown[-1]), headers=ben.headers)
    shown += [
        ben.get(path) for path in (ROOM, saved.headers["Location"], "/moderation/log", "/moderation/log.csv")
    ]
    fingerprint = site.vault.fingerprint(canary)
    for answer in shown:
        assert answer.status_code == 200
        assert canary not in answer.text
        assert fingerprint not in answer.text
    assert "Mallory" in shown[2].text
    Reader(app).comment(FERRY, email=canary, name="Somebody else", comment="It is me again.")
    assert stored(site)[-1].status.value == "spam"


def test_moderators_read_policies_and_switch_off_what_is_their_own(
    site: Site, app: Flask, ben: Colleague
) -> None:
    ben.client.post(ROOM, data=_fields(_try(ben, kind="words", lines="casino")), headers=ben.headers)
    cleo = Colleague(app, "Cleo")
    assert "casino" in cleo.page(f"{ROOM}1").text("main")
    assert cleo.get(f"{ROOM}new?kind=words").status_code == 403
    assert cleo.post(f"{ROOM}1/standing", "/moderation/", on="no").status_code == 403
    assert ben.post(f"{ROOM}1/standing", ROOM, on="no").status_code == 303
    assert "Switched off" in cleo.page(ROOM).text("table")
    assert cleo.get(f"{ROOM}99").status_code == 404
    assert ben.get(f"{ROOM}new?kind=nonsense").status_code == 404
    assert ben.get(f"{ROOM}new?kind=words&replaces=1").status_code == 200
