"""Let a comment that comes in enter one index of words, not two, and no index of answers or of deeds of staff."""

# ruff: noqa: S608  # names of ours

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

WAITS = "{row}.waiting_since IS NOT NULL"
IS_DECIDED = "{row}.waiting_since IS NULL"
SAYS = "({row}.waiting_since IS NULL, {row}.name, {row}.body_text)"


def _triggers(table: str, holds: str) -> tuple[str, ...]:
    of_old, of_new = holds.format(row="OLD"), holds.format(row="NEW")
    out = f"INSERT INTO {table} ({table}, rowid, words) SELECT 'delete', OLD.id, OLD.name || ' ' || OLD.body_text"
    into = f"INSERT INTO {table} (rowid, words) SELECT NEW.id, NEW.name || ' ' || NEW.body_text"
    return (
        *(f"DROP TRIGGER {table}_{deed}" for deed in ("insert", "update", "delete")),
        f"CREATE TRIGGER {table}_insert AFTER INSERT ON comment WHEN {of_new} BEGIN {into}; END",
        f"CREATE TRIGGER {table}_update AFTER UPDATE OF waiting_since, name, body_text ON comment"
        f" WHEN {SAYS.format(row='OLD')} IS NOT {SAYS.format(row='NEW')}"
        f" BEGIN {out} WHERE {of_old}; {into} WHERE {of_new}; END",
        f"CREATE TRIGGER {table}_delete AFTER DELETE ON comment WHEN {of_old} BEGIN {out}; END",
    )


def _waits_sqlite(table: str) -> tuple[str, ...]:
    return (
        f"DROP TRIGGER {table}_waits",
        f"CREATE TRIGGER {table}_waits AFTER INSERT ON {table} WHEN NEW.waiting_since IS NULL BEGIN"
        f" UPDATE {table} SET waiting_since = (SELECT waiting_since FROM comment WHERE id = NEW.comment_id)"
        " WHERE rowid = NEW.rowid; END",
    )


def _waits_postgresql(table: str) -> tuple[str, ...]:
    return (
        f"DROP TRIGGER {table}_waits ON {table}",
        f"CREATE TRIGGER {table}_waits BEFORE INSERT ON {table} FOR EACH ROW"
        " WHEN (NEW.waiting_since IS NULL) EXECUTE FUNCTION waits_with_comment()",
    )


SQLITE = (
    "INSERT INTO comment_words (comment_words, rowid, words)"
    " SELECT 'delete', id, name || ' ' || body_text FROM comment WHERE waiting_since IS NOT NULL",
    *_triggers("comment_search", WAITS),
    *_triggers("comment_words", IS_DECIDED),
    *_waits_sqlite("hold_reason"),
    *_waits_sqlite("comment_host"),
)
POSTGRESQL = (*_waits_postgresql("hold_reason"), *_waits_postgresql("comment_host"))
NARROWER = {
    "ix_comment_parent": ("comment", ["parent_id"], "parent_id IS NOT NULL"),
    "ix_decision_staff": ("decision", ["staff_id", "id"], "staff_id IS NOT NULL"),
}


def upgrade() -> None:
    """Take out the words of what waits, which has an index of its own, and put the indexes in others' place."""
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
    for name, (table, columns, where) in NARROWER.items():
        op.drop_index(name, table)
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
