"""Twin sites, and all that deciding may change on each, so that two ways of deciding can be compared."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlmodel import SQLModel

import cms
from cms.moderation.queries.counts import KEPT
from cms.site import Site

Row = dict[str, Any]  # Any: columns of many kinds
State = dict[str, list[Row]]  # by table
_COMPARED = (
    "comment",
    "comment_edit",
    "comment_host",
    "comment_version",
    "commenter",
    "decision",
    "decision_note",
    "hold_reason",
    "letter",
    "note",
    "policy",
    "report",
    "spam_lesson",
    "spam_word",
    "version",
)
_CHANCE = {"letter": {"id", "mark"}, "comment_version": {"id"}, "decision": {"batch_id"}}
_ENTRIES = {
    "entry_id",
    "settled_by",
    "reopened_by",
    "undo_of",
    "beside_id",
}  # columns that name one of the log


@contextmanager
def twin_of(site: Site, folder: Path, database_url: str) -> Iterator[Site]:
    """Give a second site that holds, at this moment, the very same; `folder` is a new one of its own."""
    site.database.close()  # what it was last written by must have let go; it opens again when it is asked
    shutil.copytree(site.settings.instance, folder)
    if database_url:
        _copy_rows(site.settings.database_url, database_url)
    twin = cms.open_site(replace(site.settings, instance=folder, database_url=database_url))
    yield twin
    twin.database.close()


def _copy_rows(source: str, target: str) -> None:
    """Let one PostgreSQL database hold what another does; a new one each time took half of PostgreSQL's time (measured)."""
    with psycopg.connect(source) as one, psycopg.connect(target) as other:
        other.execute("SET session_replication_role = replica")  # no trigger fires, no parent is missed
        for (table,) in one.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"):
            other.execute(f'DELETE FROM "{table}"'.encode())  # noqa: S608  # names of ours
            reading, writing = f'COPY "{table}" TO STDOUT'.encode(), f'COPY "{table}" FROM STDIN'.encode()
            with one.cursor().copy(reading) as rows, other.cursor().copy(writing) as copied:
                for some in rows:
                    copied.write(some)
        for name, last in one.execute("SELECT sequencename, last_value FROM pg_sequences"):
            other.execute("SELECT setval(%s, %s, %s)", (name, last or 1, last is not None))


def everything(site: Site) -> State:
    """Return the rows of every table that a decision may change, entries of the log named by comment and order.

    What chance gives to a row is left out, and so is how often a thing has changed.
    """
    with site.database.reading() as session:
        found = {
            name: [dict(row) for row in session.execute(sa.select(SQLModel.metadata.tables[name])).mappings()]
            for name in _COMPARED
        }
        found["counts of the queue"] = [dict(row) for row in session.execute(sa.select(KEPT)).mappings()]
    places = _places(found["decision"])
    for name, rows in found.items():
        found[name] = sorted((_shown(name, row, places) for row in rows), key=repr)
    return found


def changes(before: State, after: State) -> set[str]:
    """Return the things whose number has changed between two states."""
    numbers = {row["thing"]: row["number"] for row in before["version"]}
    return {row["thing"] for row in after["version"] if row["number"] != numbers.get(row["thing"])}


def _places(entries: list[Row]) -> dict[int, tuple[int, int]]:
    """Return each entry's comment, and how many that one had before."""
    places: dict[int, tuple[int, int]] = {}
    numbers: dict[int, int] = {}
    for entry in sorted(entries, key=lambda row: row["id"]):
        comment = entry["comment_id"]
        places[entry["id"]] = (comment, numbers.setdefault(comment, 0))
        numbers[comment] += 1
    return places


def _shown(name: str, row: Row, places: dict[int, tuple[int, int]]) -> Row:
    kept = {key: value for key, value in row.items() if key not in _CHANCE.get(name, ())}
    named = _ENTRIES | ({"id"} if name == "decision" else set())
    return {
        key: places[value] if key in named and value is not None else value for key, value in kept.items()
    }
