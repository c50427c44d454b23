"""The first page of a long thread asks for its comments by their numbers, whatever else the site holds."""

from typing import Any

import sqlalchemy as sa
from flask import Flask

from cms.site import Site
from tests.conftest import ON_POSTGRESQL, Clock
from tests.factories import hire, send_comment, write_article
from tests.reader import Moderator, Reader


@ON_POSTGRESQL
def test_comments_of_a_page_and_featured_ones_are_found_by_their_numbers(
    app: Flask, site: Site, clock: Clock
) -> None:
    hire(site, "Cleo", clock())
    article = write_article(site, "Tide", clock())
    held = [send_comment(site, article, clock(), text=f"Word {number} of the tide.") for number in range(3)]
    Moderator(app, "Cleo").decide("approve", *held)
    app.extensions["site"] = site.but(thread_size=2)
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if "body_html" in statement and "ORDER BY comment_1.featured_at" in statement:
            asked.append((statement, values))

    sa.event.listen(site.database.reader, "before_cursor_execute", note)
    Reader(app).get("/articles/tide")
    sa.event.remove(site.database.reader, "before_cursor_execute", note)
    ((statement, values),) = asked
    with site.database.reader.connect() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars())
    assert "Seq Scan" not in plan
