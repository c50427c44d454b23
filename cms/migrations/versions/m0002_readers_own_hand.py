"""Edits that wait, earlier texts, second looks, erasure, and what retention looks for."""

import sqlalchemy as sa
from alembic import op

from cms.db import UtcTime

revision = "0002"
down_revision = "0001"

DEED = "deed IN ('submitted', 'imported', 'decided', 'undone', 'edited', 'revised', 'kept', 'withdrawn', 'asked', 'erased')"
COLUMNS = ("waiting_since", "escalated_at", "second_look_at", "swept_at")
WAITS = "status <> 'held' OR waiting_since IS NOT NULL OR withdrawn_at IS NOT NULL OR erased_at IS NOT NULL"
SEALED = "email_sealed IS NULL OR email_fingerprint IS NOT NULL"
DECIDED: tuple[str | sa.TextClause, ...] = ("status", sa.text("coalesce(decided_at, created_at)"), "id")
SETTLED = sa.text("coalesce(withdrawn_at, decided_at, created_at)")
PARTIAL: dict[str, tuple[tuple[str | sa.TextClause, ...], str]] = {
    "ix_comment_waiting": (("waiting_since", "id"), "waiting_since IS NOT NULL"),
    "ix_comment_escalated": (("escalated_at", "id"), "escalated_at IS NOT NULL"),
    "ix_comment_sealed": ((SETTLED, "id"), "email_sealed IS NOT NULL"),
    "ix_comment_forgotten": ((SETTLED, "id"), "email_sealed IS NULL AND email_fingerprint IS NOT NULL"),
    "ix_comment_network": (("created_at", "id"), "network_mark IS NOT NULL"),
    "ix_comment_unswept": (
        (SETTLED, "id"),
        "swept_at IS NULL AND (status IN ('rejected', 'spam') OR withdrawn_at IS NOT NULL)",
    ),
}
TRIGGERS = {
    f"decision_no_{verb}": f"CREATE TRIGGER decision_no_{verb} BEFORE {verb.upper()} ON decision"
    " BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
    for verb in ("update", "delete")
}


def upgrade() -> None:
    """Add what a writer's own hand and retention need; on SQLite two tables are built anew for their CHECKs."""
    _extend_comment()
    _extend_decision()
    _add_texts()


def _extend_comment() -> None:
    for name in COLUMNS:
        op.add_column("comment", sa.Column(name, UtcTime(), nullable=True))
    op.execute(
        "UPDATE comment SET waiting_since = created_at"
        " WHERE status = 'held' AND withdrawn_at IS NULL AND erased_at IS NULL"
    )
    op.drop_index("ix_comment_queue", "comment")
    op.drop_index("ix_comment_decided", "comment")
    with op.batch_alter_table("comment") as batch:
        batch.drop_constraint(op.f("ck_comment_sealed"), type_="check")
        batch.create_check_constraint(op.f("ck_comment_sealed"), SEALED)
        batch.create_check_constraint(op.f("ck_comment_waits"), WAITS)
    op.create_index("ix_comment_decided", "comment", list(DECIDED))
    for name, (columns, condition) in PARTIAL.items():
        where = sa.text(condition)
        op.create_index(name, "comment", list(columns), sqlite_where=where, postgresql_where=where)


def _extend_decision() -> None:
    triggers = TRIGGERS if op.get_bind().dialect.name == "sqlite" else {}
    for name in triggers:
        op.execute(f"DROP TRIGGER {name}")
    with op.batch_alter_table("decision") as batch:
        batch.drop_constraint(op.f("ck_decision_decision_deed"), type_="check")
        batch.create_check_constraint(op.f("ck_decision_decision_deed"), DEED)
    for trigger in triggers.values():
        op.get_bind().exec_driver_sql(trigger)


def _add_texts() -> None:
    op.create_table(
        "comment_edit",
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("body_text", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_comment_edit_comment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_comment_edit")),
    )
    kinds = ("replaced", "taken", "dropped", "taken_back", "dropped_back")
    op.create_table(
        "comment_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*kinds, name="version_kind", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("body_text", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_comment_version_comment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["decision.id"], name=op.f("fk_comment_version_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_version")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_comment_version_entry_id")),
    )
    op.create_index("ix_comment_version_comment", "comment_version", ["comment_id", "id"])
