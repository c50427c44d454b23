"""The tables of what is read: articles with their authors, sections, tags and former addresses."""

# ruff: noqa: S608  # names and conditions of ours

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cms.db import UtcTime, beside_the_tables, stored_as_value


class ArticleKind(StrEnum):
    """What an article is: a piece in the paper, or a static page beside it."""

    ARTICLE = "article"
    PAGE = "page"


class ArticleStatus(StrEnum):
    """What the desk has decided; an article is public when published and its time has come."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETRACTED = "retracted"


class Author(SQLModel, table=True):
    """Whose name stands in a byline."""

    __tablename__ = "author"
    __table_args__ = (sa.CheckConstraint("slug <> '' AND name <> ''", name="named"),)

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(max_length=200, unique=True)
    name: str = Field(max_length=200)
    bio: str = Field(default="", max_length=2000)
    language: str = Field(default="", max_length=35)
    staff_id: int | None = Field(default=None, foreign_key="staff.id", unique=True)


class Section(SQLModel, table=True):
    """A part of the paper; an article stands in one or in none."""

    __tablename__ = "section"
    __table_args__ = (sa.CheckConstraint("slug <> '' AND name <> ''", name="named"),)

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(max_length=200, unique=True)
    name: str = Field(max_length=200)


class Tag(SQLModel, table=True):
    """A subject; an article has any number."""

    __tablename__ = "tag"
    __table_args__ = (sa.CheckConstraint("slug <> '' AND name <> ''", name="named"),)

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(max_length=200, unique=True)
    name: str = Field(max_length=200)


class Article(SQLModel, table=True):
    """A piece of writing with its one address.

    Until `comments_paused_until` a moderator lets nobody comment, whatever the desk says of comments.
    `made_by` is who began it at the desk; `draft_mark` is that form's, so that a form sent twice makes one article.
    """

    __tablename__ = "article"
    __table_args__ = (
        sa.UniqueConstraint("kind", "slug"),
        sa.CheckConstraint("slug <> '' AND title <> ''", name="titled"),
        sa.CheckConstraint("version >= 1", name="version"),
        sa.CheckConstraint("status <> 'published' OR publish_at IS NOT NULL", name="published_at"),
        sa.Index("ix_article_public", "kind", "status", "publish_at", "id"),
        sa.Index("ix_article_section", "section_id", "publish_at", "id"),
        sa.Index("ix_article_changed", "changed_at", "id"),
        sa.Index("ix_article_made_by", "made_by"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: ArticleKind = Field(
        default=ArticleKind.ARTICLE,
        sa_type=stored_as_value(ArticleKind, "article_kind"),
    )
    slug: str = Field(max_length=200)
    title: str = Field(max_length=500)
    standfirst: str = Field(default="", max_length=2000)
    body_html: str = Field(default="", sa_type=sa.Text)
    body_text: str = Field(default="", sa_type=sa.Text)
    language: str = Field(default="en", max_length=35)
    status: ArticleStatus = Field(
        default=ArticleStatus.DRAFT,
        sa_type=stored_as_value(ArticleStatus, "article_status"),
    )
    publish_at: datetime | None = Field(default=None, sa_type=UtcTime)
    created_at: datetime = Field(sa_type=UtcTime)
    changed_at: datetime = Field(sa_type=UtcTime)
    updated_at: datetime | None = Field(default=None, sa_type=UtcTime)
    section_id: int | None = Field(default=None, foreign_key="section.id")
    comments_open: bool = Field(default=True)
    comments_close_at: datetime | None = Field(default=None, sa_type=UtcTime)
    comments_paused_until: datetime | None = Field(default=None, sa_type=UtcTime)
    image_path: str = Field(default="", max_length=500)
    image_alt: str = Field(default="", max_length=1000)
    image_caption: str = Field(default="", max_length=1000)
    image_credit: str = Field(default="", max_length=300)
    image_width: int | None = Field(default=None)
    image_height: int | None = Field(default=None)
    entry_id: str = Field(default="", max_length=500)
    version: int = Field(default=1)
    made_by: int | None = Field(default=None, foreign_key="staff.id")
    draft_mark: str | None = Field(default=None, max_length=32, unique=True)


class ArticleAuthor(SQLModel, table=True):
    """Who wrote an article, in the order of the byline; `public_from` is the database's own copy, see below."""

    __tablename__ = "article_author"
    __table_args__ = (sa.Index("ix_article_author_author", "author_id", "public_from", "article_id"),)

    article_id: int = Field(foreign_key="article.id", primary_key=True, ondelete="CASCADE")
    author_id: int = Field(foreign_key="author.id", primary_key=True)
    position: int = Field(default=0)
    public_from: datetime | None = Field(default=None, sa_type=UtcTime)


