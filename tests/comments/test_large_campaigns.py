"""The copies of a text are looked for among the newest of them, however many of them came within minutes."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from cms.comments.judged import JudgedComment
from cms.comments.likeness import MAX_DISTANCE, bands
from cms.comments.models import Comment, HoldReason, LikenessBand
from cms.comments.queries.surroundings import surroundings_of
from cms.comments.signals import HoldCode
from cms.db import table_of
from cms.site import Site
from tests.comments.stored import stored
from tests.conftest import ON_POSTGRESQL, Clock
from tests.factories import send_comment, write_article

COPIES = 2_000
TEXT = "The tide comes in twice a day and nobody on the quay minds it much, whatever they say."
OWN = {
    "id": "nextval(pg_get_serial_sequence('comment', 'id'))",
    "mark": "md5(random()::text)",
    "receipt_hash": "md5(random()::text)",
    "repeat_key": "NULL",
}


@ON_POSTGRESQL
def test_a_campaign_is_found_by_an_index_whatever_postgresql_knows_of_the_table(
    site: Site, clock: Clock
) -> None:
    article = write_article(site, "Tide", clock())
    send_comment(site, article, clock(), text=TEXT)
    _copy(site, COPIES)
    with _asked(site, "likeness_band") as asked:
        send_comment(site, article, clock(), name="Eve", text=TEXT)
    ((statement, values),) = asked
    with site.database.reader.connect() as connection:
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars())
    assert "ix_comment_likeness" in plan
    assert "Seq Scan on comment" not in plan


@pytest.mark.both_engines
def test_a_copy_is_found_whichever_of_its_bits_are_others(site: Site, clock: Clock) -> None:
    chance = random.Random(7)
    another = JudgedComment(1, None, None, "en", "Ben", TEXT, email_fingerprint="")
    send_comment(site, write_article(site, "Tide", clock()), clock(), text=TEXT)
    with site.database.writing() as session:
        for _ in range(60):
            one = chance.getrandbits(64) - (1 << 63)
            other = one
            for bit in chance.sample(range(64), MAX_DISTANCE):
                other ^= -1 << 63 if bit == 63 else 1 << bit
            session.execute(sa.update(Comment).values(likeness=one))
            bits = [{"band": band, "likeness": one} for band in bands(one)]
            session.execute(sa.insert(LikenessBand), bits)
            assert surroundings_of(session, another, other, facts=0).copies.all == 1


@pytest.mark.both_engines
def test_copies_that_state_something_else_are_counted_and_their_texts_left_alone(
    site: Site, clock: Clock
) -> None:
    article = write_article(site, "Tide", clock())
    for number in range(3):
        send_comment(site, article, clock(), text=f"{TEXT} {number}")
    with _asked(site, "fold_id = comment.id") as asked:
        send_comment(site, article, clock(), text=f"{TEXT} 3")
    assert asked == []
    assert _folds(site) == [1, 2, 3, 4]
    assert _measures(site) == [1, 2, 3]


@pytest.mark.both_engines
def test_a_copy_joins_the_fold_of_one_of_which_nobody_knows_yet_what_it_states(
    site: Site, clock: Clock
) -> None:
    article = write_article(site, "Tide", clock())
    for number in (1, 2):
        send_comment(site, article, clock(), text=f"{TEXT} {number}")
    with site.database.writing() as session:
        session.execute(sa.update(Comment).values(facts=None))
        session.commit()
    send_comment(site, article, clock(), name="Eve", text=f"{TEXT} 2")
    assert _folds(site) == [1, 2, 2]


@contextmanager
def _asked(site: Site, what: str) -> Iterator[list[tuple[str, Any]]]:
    """Give what is asked meanwhile by statements that say so, with their values."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if what in statement:
            asked.append((statement, values))

    sa.event.listen(site.database.reader, "before_cursor_execute", note)
    yield asked
    sa.event.remove(site.database.reader, "before_cursor_execute", note)


def _folds(site: Site) -> list[int | None]:
    return [one.fold_id for one in stored(site)]


def _measures(site: Site) -> list[int]:
    of_copies = col(HoldReason.code) == HoldCode.COPIES
    with site.database.reading() as session:
        return list(
            session.exec(select(HoldReason.measure).where(of_copies).order_by(col(HoldReason.comment_id)))
        )


def _copy(site: Site, times: int) -> None:
    """Let there be so many copies of each comment, by SQL alone."""
    names = [column.name for column in table_of(Comment).columns]
    values = ", ".join(OWN.get(name, f"comment.{name}") for name in names)
    with site.database.writing() as session:
        copied = f"INSERT INTO comment ({', '.join(names)}) SELECT {values} FROM comment, generate_series(1, {times})"  # noqa: S608  # names of ours
        session.execute(sa.text(copied))
        session.commit()
