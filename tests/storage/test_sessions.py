"""Sessions of one connection: what begins and ends with them, and what of them is used again."""

from itertools import count

import pytest
from sqlmodel import Session, col, select

from cms.articles.models import Tag
from cms.db import Database, table_of
from cms.site import Site
from cms.storage.inserts import PrebuiltInsert
from cms.storage.sessions import once_per_transaction

STORE = PrebuiltInsert(table_of(Tag), "slug", "name")


@pytest.fixture
def database(site: Site) -> Database:
    """Give an open database of each engine."""
    return site.database


def slugs(session: Session) -> list[str]:
    """Return what was stored."""
    return list(session.exec(select(col(Tag.slug)).order_by(col(Tag.id))))


def add(session: Session, slug: str) -> None:
    """Add an entity, which is stored when somebody asks for anything or commits."""
    session.add(Tag(slug=slug, name=slug))


def store(session: Session, slug: str) -> None:
    """Store a row past SQLAlchemy's ORM."""
    STORE.store(session, [{"slug": slug, "name": slug}])


@pytest.mark.both_engines
def test_what_was_only_added_is_stored_by_the_commit(database: Database) -> None:
    with database.writing() as session:
        add(session, "cat")
        session.commit()
    with database.reading() as session:
        assert slugs(session) == ["cat"]


@pytest.mark.both_engines
def test_entities_and_rows_go_into_one_transaction_and_are_taken_back_together(database: Database) -> None:
    with database.writing() as session:
        store(session, "a")
        add(session, "b")
        session.flush()
        store(session, "c")
        session.rollback()
        store(session, "d")
        add(session, "e")
        session.commit()
        store(session, "f")
    with database.reading() as session:
        assert slugs(session) == ["d", "e"]


@pytest.mark.both_engines
def test_what_is_looked_for_once_is_looked_for_anew_in_the_next_transaction(database: Database) -> None:
    numbers = count()
    with database.writing() as session:
        found = [once_per_transaction(session, "number", lambda: next(numbers)) for _ in range(2)]
        session.commit()
        found += [once_per_transaction(session, "number", lambda: next(numbers)) for _ in range(2)]
        session.rollback()
        found.append(once_per_transaction(session, "number", lambda: next(numbers)))
    assert found == [0, 0, 1, 1, 2]


@pytest.mark.both_engines
def test_who_reads_in_turn_sees_what_was_written_since_the_turn_before(database: Database) -> None:
    seen = []
    for slug in "ab":
        with database.reading_in_turn() as session:
            seen.append(slugs(session))
        with database.writing() as session:
            add(session, slug)
            session.commit()
    with database.reading_in_turn() as session:
        assert [*seen, slugs(session)] == [[], ["a"], ["a", "b"]]


@pytest.mark.both_engines
def test_a_session_that_is_used_again_knows_nothing_of_who_used_it_before(database: Database) -> None:
    used = list[Session]()

    def work(session: Session) -> int:
        used.append(session)
        assert not session.identity_map
        STORE.store_later(session, [{"slug": f"later {len(used)}", "name": "Later"}])
        add(session, f"added {len(used)}")
        return int(once_per_transaction(session, "number", lambda: len(used)))

    assert [database.write(work) for _ in range(2)] == [1, 2]
    assert used[0] is used[1]
    with database.reading() as session:
        assert sorted(slugs(session)) == ["added 1", "added 2", "later 1", "later 2"]


@pytest.mark.both_engines
def test_a_session_in_which_something_went_wrong_is_not_used_again(database: Database) -> None:
    used = list[Session]()

    def work(session: Session) -> None:
        used.append(session)
        STORE.store_later(session, [{"slug": "cat", "name": "Cat"}])
        if len(used) == 1:
            raise LookupError

    with pytest.raises(LookupError):
        database.write(work)
    database.write(work)
    assert used[0] is not used[1]
    with database.reading() as session:
        assert slugs(session) == ["cat"]
