"""The copies of a text are looked for among the newest of them, however many of them came within minutes."""

from typing import Any

import sqlalchemy as sa

from cms.comments.models import Comment
from cms.db import table_of
from cms.site import Site
from tests.conftest import ON_POSTGRESQL, Clock
from tests.factories import send_comment, write_article

COPIES = 2_000
OWN = {
    "id": "nextval(pg_get_serial_sequence('comment', 'id'))",
    "mark": "md5(random()::text)",
    "receipt_hash": "md5(random()::text)",
    "repeat_key": "NULL",
}


@ON_POSTGRESQL
def test_no_campaign_is_read_as_a_whole_though_it_is_not_analysed_yet(site: Site, clock: Clock) -> None:
    article = write_article(site, "Tide", clock())
    text = "The tide comes in twice a day and nobody on the quay minds it much, whatever they say."
    send_comment(site, article, clock(), text=text)
    _copy(site, COPIES)
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if "likeness_band" in statement:
            asked.append((statement, values))

    sa.event.listen(site.database.reader, "before_cursor_execute", note)
    send_comment(site, article, clock(), name="Eve", text=text)
    sa.event.remove(site.database.reader, "before_cursor_execute", note)
    ((statement, values),) = asked
    with site.database.reader.connect() as connection:
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars())
    assert "Index Only Scan Backward using ix_comment_likeness" in plan
    assert "Seq Scan on comment" not in plan


def _copy(site: Site, times: int) -> None:
    """Let there be so many copies of each comment, by SQL alone."""
    names = [column.name for column in table_of(Comment).columns]
    values = ", ".join(OWN.get(name, f"comment.{name}") for name in names)
    with site.database.writing() as session:
        copied = f"INSERT INTO comment ({', '.join(names)}) SELECT {values} FROM comment, generate_series(1, {times})"  # noqa: S608  # names of ours
        session.execute(sa.text(copied))
        session.commit()
