"""The queue's own order beside reasons, hosts and folds, so that whatever narrows it leads through it in that order."""

import sqlalchemy as sa
from alembic import op

from cms.db import UtcTime

revision = "0020"
down_revision = "0019"

WAITS = "waiting_since IS NOT NULL"
BESIDE = {"hold_reason": "code", "comment_host": "host"}
COPY = (
    "UPDATE hold_reason SET waiting_since = NEW.waiting_since WHERE comment_id = NEW.id; "
    "UPDATE comment_host SET waiting_since = NEW.waiting_since WHERE comment_id = NEW.id; "
)
SQLITE = (
    "CREATE TRIGGER comment_waits AFTER UPDATE OF waiting_since ON comment"
    f" WHEN OLD.waiting_since IS NOT NEW.waiting_since BEGIN {COPY}END",
    "CREATE TRIGGER hold_reason_waits AFTER INSERT ON hold_reason BEGIN"
    " UPDATE hold_reason SET waiting_since = (SELECT waiting_since FROM comment WHERE id = NEW.comment_id)"
    " WHERE rowid = NEW.rowid; END",
    "CREATE TRIGGER comment_host_waits AFTER INSERT ON comment_host BEGIN"
    " UPDATE comment_host SET waiting_since = (SELECT waiting_since FROM comment WHERE id = NEW.comment_id)"
    " WHERE rowid = NEW.rowid; END",
)
POSTGRESQL = (
    f"CREATE FUNCTION comment_waits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {COPY}RETURN NULL; END $$",
    "CREATE TRIGGER comment_waits AFTER UPDATE OF waiting_since ON comment FOR EACH ROW"
    " WHEN (OLD.waiting_since IS DISTINCT FROM NEW.waiting_since) EXECUTE FUNCTION comment_waits()",
    "CREATE FUNCTION waits_with_comment() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN NEW.waiting_since := (SELECT waiting_since FROM comment WHERE id = NEW.comment_id);"
    " RETURN NEW; END $$",
    "CREATE TRIGGER hold_reason_waits BEFORE INSERT ON hold_reason FOR EACH ROW"
    " EXECUTE FUNCTION waits_with_comment()",
    "CREATE TRIGGER comment_host_waits BEFORE INSERT ON comment_host FOR EACH ROW"
    " EXECUTE FUNCTION waits_with_comment()",
)
COPIED = (
    "UPDATE hold_reason SET waiting_since = comment.waiting_since FROM comment"
    " WHERE comment.id = hold_reason.comment_id AND comment.waiting_since IS NOT NULL",
    "UPDATE comment_host SET waiting_since = comment.waiting_since FROM comment"
    " WHERE comment.id = comment_host.comment_id AND comment.waiting_since IS NOT NULL",
)
WIDER = {
    "ix_comment_fold": ["fold_id", "waiting_since", "id", "status"],
    "ix_comment_lane": [
        "lane",
        "waiting_since",
        "id",
        "status",
        "fold_id",
        "article_id",
        "score",
        "language",
    ],
}


def upgrade() -> None:
    """Add the columns with what they copy, and the indexes."""
    for table in BESIDE:
        op.add_column(table, sa.Column("waiting_since", UtcTime(), nullable=True))
    for statement in COPIED:
        op.execute(statement)
    for table, of in BESIDE.items():
        _index(f"ix_{table}_waiting", table, [of, "waiting_since", "comment_id"])
    for name, columns in WIDER.items():
        op.drop_index(name, "comment")
        _index(name, "comment", columns)
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def _index(name: str, table: str, columns: list[str]) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(WAITS), postgresql_where=sa.text(WAITS))
