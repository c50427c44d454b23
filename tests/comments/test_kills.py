"""Whoever is thanked is stored for good, though the server is killed at any moment."""

import pytest

from cms.site import Site
from tests.benchmarks.kills import Served, kill_again_and_again
from tests.conftest import START
from tests.factories import write_article


@pytest.mark.parametrize(("settings", "kills"), [("sqlite", 5), ("postgresql", 2)], indirect=["settings"])
def test_every_comment_that_was_thanked_for_is_there_once_after_kills(site: Site, kills: int) -> None:
    write_article(site, "Cat", START)
    site.database.close()
    served = Served(site.settings)
    found = kill_again_and_again(served, "/articles/cat", kills=kills, readers=2)
    assert found.acknowledged >= kills
    assert (found.once, found.lost, found.doubled) == (found.acknowledged, 0, 0)
    assert found.receipts_differing == 0
    assert found.integrity == "ok"
