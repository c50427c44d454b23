"""Works side by side in one thread: what they share, and what each has for herself."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from functools import partial
from threading import get_ident
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col

from cms.articles.models import Tag
from cms.db import Database, table_of
from cms.site import Site
from cms.storage.interleaved import Interleaved, SharedReadingFailed
from cms.storage.outages import is_outage
from cms.storage.prebuilt import Prebuilt
from tests.conftest import ON_POSTGRESQL
from tests.postgresql import POSTGRESQL

TAG = table_of(Tag)
BY_SLUG = Prebuilt(sa.select(TAG.c.name).where(TAG.c.slug == sa.bindparam("slug")))
BROKEN = Prebuilt(sa.select(sa.literal_column("1/0").label("no")).where(TAG.c.id > sa.bindparam("id")))
DRAWN = Prebuilt(  # another one each time
    sa.select(sa.cast(sa.func.random(), sa.Text).label("lot")).where(
        sa.bindparam("least", type_=sa.Integer) > 0
    )
)
SLUGS = ("ada", "ben", "cleo")
Work = Callable[[Session], Any]


@pytest.fixture
def database(site: Site) -> Database:
    """Give an open database in which some tags stand."""
    for slug in SLUGS:
        add(site.database, slug)
    return site.database


def add(database: Database, slug: str) -> None:
    """Store a tag."""
    with database.writing() as session:
        session.add(Tag(slug=slug, name=slug.title()))
        session.commit()


def name_of(session: Session, slug: str) -> str:
    """Return the name of a tag, '' where there is none."""
    found = BY_SLUG.first(session, {"slug": slug})
    return found.name if found else ""


def heard_at(session: Session) -> float:
    """Return when PostgreSQL's last answer came."""
    return float(session.driver.heard_at)  # type: ignore[attr-defined]  # a session of ours


def done(database: Database, works: Sequence[Work]) -> list[Any]:
    """Return what works return that are done side by side; each is given the session that they share."""
    interleaved = Interleaved(database)

    def tried(work: Work) -> Any:
        try:
            with interleaved.reading() as session:
                return work(session)
        except (Exception, SharedReadingFailed) as failure:
            return failure

    return interleaved.do_all([partial(tried, work) for work in works])


@pytest.mark.both_engines
def test_each_has_the_answers_to_her_own_questions(database: Database) -> None:
    def work(slug: str, session: Session) -> tuple[str, str]:
        return name_of(session, slug), name_of(session, slug.upper())

    add(database, "BEN")
    found = done(database, [partial(work, slug) for slug in SLUGS])
    assert found == [("Ada", ""), ("Ben", "Ben"), ("Cleo", "")]


@ON_POSTGRESQL
def test_the_questions_of_all_go_by_one_round_trip(database: Database) -> None:
    def work(slug: str, session: Session) -> list[float]:
        heard = []
        for _ in range(2):
            name_of(session, slug)
            heard.append(heard_at(session))
        return heard

    first, *others = done(database, [partial(work, slug) for slug in SLUGS])
    assert first[0] < first[1]
    assert others == [first, first]


@ON_POSTGRESQL
def test_what_each_expects_comes_with_the_same_round_trip(database: Database) -> None:
    def work(slug: str, session: Session) -> list[object]:
        BY_SLUG.expect(session, {"slug": slug})
        name_of(session, "nobody")
        before = heard_at(session)
        return [name_of(session, slug), heard_at(session) == before]

    assert done(database, [partial(work, slug) for slug in SLUGS]) == [[slug.title(), True] for slug in SLUGS]


@ON_POSTGRESQL
def test_what_several_ask_alike_at_one_moment_is_asked_once(database: Database) -> None:
    def work(least: int, session: Session) -> str:
        return str(DRAWN.first(session, {"least": least}).lot)

    ada, ben, cleo = done(database, [partial(work, least) for least in (1, 2, 1)])
    assert ada == cleo != ben
    assert done(database, [partial(work, 1)]) != [ada]


@pytest.mark.both_engines
def test_all_of_them_see_one_state_and_those_who_come_after_them_the_next(database: Database) -> None:
    def look(session: Session) -> str:
        return name_of(session, "dan")

    def look_write_and_look(session: Session) -> list[str]:
        before = look(session)
        add(database, "dan")
        return [before, look(session)]

    assert done(database, [look, look_write_and_look, look]) == ["", ["", ""], ""]
    assert done(database, [look]) == ["Dan"]


