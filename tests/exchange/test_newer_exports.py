"""What a newer export changes beside an article: lists, neighbours and kin."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from cms.articles.writes import index_article, relate
from cms.db import Database
from cms.exchange.actions.finishing import relate_imported
from cms.exchange.report import ImportReport
from cms.pages.writes import bump
from cms.site import Site
from tests.exchange.conftest import comment, export, post, term

pytestmark = pytest.mark.both_engines

Bring = Callable[..., ImportReport]
Rows = Callable[..., list[Any]]
SOURCE = "SELECT DISTINCT source FROM imported_thing"


def dated(number: int, *inner: str, day: int, **fields: object) -> str:
    return post(number, *inner, wp_post_date_gmt=f"2024-05-{day:02} 07:08:09", **fields)


def numbers(rows: Rows) -> dict[str, int]:
    slugs = dict(rows("SELECT 'article:' || id, slug FROM article"))
    for kind in ("author", "section", "tag"):
        slugs |= dict(rows(f"SELECT '{kind}:' || id, '{kind} ' || slug FROM {kind}"))  # noqa: S608
    return {slugs.get(row.thing, row.thing): row.number for row in rows("SELECT thing, number FROM version")}


def kin_of(rows: Rows, slug: str) -> set[str]:
    sql = (
        "SELECT other.slug FROM related JOIN article ON article.id = related.article_id"
        " JOIN article AS other ON other.id = related.related_id WHERE article.slug = :slug"
    )
    return {row.slug for row in rows(sql, slug=slug)}


def test_a_newer_comment_has_the_language_of_its_article_whatever_its_markup(
    bring: Bring, rows: Rows
) -> None:
    markup = {"title": "خبر", "content_encoded": '<p class="has-text-align-right">میرے شہر میں بارش</p>'}
    bring(export(post(1, comment(1), **markup)))
    bring(export(post(1, comment(1), comment(2), **markup)))
    assert [row.language for row in rows("SELECT language FROM article")] == ["ur"]
    assert [row.language for row in rows("SELECT language FROM comment ORDER BY id")] == ["ur", "ur"]


def test_what_an_article_leaves_changes_as_well_as_where_it_goes(bring: Bring, rows: Rows) -> None:
    others = [dated(number, day=number, title=f"Word{number}") for number in (2, 4, 6, 8)]
    before = term("post_tag", "tea"), term("category", "news")
    bring(export(dated(1, *before, day=3, dc_creator="ada"), *others))
    first = numbers(rows)
    after = term("post_tag", "milk"), term("category", "sport")
    bring(export(dated(1, *after, day=7, dc_creator="ben"), *others))
    second = numbers(rows)
    moved = {thing for thing in second if second[thing] != first.get(thing)}
    assert moved >= {
        "author ada",
        "author ben",
        "tag tea",
        "tag milk",
        "section news",
        "section sport",
        "post-1",
    }
    assert moved >= {"post-2", "post-4", "post-6", "post-8"}  # its neighbours before and after


def test_a_new_article_between_two_others_changes_both(bring: Bring, rows: Rows) -> None:
    tags = {2: "tea", 4: "tea", 6: "milk", 8: "milk"}
    others = [
        dated(number, term("post_tag", tag), day=number, title=f"Word{number}")
        for number, tag in tags.items()
    ]
    bring(export(*others))
    first = numbers(rows)
    bring(export(*others, dated(5, day=5, title="Another")))
    moved = {
        thing
        for thing, number in numbers(rows).items()
        if thing.startswith("post-") and number != first.get(thing)
    }
    assert moved >= {"post-4", "post-6"}


def test_an_article_that_changed_its_subject_gets_other_kin(bring: Bring, rows: Rows) -> None:
    def paper(subject: str) -> str:
        subjects = (subject, "tea", "milk", "milk")
        return export(
            *(dated(n, term("post_tag", tag), day=n, title=f"Word{n}") for n, tag in enumerate(subjects, 1))
        )

    bring(paper("tea"))
    assert (kin_of(rows, "post-1"), kin_of(rows, "post-2")) == ({"post-2"}, {"post-1"})
    bring(paper("milk"))
    assert kin_of(rows, "post-1") == {"post-3", "post-4"}
    assert kin_of(rows, "post-2") == set()
    assert kin_of(rows, "post-3") == {"post-1", "post-4"}


class Between:
    """A database in which somebody publishes before our first transaction begins."""

    def __init__(self, database: Database, deed: Callable[[Session], None]) -> None:
        self.database, self.deeds = database, [deed]

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self.database.reading() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        while self.deeds:
            with self.database.writing() as session:
                self.deeds.pop()(session)
                session.commit()
        with self.database.writing() as session:
            yield session


def test_who_publishes_while_kin_is_worked_out_is_not_undone(bring: Bring, rows: Rows, site: Site) -> None:
    tea = term("post_tag", "tea")
    bring(export(*(dated(n, *([tea] if n < 3 else []), day=n, title=f"Word{n}") for n in (1, 2, 3, 4))))
    ids = {row.slug: row.id for row in rows("SELECT slug, id FROM article")}
    ((source,),) = rows(SOURCE)

    def publish(session: Session) -> None:
        third = {"id": ids["post-3"]}
        session.execute(
            sa.text("INSERT INTO article_tag (article_id, tag_id) SELECT :id, id FROM tag"), third
        )
        index_article(session, third["id"])
        relate(session, third["id"])
        bump(session, [f"article:{one}" for one in (ids["post-1"], ids["post-2"], ids["post-3"])])

    with site.database.writing() as session:
        session.execute(sa.text("DELETE FROM related"))
        session.commit()
    # It reads and writes as a database does.
    relate_imported(cast("Database", Between(site.database, publish)), source)
    assert kin_of(rows, "post-1") == {"post-2", "post-3"}
    assert kin_of(rows, "post-2") == {"post-1", "post-3"}
    assert kin_of(rows, "post-3") == {"post-1", "post-2"}
