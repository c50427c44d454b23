"""What a page asks goes by what it shows, not by all that the site holds: SQLite comes to it by the narrow index.

Without statistics SQLite takes any index whose first columns are asked for to be equally narrow. On a site of 200,000
articles and 2 million comments the wrong ones took 40 to 700 ms a page (scale.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from cms.site import Site
from tests.conftest import ON_SQLITE, Clock
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator, Reader

BY_ITS_ID = "SEARCH article USING INTEGER PRIMARY KEY (rowid=?)"


@contextmanager
def _sent(site: Site) -> Iterator[list[str]]:
    """Give the list of the SELECTs that SQLite is sent meanwhile, with their values."""
    sent: list[str] = []

    def note(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.set_trace_callback(sent.append)

    def no_more(connection: Any, _record: Any) -> None:
        connection.set_trace_callback(None)

    engine = site.database.reader
    site.database.readers.close()  # a session that is kept has its connection already
    sa.event.listen(engine, "checkout", note)
    sa.event.listen(engine, "checkin", no_more)
    try:
        yield sent
    finally:
        site.database.readers.close()
        sa.event.remove(engine, "checkout", note)
        sa.event.remove(engine, "checkin", no_more)


def _steps(site: Site, sent: list[str], naming: str) -> int:
    """Return how many steps of its virtual machine SQLite takes for the one SELECT that names something."""
    (statement,) = {one for one in sent if naming in one}
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with site.database.reader.connect() as connection:
        driver: Any = connection.connection.driver_connection  # Any: sqlite3's own
        driver.set_progress_handler(count, 1)
        driver.execute(statement).fetchall()
        driver.set_progress_handler(None, 1)
    return steps


def _plan(site: Site, sent: list[str], naming: str) -> list[str]:
    """Return how SQLite goes about the one SELECT that names something."""
    (statement,) = {one for one in sent if naming in one}
    with site.database.reader.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}".replace("%", "%%"))
        return [row.detail for row in rows]


@pytest.fixture
def busy(app: Flask, site: Site, clock: Clock) -> Reader:
    article = write_article(site, "Tide", clock(), tags=["Sea"])
    write_article(site, "Tram", clock(), tags=["Sea"])
    hire(site, "Cleo", clock())
    held = [send_comment(site, article, clock(), text=f"Word {number} of the tide.") for number in range(3)]
    Moderator(app, "Cleo").decide("approve", *held)
    app.extensions["site"] = site.but(thread_size=2)
    return Reader(app)


@ON_SQLITE
def test_an_articles_comments_are_counted_among_its_own(busy: Reader, site: Site) -> None:
    with _sent(site) as sent:
        busy.get("/articles/tide")
    plan = _plan(site, sent, "root_id > 0")
    assert "SEARCH comment USING INDEX ix_comment_visible (article_id=? AND root_id>?)" in plan


@ON_SQLITE
def test_articles_found_by_their_words_are_read_by_their_ids(busy: Reader, site: Site) -> None:
    with _sent(site) as sent:
        busy.get("/search?q=tide")
    assert BY_ITS_ID in _plan(site, sent, "AS ranked")


@ON_SQLITE
def test_a_sitemap_of_sitemaps_reads_one_article_of_each(busy: Reader, site: Site) -> None:
    with _sent(site) as sent:
        busy.get("/sitemap.xml")
    (statement,) = {one for one in sent if "article.id /" in one and "author" not in one and "tag" not in one}
    plan = _plan(site, [statement], "article.id /")
    assert "SEARCH article USING INTEGER PRIMARY KEY (rowid>?)" in plan
    assert not [step for step in plan if step.startswith("SCAN article USING COVERING")]


@ON_SQLITE
@pytest.mark.parametrize("beside", ["publish_at, article.id) <", "publish_at, article.id) >"])
def test_an_articles_neighbours_are_found_at_once_however_many_lie_behind_them(
    app: Flask, site: Site, clock: Clock, beside: str
) -> None:
    newest, oldest = clock(), clock() - timedelta(days=99)
    for number in range(30):
        write_article(site, f"Day {number}", newest - timedelta(days=number))
    write_article(site, "First", oldest)
    write_article(site, "Second", oldest + timedelta(days=1))
    steps = []
    for slug in ("second", "day-1"):
        with _sent(site) as sent:
            Reader(app).get(f"/articles/{slug}")
        steps.append(_steps(site, sent, beside))
    assert abs(steps[0] - steps[1]) < 10


@ON_SQLITE
@pytest.mark.parametrize("path", ["/authors/{}", "/tags/{}", "/authors/{}/feed.xml", "/tags/{}/feed.xml"])
def test_an_archive_that_nobody_adds_to_is_read_as_fast_as_the_others(
    app: Flask, site: Site, clock: Clock, path: str
) -> None:
    for number, name in enumerate(["Old", "Old", *["Many"] * 30, "New", "New"]):
        moment = clock() - timedelta(days=50 - number)
        write_article(site, f"Day {number}", moment, authors=[name], tags=[name])
    steps = []
    for name in ("old", "new"):
        with _sent(site) as sent:
            Reader(app).get(path.format(name))
        steps.append(_steps(site, sent, "public_from DESC"))
    assert abs(steps[0] - steps[1]) < 10
