"""The editors' list in the log, and notes for colleagues."""

import sqlalchemy as sa
from alembic import op

from cms.db import UtcTime

revision = "0017"
down_revision = "0016"

DEEDS = (
    "submitted imported decided undone edited revised kept withdrawn asked erased"
    " replied featured unmarked corrected escalated returned reported"
).split()
TRIGGERS = {
    f"decision_no_{verb}": f"CREATE TRIGGER decision_no_{verb} BEFORE {verb.upper()} ON decision"
    " BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
    for verb in ("update", "delete")
}


def upgrade() -> None:
    """Widen the CHECK of deeds, for which SQLite builds the log anew; make the table of notes."""
    _extend_decision()
    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=True),
        sa.Column("email_fingerprint", sa.String(length=64), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("body_text", sa.String(length=1000), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.CheckConstraint("(comment_id IS NULL) <> (email_fingerprint IS NULL)", name=op.f("ck_note_about")),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_note_comment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_note_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    op.create_index("ix_note_comment", "note", ["comment_id", "id"])
    op.create_index("ix_note_email_fingerprint", "note", ["email_fingerprint", "id"])
    op.create_index("ix_note_at", "note", ["at"])


def _extend_decision() -> None:
    triggers = TRIGGERS if op.get_bind().dialect.name == "sqlite" else {}
    for name in triggers:
        op.execute(f"DROP TRIGGER {name}")
    with op.batch_alter_table("decision") as batch:
        batch.add_column(sa.Column("escalated_from", UtcTime(), nullable=True))
        batch.drop_constraint(op.f("ck_decision_decision_deed"), type_="check")
        batch.create_check_constraint(op.f("ck_decision_decision_deed"), sa.column("deed").in_(DEEDS))
    for trigger in triggers.values():
        op.get_bind().exec_driver_sql(trigger)
