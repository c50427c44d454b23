"""Statements built once: what they give, and what they say when the database cannot work."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from cms.articles.models import Article, ArticleKind, ArticleStatus
from cms.db import UtcTime, table_of
from cms.limits.models import Noticed
from cms.site import Site
from cms.storage.inserts import PrebuiltInsert
from cms.storage.outages import is_outage
from cms.storage.prebuilt import Prebuilt
from tests.articles.paper import counted
from tests.conftest import ON_POSTGRESQL, Clock
from tests.factories import write_article

PUBLISHED = (
    sa.select(
        col(Article.id),
        col(Article.kind),
        col(Article.publish_at),
        col(Article.comments_open),
        col(Article.section_id).is_not(None).label("has_section"),
        sa.literal("100 %").label("share"),
    )
    .where(
        col(Article.kind) == sa.bindparam("kind"),
        col(Article.status) == ArticleStatus.PUBLISHED,
        col(Article.publish_at) <= sa.bindparam("now", type_=UtcTime()),
    )
    .order_by(col(Article.id))
    .limit(2)
)


@pytest.mark.both_engines
def test_a_prebuilt_statement_gives_what_sqlalchemy_gives(site: Site, clock: Clock) -> None:
    for number in range(3):
        write_article(site, f"Story {number}", clock() - timedelta(hours=number), section="City")
    asked: dict[str, Any] = {"kind": ArticleKind.ARTICLE, "now": clock()}
    with site.database.reading() as session:
        rows = Prebuilt(PUBLISHED).all(session, {**asked, "page": 7})
        as_ever = session.execute(PUBLISHED, asked).all()
    assert [row._asdict() for row in rows] == [row._asdict() for row in as_ever]
    assert [type(value) for value in rows[0]] == [int, ArticleKind, datetime, bool, bool, str]
    assert len(rows) == 2


@pytest.mark.both_engines
def test_a_value_that_is_left_out_is_missed(site: Site, clock: Clock) -> None:
    with site.database.reading() as session, pytest.raises(KeyError, match="kind"):
        Prebuilt(PUBLISHED).all(session, {"now": clock()})


@pytest.mark.both_engines
def test_a_statement_with_a_list_of_values_is_refused(site: Site) -> None:
    by_ids = Prebuilt(sa.select(col(Article.id)).where(col(Article.id).in_([1, 2])))
    with site.database.reading() as session, pytest.raises(ValueError, match="list of values"):
        by_ids.all(session, {})


@pytest.mark.both_engines
def test_whoever_listens_to_statements_hears_of_a_prebuilt_one(site: Site, clock: Clock) -> None:
    with counted(site) as sent, site.database.reading() as session:
        assert Prebuilt(PUBLISHED).first(session, {"kind": ArticleKind.PAGE, "now": clock()}) is None
    assert len(sent) == 1


@pytest.mark.both_engines
def test_rows_are_stored_by_a_prebuilt_statement(site: Site, clock: Clock) -> None:
    storing = PrebuiltInsert(table_of(Noticed), "what", "at")
    with site.database.writing() as session:
        for names in (["a", "b"], ["c"]):  # a session that goes on begins anew
            storing.store(session, [{"what": name, "at": clock(), "more": 1} for name in names])
            session.commit()
    with site.database.reading() as session:
        kept = session.exec(select(Noticed).order_by(col(Noticed.what))).all()
    assert [(row.what, row.at) for row in kept] == [(name, clock()) for name in "abc"]


@pytest.mark.both_engines
def test_deferred_rows_are_stored_by_one_statement(site: Site, clock: Clock) -> None:
    storing = PrebuiltInsert(table_of(Noticed), "what", "at")
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    sa.event.listen(site.database.writer, "before_cursor_execute", note)
    with site.database.writing() as session:
        for name in "abc":
            storing.store_later(session, [{"what": name, "at": clock()}])
        session.commit()
    assert len([statement for statement in sent if statement.startswith("INSERT")]) == 1
    assert noticed(site) == ["a", "b", "c"]


@pytest.mark.both_engines
def test_deferred_rows_are_stored_before_anything_that_may_read_them(site: Site, clock: Clock) -> None:
    storing, known = PrebuiltInsert(table_of(Noticed), "what", "at"), sa.select(col(Noticed.what))
    with site.database.writing() as session:
        storing.store_later(session, [{"what": "a", "at": clock()}])
        assert Prebuilt(known, overtakes=True).all(session, {}) == []
        assert len(session.execute(known).all()) == 1
        storing.store_later(session, [{"what": "b", "at": clock()}])
        assert len(Prebuilt(known).all(session, {})) == 2
        storing.store_later(session, [{"what": "c", "at": clock()}])
        assert session.get(Noticed, "c") is not None
        storing.store_later(session, [{"what": "d", "at": clock()}])
        session.add(Noticed(what="d", at=clock()))
        with pytest.raises(IntegrityError):
            session.flush()


@pytest.mark.both_engines
def test_a_rollback_forgets_deferred_rows(site: Site, clock: Clock) -> None:
    with site.database.writing() as session:
        PrebuiltInsert(table_of(Noticed), "what", "at").store_later(session, [{"what": "a", "at": clock()}])
        session.rollback()
        session.commit()
    assert noticed(site) == []


def noticed(site: Site) -> list[str]:
    """Return what was noticed and committed."""
    with site.database.reading() as session:
        return list(session.exec(select(Noticed.what).order_by(col(Noticed.what))))


@pytest.mark.both_engines
def test_a_statement_is_sent_once_for_each_of_many_rows(site: Site, clock: Clock) -> None:
    storing = Prebuilt(sa.insert(table_of(Noticed)).values(what=sa.bindparam("what"), at=clock()))
    sent: list[bool] = []
    sa.event.listen(site.database.writer, "before_cursor_execute", lambda *heard: sent.append(heard[-1]))
    with site.database.writing() as session:
        storing.put_each(session, [{"what": name, "more": 1} for name in "abc"])
        storing.put_each(session, [])
        session.commit()
    assert sent.count(True) == 1
    with site.database.reading() as session:
        kept = session.exec(select(Noticed).order_by(col(Noticed.what))).all()
    assert [(row.what, row.at) for row in kept] == [(name, clock()) for name in "abc"]


@pytest.mark.both_engines
def test_of_many_rows_none_may_lack_a_value(site: Site, clock: Clock) -> None:
    storing = Prebuilt(
        sa.insert(table_of(Noticed)).values(what=sa.bindparam("what"), at=sa.bindparam("at", type_=UtcTime()))
    )
    with site.database.writing() as session, pytest.raises(KeyError, match="at"):
        storing.put_each(session, [{"what": "a", "at": clock()}, {"what": "b"}])


@pytest.mark.both_engines
def test_a_value_may_stand_twice_in_a_statement_for_each_of_many(site: Site, clock: Clock) -> None:
    with site.database.writing() as session:
        PrebuiltInsert(table_of(Noticed), "what", "at").store(session, [{"what": "a", "at": clock()}])
        later = sa.bindparam("later", type_=UtcTime())
        older = sa.delete(Noticed).where(col(Noticed.at) < later, col(Noticed.at) != later)
        Prebuilt(older).put_each(session, [{"later": clock()}, {"later": clock() + timedelta(seconds=1)}])
        session.commit()
    assert noticed(site) == []


@pytest.mark.both_engines
def test_a_row_that_is_there_already_is_refused_in_sqlalchemys_words(site: Site, clock: Clock) -> None:
    storing = PrebuiltInsert(table_of(Noticed), "what", "at")
    with site.database.writing() as session:
        storing.store_later(session, [{"what": "a", "at": clock()}] * 2)
        with pytest.raises(IntegrityError):
            session.commit()


@pytest.mark.both_engines
def test_a_mistake_in_a_prebuilt_statement_is_told_in_sqlalchemys_words(site: Site) -> None:
    wrong = Prebuilt(sa.select(sa.column("nothing")).select_from(sa.table("nowhere")))
    with site.database.reading() as session, pytest.raises(sa.exc.DBAPIError, match="nowhere") as failed:
        wrong.all(session, {})
    assert not is_outage(failed.value)


@ON_POSTGRESQL
def test_a_connection_that_is_lost_meanwhile_is_an_outage_and_the_next_one_works(
    site: Site, clock: Clock
) -> None:
    asked = {"kind": ArticleKind.PAGE, "now": clock()}
    with site.database.reading() as session:
        own = session.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        with site.database.writer.connect() as other:
            other.execute(sa.text("SELECT pg_terminate_backend(:own)"), {"own": own})
        with pytest.raises(sa.exc.OperationalError) as failed:
            Prebuilt(PUBLISHED).all(session, asked)
    assert is_outage(failed.value)
    with site.database.reading() as session:
        assert Prebuilt(PUBLISHED).all(session, asked) == []
