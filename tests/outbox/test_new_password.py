"""Who has forgotten her password gets a letter, whose link lets her choose another, once."""

import pytest
from flask import Flask

from cms.accounts import actions
from cms.accounts.actions import SignedInNow, TooManyTries, WrongCredentials
from tests.conftest import ON_SQLITE, application
from tests.factories import PASSWORD, hire
from tests.outbox.correspondence import Correspondence, link_in, text_of
from tests.reader import Colleague, Reader, check_page

NEW = "a new password of hers"


@pytest.fixture
def stranger(paper: Correspondence) -> Reader:
    """Give somebody who is not signed in."""
    return Reader(application(paper.site, paper.clock))


def _ask(stranger: Reader, email: str = "cleo@example.org") -> None:
    answer = stranger.post("/sign-in/password", {"email": email})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in/password?asked=yes")


def _link(paper: Correspondence, stranger: Reader) -> str:
    _ask(stranger)
    (letter,) = paper.post()
    return link_in(letter)


def _tries(paper: Correspondence, password: str) -> SignedInNow | WrongCredentials | TooManyTries:
    return actions.sign_in(paper.site, "cleo@example.org", password, "", paper.clock())


def _signs_in(paper: Correspondence, password: str) -> bool:
    return isinstance(_tries(paper, password), SignedInNow)


@pytest.mark.both_engines
def test_a_letter_leads_to_a_new_password_and_ends_all_sessions(
    paper: Correspondence, stranger: Reader
) -> None:
    cleo = Colleague(application(paper.site, paper.clock), "Cleo")
    assert cleo.get("/moderation/").status_code == 200
    _ask(stranger, " CLEO@example.org ")
    (letter,) = paper.post()
    assert letter["To"] == "cleo@example.org"
    assert "CLEO" not in text_of(letter)
    link = link_in(letter)
    page = stranger.get(link)
    check_page(page)
    assert (page.headers["Cache-Control"], page.headers["X-Robots-Tag"]) == ("no-store", "noindex")
    changed = stranger.post(link, {"password": NEW})
    assert (changed.status_code, changed.headers["Location"]) == (303, "/sign-in?changed=yes")
    assert "Your password is changed." in check_page(stranger.client.get(changed.headers["Location"])).text(
        "main"
    )
    assert [_signs_in(paper, PASSWORD), _signs_in(paper, NEW)] == [False, True]
    assert cleo.get("/moderation/").status_code == 303


@pytest.mark.both_engines
def test_who_was_shut_out_by_wrong_passwords_comes_in_with_the_new_one(
    paper: Correspondence, stranger: Reader
) -> None:
    while isinstance(_tries(paper, "a wrong password"), WrongCredentials):
        pass
    assert isinstance(_tries(paper, PASSWORD), TooManyTries)
    assert stranger.post(_link(paper, stranger), {"password": NEW}).status_code == 303
    assert _signs_in(paper, NEW)


@ON_SQLITE
def test_only_the_button_uses_a_link_up_and_it_works_once(paper: Correspondence, stranger: Reader) -> None:
    link = _link(paper, stranger)
    assert [stranger.get(link).status_code, stranger.client.head(link).status_code] == [200, 200]
    short = stranger.post(link, {"password": "too short"})
    assert short.status_code == 422
    assert "at least 12 characters" in check_page(short).text("main")
    foreign = Reader(application(paper.site, paper.clock), origin="cross-site")
    assert foreign.post(link, {"password": NEW}).status_code == 403
    assert stranger.post(link, {"password": NEW}).status_code == 303
    for answer in (stranger.get(link), stranger.post(link, {"password": PASSWORD})):
        assert answer.status_code == 404
        assert "This link is over" in check_page(answer).text("main")
    assert _signs_in(paper, NEW)


@ON_SQLITE
def test_a_link_ends_after_an_hour_and_none_can_be_made_up(paper: Correspondence, stranger: Reader) -> None:
    link = _link(paper, stranger)
    _, _, secret, _ = link.split("/")
    later = f"{secret[:32]}ffffffff{secret[40:]}"
    for made_up in (later, "0" * 80, secret[:-1] + ("0" if secret[-1] != "0" else "1"), "x"):
        assert stranger.post(f"/letters/{made_up}/password", {"password": NEW}).status_code == 404
    paper.clock.advance(minutes=59)
    assert stranger.get(link).status_code == 200
    paper.clock.advance(minutes=1)
    assert stranger.post(link, {"password": NEW}).status_code == 404
    assert _signs_in(paper, PASSWORD)


@ON_SQLITE
def test_nobody_learns_who_has_an_account_and_none_but_staff_get_letters(
    paper: Correspondence, stranger: Reader
) -> None:
    ben = hire(paper.site, "Ben", paper.clock())
    actions.disable_staff(paper.site, ben, paper.clock())
    paper.comment("Dan")
    for email in ("ben@example.org", "dan@example.org", "nobody@example.org"):
        _ask(stranger, email)
    assert [letter.kind for letter in paper.letters()] == ["password"] * 3
    assert paper.post() == []
    assert stranger.post("/sign-in/password", {"email": "no address"}).status_code == 422


@ON_SQLITE
def test_a_mailbox_is_not_flooded(paper: Correspondence, stranger: Reader) -> None:
    sent = 0
    for _ in range(9):
        _ask(stranger)
        sent += len(paper.post(minutes=1))
    assert sent == 2
    for _ in range(2):
        answer = stranger.post("/sign-in/password", {"email": "cleo@example.org"})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    paper.clock.advance(minutes=60)
    _ask(stranger)
    assert len(paper.post()) == 1


@ON_SQLITE
def test_a_letter_goes_to_the_stored_address_and_not_to_one_that_compares_as_the_same(
    paper: Correspondence, stranger: Reader
) -> None:
    actions.add_staff(paper.site, "Kai", "kai@example.org", actions.Role.AUTHOR, PASSWORD, paper.clock())
    _ask(stranger, "\u212aai@example.org")
    (letter,) = paper.post()
    assert letter["To"] == "kai@example.org"


def test_without_mail_the_page_says_who_helps(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/sign-in/password")
    assert "cms staff password" in check_page(page).text("main")
    asked = client.post(
        "/sign-in/password", data={"email": "a@b.example"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert asked.status_code == 303
    assert 'href="/sign-in/password"' in client.get("/sign-in").text
