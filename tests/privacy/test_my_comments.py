"""Whoever proves her address sees what was sent from it, takes it with her, corrects, withdraws and erases it."""

import json
import re
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlmodel import select

from cms.comments.models import CommentEdit
from cms.privacy.actions.sweeping import sweep
from cms.privacy.models import MyCommentsLink
from cms.site import Site
from tests.articles.paper import counted
from tests.comments.stored import deeds, stored
from tests.conftest import ON_SQLITE, Clock, application
from tests.factories import write_article
from tests.outbox.correspondence import Correspondence, link_in, text_of
from tests.reader import Page, Reader


@pytest.fixture
def reader(paper: Correspondence) -> Reader:
    """Give somebody who wants to see what she has sent."""
    return Reader(application(paper.site, paper.clock))


def _ask(reader: Reader, email: str = "dan@example.org") -> None:
    answer = reader.post("/my-comments", {"email": email})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/my-comments?asked=yes")


def _letter(paper: Correspondence, reader: Reader) -> EmailMessage:
    _ask(reader)
    (letter,) = paper.post()
    return letter


def _page_path(paper: Correspondence, reader: Reader) -> str:
    opened = reader.post(link_in(_letter(paper, reader)), {})
    assert opened.status_code == 303
    return opened.headers["Location"]


def _hidden(page: Page) -> dict[str, str]:
    return {"token": page.all("input", name="token")[0][0]["value"]}


@pytest.mark.both_engines
def test_a_letter_leads_to_everything_that_was_sent_from_an_address(
    paper: Correspondence, reader: Reader
) -> None:
    published, waiting = paper.published("Dan", text="Out & about."), paper.comment("Dan", text="I wait.")
    paper.comment("Eve", text="Not Dan's.")
    letter = _letter(paper, reader)
    assert letter["To"] == "dan@example.org"
    path = _page_path_of(reader, letter)
    answer = reader.get(path)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    said = reader.page(path).text("main")
    assert "It is published." in said
    assert "It is waiting for a moderator." in said
    assert "I wait." in said
    assert "Not Dan's." not in said
    kept = json.loads(reader.get(f"{path}/comments.json").data)
    assert [row["id"] for row in kept["comments"]] == [published, waiting]
    file = reader.get(f"{path}/comments.html")
    assert "attachment" in file.headers["Content-Disposition"]
    assert "Out &amp; about." in file.text
    assert "dan@example.org" not in answer.text + file.text
    (dan,) = [one for one in paper.commenters() if one.proved_at]
    assert dan.fingerprint == stored(paper.site)[0].email_fingerprint


def _page_path_of(reader: Reader, letter: EmailMessage) -> str:
    return reader.post(link_in(letter), {}).headers["Location"]


def test_opening_a_link_uses_nothing_up_and_the_button_works_once(
    paper: Correspondence, reader: Reader
) -> None:
    paper.comment("Dan")
    link = link_in(_letter(paper, reader))
    seen = reader.get(link)
    assert reader.client.head(link).status_code == 200
    assert seen.text.count("<button") == 1
    secret, none = link.split("/")[-1][:40], "0" * 40
    other = link.replace(secret, none)
    assert reader.get(other).text == seen.text.replace(secret, none), "no page tells a link from none"
    assert reader.post(other, {}).status_code == 404
    assert reader.post(link, {}).status_code == 303
    again = reader.post(link, {})
    assert again.status_code == 404
    assert again.data == reader.post(other, {}).data
    assert Reader(application(paper.site, paper.clock), origin="cross-site").post(link, {}).status_code == 403


