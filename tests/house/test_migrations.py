"""A migration that rebuilds a table keeps the rows that hang on it."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from cms import db
from cms.articles.models import ArticleStatus
from cms.config import Settings, shipped
from cms.site import Site
from tests.conftest import ON_SQLITE, START
from tests.factories import hire, send_comment, write_article

pytestmark = pytest.mark.breaks_the_schema

COUNTED = tuple(
    "article article_author article_tag article_search comment hold_reason decision staff".split()
)
NEXT = '''
"""A later migration, which rebuilds the parent of nearly everything."""

import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "{newest}"


def upgrade():
    with op.batch_alter_table("article", recreate="{recreate}") as batch:
        batch.add_column(sa.Column("mood", sa.String(20), nullable=False, server_default="calm"))
'''


_COUNTS_GONE = {
    "sqlite": (
        *(f"DROP TRIGGER comment_counted_{deed}" for deed in ("insert", "update", "delete")),
        "DROP TABLE comment_count",
    ),
    "postgresql": ("DROP FUNCTION count_comment CASCADE", "DROP TABLE comment_count"),
}
_PUBLIC_FROM_GONE = {
    "sqlite": tuple(
        f"DROP TRIGGER {name}" for name in ("article_public", "article_author_public", "article_tag_public")
    ),
    "postgresql": ("DROP FUNCTION article_public CASCADE", "DROP FUNCTION public_with_article CASCADE"),
}
_LAST_OF_A_LIKENESS_GONE = {
    "sqlite": tuple(f"DROP TRIGGER comment_likeness_{deed}" for deed in ("update", "delete")),
    "postgresql": ("DROP FUNCTION forget_likeness CASCADE",),
}
_FACTS_GONE = (
    "DROP INDEX ix_comment_likeness",
    "ALTER TABLE comment DROP COLUMN facts",
    "CREATE INDEX ix_comment_likeness ON comment (likeness)",
)
_REASONS_OF_BEFORE = (
    "DELETE FROM hold_reason",
    "INSERT INTO hold_reason (comment_id, code, measure) VALUES (1, 'every_comment', 0), (1, 'links', 2)",
)
_LIKENESSES_GONE = (
    "DROP INDEX ix_comment_likeness",
    "DROP TABLE likeness_band",
    "CREATE TABLE likeness_band (band INTEGER, comment_id INTEGER)",
)
_WORDS_OF_ALL = "INSERT INTO comment_words (rowid, words) SELECT id, name || ' ' || body_text FROM comment"
_NO_STATE = (
    "INSERT INTO decision (comment_id, deed, to_status, reason, policy, at)"
    " SELECT comment_id, deed, 'held ', '', '', at FROM decision"
)
_ARCHIVES = ("author", "tag")


@pytest.fixture
def full_site(site: Site) -> Site:
    """Give a site with articles, bylines, subjects and threads."""
    hire(site, "Cleo", START)
    for title in ("The first tram", "The last tram"):
        article = write_article(site, title, START, authors=["Ada", "Ben"], tags=["Trams", "Rain"])
        for name in ("Dan", "Mallory"):
            send_comment(site, article, START, name=name)
    return site


def _counts(site: Site) -> dict[str, int]:
    with site.database.reading() as session:
        counting = {name: sa.select(sa.func.count()).select_from(sa.table(name)) for name in COUNTED}
        return {name: session.execute(statement).scalar_one() for name, statement in counting.items()}


@pytest.mark.both_engines
def test_a_rebuilt_table_keeps_its_children(
    full_site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _counts(full_site)
    _add_migration(full_site, tmp_path, monkeypatch)
    db.migrate(full_site.settings)
    assert _counts(full_site) == before
    assert min(before.values()) > 0
    with full_site.database.reading() as session:
        assert set(session.execute(sa.text("SELECT mood FROM article")).scalars()) == {"calm"}


@pytest.mark.both_engines
def test_a_migration_that_lost_a_parent_is_refused(
    full_site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not full_site.database.is_sqlite:
        pytest.skip("PostgreSQL refuses by itself")
    versions = _add_migration(full_site, tmp_path, monkeypatch)
    newest = versions / "m_next.py"
    newest.write_text(newest.read_text() + "\n    op.execute(sa.delete(sa.table('author')))\n")
    with pytest.raises(RuntimeError, match="without their parent"):
        db.migrate(full_site.settings)


@pytest.mark.both_engines
def test_a_migration_that_fails_half_way_has_changed_nothing_and_comes_again(
    full_site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = _add_migration(full_site, tmp_path, monkeypatch) / "m_next.py"
    whole = f'{newest.read_text()}    op.create_table("mood", sa.Column("id", sa.Integer))\n'
    newest.write_text(f"{whole}    raise ZeroDivisionError\n")
    before = _counts(full_site)
    with pytest.raises(ZeroDivisionError):
        db.migrate(full_site.settings)
    newest.write_text(whole)
    db.migrate(full_site.settings)
    assert _counts(full_site) == before


@pytest.mark.both_engines
def test_two_programs_that_migrate_at_once_make_one_schema(full_site: Site) -> None:
    assert db.is_current(full_site.database)
    db.migrate(full_site.settings)
    assert db.is_current(full_site.database)


def test_keys_of_before_get_a_state_and_the_newest_seals(tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path)
    engine = sa.create_engine(settings.sqlalchemy_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        config = db._alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        for key_id in ("20260401-bb", "20260301-aa"):
            row = (key_id, "2026-03-01T00:00:00.000000Z")
            connection.exec_driver_sql("INSERT INTO vault_key VALUES (?, ?)", row)
        connection.commit()
    db.migrate(settings)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT id, state FROM vault_key ORDER BY id").all()
    assert [tuple(row) for row in rows] == [("20260301-aa", "leaving"), ("20260401-bb", "sealing")]
    engine.dispose()


def test_what_waited_before_the_queue_had_a_column_for_it_waits_still(tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path)
    engine = sa.create_engine(settings.sqlalchemy_url, poolclass=sa.NullPool)
    moment = "2026-03-01T00:00:00.000000Z"
    with engine.connect() as connection:
        config = db._alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        for number, (status, withdrawn) in enumerate(
            [("held", None), ("approved", None), ("held", moment)], start=1
        ):
            row = {
                "id": number,
                "mark": f"mark {number}",
                "article_id": 1,
                "name": "Dan",
                "body_text": "Words.",
                "body_html": "<p>Words.</p>",
                "language": "en",
                "notify": 0,
                "status": status,
                "created_at": moment,
                "withdrawn_at": withdrawn,
                "receipt_hash": f"hash {number}",
            }
            connection.execute(sa.insert(sa.table("comment", *map(sa.column, row))).values(row))
        connection.commit()
        config = db._alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        waiting = connection.exec_driver_sql("SELECT id, waiting_since FROM comment ORDER BY id").all()
    assert [tuple(row) for row in waiting] == [(1, moment), (2, None), (3, None)]
    engine.dispose()


@pytest.mark.breaks_the_schema
@pytest.mark.both_engines
def test_comments_that_were_there_before_are_counted(full_site: Site) -> None:
    with full_site.database.writing() as session:
        _go_back_to_0025(session)
        for part in _COUNTS_GONE[session.get_bind().dialect.name]:
            session.execute(sa.text(part))
        session.execute(sa.text("CREATE INDEX ix_comment_stands ON comment (status)"))
        session.execute(sa.text("UPDATE alembic_version SET version_num = '0024'"))
        session.execute(
            sa.text("UPDATE comment SET status = 'approved', waiting_since = NULL WHERE name = 'Dan'")
        )
        session.commit()
    db.migrate(full_site.settings)
    with full_site.database.reading() as session:
        counted = session.execute(sa.text("SELECT approved, needs_thought + likely_fine FROM comment_count"))
        assert tuple(counted.one()) == (2, 2)


@pytest.mark.breaks_the_schema
@pytest.mark.both_engines
def test_archives_of_before_know_from_when_on_their_articles_are_public(full_site: Site) -> None:
    draft = write_article(full_site, "A draft", START, tags=["Trams"], status=ArticleStatus.DRAFT)
    with full_site.database.writing() as session:
        _go_back_to_0025(session)
        session.commit()
    db.migrate(full_site.settings)
    with full_site.database.reading() as session:
        for archive in _ARCHIVES:
            link = sa.table(
                f"article_{archive}", sa.column("article_id"), sa.column("public_from", db.UtcTime)
            )
            known = {row.article_id: row.public_from for row in session.execute(sa.select(link))}
            assert known.pop(draft) is None
            assert set(known.values()) == {START - timedelta(hours=1)}


@pytest.mark.breaks_the_schema
@pytest.mark.both_engines
def test_copies_of_what_came_before_are_found(full_site: Site) -> None:
    for text in ("The tide comes in twice a day.", "Nobody on the quay minds it much."):
        send_comment(full_site, 1, START, text=text)
    before = _likenesses(full_site)
    with full_site.database.writing() as session:
        _go_back_to_0026(session)
        session.commit()
    db.migrate(full_site.settings)
    assert _likenesses(full_site) == before
    assert min(likeness for _, likeness in before) < 0 < max(likeness for _, likeness in before)


def _likenesses(site: Site) -> set[tuple[int, int]]:
    with site.database.reading() as session:
        found = session.execute(sa.text("SELECT band, likeness FROM likeness_band"))
        return {(row.band, row.likeness) for row in found}


@pytest.mark.breaks_the_schema
@ON_SQLITE
def test_what_waited_before_is_found_among_what_is_decided_once_it_is(full_site: Site) -> None:
    with full_site.database.writing() as session:
        _go_back_to_0027(session)
        session.commit()
    db.migrate(full_site.settings)
    said = sa.text("SELECT rowid FROM comment_words WHERE comment_words MATCH 'was'")
    with full_site.database.writing() as session:
        assert session.execute(said).all() == []
        session.execute(sa.text("UPDATE comment SET status = 'approved', waiting_since = NULL WHERE id = 2"))
        assert session.execute(said).scalars().all() == [2]


@pytest.mark.breaks_the_schema
@ON_SQLITE
def test_checks_of_before_are_said_in_other_words_and_refuse_the_same(full_site: Site) -> None:
    states = ("held", "approved", "rejected", "spam")
    said = " OR ".join(f"to_status = '{state}'" for state in states)
    change = sa.text("UPDATE sqlite_master SET sql = replace(sql, :said, :before) WHERE name = 'decision'")
    with full_site.database.writing() as session:
        _go_back_to_0029(session)
        session.execute(sa.text("UPDATE alembic_version SET version_num = '0028'"))
        session.execute(sa.text("PRAGMA writable_schema = ON"))
        session.execute(change, {"said": said, "before": f"to_status IN {states}"})
        session.execute(sa.text("PRAGMA writable_schema = OFF"))
        session.commit()
    full_site.database.close()
    db.migrate(full_site.settings)
    with full_site.database.writing() as session:
        words = session.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = 'decision'")).scalar_one()
        assert said in words
        with pytest.raises(IntegrityError, match="ck_decision_decision_to"):
            session.execute(sa.text(_NO_STATE))


@pytest.mark.both_engines
def test_reasons_of_before_stay_but_for_the_one_that_every_comment_had(full_site: Site) -> None:
    with full_site.database.writing() as session:
        for part in _REASONS_OF_BEFORE:
            session.execute(sa.text(part))
        _go_back_to_0033(session)
        session.execute(sa.text("UPDATE alembic_version SET version_num = '0031'"))
        session.commit()
    full_site.database.close()
    db.migrate(full_site.settings)
    with full_site.database.reading() as session:
        found = session.execute(sa.text("SELECT comment_id, code, measure FROM hold_reason"))
        assert [tuple(row) for row in found] == [(1, "links", 2)]


def _go_back_to_0034(session: Session) -> None:
    session.execute(sa.text("DROP TABLE article_revision"))


def _go_back_to_0033(session: Session) -> None:
    _go_back_to_0034(session)
    session.execute(sa.text("ALTER TABLE batch DROP COLUMN note"))


def _go_back_to_0030(session: Session) -> None:
    _go_back_to_0033(session)
    for part in _FACTS_GONE:
        session.execute(sa.text(part))
    session.execute(sa.text("UPDATE alembic_version SET version_num = '0030'"))


def _go_back_to_0029(session: Session) -> None:
    _go_back_to_0030(session)
    for part in _LAST_OF_A_LIKENESS_GONE[session.get_bind().dialect.name]:
        session.execute(sa.text(part))


def _go_back_to_0027(session: Session) -> None:
    _go_back_to_0029(session)
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sa.text(_WORDS_OF_ALL))
    session.execute(sa.text("UPDATE alembic_version SET version_num = '0027'"))


def _go_back_to_0026(session: Session) -> None:
    _go_back_to_0027(session)
    for part in _LIKENESSES_GONE:
        session.execute(sa.text(part))
    session.execute(sa.text("UPDATE alembic_version SET version_num = '0026'"))


def _go_back_to_0025(session: Session) -> None:
    _go_back_to_0026(session)
    for part in _PUBLIC_FROM_GONE[session.get_bind().dialect.name]:
        session.execute(sa.text(part))
    for archive in _ARCHIVES:
        table = f"article_{archive}"
        session.execute(sa.text(f"DROP INDEX ix_{table}_{archive}"))
        session.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN public_from"))
        session.execute(sa.text(f"CREATE INDEX ix_{table}_{archive} ON {table} ({archive}_id, article_id)"))
    session.execute(sa.text("UPDATE alembic_version SET version_num = '0025'"))


def _add_migration(site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the program bring one more migration along."""
    migrations = folder / "migrations"
    shutil.copytree(shipped("migrations"), migrations, ignore=shutil.ignore_patterns("__pycache__"))
    newest = sorted(path.name for path in (migrations / "versions").glob("m*.py"))[-1][1:5]
    recreate = "always" if site.database.is_sqlite else "never"
    (migrations / "versions" / "m_next.py").write_text(NEXT.format(newest=newest, recreate=recreate).lstrip())
    monkeypatch.setattr(db, "shipped", lambda _: migrations)
    return migrations / "versions"
