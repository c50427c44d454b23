"""What `cms doctor` finds about the disk, and where PostgreSQL keeps the site."""

import re

import pytest
import sqlalchemy as sa

from cms.privacy.actions import examining
from cms.privacy.actions.examining import examine
from cms.privacy.queries import health
from cms.site import Site
from tests.conftest import ON_POSTGRESQL, START
from tests.factories import send_comment, write_article


@ON_POSTGRESQL
def test_doctor_says_when_postgresql_has_not_looked_at_its_tables(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "MANY", 1)
    write_article(site, "The ferry", START)
    for name in ("Dan", "Eve"):
        send_comment(site, 1, START, name=name, text=f"{name} saw it.")
    _say(site, "DELETE FROM pg_statistic WHERE starelid = 'comment'::regclass")
    assert _finds(site, "Run ANALYZE")
    _say(site, "ANALYZE")
    assert not _finds(site, "Run ANALYZE")


def test_doctor_says_when_the_disk_is_nearly_full(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "The disk has room." in [found.sentence for found in examine(site.settings, START)]
    monkeypatch.setattr(examining, "ROOM_LEAST_BYTES", 1 << 62)
    (full,) = (found for found in examine(site.settings, START) if not found.is_well)
    assert re.search(r" has \d+ MB left\. Make room", full.sentence)


def _finds(site: Site, words: str) -> bool:
    return any(words in one.sentence and not one.is_well for one in examine(site.settings, START))


def _say(site: Site, statement: str) -> None:
    with site.database.writing() as session:
        session.execute(sa.text(statement))
        session.commit()
