"""What stands beside the queue: the surroundings of a comment, colleagues at work, the log narrowed, an hour taken back."""

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import col

from cms.comments.models import Comment
from cms.moderation.queries.context import context
from cms.site import Site
from tests.articles.paper import counted
from tests.conftest import ON_SQLITE, START, Clock
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator, Page

JSON = {"Accept": "application/json"}


@pytest.fixture
def article(site: Site) -> int:
    for name in ("Cleo", "Ben", "Abe"):
        hire(site, name, START)
    return write_article(site, "The ferry", START)


@pytest.fixture
def cleo(app: Flask, article: int) -> Moderator:
    return Moderator(app, "Cleo")


def _entries(page: Page) -> list[int]:
    return [int(attrs["data-decision"]) for _, attrs, _ in page.elements if "data-decision" in attrs]


@pytest.mark.both_engines
def test_the_surroundings_tell_what_else_somebody_wrote_and_never_who_she_is(
    site: Site, cleo: Moderator, article: int
) -> None:
    first = send_comment(site, article, START, text="The first word.", network_mark="mark-77aa")
    cleo.decide("reject", first)
    second = send_comment(site, article, START, text="The second word.", network_mark="mark-77aa")
    send_comment(
        site, article, START, name="Eve", email="eve@example.org", network_mark="mark-77aa", text="Me too."
    )
    text = cleo.page(f"/moderation/context/{second}").text("div", class_="context")
    assert "Comments on it in the last hour: 3." in text
    assert "Rejected 1" in text
    assert "The first word." in text
    assert "Others that wait from the same network: 1." in text
    with site.database.reading() as session:
        fingerprint = session.execute(
            sa.select(col(Comment.email_fingerprint)).where(col(Comment.id) == first)
        ).scalar_one()
    page = cleo.get(f"/moderation/context/{second}").text
    for secret in (fingerprint, "dan@example.org", "mark-77aa"):
        assert secret not in page
    assert cleo.get("/moderation/context/999").status_code == 404
    with counted(site) as sent, site.database.reading() as session:
        context(session, second, START)
    assert len(sent) == 5


@ON_SQLITE
def test_colleagues_see_which_card_somebody_reads_and_what_came_in(
    site: Site, app: Flask, cleo: Moderator, article: int, clock: Clock
) -> None:
    comment = send_comment(site, article, START)
    ben = Moderator(app, "Ben")

    def look(who: Moderator, as_of: str, **fields: object) -> dict[str, object]:
        data = {"csrf_token": who.token("/moderation/log"), "as_of": as_of, **fields}
        answer = who.client.post("/moderation/presence", data=data, headers={**who.headers, **JSON})
        assert answer.status_code == 200
        told: dict[str, object] = answer.get_json()
        return told

    seen = cleo.hidden()["as_of"]
    assert look(cleo, seen, comment=comment) == {"said": "", "readers": []}
    send_comment(site, article, START, name="Eve", text="A late one.")
    told = look(ben, seen)
    assert told["readers"] == [{"comment": comment, "said": "Cleo is reading this now."}]
    assert told["said"] == "New: 1. Show them."
    clock.advance(seconds=30)
    assert look(ben, seen)["readers"] == []


@pytest.mark.both_engines
def test_the_log_is_narrowed_by_who_where_whose_and_when(
    site: Site, app: Flask, cleo: Moderator, article: int, clock: Clock
) -> None:
    other = write_article(site, "The tram", START)
    one = send_comment(site, article, START, text="One of a kind.")
    two = send_comment(site, other, START, name="Eve", email="eve@example.org", text="Two of another.")
    clock.advance(hours=2)
    cleo.decide("approve", one)
    Moderator(app, "Ben").decide("spam", two)
    found = {
        "": [4, 3, 2, 1],
        "by=1": [3],
        f"article={other}": [4, 2],
        f"commenter={one}": [3, 1],
        "since=2026-03-02T10:00": [4, 3],
        "until=2026-03-02T10:00": [2, 1],
        "since=2027-01-01T00:00": [],
        "since=nonsense&by=x": [4, 3, 2, 1],
        f"comment={two}": [4, 2],
    }
    for query, entries in found.items():
        assert _entries(cleo.page(f"/moderation/log?{query}")) == entries, query


@pytest.mark.both_engines
def test_an_admin_takes_back_an_hour_after_seeing_what_would_change(
    site: Site, app: Flask, cleo: Moderator, article: int, clock: Clock
) -> None:
    ids = [send_comment(site, article, START, name=f"Dan {n}", text=f"Word {n} of some.") for n in range(4)]
    cleo.decide("spam", *ids[:3])
    Moderator(app, "Ben").decide("approve", ids[3])
    abe = Moderator(app, "Abe")
    path = "/moderation/hours/?by=1&since=2026-03-02T09:00&until=2026-03-02T10:00"
    page = abe.page(path)
    assert [text for _, text in page.all("li")][-1] == "Spam → Held: 3"
    fields = {**abe.hidden(path), "by": "1", "since": "2026-03-02T09:00", "until": "2026-03-02T10:00"}
    done = abe.client.post("/moderation/hours/", data=fields, headers=abe.headers)
    assert "Carried out: 3 of 3." in abe.page(done.headers["Location"]).text("p", data_carried_out="")
    with site.database.reading() as session:
        statuses = list(session.execute(sa.select(col(Comment.status)).order_by(col(Comment.id))).scalars())
    assert [status.value for status in statuses] == ["held", "held", "held", "approved"]
    assert cleo.get(path).status_code == 403
