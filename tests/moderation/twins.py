"""Twin sites, and all that deciding may change on each, so that two ways of deciding can be compared."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlmodel import SQLModel

import cms
from cms.config import Settings
from cms.moderation.queries.counts import KEPT
from cms.site import Site
from tests.conftest import POSTGRESQL

Row = dict[str, Any]  # Any: columns of many kinds
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
def twin_of(site: Site, folder: Path) -> Iterator[Site]:
    """Give a second site that holds, at this moment, the very same; `folder` is a new one of its own."""
    site.database.close()  # what it was last written by must have let go; it opens again when it is asked
    shutil.copytree(site.settings.instance, folder)
    if not site.settings.database_url:
        with _opened(replace(site.settings, instance=folder)) as twin:
            yield twin
        return
    name = f"cms_test_{uuid.uuid4().hex[:12]}"
    original = site.settings.database_url.rpartition("/")[2]
    with psycopg.connect(POSTGRESQL, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{original}"'.encode())
        try:
            url = f"{site.settings.database_url.rpartition('/')[0]}/{name}"
            with _opened(replace(site.settings, instance=folder, database_url=url)) as twin:
                yield twin
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def everything(site: Site) -> dict[str, list[Row]]:
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


def changes(before: dict[str, list[Row]], after: dict[str, list[Row]]) -> set[str]:
    """Return the things whose number has changed between two states."""
    numbers = {row["thing"]: row["number"] for row in before["version"]}
    return {row["thing"] for row in after["version"] if row["number"] != numbers.get(row["thing"])}


@contextmanager
def _opened(settings: Settings) -> Iterator[Site]:
    twin = cms.open_site(settings)
    yield twin
    twin.database.close()


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
