"""From when on an article is public, beside its authors and tags, kept up by the database for the archives' order."""

# ruff: noqa: S608  # names and conditions of ours

import sqlalchemy as sa
from alembic import op

from cms.db import UtcTime

revision = "0026"
down_revision = "0025"

TABLES = ("article_author", "article_tag")
PUBLIC_FROM = (
    "CASE WHEN {article}.kind = 'article' AND {article}.status = 'published' THEN {article}.publish_at END"
)
COPY = "".join(
    f"UPDATE {table} SET public_from = {PUBLIC_FROM.format(article='NEW')} WHERE article_id = NEW.id; "
    for table in TABLES
)
COPIED = f"(SELECT {PUBLIC_FROM.format(article='article')} FROM article WHERE id = NEW.article_id)"
SQLITE = (
    "CREATE TRIGGER article_public AFTER UPDATE OF kind, status, publish_at ON article"
    f" WHEN (OLD.kind, OLD.status, OLD.publish_at) IS NOT (NEW.kind, NEW.status, NEW.publish_at) BEGIN {COPY}END",
    *(
        f"CREATE TRIGGER {table}_public AFTER INSERT ON {table} BEGIN"
        f" UPDATE {table} SET public_from = {COPIED} WHERE rowid = NEW.rowid; END"
        for table in TABLES
    ),
)
POSTGRESQL = (
    f"CREATE FUNCTION article_public() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {COPY}RETURN NULL; END $$",
    "CREATE TRIGGER article_public AFTER UPDATE OF kind, status, publish_at ON article FOR EACH ROW"
    " WHEN ((OLD.kind, OLD.status, OLD.publish_at) IS DISTINCT FROM (NEW.kind, NEW.status, NEW.publish_at))"
    " EXECUTE FUNCTION article_public()",
    "CREATE FUNCTION public_with_article() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN NEW.public_from := {COPIED}; RETURN NEW; END $$",
    *(
        f"CREATE TRIGGER {table}_public BEFORE INSERT ON {table} FOR EACH ROW"
        " EXECUTE FUNCTION public_with_article()"
        for table in TABLES
    ),
)


def upgrade() -> None:
    """Add the columns, copy what they say today, and let the database keep them up from now on."""
    for table, archive in zip(TABLES, ("author", "tag"), strict=True):
        op.add_column(table, sa.Column("public_from", UtcTime(), nullable=True))
        copied = COPIED.replace("NEW.article_id", f"{table}.article_id")
        op.execute(f"UPDATE {table} SET public_from = {copied}")
        op.drop_index(f"ix_{table}_{archive}", table)
        op.create_index(f"ix_{table}_{archive}", table, [f"{archive}_id", "public_from", "article_id"])
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
