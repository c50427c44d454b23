"""The reasons that a newsroom gives for a rejection are its own, and a note beside a decision stays with staff."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import col

from cms.comments.models import SpamLesson
from cms.comments.writes.forgetting import empty_comments
from cms.moderation.actions.deciding import decide
from cms.moderation.actions.reasons import Kept, keep_reason, retire_reason
from cms.moderation.queries.reasons import ReasonLine, reasons
from cms.moderation.rules import Verdict
from cms.site import Site
from tests.conftest import START, Clock
from tests.factories import hire, send_comment, write_article
from tests.reader import Colleague, Moderator, Reader

LATEST = 2**31 - 1
ROOM = "/moderation/reasons/"
FERRY = "/articles/the-ferry"


@pytest.fixture
def article(site: Site) -> int:
    for name in ("Cleo", "Ben"):
        hire(site, name, START)
    return write_article(site, "The ferry", START)


def _line(code: str, place: int, **fields: object) -> ReasonLine:
    said = {"staff_sentence": code, "public_sentence": "", "teaches_spam": False, "retired_at": None}
    return ReasonLine(code=code, place=place, **{**said, **fields})  # type: ignore[arg-type]


def _codes(site: Site) -> list[str]:
    with site.database.reading() as session:
        return [one.code for one in reasons(session)]


@pytest.mark.both_engines
def test_a_reason_takes_its_place_and_keeps_it_when_it_is_retired(site: Site) -> None:
    assert _codes(site) == ["rude", "off_topic", "advert", "personal", "unlawful"]
    assert keep_reason(site, _line("shouting", 2), is_new=True) is Kept.KEPT
    assert keep_reason(site, _line("shouting", 1), is_new=True) is Kept.TAKEN
    assert _codes(site) == ["rude", "shouting", "off_topic", "advert", "personal", "unlawful"]
    assert keep_reason(site, _line("shouting", 99), is_new=False) is Kept.KEPT
    assert retire_reason(site, "rude", START, is_retired=True)
    assert _codes(site) == ["rude", "off_topic", "advert", "personal", "unlawful", "shouting"]
    assert not retire_reason(site, "unheard_of", START, is_retired=True)


def test_rejecting_for_a_reason_of_ones_own_teaches_the_filter_if_it_says_so(
    site: Site, article: int
) -> None:
    keep_reason(site, _line("casino", 1, teaches_spam=True), is_new=True)
    comments = [send_comment(site, article, START, text=f"Word {n} of some.") for n in range(2)]
    for comment, code in zip(comments, ("casino", "rude"), strict=True):
        decide(site, 1, [comment], Verdict.REJECT, code, LATEST, START)
    with site.database.reading() as session:
        taught = session.execute(sa.select(col(SpamLesson.comment_id))).scalars().all()
    assert taught == comments[:1]


def test_the_newsrooms_own_words_stand_in_the_queue_the_log_and_the_receipt(
    site: Site, app: Flask, article: int
) -> None:
    ben, cleo, dan = Colleague(app, "Ben"), Moderator(app, "Cleo"), Reader(app)
    words = {"staff_sentence": "100 % <b>shouting</b>", "public_sentence": "Please <i>don't</i> shout: 5 %."}
    assert ben.post(f"{ROOM}new", f"{ROOM}new", code="shouting", place="1", **words).status_code == 303
    receipt = dan.comment(FERRY).headers["Location"]
    options = [text for _, text in cleo.page("/moderation/").all("option")]
    first = options.index("No reason")
    assert options[first + 1 : first + 3] == ["100 % <b>shouting</b>", "Rude"]
    assert cleo.decide("reject", 1, reason="shouting").status_code == 303
    assert "Please &lt;i&gt;don&#39;t&lt;/i&gt; shout: 5 %." in dan.get(receipt).text
    assert "100 % <b>shouting</b>" in " ".join(text for _, text in cleo.page("/moderation/log").all("td"))


def test_a_retired_reason_is_no_longer_offered_and_goes_on_being_given(
    site: Site, app: Flask, article: int
) -> None:
    ben, cleo, dan = Colleague(app, "Ben"), Moderator(app, "Cleo"), Reader(app)
    receipt = dan.comment(FERRY).headers["Location"]
    assert ben.post(f"{ROOM}rude/standing", ROOM, retired="yes").status_code == 303
    assert "Rude" not in [text for _, text in cleo.page("/moderation/").all("option")]
    assert cleo.decide("reject", 1, reason="rude").status_code == 303, "her page was older"
    assert "in a tone that we do not publish" in dan.get(receipt).text
    assert "Rude" in cleo.get("/moderation/log").text
    assert cleo.decide("reject", 1, reason="unheard_of").status_code == 422


@pytest.mark.parametrize(
    "fields",
    [
        {"code": "Shouting!"},
        {"code": "x" * 41},
        {"code": "rude"},
        {"staff_sentence": ""},
        {"public_sentence": "x" * 501},
        {"place": "0"},
        {"place": "first"},
    ],
)
def test_a_reason_that_makes_no_sense_is_given_back_with_its_words(
    site: Site, app: Flask, article: int, fields: dict[str, str]
) -> None:
    typed = {"code": "shouting", "staff_sentence": "Shouting", "public_sentence": "", "place": "1", **fields}
    answer = Colleague(app, "Ben").post(f"{ROOM}new", f"{ROOM}new", **typed)
    assert answer.status_code == 422
    assert typed["code"] in answer.text
    assert len(_codes(site)) == 5


def test_a_note_is_read_by_staff_alone_and_goes_with_the_text(
    site: Site, app: Flask, article: int, clock: Clock
) -> None:
    cleo, dan = Moderator(app, "Cleo"), Reader(app)
    receipt = dan.comment(FERRY).headers["Location"]
    note = "Third time this week, see the mail of Monday"
    assert cleo.decide("reject", 1, reason="rude", note=note).status_code == 303
    assert note in cleo.get("/moderation/?comment=1").text
    assert note in cleo.get("/moderation/log").text
    assert note not in cleo.get("/moderation/log.csv").text
    assert note not in dan.get(receipt).text
    assert cleo.decide("spam", 1, note="x" * 1001).status_code == 422
    with site.database.writing() as session:
        empty_comments(session, [1], clock())
        session.commit()
    assert note not in cleo.get("/moderation/log").text


def test_a_page_of_reasons_names_each_with_its_key(site: Site, app: Flask, article: int) -> None:
    page = Colleague(app, "Ben").page(ROOM)
    assert [text for _, text in page.all("kbd")] == ["1", "2", "3", "4", "5"]
    changed = Colleague(app, "Ben").page(f"{ROOM}advert")
    assert re.search("Empty: An advertisement", changed.text("p", id="staff_sentence-hint"))
