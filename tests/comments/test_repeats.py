"""The same comment sent twice: once while it is held, anew after a decision or a day."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from cms.moderation.actions.deciding import decide
from cms.moderation.rules import Verdict
from cms.site import Site
from tests.comments.stored import deeds, stored
from tests.conftest import ON_SQLITE, START, Clock
from tests.factories import hire, write_article
from tests.reader import Reader

CAT = "/articles/cat"


@pytest.fixture
def reader(app: Flask, site: Site) -> Reader:
    """Give a reader of a site with two articles."""
    write_article(site, "Cat", START)
    write_article(site, "Dog", START)
    return Reader(app)


def receipt_of(reader: Reader, path: str = CAT, **fields: str) -> str:
    """Send a comment and return where its receipt is."""
    answer = reader.comment(path, **fields)
    assert answer.status_code == 303
    return answer.headers["Location"]


@pytest.mark.both_engines
def test_sent_twice_while_held_is_stored_once_with_one_receipt(reader: Reader, site: Site) -> None:
    assert receipt_of(reader) == receipt_of(reader)
    (comment,) = stored(site)
    assert comment.id is not None
    assert deeds(site, comment.id) == ["submitted"]


@ON_SQLITE
def test_the_same_address_in_another_case_and_spaced_words_are_the_same(reader: Reader, site: Site) -> None:
    first = receipt_of(reader, name="Dan", comment="Hello.\n")
    assert receipt_of(reader, name=" Dan ", email="DAN@Example.org", comment="Hello.  \r\n") == first


@ON_SQLITE
@pytest.mark.parametrize(
    "other", [{"name": "Eve"}, {"email": "eve@example.org"}, {"comment": "I was not there."}]
)
def test_another_name_address_or_text_is_another_comment(
    reader: Reader, site: Site, other: dict[str, str]
) -> None:
    assert receipt_of(reader) != receipt_of(reader, **other)
    assert len(stored(site)) == 2


@ON_SQLITE
def test_the_same_words_under_another_article_are_another_comment(reader: Reader, site: Site) -> None:
    assert receipt_of(reader) != receipt_of(reader, "/articles/dog")
    assert len(stored(site)) == 2


@ON_SQLITE
@pytest.mark.parametrize("verdict", list(Verdict))
def test_after_any_decision_a_repeat_is_new_with_a_receipt_of_its_own(
    reader: Reader, site: Site, verdict: Verdict
) -> None:
    first = receipt_of(reader)
    comment_id = stored(site)[0].id
    assert comment_id is not None
    cleo = hire(site, "Cleo", START)
    decide(site, cleo, [comment_id], Verdict.REJECT, "", 10**9, START)
    decide(site, cleo, [comment_id], verdict, "", 10**9, START)
    assert receipt_of(reader) != first
    assert len(stored(site)) == 2


@pytest.mark.both_engines
def test_after_a_withdrawal_a_repeat_is_new(reader: Reader, site: Site) -> None:
    first = receipt_of(reader)
    reader.post(f"{first}/withdrawal", reader.form_of(first))
    assert receipt_of(reader) != first
    assert len(stored(site)) == 2


@pytest.mark.both_engines
def test_after_a_day_a_repeat_is_new_and_is_itself_repeated(reader: Reader, site: Site, clock: Clock) -> None:
    first = receipt_of(reader)
    clock.advance(hours=23, minutes=59)
    assert receipt_of(reader) == first
    clock.advance(minutes=1)
    second = receipt_of(reader)
    assert second != first
    assert receipt_of(reader) == second
    assert len(stored(site)) == 2
    assert reader.get(first).status_code == 200


@pytest.mark.both_engines
@pytest.mark.parametrize("hours", [0, 25])
def test_eight_at_the_same_moment_are_stored_once_with_one_receipt(
    app: Flask, reader: Reader, site: Site, clock: Clock, hours: int
) -> None:
    if hours:
        receipt_of(reader)
        clock.advance(hours=hours)
    fields = {"name": "Dan", "email": "dan@example.org", "comment": "I was there.", **reader.form_of(CAT)}
    before = len(stored(site))
    with ThreadPoolExecutor(8) as people:
        answers = list(people.map(lambda _: Reader(app).post(f"{CAT}/comments", fields), range(8)))
    assert [answer.status_code for answer in answers] == [303] * 8
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert len(stored(site)) == before + 1


@pytest.mark.both_engines
def test_eight_different_ones_at_the_same_moment_are_all_stored(
    app: Flask, reader: Reader, site: Site
) -> None:
    token = reader.form_of(CAT)["token"]

    def send(number: int) -> int:
        fields = {"name": "Dan", "email": "dan@example.org", "comment": f"Number {number}.", "token": token}
        return Reader(app).post(f"{CAT}/comments", fields).status_code

    with ThreadPoolExecutor(8) as people:
        assert list(people.map(send, range(8))) == [303] * 8
    assert len(stored(site)) == 8


@ON_SQLITE
def test_nothing_that_sending_asks_reads_a_table_through(reader: Reader, site: Site) -> None:
    receipt_of(reader)
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if not many and not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE")):
            asked.append((statement, values))

    for engine in (site.database.reader, site.database.writer):
        sa.event.listen(engine, "before_cursor_execute", note)
    receipt_of(reader, comment="Nearly the same. I was there, and it was like that.")
    for engine in (site.database.reader, site.database.writer):
        sa.event.remove(engine, "before_cursor_execute", note)
    with site.database.reader.connect() as connection:
        plans = [
            f"{row.detail}: {statement}"
            for statement, values in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert len(asked) > 8
    assert [plan for plan in plans if plan.startswith("SCAN comment")] == []
