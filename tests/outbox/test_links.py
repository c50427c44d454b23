"""The links in letters: opening one changes nothing, a button or a mailbox's one click does, for years."""

import pytest
from flask import Flask

from cms.logs import logged_path
from cms.outbox.actions.wording import link_secret
from cms.outbox.rules import Wish
from cms.privacy.actions.erasing import forget_person
from tests.conftest import ON_SQLITE, application
from tests.outbox.correspondence import Correspondence, link_in
from tests.reader import Reader

pytestmark = ON_SQLITE
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def app(paper: Correspondence) -> Flask:
    """Give the application of the paper that writes letters."""
    return application(paper.site, paper.clock)


@pytest.fixture
def reader(app: Flask) -> Reader:
    """Give somebody who opens her letters."""
    return Reader(app)


@pytest.fixture
def link(paper: Correspondence) -> str:
    """Give the path that Dan's first letter holds."""
    paper.published("Dan")
    (asked,) = paper.post(minutes=2)
    return link_in(asked)


def _wish(paper: Correspondence) -> tuple[Wish, bool]:
    (dan,) = paper.commenters()
    return dan.wish, dan.proved_at is not None


def test_opening_a_link_changes_nothing(paper: Correspondence, reader: Reader, link: str) -> None:
    stop = link.replace("?", "/stop?")
    for path in (link, stop):
        page = reader.page(path)
        assert [attributes["value"] for attributes, _ in page.all("button")] == ["yes", "no"]
        assert reader.client.head(path).status_code == 200
    answer = reader.get(link)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert _wish(paper) == (Wish.UNKNOWN, False)


def test_a_button_says_yes_and_takes_it_back(paper: Correspondence, reader: Reader, link: str) -> None:
    answer = reader.post(link, {"wish": "yes"})
    assert answer.status_code == 303
    assert "We email you when somebody replies." in reader.page(answer.headers["Location"]).text("main")
    assert _wish(paper) == (Wish.YES, True)
    answer = reader.post(link, {"wish": "no"})
    assert "You get no more emails" in reader.page(answer.headers["Location"]).text("main")
    assert _wish(paper) == (Wish.NO, True), "the address stays proved"
    assert reader.post(link, {"wish": "perhaps"}).status_code == 422


def test_one_click_in_a_mailbox_ends_the_letters_wherever_it_comes_from(
    paper: Correspondence, app: Flask, link: str
) -> None:
    stop = link.replace("?", "/stop?")
    paper.clock.advance(days=400)
    for origin in ("cross-site", ""):
        answer = Reader(app, origin=origin).post(stop, ONE_CLICK)
        assert answer.status_code == 200, "RFC 8058 forbids a redirect"
        assert "You get no more emails" in answer.text
    assert _wish(paper) == (Wish.NO, False)
    assert Reader(app, origin="cross-site").post(link, {"wish": "yes"}).status_code == 403


def test_who_was_forgotten_sees_what_everybody_sees(paper: Correspondence, reader: Reader, link: str) -> None:
    stop = link.replace("?", "/stop?")
    known = [reader.get(link).data, reader.post(stop, ONE_CLICK).data]
    with paper.site.database.writing() as session:
        forget_person(session, paper.commenters()[0].fingerprint)
        session.commit()
    assert [reader.get(link).data, reader.post(stop, ONE_CLICK).data] == known
    assert paper.commenters() == []


def test_a_link_that_no_letter_held_leads_nowhere(paper: Correspondence, reader: Reader, link: str) -> None:
    (dan,) = paper.commenters()
    good = link_secret(paper.site.vault, dan.mark)
    wrong = [dan.mark, good[:-1], good[:-1] + ("0" if good[-1] != "0" else "1"), f"{good}0", "x", "ü" * 72]
    for secret in wrong:
        for path in (f"/letters/{secret}", f"/letters/{secret}/stop"):
            assert reader.get(path).status_code == 404, secret
            assert reader.post(path, {"wish": "yes"}).status_code == 404, secret
    assert _wish(paper) == (Wish.UNKNOWN, False)
    assert logged_path(f"/letters/{good}/stop") == "/letters/-"
