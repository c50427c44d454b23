"""The queue and the log as a moderator sees them."""

import csv
import io
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import col

from cms.comments.models import Comment
from cms.comments.writes.changing import mark_withdrawn
from cms.config import Settings
from cms.moderation.models import Decision
from cms.moderation.queries.log import Wanted, log_page
from cms.moderation.queries.queue import Asked, queue_page
from cms.privacy.actions.erasing import erase_comments
from cms.site import Site
from tests.articles.paper import counted
from tests.conftest import START, Clock
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator, Page, Reader, check_page

QUEUE_BUDGET = 6  # figures of the tabs, who comes, their cards, reasons, what edited ones said before, notes
LOG_BUDGET = 1
CANARY = "canary-6f1d@example.org"
PAYLOAD = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


@pytest.fixture
def article(site: Site) -> int:
    hire(site, "Cleo", START)
    hire(site, "Ben", START)
    return write_article(site, "The ferry", START)


@pytest.fixture
def cleo(app: Flask, article: int) -> Moderator:
    return Moderator(app, "Cleo")


def _cards(page: Page) -> list[int]:
    return [int(attrs["data-comment"]) for _, attrs, _ in page.elements if "data-comment" in attrs]


def _entries(page: Page) -> list[int]:
    return [int(attrs["data-decision"]) for _, attrs, _ in page.elements if "data-decision" in attrs]


def _walk(who: Moderator, path: str, read: Any) -> list[int]:
    found: list[int] = []
    while path:
        page = who.page(path)
        found += read(page)
        links = page.all("a", rel="next")
        path = links[0][0]["href"] if links else ""
    return found


def test_the_empty_queue_is_kind(cleo: Moderator) -> None:
    assert "Nothing is waiting." in cleo.get("/moderation/").text


def test_a_stranger_is_asked_to_sign_in(app: Flask, article: int) -> None:
    assert app.test_client().get("/moderation/").status_code == 303


def test_a_card_shows_what_a_decision_needs(site: Site, cleo: Moderator, article: int) -> None:
    parent = send_comment(site, article, START, name="Dan", text="The first word.")
    reply = send_comment(
        site, article, START, name="Eve", parent_id=parent, root_id=parent, text="See http://a.example/x"
    )
    page = cleo.page("/moderation/")
    assert _cards(page) == [parent, reply]
    card = page.text("article", data_comment=str(reply))
    for words in (
        "Eve",
        "The ferry",
        "Answers Dan",
        "The first word.",
        "It contains links: 1.",
        "http://a.example/x",
    ):
        assert words in card


def test_a_card_says_that_every_comment_waits_though_nothing_speaks_against_it(
    site: Site, cleo: Moderator, article: int
) -> None:
    sent = send_comment(site, article, START)
    assert "Every comment waits for a moderator." in cleo.get("/moderation/").text
    cleo.decide("approve", sent)
    assert "Every comment waits" not in cleo.get("/moderation/?status=approved").text


@pytest.mark.both_engines
@pytest.mark.parametrize("status", ["held", "approved"])
def test_paging_shows_every_comment_once(
    site: Site, app: Flask, cleo: Moderator, article: int, status: str
) -> None:
    sent = [send_comment(site, article, START, name=f"Dan {number}") for number in range(7)]
    if status == "approved":
        cleo.decide("approve", *sent)
        sent = sent[::-1]
    app.extensions["site"] = site.but(queue_size=3)
    assert _walk(cleo, f"/moderation/?status={status}", _cards) == sent


@pytest.mark.both_engines
def test_the_log_pages_through_every_entry_once(
    site: Site, app: Flask, cleo: Moderator, article: int
) -> None:
    cleo.decide("spam", *[send_comment(site, article, START, name=f"Dan {number}") for number in range(4)])
    app.extensions["site"] = site.but(queue_size=3)
    entries = _walk(cleo, "/moderation/log", _entries)
    assert len(entries) == 8
    assert entries == sorted(entries, reverse=True)


def test_an_approved_comment_is_there_at_the_next_view(
    site: Site, app: Flask, cleo: Moderator, article: int
) -> None:
    comment = send_comment(site, article, START)
    response = cleo.decide("approve", comment)
    assert response.status_code == 303
    assert f'id="comment-{comment}"' in Reader(app).get("/articles/the-ferry").text