class ArticleTag(SQLModel, table=True):
    """Which subjects an article has; `public_from` is the database's own copy, see below."""

    __tablename__ = "article_tag"
    __table_args__ = (sa.Index("ix_article_tag_tag", "tag_id", "public_from", "article_id"),)

    article_id: int = Field(foreign_key="article.id", primary_key=True, ondelete="CASCADE")
    tag_id: int = Field(foreign_key="tag.id", primary_key=True)
    public_from: datetime | None = Field(default=None, sa_type=UtcTime)


class Related(SQLModel, table=True):
    """What to read next, worked out when an article is published."""

    __tablename__ = "related"
    __table_args__ = (
        sa.CheckConstraint("article_id <> related_id", name="another"),
        sa.Index("ix_related_related", "related_id"),
    )

    article_id: int = Field(foreign_key="article.id", primary_key=True, ondelete="CASCADE")
    related_id: int = Field(foreign_key="article.id", primary_key=True, ondelete="CASCADE")
    score: float


class FormerAddress(SQLModel, table=True):
    """An address that a thing had, here or on WordPress; it leads on in one 301.

    `address` is path and query as `rules.former_address()` normalises them; `thing` is a name such as
    `article:42`, `author:7`, `front` or `media:2024/05/x.jpg`; `suffix` follows the thing's address (`/feed.xml`).
    """

    __tablename__ = "former_address"

    address: str = Field(primary_key=True, max_length=1000)
    thing: str = Field(max_length=600, index=True)
    suffix: str = Field(default="", max_length=100)


# One row an article, of folded words: FTS5 on SQLite, tsvector on PostgreSQL. Neither is a table that
# SQLModel can describe, so both stand here as the words that make them; the migration says the same.
SEARCH_SQLITE = (
    "CREATE VIRTUAL TABLE article_search USING fts5(title, standfirst, body, tokenize = 'unicode61 remove_diacritics 0')",
)
SEARCH_POSTGRESQL = (
    "CREATE TABLE article_search (article_id INTEGER NOT NULL CONSTRAINT pk_article_search PRIMARY KEY"
    " CONSTRAINT fk_article_search_article_id REFERENCES article (id) ON DELETE CASCADE,"
    " words TSVECTOR NOT NULL)",
    "CREATE INDEX ix_article_search_words ON article_search USING gin (words)",
)

# The moment from which an article is public is copied to its authors and tags by triggers, so that each of their
# indexes holds an archive in its order. Without it SQLite looked at 39,997 of 40,000 articles for an author of the
# three oldest (0.12 s).
_PUBLIC_FROM = (
    "CASE WHEN {article}.kind = 'article' AND {article}.status = 'published' THEN {article}.publish_at END"
)
_COPY = "".join(
    f"UPDATE {table} SET public_from = {_PUBLIC_FROM.format(article='NEW')} WHERE article_id = NEW.id; "
    for table in ("article_author", "article_tag")
)
_COPIED = f"(SELECT {_PUBLIC_FROM.format(article='article')} FROM article WHERE id = NEW.article_id)"
ARCHIVES_SQLITE = (
    "CREATE TRIGGER article_public AFTER UPDATE OF kind, status, publish_at ON article"
    f" WHEN (OLD.kind, OLD.status, OLD.publish_at) IS NOT (NEW.kind, NEW.status, NEW.publish_at) BEGIN {_COPY}END",
    *(
        f"CREATE TRIGGER article_{part}_public AFTER INSERT ON article_{part} BEGIN"
        f" UPDATE article_{part} SET public_from = {_COPIED} WHERE rowid = NEW.rowid; END"
        for part in ("author", "tag")
    ),
)
ARCHIVES_POSTGRESQL = (
    f"CREATE FUNCTION article_public() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_COPY}RETURN NULL; END $$",
    "CREATE TRIGGER article_public AFTER UPDATE OF kind, status, publish_at ON article FOR EACH ROW"
    " WHEN ((OLD.kind, OLD.status, OLD.publish_at) IS DISTINCT FROM (NEW.kind, NEW.status, NEW.publish_at))"
    " EXECUTE FUNCTION article_public()",
    "CREATE FUNCTION public_with_article() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN NEW.public_from := {_COPIED}; RETURN NEW; END $$",
    *(
        f"CREATE TRIGGER article_{part}_public BEFORE INSERT ON article_{part} FOR EACH ROW"
        " EXECUTE FUNCTION public_with_article()"
        for part in ("author", "tag")
    ),
)

beside_the_tables(SEARCH_SQLITE, SEARCH_POSTGRESQL)
beside_the_tables(ARCHIVES_SQLITE, ARCHIVES_POSTGRESQL)
