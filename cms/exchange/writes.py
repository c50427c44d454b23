"""Storing what an import brings, many rows in one go."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col

from cms.accounts.models import StaffSession
from cms.articles.models import Article, ArticleAuthor, ArticleTag, FormerAddress, Related
from cms.articles.related import Kinship
from cms.comments.models import Comment
from cms.db import table_of
from cms.exchange.models import ImportedThing
from cms.exchange.queries import imported
from cms.limits.models import DailySalt
from cms.moderation.models import Decision
from cms.moderation.rules import EntryKind
from cms.moderation.writes.log import LOG_LOCK
from cms.outbox.models import Letter
from cms.privacy.models import MyCommentsLink, Worker
from cms.storage.dialects import dialect_of
from cms.storage.prebuilt import Prebuilt

Row = dict[str, Any]  # Any: the columns of a row are of many kinds

# SQLite's own 2 MB, and a checkpoint each 4 MB, wrote an import's pages to the disk five times over.
IMPORT_CACHE_KB = 16_384
IMPORT_CHECKPOINT_PAGES = 10_000  # 40 MB


def add_rows(session: Session, table: type[SQLModel], rows: Sequence[Row]) -> None:
    """Insert rows that all have the same columns; no statement for none."""
    if rows:
        _insert_of(table_of(table), *rows[0]).put_each(session, rows)


def leave_out_of_backup(session: Session) -> None:
    """Delete from a copy of the database what a restored site must not have again.

    With the day's salt and the key one could compute visitors' networks. Sessions and links may have been ended since,
    waiting letters will have been sent, and no process of the copy is running.
    """
    for table in (DailySalt, StaffSession, MyCommentsLink, Worker):
        session.execute(sa.delete(table))
    session.execute(sa.delete(Letter).where(col(Letter.ended_at).is_(None)))


def lock_for_import(session: Session) -> None:
    """Keep other transactions from using the ids that this one assigns; SQLite's single writer needs no lock."""
    if dialect_of(session) == "postgresql":
        session.execute(
            sa.text("LOCK TABLE article, author, section, tag, comment IN SHARE ROW EXCLUSIVE MODE")
        )
        session.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOG_LOCK})
    else:
        session.execute(sa.text(f"PRAGMA cache_size=-{IMPORT_CACHE_KB}"))
        session.execute(sa.text(f"PRAGMA wal_autocheckpoint={IMPORT_CHECKPOINT_PAGES}"))


def next_id(session: Session, table: type[SQLModel]) -> int:
    """Return the first id after all that are in use; call `lock_for_import()` before."""
    return imported.highest_id(session, table) + 1


def advance_sequences(session: Session, tables: Iterable[type[SQLModel]]) -> None:
    """Move PostgreSQL's sequences past the ids that the import assigned."""
    if dialect_of(session) != "postgresql":
        return
    for table in tables:
        name = table_of(table).name
        session.execute(
            sa.text(
                "SELECT setval(pg_get_serial_sequence(:name, 'id'),"  # noqa: S608  # a table of ours
                f" GREATEST((SELECT max(id) FROM {name}), nextval(pg_get_serial_sequence(:name, 'id'))))"
            ),
            {"name": name},
        )


def analyze(session: Session) -> None:
    """Let PostgreSQL collect statistics now; autovacuum does so only a minute later.

    Without statistics of 200,000 comments the queue took 210 ms in place of 8, an article 40 in place of 2.5.
    """
    if dialect_of(session) == "postgresql":
        session.execute(sa.text("ANALYZE"))


def store_articles(
    session: Session, rows: Sequence[Row], authors: Sequence[Row], tags: Sequence[Row]
) -> None:
    """Insert new articles with their bylines and subjects."""
    add_rows(session, Article, rows)
    add_rows(session, ArticleAuthor, authors)
    add_rows(session, ArticleTag, tags)


def update_articles(
    session: Session, rows: Sequence[Row], authors: Sequence[Row], tags: Sequence[Row]
) -> None:
    """Write newer texts over articles that nobody has touched here; each counts a version."""
    if not rows:
        return
    table = table_of(Article)
    columns = [name for name in rows[0] if name != "id"]
    values: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in columns}
    statement = sa.update(table).where(table.c.id == sa.bindparam("article_id"))
    session.execute(
        statement.values(**values, version=table.c.version + 1),
        [{"article_id": row["id"], **{f"new_{name}": row[name] for name in columns}} for row in rows],
    )
    ids = [{"article_id": row["id"]} for row in rows]
    for joined in (ArticleAuthor, ArticleTag):
        join = table_of(joined)
        session.execute(sa.delete(join).where(join.c.article_id == sa.bindparam("article_id")), ids)
    add_rows(session, ArticleAuthor, authors)
    add_rows(session, ArticleTag, tags)


