"""The reasons for which a newsroom rejects comments, and notes beside decisions that stay with staff."""

import sqlalchemy as sa
from alembic import op

from cms.db import UtcTime

revision = "0014"
down_revision = "0013"

CODES = ("rude", "off_topic", "advert", "personal", "unlawful")


def upgrade() -> None:
    """Make the tables, with the reasons that there were before; what the log says of them stays true."""
    reasons = op.create_table(
        "rejection_reason",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("staff_sentence", sa.String(length=100), nullable=False),
        sa.Column("public_sentence", sa.String(length=500), nullable=False),
        sa.Column("teaches_spam", sa.Boolean(), nullable=False),
        sa.Column("retired_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_rejection_reason")),
    )
    op.create_table(
        "decision_note",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("body_text", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_decision_note_comment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["decision.id"], name=op.f("fk_decision_note_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_decision_note")),
    )
    op.create_index("ix_decision_note_comment", "decision_note", ["comment_id"])
    op.bulk_insert(
        reasons,
        [
            {
                "code": code,
                "place": place,
                "staff_sentence": "",
                "public_sentence": "",
                "teaches_spam": code == "advert",
                "retired_at": None,
            }
            for place, code in enumerate(CODES, start=1)
        ],
    )
