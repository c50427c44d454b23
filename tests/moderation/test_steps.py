"""A page of the dashboard takes about as many of SQLite's steps among ten times as many comments."""

from typing import Any

import sqlalchemy as sa
from flask import Flask

from cms.comments.models import Comment
from cms.db import table_of
from cms.site import Site
from tests.conftest import ON_SQLITE, START
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator

STEPS_AT_ONCE = 100  # as finely as they are counted
COUNTING = 40  # steps at most for each comment more that waits and matches; a page says how many those are
MORE_WAITING, MORE_PUBLISHED = 1_000, 3_000
PAGES = [
    "/moderation/",
    "/moderation/?fold=off",
    "/moderation/?status=approved",
    "/moderation/?section=1",
    "/moderation/?reason=links",
    "/moderation/?lane=needs_thought",
    "/moderation/?commenter=1",
    "/moderation/?network=1",
    "/moderation/?host=rope.example",
    "/moderation/?language=en",
    "/moderation/?words=rope",
    "/moderation/?comment=1",
    "/moderation/escalated",
    "/moderation/log",
    "/moderation/context/1",
]
_OWN = {
    "id": "NULL",
    "mark": "hex(randomblob(16))",
    "receipt_hash": "hex(randomblob(32))",
    "repeat_key": "NULL",
}


@ON_SQLITE
def test_no_page_costs_more_among_ten_times_as_many_comments_than_it_takes_to_count_them(
    app: Flask, site: Site
) -> None:
    hire(site, "Cleo", START)
    article = write_article(site, "The ferry", START, section="City")
    cleo = Moderator(app, "Cleo")
    said = "The rope was wet: https://www.rope.example/x now"
    held = send_comment(site, article, START, text=said, network_mark="here")
    published = send_comment(site, article, START, name="Eve", email="eve@example.org", text="It was dry.")
    cleo.decide("approve", published)
    _copy(site, {held: MORE_WAITING // 10, published: MORE_PUBLISHED // 10})
    few = {path: _steps(site, cleo, path) for path in PAGES}
    _copy(site, {held: MORE_WAITING, published: MORE_PUBLISHED})
    many = {path: _steps(site, cleo, path) for path in PAGES}
    assert min(few.values()) >= STEPS_AT_ONCE
    assert {path: many[path] for path in PAGES if many[path] > few[path] + COUNTING * MORE_WAITING} == {}


def _copy(site: Site, wanted: dict[int, int]) -> None:
    """Store so many more comments like each of these, with what stands beside them."""
    names = [column.name for column in table_of(Comment).columns]
    values = ", ".join(_OWN.get(name, name) for name in names)
    numbers = "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :times) "
    with site.database.writing() as session:
        for comment_id, times in wanted.items():
            newest = session.execute(sa.text("SELECT max(id) FROM comment")).scalar_one()
            own: dict[str, Any] = {"id": comment_id, "times": times, "newest": newest}
            for statement in (
                f"INSERT INTO comment ({', '.join(names)}) {numbers} SELECT {values}"  # noqa: S608  # names of ours
                " FROM comment, number"
                " WHERE comment.id = :id",
                "UPDATE comment SET root_id = id, fold_id = id WHERE id > :newest",
                "INSERT INTO hold_reason (comment_id, code, measure) SELECT comment.id, code, measure"
                " FROM comment, hold_reason WHERE comment.id > :newest AND comment_id = :id",
                "INSERT INTO comment_host (comment_id, host) SELECT comment.id, host"
                " FROM comment, comment_host WHERE comment.id > :newest AND comment_id = :id",
                "INSERT INTO decision (comment_id, deed, from_status, to_status, reason, policy, at)"
                " SELECT comment.id, deed, from_status, to_status, reason, policy, at"
                " FROM comment, decision WHERE comment.id > :newest AND comment_id = :id",
            ):
                asked = sa.text(statement)
                session.execute(asked, {name: own[name] for name in asked.compile().params})
        session.commit()


def _steps(site: Site, cleo: Moderator, path: str) -> int:
    """Return how many steps the database takes for a page."""
    cleo.get(path)
    taken = 0

    def count() -> None:
        nonlocal taken
        taken += 1

    def watch(connection: Any, _record: object) -> None:  # Any: sqlite3's own
        connection.set_progress_handler(count, STEPS_AT_ONCE)

    sa.event.listen(site.database.reader, "connect", watch)
    site.database.close()
    assert cleo.get(path).status_code == 200
    sa.event.remove(site.database.reader, "connect", watch)
    site.database.close()
    return taken * STEPS_AT_ONCE