def store_comments(session: Session, rows: Sequence[Row], now: datetime) -> None:
    """Insert comments, each with its first entry of the log.

    By way of a temporary table, and so by one statement: SQLite writes what its search index has gathered to the disk
    at the end of each, and an import of 50,000 comments spent 3 s of its 9 on that (measured).
    """
    if not rows:
        return
    comment = table_of(Comment)
    log = table_of(Decision)
    arrived = _arrived(*rows[0])
    arrived.create(session.connection())
    _insert_of(arrived, *rows[0]).put_each(session, rows)
    session.execute(sa.insert(comment).from_select(list(rows[0]), sa.select(arrived).order_by(arrived.c.id)))
    first = {
        "comment_id": arrived.c.id,
        "deed": sa.literal(EntryKind.IMPORTED, log.c.deed.type),
        "to_status": arrived.c.status,
        "reason": sa.literal(""),
        "policy": sa.literal(""),
        "at": sa.literal(now, log.c.at.type),
    }
    session.execute(
        sa.insert(log).from_select(list(first), sa.select(*first.values()).order_by(arrived.c.id))
    )
    arrived.drop(session.connection())


def remember(
    session: Session, source: str, kind: str, things: Mapping[str, tuple[str, str, int]], now: datetime
) -> None:
    """Note what came in: by its key its name here, the digest of what it was, and its version here."""
    rows = [
        {
            "source": source,
            "kind": kind,
            "foreign_id": key,
            "thing": thing,
            "digest": digest,
            "local_version": version,
            "imported_at": now,
        }
        for key, (thing, digest, version) in things.items()
    ]
    _REMEMBER[dialect_of(session)].put_each(session, rows)


def forget_kin(session: Session, ids: Iterable[int]) -> None:
    """Forget what to read next to each of these articles; others go on naming them."""
    table = table_of(Related)
    whose = [{"whose": one} for one in sorted(ids)]
    if whose:
        session.execute(sa.delete(table).where(table.c.article_id == sa.bindparam("whose")), whose)


def store_kin(session: Session, lists: Mapping[int, Sequence[Kinship]]) -> None:
    """Store what to read next to each article, in place of what stood there."""
    forget_kin(session, lists)
    rows = [
        {"article_id": one, "related_id": found.id, "score": found.score}
        for one, kept in sorted(lists.items())
        for found in kept
    ]
    add_rows(session, Related, rows)


def store_redirects(session: Session, addresses: Iterable[tuple[str, str, str]]) -> None:
    """Store redirects: old address, the thing it leads to, and a suffix of that thing's address; existing ones stay."""
    rows = {
        address: {"address": address, "thing": thing, "suffix": suffix}
        for address, thing, suffix in addresses
    }
    _STORE_REDIRECT[dialect_of(session)].put_each(session, [rows[address] for address in sorted(rows)])


@cache
def _insert_of(table: sa.Table, *names: str) -> Prebuilt:
    return Prebuilt(sa.insert(table).values(_given(table, names)))


@cache
def _arrived(*names: str) -> sa.Table:
    """Return the table for new comments that have no place among the others yet."""
    columns = [sa.Column(name, table_of(Comment).c[name].type) for name in names]
    return sa.Table("arrived_comment", sa.MetaData(), *columns, prefixes=["TEMPORARY"])


def _given(table: sa.Table, names: Iterable[str]) -> dict[str, sa.BindParameter[Any]]:  # Any: as above
    return {name: sa.bindparam(name, type_=table.c[name].type) for name in names}


def _remember(insert: Any) -> Prebuilt:  # Any: two dialects' constructs without a common type
    table = table_of(ImportedThing)
    changed = ("thing", "digest", "local_version", "imported_at")
    statement = insert(table).values(_given(table, ("source", "kind", "foreign_id", *changed)))
    return Prebuilt(
        statement.on_conflict_do_update(
            index_elements=["source", "kind", "foreign_id"],
            set_={name: statement.excluded[name] for name in changed},
        )
    )


def _store_redirect(insert: Any) -> Prebuilt:  # Any: as above
    table = table_of(FormerAddress)
    statement = insert(table).values(_given(table, ("address", "thing", "suffix")))
    return Prebuilt(statement.on_conflict_do_nothing(index_elements=["address"]))


_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_REMEMBER = {name: _remember(insert) for name, insert in _INSERTS.items()}
_STORE_REDIRECT = {name: _store_redirect(insert) for name, insert in _INSERTS.items()}
