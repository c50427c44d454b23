"""No answer tells whether an address is known, and no page of staff holds what an address could be known again by."""

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from cms.outbox.actions.wording import link_secret
from cms.site import Site
from tests.benchmarks.oracle import measured, rank_z
from tests.conftest import ON_SQLITE, Clock
from tests.factories import hire, send_comment, write_article
from tests.house.test_closed_by_default import addresses
from tests.reader import Colleague, Reader

KNOWN, UNKNOWN = "dan@example.org", "eve@example.com"
# As long as one another and no copies, since a copy of what somebody else wrote is held as one, whoever sends it.
WORDS = {
    KNOWN: "A horse stood quietly beside the rails all morning.",
    UNKNOWN: "My uncle drove that line until its bridge went down",
    "first@example.net": "Please print the timetable of winter once more.",
}
ARTICLE = "/articles/the-last-tram"
# Secrets, tokens, moments and the ids of rows: what differs between any two answers, whoever asks.
CHANGING = re.compile(
    r"(/(?:comments|letters|my-comments)/)[\w-]+|((?:token|csrf_token|as_of)\W+value=\W)[^\"]+|comment-\d+"
    r"|(?<==\")[\w.-]{40,}(?=\")|<time[^>]*>[^<]*</time>"
)
Ask = Callable[[Reader, str], TestResponse]


def _comment(reader: Reader, email: str) -> TestResponse:
    return reader.comment(ARTICLE, email=email, comment=WORDS[email])


def _comment_without_words(reader: Reader, email: str) -> TestResponse:
    return reader.comment(ARTICLE, email=email, comment="")


def _receipt(reader: Reader, email: str) -> TestResponse:
    return reader.get(_comment(reader, email).headers["Location"])


def _sign_in(reader: Reader, email: str) -> TestResponse:
    client = reader.client.application.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/sign-in").text)
    assert token
    typed = {"csrf_token": token[1], "email": email, "password": "not the right one"}
    return client.post("/sign-in", data=typed, headers=reader.headers)


def _my_comments(reader: Reader, email: str) -> TestResponse:
    form = reader.form_of("/my-comments")
    return reader.post("/my-comments", {**form, "email": email})


def _password(reader: Reader, email: str) -> TestResponse:
    return reader.post("/sign-in/password", {"email": email})


DOORS: dict[str, Ask] = {
    "a comment": _comment,
    "a comment that is refused": _comment_without_words,
    "signing in": _sign_in,
    "asking for one's comments": _my_comments,
    "asking for a new password": _password,
}
PAGES: dict[str, Ask] = {
    "its receipt": _receipt,
    "the front page behind it": lambda reader, email: _behind(reader, email, "/"),
    "the article behind it": lambda reader, email: _behind(reader, email, ARTICLE),
    "the feed behind it": lambda reader, email: _behind(reader, email, "/feed.json"),
    "a search for it": lambda reader, email: reader.get(f"/search?q={email}"),
    "a page with it as a query": lambda reader, email: reader.get(f"{ARTICLE}?email={email}"),
}


def _behind(reader: Reader, email: str, path: str) -> TestResponse:
    assert _comment(reader, email).status_code == 303
    return reader.get(path)


@pytest.fixture
def paper(site: Site, app: Flask, clock: Clock) -> Flask:
    """Give the application of a paper that knows Dan: by a comment that was published, one held, one rejected."""
    hire(site, "Cleo", clock())
    article = write_article(site, "The last tram", clock())
    for text in ("It was late.", "It was very late.", "It never came."):
        send_comment(site, article, clock(), email=KNOWN, text=text)
    with site.database.writing() as session:
        session.execute(sa.text("UPDATE comment SET status = 'approved' WHERE id = 1"))
        session.execute(sa.text("UPDATE comment SET status = 'rejected' WHERE id = 3"))
        session.commit()
    clock.advance(hours=30)
    return app


@pytest.mark.both_engines
@pytest.mark.parametrize("door", DOORS)
def test_a_door_answers_alike_whether_an_address_is_known(
    door: str, paper: Flask, site: Site, clock: Clock
) -> None:
    if door == "asking for one's comments" and "/my-comments" not in map(str, paper.url_map.iter_rules()):
        pytest.skip("there is no such door yet")
    _answers_alike(DOORS[door], paper, site, clock)


@pytest.mark.parametrize("page", PAGES)
@ON_SQLITE
def test_a_page_is_alike_whether_an_address_is_known(
    page: str, paper: Flask, site: Site, clock: Clock
) -> None:
    _answers_alike(PAGES[page], paper, site, clock)