@pytest.mark.both_engines
def test_each_has_a_context_of_her_own(database: Database) -> None:
    sender_of = ContextVar("whose", default="nobody's")

    def work(slug: str, session: Session) -> list[str]:
        before = sender_of.get()
        sender_of.set(slug)
        name_of(session, slug)
        return [before, sender_of.get()]

    assert done(database, [partial(work, slug) for slug in SLUGS]) == [["nobody's", slug] for slug in SLUGS]
    assert sender_of.get() == "nobody's"


@ON_POSTGRESQL
def test_where_one_asks_amiss_all_who_wait_are_hindered_and_none_is_told_that_it_is_her_mistake(
    database: Database,
) -> None:
    def look_twice(session: Session) -> str:
        name_of(session, "ada")
        return name_of(session, "ada")

    def ask_amiss(session: Session) -> None:
        name_of(session, "ben")
        BROKEN.all(session, {"id": 0})

    def look(session: Session) -> str:
        return name_of(session, "cleo")

    ada, ben, cleo = done(database, [look_twice, ask_amiss, look])
    assert [type(ben), cleo] == [SharedReadingFailed, "Cleo"]
    assert ada == "Ada" or type(ada) is SharedReadingFailed
    assert done(database, [look, look_twice]) == ["Cleo", "Ada"]


@pytest.mark.both_engines
def test_who_asks_amiss_by_sqlalchemy_is_hindered(database: Database) -> None:
    def ask_amiss(session: Session) -> None:
        session.execute(sa.text("SELECT * FROM nowhere"))

    (found,) = done(database, [ask_amiss])
    assert type(found) is SharedReadingFailed
    assert done(database, [lambda session: name_of(session, "ada")]) == ["Ada"]


@pytest.mark.both_engines
def test_a_mistake_that_is_not_in_what_was_asked_is_its_own(database: Database) -> None:
    def err(session: Session) -> None:
        name_of(session, "ben")
        raise ValueError("not hers")

    found, name = done(database, [err, lambda session: name_of(session, "ada")])
    assert [type(found), name] == [ValueError, "Ada"]


@pytest.mark.both_engines
def test_questions_by_sqlalchemy_are_answered_between_the_others(database: Database) -> None:
    def ask(session: Session) -> list[str]:
        return list(session.execute(sa.select(col(Tag.name)).order_by(col(Tag.id))).scalars())

    def look(session: Session) -> str:
        return name_of(session, "ada")

    assert done(database, [look, ask, look]) == ["Ada", ["Ada", "Ben", "Cleo"], "Ada"]


@ON_POSTGRESQL
def test_a_connection_that_is_lost_is_told_to_all_as_an_outage_and_the_next_have_another(
    database: Database,
) -> None:
    def lose(session: Session) -> str:
        own = session.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        with psycopg.connect(POSTGRESQL, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [own])
        return name_of(session, "ben")

    def look(session: Session) -> str:
        name_of(session, "ada")
        return name_of(session, "ada")

    found = done(database, [look, lose, look])
    assert all(map(is_outage, found))
    assert done(database, [look]) == ["Ada"]


@pytest.mark.both_engines
def test_that_no_session_can_be_had_is_found_out_once_for_all(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        tries.append(1)
        raise OperationalError("", {}, Exception("nobody is there"))

    tries: list[int] = []
    monkeypatch.setattr(database.readers, "_make", refuse)
    database.readers.close()
    found = done(database, [lambda session: name_of(session, "ada")] * 3)
    assert all(isinstance(one, OperationalError) for one in found)
    assert len(tries) == 1


@pytest.mark.both_engines
def test_who_reads_afterwards_waits_by_herself_again(database: Database) -> None:
    def look(session: Session) -> str:
        return name_of(session, "ada")

    def look_by_oneself(_session: Session) -> tuple[str, int]:
        with database.reading() as own:
            return look(own), get_ident()

    with ThreadPoolExecutor(1) as threads:
        (name, ident), _ = threads.submit(done, database, [look_by_oneself, look]).result()
    assert name == "Ada"
    assert ident != get_ident()
    with database.reading() as session:
        assert look(session) == "Ada"
