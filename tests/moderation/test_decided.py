"""What was decided is searched as what waits is, a bounded number of comments at a time."""

import pytest
from flask import Flask

from cms.comments.rules import CommentStatus
from cms.moderation.filters import Filter
from cms.moderation.queries import decided
from cms.site import Site
from tests.articles.paper import counted
from tests.conftest import START, Clock
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator, Page


@pytest.fixture
def articles(site: Site) -> tuple[int, int]:
    hire(site, "Cleo", START)
    return write_article(site, "The ferry", START, section="City"), write_article(site, "The tram", START)


@pytest.fixture
def cleo(app: Flask, articles: tuple[int, int]) -> Moderator:
    return Moderator(app, "Cleo")


def _members(page: Page) -> list[int]:
    return [int(attrs["data-comment"]) for _, attrs, _ in page.elements if "data-comment" in attrs]


@pytest.mark.both_engines
def test_each_filter_shows_what_fits_of_what_was_decided(
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
    other = send_comment(site, tram, START, name="Dan", text="Another rope_walk that was refused as well.")
    cleo.decide("approve", plain, linked, urdu)
    cleo.decide("reject", other, as_of="99")
    clock.advance(hours=3)
    held = send_comment(site, tram, clock(), name="Dan", text="This rope still waits.")
    found = {
        "": [plain, linked, urdu],
        f"article={tram}": [linked, urdu],
        "section=1": [plain],
        "words=rope+baker": [plain],
        "words=ROPE": [plain, linked],
        "words=rope_walk": [],
        "words=چائے": [urdu],
        'words="rope"+OR+NEAR(': [],
        "host=rope.example": [linked],
        "reason=links": [linked],
        "language=ur": [urdu],
        f"commenter={plain}": [plain],
        f"commenter={held}": [plain],
        "older_hours=2": [plain, linked, urdu],
        "newer_hours=2": [],
        f"words=rope&article={tram}": [linked],
        "score_from=1000": [],
        "commenter=99999": [],
    }
    for query, ids in found.items():
        page = cleo.page(f"/moderation/?status=approved&{query}")
        assert sorted(_members(page)) == sorted(ids), query
    assert _members(cleo.page("/moderation/?status=rejected&words=rope+refused")) == [other]


@pytest.mark.both_engines
def test_a_page_that_looked_through_its_share_leads_further_back(
    site: Site, app: Flask, cleo: Moderator, articles: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decided, "LOOKED_AT", 3)
    monkeypatch.setattr(decided, "LATELY", 2)
    ids = [
        send_comment(
            site, articles[n % 2], START, name=f"Dan {n}", text=f"Rope number {n} is {'long' * (n < 2)}."
        )
        for n in range(9)
    ]
    cleo.decide("approve", *ids)
    app.extensions["site"] = site.but(queue_size=2)
    for query, wanted in {
        "words=rope": ids,
        "words=longlong": [],
        "language=en": ids,
        "language=ar": [],
        "section=1": ids[::2],
        f"article={articles[1]}&words=rope": ids[1::2],
    }.items():
        found, path, pages = [], f"/moderation/?status=approved&{query}", 0
        while path:
            page, pages = cleo.page(path), pages + 1
            found += _members(page)
            path = next((attrs["href"] for attrs, _ in page.all("a", rel="next")), "")
            assert pages < 12
        assert found == wanted[::-1], query


@pytest.mark.only_on("postgresql")
def test_a_common_word_is_looked_for_no_further_back_than_one_page_looks_through(
    site: Site, cleo: Moderator, articles: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decided, "LOOKED_AT", 3)
    monkeypatch.setattr(decided, "LATELY", 2)
    for n in range(19):
        send_comment(
            site, articles[0], START, name=f"Dan {n}", text=f"Rope {n}{' was tarred' * (n % 18 == 0)}."
        )
    cleo.decide("approve", *range(1, 20))
    for words, windows, goes_on in (("rope", 1, True), ("tarred", 3, False)):
        with counted(site) as sent, site.database.reading() as session:
            found, end = decided.places(
                session, CommentStatus.SPAM, Filter(words=words), START, after=None, size=50
            )
        assert (found, end is not None) == ([], goes_on), words
        assert len(sent) == 1 + 2 * windows, words


def test_the_words_of_a_decided_comment_go_with_its_text(
    site: Site, cleo: Moderator, articles: tuple[int, int]
) -> None:
    comment = send_comment(site, articles[0], START, text="An unmistakable lighthouse.")
    cleo.decide("approve", comment)
    assert _members(cleo.page("/moderation/?status=approved&words=lighthouse")) == [comment]
    with site.database.writing() as session:
        from cms.comments.writes import storing

        storing.rewrite(session, comment, name="Dan", body_text="Gone.", body_html="<p>Gone.</p>")
        session.commit()
    assert _members(cleo.page("/moderation/?status=approved&words=lighthouse")) == []
    assert _members(cleo.page("/moderation/?status=approved&words=gone")) == [comment]
