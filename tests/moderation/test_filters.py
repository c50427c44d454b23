"""The queue narrowed: each filter shows what fits and nothing else, and folds hold what is nearly the same."""

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col

from cms.comments.models import Comment
from cms.moderation.campaigns import are_equal, differences, facts, may_state
from cms.moderation.filters import Filter, filter_of
from cms.site import Site
from tests.conftest import ON_SQLITE, START, Clock
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator, Page

ADVERT = "Friends, I earn a fortune from home with this wonderful little system, ask me how it works today"


@pytest.fixture
def articles(site: Site) -> tuple[int, int]:
    hire(site, "Cleo", START)
    return write_article(site, "The ferry", START, section="City"), write_article(site, "The tram", START)


@pytest.fixture
def cleo(app: Flask, articles: tuple[int, int]) -> Moderator:
    return Moderator(app, "Cleo")


def _members(page: Page) -> list[int]:
    return [int(attrs["data-comment"]) for _, attrs, _ in page.elements if "data-comment" in attrs]


def _cards(page: Page) -> list[int]:
    return [int(attrs["data-card"]) for _, attrs, _ in page.elements if "data-card" in attrs]


@pytest.mark.both_engines
def test_each_filter_shows_what_fits_and_nothing_else(
    site: Site, cleo: Moderator, articles: tuple[int, int], clock: Clock
) -> None:
    ferry, tram = articles
    plain = send_comment(site, ferry, START, name="Dan", text="The rope was wet and the baker late again.")
    linked = send_comment(
        site, tram, START, name="Eve", email="eve@example.org", text="A rope: https://www.rope.example/x now"
    )
    urdu = send_comment(
        site, tram, START, name="Zed", language="ur", text="چائے اچھی تھی", email="z@example.org"
    )
    clock.advance(hours=3)
    late = send_comment(site, tram, clock(), name="Dan", text="Three hours later I still agree with myself.")
    found = {
        f"article={tram}": [linked, urdu, late],
        "section=1": [plain],
        "words=rope+baker": [plain],
        "words=ROPE": [plain, linked],
        "words=چائے": [urdu],
        'words="rope"+OR+NEAR(': [],
        "host=rope.example": [linked],
        "reason=links": [linked],
        "language=ur": [urdu],
        f"commenter={plain}": [plain, late],
        "older_hours=2": [plain, linked, urdu],
        "newer_hours=2": [late],
        f"words=rope&article={tram}": [linked],
        "score_from=1000": [],
        "commenter=99999": [],
        "lane=likely_spam": [],
    }
    for query, ids in found.items():
        page = cleo.page(f"/moderation/?{query}")
        assert sorted(_members(page)) == sorted(ids), query


@pytest.mark.both_engines
def test_words_are_found_as_long_as_a_comment_waits(
    site: Site, cleo: Moderator, articles: tuple[int, int]
) -> None:
    comment = send_comment(site, articles[0], START, text="An unmistakable lighthouse.")
    path = "/moderation/?words=lighthouse"
    assert _members(cleo.page(path)) == [comment]
    cleo.decide("approve", comment)
    assert _members(cleo.page(path)) == []
    cleo.decide("hold", comment, as_of="99")
    assert _members(cleo.page(path)) == [comment]
    with site.database.writing() as session:
        session.execute(
            sa.update(Comment).where(col(Comment.id) == comment).values(body_text="Gone", name="Nobody")
        )
        session.commit()
    assert _members(cleo.page(path)) == []
    assert _members(cleo.page("/moderation/?words=gone")) == [comment]


@pytest.mark.both_engines
def test_lanes_come_one_after_another_and_paging_shows_every_comment_once(
    site: Site, app: Flask, cleo: Moderator, articles: tuple[int, int]
) -> None:
    ids = [
        send_comment(site, articles[0], START, name=f"Dan {n}", text=f"Number {n} says so.") for n in range(9)
    ]
    with site.database.writing() as session:
        for place, one in enumerate(ids):
            lane = ("likely_spam", "likely_fine", "needs_thought")[place % 3]
            session.execute(sa.update(Comment).where(col(Comment.id) == one).values(lane=lane))
        session.commit()
    app.extensions["site"] = site.but(queue_size=2)
    found, path = [], "/moderation/"
    while path:
        page = cleo.page(path)
        found += _members(page)
        path = next((attrs["href"] for attrs, _ in page.all("a", rel="next")), "")
    assert found == [*ids[1::3], *ids[2::3], *ids[0::3]]
    assert _members(cleo.page("/moderation/?lane=likely_spam")) == ids[0:6:3]


@pytest.mark.both_engines
def test_near_copies_are_one_card_that_holds_each_of_them(
    site: Site, cleo: Moderator, articles: tuple[int, int]
) -> None:
    copies = [
        send_comment(
            site, articles[n % 2], START, name=f"M {n}", email=f"m{n}@example.org", text=f"{ADVERT}{'!' * n}"
        )
        for n in range(4)
    ]
    other = send_comment(site, articles[0], START, text="Something else entirely, about the rope.")
    page = cleo.page("/moderation/")
    assert sorted(_cards(page)) == sorted([copies[0], other])
    assert sorted(_members(page)) == sorted([*copies, other])
    singly = cleo.page("/moderation/?fold=off")
    assert sorted(_cards(singly)) == sorted([*copies, other])
    assert _members(cleo.page(f"/moderation/?article={articles[1]}")) == copies[1::2]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("See https://a.example/x", "See https://b.example/x", False),
        ("Call 0300 1234567", "Call 0300 1234568", False),
        ("Call ٠٣٠٠", "Call 0300", True),
        ("Write to a@example.org", "Write to b@example.org", False),
        ("Good day to you", "Good day, to you!", True),
    ],
)
def test_what_differs_in_a_host_an_address_or_a_number_is_no_copy(one: str, other: str, same: bool) -> None:
    assert (facts(f"{ADVERT} {one}") == facts(f"{ADVERT} {other}")) is same


@given(st.text("012٢ a.Ü"), st.text("012٢ a.Ü"))
def test_a_text_that_states_the_same_is_never_taken_for_one_that_cannot(one: str, other: str) -> None:
    assert may_state(one, facts(one))
    assert may_state(other, facts(one)) or facts(other) != facts(one)


def test_equal_means_but_for_capitals_and_spaces() -> None:
    assert are_equal("Good  Day\n", "good day")
    assert not are_equal("good day", "good day!")
    assert differences("good day", "good night") == (("good ", False), ("night", True))


@given(st.dictionaries(st.text(), st.text()))
def test_what_makes_no_sense_narrows_nothing(asked: dict[str, str]) -> None:
    found = filter_of(asked)
    assert filter_of(found.as_query()) == found


def test_a_filter_survives_its_address() -> None:
    narrowed = Filter(lane="likely_spam", article=3, words="a b", host="x.example", campaign=9)
    assert filter_of(narrowed.as_query()) == narrowed


@ON_SQLITE
def test_no_filter_shows_whose_a_comment_is(site: Site, cleo: Moderator, articles: tuple[int, int]) -> None:
    comment = send_comment(site, articles[0], START, network_mark="mark-77aa")
    with site.database.reading() as session:
        fingerprint = session.execute(sa.select(col(Comment.email_fingerprint))).scalar_one()
    for query in (f"commenter={comment}", f"network={comment}", "words=was"):
        text = cleo.get(f"/moderation/?{query}").text
        assert str(comment) in text
        assert fingerprint not in text
        assert "mark-77aa" not in text
