"""Decisions about many comments, folds of near-copies, and what narrows the queue."""

import sqlalchemy as sa
from alembic import op

from cms.db import UtcTime

revision = "0010"
down_revision = "0009"

WAITS = "waiting_since IS NOT NULL"
INDEXES = {
    "ix_comment_waiting_article": (["article_id", "waiting_since", "id"], WAITS),
    "ix_comment_waiting_commenter": (["email_fingerprint", "waiting_since", "id"], WAITS),
    "ix_comment_waiting_network": (["network_mark", "waiting_since", "id"], WAITS),
    "ix_comment_waiting_language": (["language", "waiting_since", "id"], WAITS),
    "ix_comment_fold": (["fold_id", "waiting_since", "id"], WAITS),
    "ix_comment_stands": (["status"], "withdrawn_at IS NULL AND erased_at IS NULL"),
}
OUT = (
    "INSERT INTO comment_search (comment_search, rowid, words) SELECT 'delete', OLD.id, OLD.name || ' ' || OLD.body_text"
    " WHERE OLD.waiting_since IS NOT NULL; "
)
IN = (
    "INSERT INTO comment_search (rowid, words) SELECT NEW.id, NEW.name || ' ' || NEW.body_text"
    " WHERE NEW.waiting_since IS NOT NULL; "
)
SQLITE = (
    "CREATE VIRTUAL TABLE comment_search USING fts5(words, content = '', tokenize = 'unicode61 remove_diacritics 0')",
    "INSERT INTO comment_search (rowid, words) SELECT id, name || ' ' || body_text FROM comment WHERE waiting_since IS NOT NULL",
    f"CREATE TRIGGER comment_search_insert AFTER INSERT ON comment BEGIN {IN}END",
    f"CREATE TRIGGER comment_search_update AFTER UPDATE OF waiting_since, name, body_text ON comment BEGIN {OUT}{IN}END",
    f"CREATE TRIGGER comment_search_delete AFTER DELETE ON comment BEGIN {OUT}END",
)
POSTGRESQL = (
    "CREATE INDEX ix_comment_words ON comment USING gin (to_tsvector('simple'::regconfig, name || ' ' || body_text))"
    " WHERE waiting_since IS NOT NULL",
)


def upgrade() -> None:
    """Make the tables, columns and indexes, and the words of what waits."""
    _make_batch()
    op.add_column("decision", sa.Column("batch_id", sa.Integer(), nullable=True))
    _index("ix_decision_batch", "decision", ["batch_id", "id"], "batch_id IS NOT NULL")
    op.add_column("comment", sa.Column("fold_id", sa.Integer(), nullable=True))
    for name, (columns, where) in INDEXES.items():
        _index(name, "comment", columns, where)
    op.create_index("ix_hold_reason_code", "hold_reason", ["code", "comment_id"])
    op.create_table(
        "comment_host",
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_comment_host_comment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comment_id", "host", name=op.f("pk_comment_host")),
    )
    op.create_index("ix_comment_host_host", "comment_host", ["host", "comment_id"])
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)


def _make_batch() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum(
                "approve",
                "reject",
                "spam",
                "hold",
                name="batch_verdict",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=True,
        ),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("narrowed", sa.String(length=2000), nullable=False),
        sa.Column("as_of", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("carried_out", sa.Integer(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("hour_of", sa.Integer(), nullable=True),
        sa.Column("hour_from", UtcTime(), nullable=True),
        sa.Column("hour_until", UtcTime(), nullable=True),
        sa.Column("begun_at", UtcTime(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "(verdict IS NULL) = (undoes IS NOT NULL OR hour_of IS NOT NULL)", name=op.f("ck_batch_about")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_batch_staff_id")),
        sa.ForeignKeyConstraint(["undoes"], ["batch.id"], name=op.f("fk_batch_undoes")),
        sa.ForeignKeyConstraint(["hour_of"], ["staff.id"], name=op.f("fk_batch_hour_of")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    _index("ix_batch_unfinished", "batch", ["id"], "finished_at IS NULL")


def _index(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