def test_a_link_lives_a_day_and_its_page_half_an_hour(paper: Correspondence, reader: Reader) -> None:
    paper.comment("Dan")
    old = link_in(_letter(paper, reader))
    paper.clock.advance(hours=24)
    assert reader.post(old, {}).status_code == 404
    path = _page_path(paper, reader)
    assert re.fullmatch(r"/my-comments/open/[0-9a-f]{40}", path)
    paper.clock.advance(minutes=29)
    assert reader.get(path).status_code == 200
    paper.clock.advance(minutes=1)
    assert [reader.get(path).status_code, reader.post(f"{path}/erasure", {}).status_code] == [404, 404]
    assert sweep(paper.site, paper.clock())["links"] == 2
    with paper.site.database.reading() as session:
        assert not session.exec(select(MyCommentsLink)).all()


def test_known_and_unknown_addresses_are_answered_and_stored_the_same(
    paper: Correspondence, reader: Reader
) -> None:
    paper.comment("Dan")
    reader.post("/my-comments", {"email": "first@example.org"})  # the day's first visitor costs a SELECT more
    spent = []
    for email in ("dan@example.org", "nob@example.org"):
        with counted(paper.site) as sent:
            answer = reader.post("/my-comments", {"email": email})
        spent.append((answer.status_code, answer.data, sorted(answer.headers), len(sent)))
    assert spent[0] == spent[1]
    assert len(paper.letters()) == 3
    assert [letter["To"] for letter in paper.post()] == ["dan@example.org"]
    assert [letter.email_sealed for letter in paper.letters()] == [None], "of the unknown one nothing stays"


def test_nobodys_mailbox_is_flooded(paper: Correspondence, reader: Reader) -> None:
    paper.comment("Dan")
    came = []
    for _ in range(6):
        _ask(reader)
        _ask(reader)
        came.append(len(paper.post(minutes=11)))
    assert came == [1, 1, 1, 0, 0, 0]
    _ask(reader)
    assert len(paper.post(days=1)) == 1


def test_whoever_asks_too_often_is_told_when_to_ask_again(paper: Correspondence, reader: Reader) -> None:
    answers = [reader.post("/my-comments", {"email": f"dan{number}@example.org"}) for number in range(11)]
    assert [answer.status_code for answer in answers] == [303] * 10 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 1200
    assert "dan10@example.org" in answers[-1].text
    paper.clock.advance(minutes=21)
    _ask(reader)


@ON_SQLITE
def test_an_address_that_cannot_be_one_is_given_back(paper: Correspondence, reader: Reader) -> None:
    answer = reader.post("/my-comments", {"email": "dan at example"})
    assert answer.status_code == 422
    page = Page(answer.text)
    assert page.all("input", name="email")[0][0]["value"] == "dan at example"
    assert reader.post("/my-comments", {}).status_code == 422
    assert paper.letters() == []


def test_a_name_is_corrected_at_once_where_it_waits_and_held_where_it_is_public(
    paper: Correspondence, reader: Reader
) -> None:
    public, waiting = paper.published("Dan"), paper.comment("Dan", text="I wait.")
    eves = paper.comment("Eve")
    path = _page_path(paper, reader)
    token = _hidden(reader.page(path))
    refused = reader.post(f"{path}/names", {**token, "comment": str(waiting), "name": " "})
    assert (refused.status_code, "Please give your name." in refused.text) == (422, True)
    assert reader.post(f"{path}/names", {"comment": "all", "name": "Dana"}).status_code == 422
    assert reader.post(f"{path}/names", {**token, "comment": str(eves), "name": "Mine"}).status_code == 303
    said = reader.post(f"{path}/names", {**token, "comment": "all", "name": "Dana"})
    assert "Your name is corrected." in reader.page(said.headers["Location"]).text("main")
    assert {row.id: row.name for row in stored(paper.site)} == {public: "Dan", waiting: "Dana", eves: "Eve"}
    with paper.site.database.reading() as session:
        assert [edit.name for edit in session.exec(select(CommentEdit))] == ["Dana"]
    assert deeds(paper.site, waiting)[-1] == "edited"