def _answers_alike(ask: Ask, paper: Flask, site: Site, clock: Clock) -> None:
    reader = Reader(paper)
    ask(reader, "first@example.net")  # what only the first one has to do, whoever it is
    told = []
    for email in (UNKNOWN, KNOWN):
        clock.advance(minutes=30)
        with _statements(site) as sent:
            told.append((_shape(ask(reader, email), email), sent))
    unknown, known = told
    assert unknown[0] == known[0]
    assert unknown[1] == known[1]


@ON_SQLITE
def test_a_link_of_a_letter_answers_alike_whether_it_was_ever_sent(paper: Flask, site: Site) -> None:
    with site.database.reading() as session:
        mark = session.execute(sa.text("SELECT mark FROM comment WHERE id = 1")).scalar_one()
    links = [f"/letters/{link_secret(site.vault, one)}" for one in (mark, "0" * 32)]
    reader = Reader(paper)
    for path in ("", "/stop"):
        shapes = [_shape(reader.get(link + path), link) for link in links]
        assert shapes[0] == shapes[1]
        assert shapes[0][0] == 200
    ended = [_shape(reader.post(f"{link}/stop", {}), link) for link in links]
    assert ended[0] == ended[1]


@pytest.mark.parametrize("name", ["Cleo", "Abe"])
@ON_SQLITE
def test_no_answer_to_staff_holds_what_an_address_is_known_again_by(
    name: str, paper: Flask, site: Site, clock: Clock
) -> None:
    if name != "Cleo":
        hire(site, name, clock())
    send_comment(site, 1, clock(), network_mark="192.0.2.0/24-mark-of-today", text="Held, with a mark.")
    secrets = set(_secrets(site))
    assert len(secrets) > 12
    colleague = Colleague(paper, name)
    fetched = 0
    for path in _pages(paper):
        response = colleague.client.get(path, headers=colleague.headers)
        fetched += response.status_code == 200
        body = response.get_data() + str(response.headers).encode()
        assert not [secret for secret in secrets if secret.encode() in body], path
        assert KNOWN.encode() not in body.lower(), path
    assert fetched > 8


def _pages(app: Flask) -> Iterator[str]:
    yield from (address for method, address, _ in addresses(app) if method == "GET")
    for status in ("held", "approved", "rejected", "spam"):
        yield f"/moderation/?status={status}"
        yield f"/moderation/?status={status}&fold=off"
    yield ARTICLE


def _secrets(site: Site) -> Iterator[str]:
    columns = {
        "comment": (
            "mark",
            "email_sealed",
            "email_fingerprint",
            "receipt_hash",
            "repeat_key",
            "network_mark",
        ),
        "staff": ("mark", "email_sealed", "email_fingerprint"),
        "daily_salt": ("salt_sealed",),
    }
    with site.database.reading() as session:
        for table, names in columns.items():
            statement = sa.text(f"SELECT {', '.join(names)} FROM {table}")  # noqa: S608  # named above
            for row in session.execute(statement):
                yield from (value for value in row if value)


def _shape(response: TestResponse, asked: str) -> tuple[int, dict[str, str], str]:
    headers = {
        name: CHANGING.sub(r"\1\2", value.replace(asked, "…"))
        for name, value in response.headers
        if name not in {"Content-Length", "ETag", "Set-Cookie", "Date"}
    }
    return (
        response.status_code,
        headers,
        CHANGING.sub(r"\1\2", _without_words(response.text.replace(asked, "…"))),
    )


def _without_words(text: str) -> str:
    for words in WORDS.values():
        text = text.replace(words, "…")
    return text


@contextmanager
def _statements(site: Site) -> Iterator[list[str]]:
    """Give the list of the statements that are sent to the database meanwhile, without their values.

    The look at the keys, due ten seconds after the last one, is nobody's own: it is made before.
    """
    site.keyring.look_again()
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    engines = {site.database.reader, site.database.writer}
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        for engine in engines:
            sa.event.remove(engine, "before_cursor_execute", note)


def test_the_rank_test_of_the_benchmark_tells_what_differs_from_what_does_not() -> None:
    chance = random.Random(1)
    ones, others = ([chance.gauss(10, 2) for _ in range(500)] for _ in "ab")
    assert abs(rank_z(ones, others)) < 3
    assert rank_z([one + 1 for one in ones], others) > 5
    assert rank_z([1, 1, 2], [1, 1, 2]) == 0  # equal values share their places


def test_the_benchmark_asks_every_door(tmp_path: Path) -> None:
    found = measured(tmp_path, 2, warm_up=0)
    assert set(found) == {"comment", "my-comments", "sign-in"}
    assert all(figures["pairs"] == 2 for figures in found.values())