def test_the_next_page_offers_to_undo(site: Site, cleo: Moderator, article: int) -> None:
    comments = [send_comment(site, article, START, name=name) for name in ("Dan", "Eve")]
    cleo.decide("approve", *comments)
    page = cleo.page("/moderation/")
    decisions = [attrs["value"] for attrs, _ in page.all("input", name="decision")]
    assert "Approved: 2." in page.text("div", class_="notice")
    assert cleo.post("/moderation/undos", "/moderation/", decision=decisions).status_code == 303
    assert _cards(cleo.page("/moderation/")) == comments


def test_a_decision_leads_back_to_the_page_it_came_from(site: Site, cleo: Moderator, article: int) -> None:
    comment = send_comment(site, article, START)
    response = cleo.decide("approve", comment, back="/moderation/?status=spam&page=12.3")
    assert response.location == "/moderation/?status=spam&page=12.3"


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/moderation/../desk/", "/moderation/\\x"]
)
def test_a_decision_leads_nowhere_else(site: Site, cleo: Moderator, article: int, back: str) -> None:
    assert cleo.decide("approve", send_comment(site, article, START), back=back).location == "/moderation/"


@pytest.mark.both_engines
def test_who_was_faster_is_named_with_both_ways_on(
    site: Site, app: Flask, cleo: Moderator, article: int
) -> None:
    comment = send_comment(site, article, START)
    seen = cleo.hidden()
    Moderator(app, "Ben").decide("approve", comment)
    response = cleo.decide("spam", comment, as_of=seen["as_of"], back="/moderation/")
    page = check_page(response)
    assert response.status_code == 409
    assert "Ben has decided about this comment" in page.text("p", class_="notice")
    assert page.text("button", value="spam") == "Mark as spam all the same"
    assert page.text("a", class_="button") == "Leave it as it is"
    onward = {
        attrs["name"]: attrs["value"]
        for attrs, _ in page.all("input", type="hidden")
        if attrs.get("name") != ""
    }
    again = cleo.client.post(
        "/moderation/decisions", data={**onward, "verdict": "spam"}, headers=cleo.headers
    )
    assert again.status_code == 303


def test_of_several_the_ones_left_are_named_on_the_next_page(
    site: Site, app: Flask, cleo: Moderator, article: int
) -> None:
    comments = [send_comment(site, article, START, name=name) for name in ("Dan", "Eve")]
    seen = cleo.hidden()
    Moderator(app, "Ben").decide("approve", comments[0])
    assert cleo.decide("spam", *comments, as_of=seen["as_of"]).status_code == 303
    notice = cleo.page("/moderation/").text("div", class_="notice")
    assert "Marked as spam: 1." in notice
    assert f"Left as it is: comment {comments[0]}. Ben" in notice


@pytest.mark.parametrize(
    "fields",
    [
        {"comment": []},
        {"comment": ["x"]},
        {"comment": ["999999"]},
        {"comment": ["99999999999999999999"]},
        {"verdict": "praise"},
        {"reason": "boring"},
        {"as_of": ""},
        {"as_of": "-1"},
    ],
)
def test_nonsense_is_answered_with_a_sentence(
    site: Site, cleo: Moderator, article: int, fields: dict[str, Any]
) -> None:
    comment = send_comment(site, article, START)
    data = {**cleo.hidden(), "verdict": "approve", "comment": [str(comment)], **fields}
    response = cleo.client.post("/moderation/decisions", data=data, headers=cleo.headers)
    assert response.status_code == 422
    assert check_page(response).text("p", role="alert")
    assert _cards(cleo.page("/moderation/")) == [comment]


def test_a_withdrawn_comment_leaves_the_queue(site: Site, cleo: Moderator, article: int) -> None:
    comment = send_comment(site, article, START)
    seen = cleo.hidden()
    with site.database.writing() as session:
        mark_withdrawn(session, comment, START)
        session.commit()
    assert _cards(cleo.page("/moderation/")) == []
    response = cleo.decide("approve", comment, as_of=seen["as_of"])
    assert response.status_code == 422
    assert "taken this comment back" in response.text


