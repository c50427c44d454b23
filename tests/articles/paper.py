"""Small newspapers to try reading on: articles with their authors, section, tags, index entries and kin."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlmodel import Session, SQLModel, col, select

from cms.articles import writes
from cms.articles.models import (
    Article,
    ArticleAuthor,
    ArticleKind,
    ArticleStatus,
    ArticleTag,
    Author,
    FormerAddress,
    Section,
    Tag,
)
from cms.site import Site


@dataclass
class Paper:
    """A site with the moment at which it is read."""

    site: Site
    now: datetime
    made: int = field(default=0)

    def article(self, title: str, text: str = "", **fields: Any) -> int:
        """Store one article with its entry and its kin; return its id.

        `authors`, `tags` and `section` are names; `days_ago` may be negative; other `fields` are columns.
        """
        self.made += 1
        authors, tags = fields.pop("authors", ()), fields.pop("tags", ())
        section, days_ago = fields.pop("section", ""), fields.pop("days_ago", 1.0)
        with self.site.database.writing() as session:
            row = {
                "slug": f"article-{self.made}",
                "title": title,
                "body_text": text,
                "body_html": f"<p>{text}</p>",
                "kind": ArticleKind.ARTICLE,
                "status": ArticleStatus.PUBLISHED,
                "publish_at": self.now - timedelta(days=days_ago),
                "created_at": self.now - timedelta(days=400),
                "changed_at": self.now,
                "section_id": _named(session, Section, section) if section else None,
            }
            article = Article(**{**row, **fields})
            session.add(article)
            session.flush()
            assert article.id is not None
            for position, name in enumerate(authors):
                author_id = _named(session, Author, name)
                session.add(ArticleAuthor(article_id=article.id, author_id=author_id, position=position))
            for name in tags:
                session.add(ArticleTag(article_id=article.id, tag_id=_named(session, Tag, name)))
            article_id = article.id
            self._follow(session, article_id)
            return article_id

    def change(self, article_id: int, **fields: Any) -> None:
        """Change columns of an article, then what follows from them."""
        with self.site.database.writing() as session:
            session.execute(sa.update(Article).where(col(Article.id) == article_id).values(**fields))
            self._follow(session, article_id)

    def moved(self, address: str, thing: str, suffix: str = "") -> None:
        """Note that `thing` was once at `address`."""
        with self.site.database.writing() as session:
            session.add(FormerAddress(address=address, thing=thing, suffix=suffix))
            session.commit()

    def _follow(self, session: Session, article_id: int) -> None:
        writes.index_article(session, article_id)
        writes.relate(session, article_id)
        session.commit()


def paper_of(app: Flask) -> Paper:
    """Return the newspaper that `app` serves, at the moment of its clock."""
    return Paper(app.extensions["site"], app.config["CLOCK"]())


@contextmanager
def counted(site: Site, *, by_writers: bool = False) -> Iterator[list[str]]:
    """Give the list of the SELECTs that are sent to the database meanwhile by who reads, or by who writes.

    The look at the keys, due ten seconds after the last one, is no page's own: it is made before.
    """
    site.keyring.look_again()
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            sent.append(statement)

    engine = site.database.writer if by_writers else site.database.reader
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def _named(session: Session, table: type[SQLModel], name: str) -> int:
    columns: Any = table
    slug = name.lower().replace(" ", "-")
    found = session.exec(select(columns.id).where(columns.slug == slug)).one_or_none()
    if found is not None:
        return int(found)
    row: Any = table(slug=slug, name=name)
    session.add(row)
    session.flush()
    return int(row.id)
