"""Who reads which card, and the log by time and by commenter."""

import sqlalchemy as sa
from alembic import op

from cms.db import UtcTime

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table and the indexes."""
    op.create_table(
        "reading_now",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_reading_now_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_reading_now")),
    )
    op.create_index("ix_decision_at", "decision", ["at", "id"])
    op.drop_index("ix_comment_email_fingerprint", "comment")
    op.create_index("ix_comment_email_fingerprint", "comment", ["email_fingerprint", "id"])