def test_a_card_says_taken_back_only_of_what_its_writer_took_back(
    site: Site, cleo: Moderator, article: int
) -> None:
    dans, mallorys = (send_comment(site, article, START, name=name) for name in ("Dan", "Mallory"))
    with site.database.writing() as session:
        mark_withdrawn(session, dans, START)
        session.commit()
    erase_comments(site, [mallorys], START)
    assert "Taken back by its writer" in cleo.page(f"/moderation/?comment={dans}").text("article")
    said = cleo.page(f"/moderation/?comment={mallorys}").text("article")
    assert "Its text is gone." in said
    assert "Taken back" not in said


def test_no_page_of_the_dashboard_runs_a_payload_or_shows_an_address(
    site: Site, app: Flask, cleo: Moderator, article: int
) -> None:
    comment = send_comment(
        site, article, START, name=PAYLOAD, text=PAYLOAD, email=CANARY, network_mark="mark-77aa"
    )
    seen = cleo.hidden()
    texts = [cleo.get("/moderation/").text]
    Moderator(app, "Ben").decide("approve", comment)
    texts.append(cleo.decide("spam", comment, as_of=seen["as_of"]).text)
    paths = (
        "/moderation/?status=approved",
        f"/moderation/?comment={comment}",
        "/moderation/log",
        "/moderation/log.csv",
    )
    texts += [cleo.get(path).text for path in paths]
    with site.database.reading() as session:
        fingerprint = session.execute(sa.select(col(Comment.email_fingerprint))).scalar_one()
    for text in texts:
        assert "<script>alert" not in text
        assert not re.search(r"<img[^>]*onerror", text)
        for secret in (CANARY, "canary-6f1d", fingerprint, "mark-77aa"):
            assert secret not in text
    assert "&lt;script&gt;alert(1)" in texts[0]


@pytest.mark.both_engines
def test_the_csv_holds_the_whole_log_newest_first(site: Site, cleo: Moderator, article: int) -> None:
    comments = [send_comment(site, article, START, name=name) for name in ("Dan", "Eve")]
    cleo.decide("reject", *comments, reason="advert")
    response = cleo.get("/moderation/log.csv")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert response.mimetype == "text/csv"
    assert list(rows[0]) == ["id", "at", "by", "comment", "from", "to", "reason", "policy", "undo_of"]
    assert [row["by"] for row in rows] == ["Cleo", "Cleo", "writer", "writer"]
    assert (rows[0]["from"], rows[0]["to"], rows[0]["reason"]) == ("held", "rejected", "advert")
    assert rows[0]["at"] == "2026-03-02T09:30:00Z"


def test_the_log_of_one_comment_offers_to_undo_its_last_decision_only(
    site: Site, cleo: Moderator, article: int
) -> None:
    comment, other = (send_comment(site, article, START, name=name) for name in ("Dan", "Eve"))
    cleo.decide("reject", comment)
    cleo.decide("approve", comment, other)
    cleo.get("/moderation/")
    page = cleo.page(f"/moderation/log?comment={comment}")
    assert len(_entries(page)) == 3
    assert [attrs["value"] for attrs, _ in page.all("input", name="decision")] == [str(_entries(page)[0])]


@pytest.mark.both_engines
def test_the_pages_keep_their_query_budget(site: Site, article: int, clock: Clock) -> None:
    for number in range(9):
        send_comment(site, article, START, name=f"Dan {number}", text=f"Every day has {number} hours or so.")
    with counted(site) as sent, site.database.reading() as session:
        assert len(queue_page(session, Asked(), 1, size=50, now=START).cards) == 9
    assert len(sent) == QUEUE_BUDGET
    with counted(site) as sent, site.database.reading() as session:
        assert len(log_page(session, Wanted(), after=None, size=50).rows) == 9
    assert len(sent) == LOG_BUDGET


def test_a_name_is_never_a_formula_in_the_csv(
    settings: Settings, site: Site, cleo: Moderator, article: int
) -> None:
    with site.database.writing() as session:
        session.execute(sa.text("UPDATE staff SET name = '=1+1' WHERE name = 'Cleo'"))
        session.commit()
    cleo.decide("spam", send_comment(site, article, START))
    rows = list(csv.DictReader(io.StringIO(cleo.get("/moderation/log.csv").text)))
    assert rows[0]["by"] == "'=1+1"
    with site.database.reading() as session:
        assert session.execute(sa.select(sa.func.count()).select_from(Decision)).scalar_one() == len(rows)