@pytest.mark.both_engines
def test_one_comment_is_withdrawn_or_all(paper: Correspondence, reader: Reader) -> None:
    first, second, eves = paper.published("Dan"), paper.comment("Dan", text="Two."), paper.published("Eve")
    path = _page_path(paper, reader)
    token = _hidden(reader.page(path))
    assert reader.post(f"{path}/withdrawals", {"comment": "all"}).status_code == 422
    for chosen in (str(eves), str(first)):
        assert reader.post(f"{path}/withdrawals", {**token, "comment": chosen}).status_code == 303
    assert _withdrawn(paper.site) == [first]
    assert reader.post(f"{path}/withdrawals", {**token, "comment": "all"}).status_code == 303
    assert _withdrawn(paper.site) == [first, second]
    assert deeds(paper.site, first).count("withdrawn") == 1
    assert reader.post(f"{path}/withdrawals", {**token, "comment": "٣"}).status_code == 422


def _withdrawn(site: Site) -> list[int | None]:
    return [row.id for row in stored(site) if row.withdrawn_at]


@pytest.mark.both_engines
def test_everything_is_erased_after_one_more_question(paper: Correspondence, reader: Reader) -> None:
    mine, eves = paper.published("Dan", text="A heron."), paper.published("Eve")
    path = _page_path(paper, reader)
    asked = reader.page(f"{path}/erasure")
    assert reader.post(f"{path}/erasure", {}).status_code == 422
    answer = reader.post(f"{path}/erasure", _hidden(asked))
    assert answer.status_code == 303
    assert "Backups" in reader.page(answer.headers["Location"]).text("main")
    rows = {row.id: row for row in stored(paper.site)}
    assert (rows[mine].body_text, rows[mine].email_fingerprint, rows[eves].name) == ("", None, "Eve")
    assert reader.get(path).status_code == 404
    with paper.site.database.reading() as session:
        assert not session.exec(select(MyCommentsLink)).all()
    _ask(reader)
    assert paper.post(minutes=11) == []


@pytest.mark.both_engines
def test_long_lists_come_in_pages_and_nothing_is_a_page_too(paper: Correspondence, reader: Reader) -> None:
    for number in range(51):
        paper.comment("Dan", text=f"Comment {number}.", network_mark="")
    path = _page_path(paper, reader)
    page = reader.page(path)
    assert "Comment 1." in page.text("main")
    ((older, _),) = page.all("a", rel="next")
    assert "Comment 0." in reader.page(older["href"]).text("main")
    assert "There is no comment" in reader.page(f"{path}?before=-1").text("main")


@ON_SQLITE
def test_letter_and_pages_speak_the_language_that_was_asked_in(paper: Correspondence, reader: Reader) -> None:
    paper.comment("Dan")
    assert reader.page("/my-comments?language=ur").all("html")[0][0]["dir"] == "rtl"
    answer = reader.post("/my-comments?language=ur", {"email": "dan@example.org"})
    assert answer.headers["Location"] == "/my-comments?asked=yes&language=ur"
    (letter,) = paper.post()
    assert "Somebody asked" not in text_of(letter)
    link = link_in(letter)
    assert reader.page(link).all("html")[0][0]["lang"] == "ur"
    assert reader.page(_page_path_of(reader, letter)).all("html")[0][0]["dir"] == "rtl"


@ON_SQLITE
def test_without_letters_the_page_says_where_to_turn(app: Flask, site: Site, clock: Clock) -> None:
    write_article(site, "The last tram", clock())
    asked = Reader(application(site.but(contact="the desk, 5 Wharf Road"), clock))
    page = asked.page("/my-comments")
    assert "everything that you have sent, write to the desk, 5 Wharf Road." in page.text("main")
    assert not page.all("input")
    assert asked.post("/my-comments", {"email": "dan@example.org"}).headers["Location"] == "/my-comments"
    nowhere = Reader(application(site.but(contact=""), clock)).page("/my-comments")
    assert "ask the people who run this site; they have not said here yet" in nowhere.text("main")
