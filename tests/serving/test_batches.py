"""Requests that come together are stored by one commit, and each has the answer that it would have had alone."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import select
from werkzeug.test import EnvironBuilder

from cms.comments.models import Comment
from cms.serving.batches import BATCH, BATCH_MAX, Batches
from cms.serving.bridge import Answer
from cms.serving.threads import Full
from cms.site import Site
from cms.storage import embedded
from tests.conftest import ON_SQLITE, START
from tests.factories import write_article
from tests.reader import Reader

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

TIDE = "/articles/tide"
PEOPLE = ("Ada", "Ben", "Cleo")


@pytest.fixture(autouse=True)
def _article(site: Site) -> None:
    write_article(site, "Tide", START)


def post(
    app: Flask,
    name: str,
    text: str = "I was there.",
    *,
    to: str = TIDE,
    network: str = "",
    browser: str = "A browser",
    **fields: str,
) -> dict[str, Any]:
    """Return the environ of a comment that somebody sends to an article, from a network where one is named."""
    email = f"{name.lower()}@example.org"
    sent = {"name": name, "email": email, "comment": text, **Reader(app).form_of(to), **fields}
    headers = {"Sec-Fetch-Site": "same-origin", "User-Agent": browser}
    hers = {"REMOTE_ADDR": network}
    builder = EnvironBuilder(f"{to}/comments", method="POST", data=sent, headers=headers, environ_base=hers)
    return builder.get_environ()


class Counter:
    """One thread that answers what comes, and begins with the first when all are there."""

    def __init__(self, app: Flask, site: Site, most: int = 64) -> None:
        self.app, self.site, self.most = app, site, most
        self.are_there = threading.Event()
        self.tell: Callable[[str], object] = lambda _code: None  # who is told of each answer when it comes
        self.before: Callable[[dict[str, Any]], object] = lambda _environ: None  # what goes before an answer

    def answers(self, sent: Iterable[dict[str, Any]]) -> list[Answer]:
        """Return what is answered to requests that all come at one moment, in their order."""
        with ThreadPoolExecutor(1) as pool:  # a browser's driver may have a loop running in this thread
            return pool.submit(asyncio.run, self._answers(sent)).result()

    async def _answers(self, sent: Iterable[dict[str, Any]]) -> list[Answer]:
        batches = Batches(asyncio.get_running_loop(), self._app, self.site.database, self.most)
        waiting = [asyncio.create_task(self._answer(batches, environ)) for environ in sent]
        await asyncio.sleep(0)  # in which each takes her place
        self.are_there.set()
        try:
            return await asyncio.gather(*waiting)
        finally:
            batches.close()

    async def _answer(self, batches: Batches, environ: dict[str, Any]) -> Answer:
        answer = await batches.run(environ)
        self.tell(str(answer.code))
        return answer

    def _app(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        self.are_there.wait(10)
        self.before(environ)
        return self.app(environ, start_response)


def receipt(answer: Answer) -> str:
    """Return the address to which an answer sends on."""
    assert answer.code == 303, answer.body.decode()
    return dict(answer.headers)["Location"]


def stored(site: Site) -> list[str]:
    """Return the names under which comments are stored."""
    with site.database.reading() as session:
        return sorted(session.exec(select(Comment.name)))


@contextmanager
def commits(site: Site, seen: list[str], may_begin: threading.Event | None = None) -> Iterator[None]:
    """Add each commit to `seen` that happens meanwhile; it waits until it may begin, but not for ever."""

    def note(_connection: sa.Connection) -> None:
        if may_begin:
            may_begin.wait(10)
        seen.append("commit")

    sa.event.listen(site.database.writer, "commit", note)
    yield
    sa.event.remove(site.database.writer, "commit", note)


@contextmanager
def begins(site: Site, seen: list[str]) -> Iterator[None]:
    """Add each transaction to `seen` in which somebody begins to read meanwhile."""

    def note(_connection: sa.Connection) -> None:
        seen.append("begin")

    sa.event.listen(site.database.reader, "begin", note)
    yield
    sa.event.remove(site.database.reader, "begin", note)


def refuse(site: Site, name: str) -> None:
    """Let the database refuse comments of that name."""
    with site.database.writing() as session:
        session.execute(
            sa.text(
                f"CREATE TRIGGER refusing BEFORE INSERT ON comment WHEN new.name = '{name}'"
                " BEGIN SELECT RAISE(ABORT, 'not her'); END"
            )
        )
        session.commit()


def ask_amiss(environ: dict[str, Any]) -> None:
    """Ask something that no database can answer, for Mallory and where she shares a transaction."""
    if BATCH in environ and b"Mallory" in environ["wsgi.input"].getvalue():
        with environ[BATCH].reading() as session:
            session.execute(sa.text("SELECT * FROM nowhere"))


@pytest.mark.both_engines
def test_comments_that_come_together_share_a_commit_and_have_their_own_receipts(
    app: Flask, site: Site
) -> None:
    sent, seen = [post(app, name) for name in PEOPLE], list[str]()
    with commits(site, seen):
        receipts = [receipt(answer) for answer in Counter(app, site).answers(sent)]
    assert stored(site) == [*PEOPLE]
    assert len(set(receipts)) == 3
    assert all("waiting" in Reader(app).page(address).text("main") for address in receipts)
    assert seen == ["commit"]


@pytest.mark.both_engines
def test_what_is_sent_twice_at_one_moment_is_stored_once_and_has_one_receipt(app: Flask, site: Site) -> None:
    answers = Counter(app, site).answers([post(app, "Dan"), post(app, "Ada"), post(app, "Dan")])
    assert receipt(answers[0]) == receipt(answers[2]) != receipt(answers[1])
    assert stored(site) == ["Ada", "Dan"]


@ON_SQLITE
def test_a_comment_that_the_database_refuses_takes_nothing_from_the_others(app: Flask, site: Site) -> None:
    refuse(site, "Mallory")
    app.testing = False  # so that the failure is answered, as readers have it
    sent = [post(app, "Ada"), post(app, "Mallory", "My very words."), post(app, "Ben")]
    ada, mallory, ben = Counter(app, site).answers(sent)
    assert receipt(ada) != receipt(ben)
    assert mallory.code == 500
    assert "My very words." in mallory.body.decode()
    assert stored(site) == ["Ada", "Ben"]


@pytest.mark.both_engines
def test_the_limit_holds_for_those_who_come_together(app: Flask, site: Site) -> None:
    limit = site.settings.comments_per_ten_minutes
    sent = [post(app, "Mallory", f"Buy number {number}.", network="192.0.2.9") for number in range(limit + 2)]
    codes = [answer.code for answer in Counter(app, site).answers(sent)]
    assert (codes.count(303), codes.count(429)) == (limit, 2)
    assert len(stored(site)) == limit


@ON_SQLITE
def test_while_nothing_can_be_stored_each_has_her_own_words_back(
    app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "PATIENCE_SECONDS", 0.05)
    sent = [post(app, name, f"The words of {name}.") for name in PEOPLE]
    with site.database.writing() as session:
        session.execute(sa.text("SELECT 1"))  # which holds the write lock
        answers = Counter(app, site).answers(sent)
    assert [answer.code for answer in answers] == [503, 503, 503]
    for name, answer in zip(PEOPLE, answers, strict=True):
        assert f"The words of {name}." in answer.body.decode()
    assert stored(site) == []


@pytest.mark.both_engines
def test_comments_that_come_together_are_looked_into_by_one_transaction(app: Flask, site: Site) -> None:
    sent, seen = [post(app, name) for name in PEOPLE], list[str]()
    with begins(site, seen):
        Counter(app, site).answers(sent)
    assert seen == ["begin"]


@pytest.mark.both_engines
def test_each_answer_is_made_of_its_own_request(app: Flask, site: Site) -> None:
    write_article(site, "Flut", START, language="de")
    sent = [
        post(app, "Ada", "Ada's words.", preview="1"),
        post(app, "Ben", "Ben's words.", to="/articles/flut", preview="1"),
        post(app, "Cleo", "Cleo's words.", email="nowhere"),
        post(app, "Dan", "Dan's words."),
    ]
    answers = Counter(app, site).answers(sent)
    assert [answer.code for answer in answers] == [200, 200, 422, 303]
    for name, answer in zip(PEOPLE, answers, strict=False):
        said = answer.body.decode()
        assert [other for other in PEOPLE if f"{other}&#39;s words." in said] == [name]
        assert ('lang="de"' in said) is (name == "Ben")


@pytest.mark.both_engines
def test_a_question_that_fails_takes_nothing_from_those_who_came_with_it(app: Flask, site: Site) -> None:
    counter = Counter(app, site)
    counter.before = ask_amiss
    sent = [post(app, "Ada"), post(app, "Mallory"), post(app, "Ben")]
    receipts = [receipt(answer) for answer in counter.answers(sent)]
    assert len(set(receipts)) == 3
    assert stored(site) == ["Ada", "Ben", "Mallory"]


@ON_SQLITE
def test_an_answer_that_promises_nothing_waits_for_no_commit(app: Flask, site: Site) -> None:
    counter, told = Counter(app, site), threading.Event()
    seen: list[str] = []

    def tell(code: str) -> None:
        seen.append(code)
        told.set()

    counter.tell = tell
    with commits(site, seen, told):
        counter.answers([post(app, "Ada"), post(app, "Ben", preview="1")])
    assert seen == ["200", "commit", "303"]


@ON_SQLITE
def test_a_promise_waits_for_no_more_others_than_a_batch_has(app: Flask, site: Site) -> None:
    counter, seen = Counter(app, site), list[str]()
    counter.tell = seen.append
    others = [post(app, "Ben", preview="1") for _ in range(BATCH_MAX + 2)]
    with commits(site, seen):
        counter.answers([post(app, "Ada"), *others])
    assert seen.index("commit") < len(seen) - 3
    assert seen[-3:] == ["200"] * 3


@ON_SQLITE
def test_who_finds_the_house_full_is_told_at_once(app: Flask, site: Site) -> None:
    with pytest.raises(Full):
        Counter(app, site, most=2).answers([post(app, name) for name in PEOPLE])
    assert stored(site) == ["Ada", "Ben"]
