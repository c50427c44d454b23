"""The doors that letters open to what somebody has sent."""

import sqlalchemy as sa
from alembic import op

from cms.db import UtcTime

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "my_comments_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("email_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=True),
        sa.Column("ends_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_my_comments_link")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_my_comments_link_secret_hash")),
    )
    op.create_index("ix_my_comments_link_ends_at", "my_comments_link", ["ends_at"])
    op.create_index("ix_my_comments_link_of", "my_comments_link", ["email_fingerprint"])
