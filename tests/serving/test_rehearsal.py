"""What is done once before workers are forked leaves nothing behind."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from cms import create_app, now_utc, timed_jobs
from cms.privacy.actions.workers import Presence
from cms.serving.rehearsal import rehearse
from cms.site import Site
from tests.factories import write_article

pytestmark = pytest.mark.both_engines


def _rehearse(site: Site) -> list[str]:
    """Rehearse; return the statements that were sent to be stored."""
    sent: list[str] = []

    @sa.event.listens_for(site.database.writer, "before_cursor_execute")
    def _note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    rehearse(site, create_app(site), timed_jobs(), now_utc, Presence(site, now_utc).tell)
    sa.event.remove(site.database.writer, "before_cursor_execute", _note)
    return sent


def _counts(site: Site) -> dict[str, int]:
    with site.database.reading() as session:
        return {
            name: session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in SQLModel.metadata.tables.items()
        }


def test_a_rehearsal_goes_as_far_as_storing_and_stores_nothing(site: Site) -> None:
    write_article(site, "Tide", now_utc())
    before = _counts(site)
    sent = _rehearse(site)
    for table in ("comment", "job", "worker", "daily_salt"):
        assert any(f"INSERT INTO {table} " in statement for statement in sent), table
    assert _counts(site) == before
    assert site.remembered.salt is None  # whose row would be missing


def test_what_comes_after_a_rehearsal_is_stored(site: Site) -> None:
    write_article(site, "Tide", now_utc())
    _rehearse(site)
    Presence(site, now_utc).tell()
    assert _counts(site)["worker"] == 1
