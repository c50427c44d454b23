"""Models and migrations say the same on both engines, CHECKs, triggers and partial indexes included."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from cms.config import Settings
from tests.house.source import MODULES

pytestmark = [pytest.mark.breaks_the_schema, pytest.mark.both_engines]

Schema = dict[str, tuple[str, ...]]
SQLITE = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
POSTGRESQL = {
    "column": """
        SELECT c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               pg_get_expr(d.adbin, d.adrelid), co.collname
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN pg_collation co ON co.oid = a.attcollation
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped""",
    "constraint": """
        SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid), convalidated
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "index": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "trigger": "SELECT tgname, pg_get_triggerdef(oid), tgenabled FROM pg_trigger WHERE NOT tgisinternal",
    "function": "SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "sequence": "SELECT sequencename, data_type FROM pg_sequences WHERE schemaname = 'public'",
}


@pytest.fixture
def engine(settings: Settings) -> Iterator[sa.Engine]:
    """Give a plain engine on the migrated database, which the test may do with as it likes."""
    made = sa.create_engine(settings.sqlalchemy_url, poolclass=sa.NullPool)
    yield made
    made.dispose()


def test_migrations_make_the_schema_that_the_models_describe(engine: sa.Engine, tmp_path: Path) -> None:
    for name in MODULES:
        if name.endswith(".models") or name == "cms.jobs":
            importlib.import_module(name)
    migrated = _schema(engine)
    described = _schema(_made_of_models(engine, tmp_path))
    assert {
        name: migrated.get(name) for name in migrated | described if migrated.get(name) != described.get(name)
    } == {}
    assert len(migrated) > 30


def test_what_must_hold_is_in_the_schema_that_is_compared(engine: sa.Engine) -> None:
    schema = " ".join(" ".join(parts) for parts in _schema(engine).values())
    assert "ck_comment_sealed" in " ".join(_schema(engine)) + schema
    assert "uq_comment_repeat_key" in " ".join(_schema(engine))
    assert re.search(r"repeat_key\) WHERE .*held", schema)
    assert "append-only" in schema


def _made_of_models(engine: sa.Engine, folder: Path) -> sa.Engine:
    if engine.dialect.name == "sqlite":
        engine = sa.create_engine(f"sqlite:///{folder / 'described.db'}", poolclass=sa.NullPool)
    else:
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
    SQLModel.metadata.create_all(engine)
    return engine


def _schema(engine: sa.Engine) -> Schema:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(SQLITE).fetchall()
            found = {f"{kind} {name}": _parts(sql) for kind, name, sql in rows}
        else:
            found = {
                f"{kind} {row[0]}": tuple(" ".join(str(value).split()) for value in row[1:])
                for kind, statement in POSTGRESQL.items()
                for row in connection.exec_driver_sql(statement.replace("%", "%%"))
            }
    return {name: parts for name, parts in found.items() if "alembic_version" not in name}


def _parts(sql: str) -> tuple[str, ...]:
    """Return a statement with the columns and constraints of a table in one order, however they were written."""
    flat = " ".join(sql.split()).replace("( ", "(").replace(" )", ")")
    head, opened, body = flat.partition(" (")
    head = head.replace('"', "")  # SQLite quotes the name of a table that was built anew
    if not flat.startswith("CREATE TABLE") or not opened:
        return (flat,)
    depth, parts = 0, [""]
    for letter in body.removesuffix(")"):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    # A table that a migration rebuilt took its name by RENAME, which quotes it.
    return (head.replace('"', ""), *sorted(part.strip() for part in parts))


def test_every_row_that_belongs_to_a_comment_is_found_by_an_index() -> None:
    """SQLite looks for the children of each new row of a table with triggers, and without an index reads them all."""
    unfound = [
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name in {"comment", "article", "decision"} and not _leads_an_index(column)
    ]
    assert unfound == []


def _leads_an_index(column: sa.Column[Any]) -> bool:
    table = column.table
    assert isinstance(table, sa.Table)
    leading = [next(iter(index.expressions)) for index in table.indexes]
    leading += [next(iter(table.primary_key.columns))]
    return bool(column.unique) or any(one is column for one in leading)
