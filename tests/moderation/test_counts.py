"""The numbers beside the queue's tabs: kept up by the database, whoever writes, and true at every moment."""

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from cms.comments.models import Comment
from cms.comments.signals import Lane
from cms.db import table_of
from cms.moderation.actions import counting
from cms.moderation.models import CommentCount
from cms.moderation.queries.counts import ROWS_MAX, counts_are_true
from cms.moderation.queries.queue import queue_figures
from cms.site import Site
from tests.conftest import ON_POSTGRESQL, START
from tests.factories import send_comment, write_article

pytestmark = pytest.mark.both_engines


@pytest.fixture
def comments(site: Site) -> list[int]:
    """Give three comments that wait."""
    article = write_article(site, "The ferry", START)
    return [
        send_comment(site, article, START, name=name, text=f"{name} saw it too.") for name in ("A", "B", "C")
    ]


def _rows(site: Site) -> int:
    with site.database.reading() as session:
        found: int = session.execute(sa.select(sa.func.count()).select_from(CommentCount)).scalar_one()
        return found


def _lanes(site: Site) -> dict[str, int]:
    with site.database.reading() as session:
        assert counts_are_true(session)
        return {lane.value: number for lane, number in queue_figures(session).by_lane.items() if number}


def test_what_changes_many_at_once_is_counted_as_often(site: Site, comments: list[int]) -> None:
    assert sum(_lanes(site).values()) == 3
    with site.database.writing() as session:
        session.execute(sa.update(Comment).values(lane="likely_spam"))
        session.commit()
    assert _lanes(site) == {"likely_spam": 3}
    with site.database.writing() as session:
        table = table_of(Comment)
        row = session.execute(sa.select(table).where(table.c.id == comments[0])).one()._asdict()
        del row["id"]
        twin = {**row, "mark": "a twin", "receipt_hash": "its own", "repeat_key": None}
        session.execute(sa.insert(table).values(twin))
        assert queue_figures(session).by_lane[Lane.LIKELY_SPAM] == 4
        session.execute(sa.delete(table).where(table.c.mark == "a twin"))
        session.commit()
    assert _lanes(site) == {"likely_spam": 3}


def test_what_is_rolled_back_was_never_counted(site: Site, comments: list[int]) -> None:
    before = _lanes(site)
    with site.database.writing() as session:
        session.execute(sa.update(Comment).values(lane="likely_spam"))
        session.rollback()
    assert _lanes(site) == before


def test_sqlite_keeps_one_row_and_postgresql_what_each_statement_changed(
    site: Site, comments: list[int]
) -> None:
    assert _rows(site) == (1 if site.database.is_sqlite else 3)
    assert counting.is_wanted(site, START) is False


@ON_POSTGRESQL
def test_rows_of_counts_are_added_up_and_say_the_same(site: Site, comments: list[int]) -> None:
    with site.database.writing() as session:
        for turn in range(ROWS_MAX + 1):
            lane = "likely_spam" if turn % 2 else "likely_fine"
            session.execute(sa.update(Comment).values(lane=lane))
        session.commit()
    assert counting.is_wanted(site, START) is True
    counting.merge(site, START)
    assert _rows(site) == 1
    assert _lanes(site) == {"likely_fine": 3}
    assert counting.is_wanted(site, START) is False


@ON_POSTGRESQL
def test_no_writer_waits_for_another_to_be_counted_nor_for_who_adds_up(
    site: Site, comments: list[int]
) -> None:
    table = table_of(Comment)
    with site.database.writing() as one, site.database.writing() as other:
        for session in (one, other):
            session.execute(sa.text("SET LOCAL lock_timeout = '1s'"))
        one.execute(sa.update(table).where(table.c.id == comments[0]).values(lane="likely_spam"))
        other.execute(sa.update(table).where(table.c.id == comments[1]).values(lane="likely_spam"))
        counting.merge(site, START)
        other.commit()
        one.commit()
    assert _lanes(site)["likely_spam"] == 2


def test_numbers_are_corrected_while_others_write(
    site: Site, comments: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.database.writing() as session:
        session.execute(sa.update(CommentCount).values(approved=CommentCount.approved + 7))
        session.commit()
    look = counting.miscounted

    def look_while_one_comes(session: Session) -> dict[str, int]:
        wrong = look(session)
        send_comment(site, 1, START, name="D", text="D saw it too.")
        return wrong

    monkeypatch.setattr(counting, "miscounted", look_while_one_comes)
    counting.recount(site)
    assert sum(_lanes(site).values()) == 4
