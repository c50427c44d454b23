"""What either database says in words of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from cms.storage.dialects import partial_index

PREPARED = """
import sys
from cms import open_site
from cms.config import load_settings
from cms.front import app
app.prepare(open_site(load_settings()))
print(*sorted(sys.modules))
"""


def test_workers_on_sqlite_carry_nothing_that_only_postgresql_or_a_debugger_needs(
    opened_template: Path, tmp_path: Path
) -> None:
    shutil.copytree(opened_template, tmp_path, dirs_exist_ok=True)  # workers seldom migrate it themselves
    imported = _imported(tmp_path)
    assert "sqlalchemy.dialects.sqlite" in imported
    assert imported.isdisjoint({"sqlalchemy.dialects.postgresql", "psycopg", "pdb", "alembic.command"})


@pytest.mark.parametrize("url", ["sqlite://", "postgresql+psycopg://"])
def test_a_partial_index_is_of_some_rows_alone_on_either_database(url: str) -> None:
    metadata = sa.MetaData()
    letter = sa.Table("letter", metadata, sa.Column("kind", sa.String))
    partial_index("ix_letter_kind", letter.c.kind, where="kind <> ''")
    said: list[str] = []

    def say(statement: sa.schema.ExecutableDDLElement, *_: object, **__: object) -> None:
        said.append(str(statement.compile(dialect=engine.dialect)))

    engine = sa.create_mock_engine(url, say)
    metadata.create_all(engine, checkfirst=False)
    assert said[-1] == "CREATE INDEX ix_letter_kind ON letter (kind) WHERE kind <> ''"


def _imported(instance: Path) -> set[str]:
    environ = {name: value for name, value in os.environ.items() if name != "CMS_DATABASE_URL"}
    environ["CMS_INSTANCE"] = str(instance)
    command = [sys.executable, "-c", PREPARED]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    return set(done.stdout.split())
