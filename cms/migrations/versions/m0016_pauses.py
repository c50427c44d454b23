"""Pauses: an article's comments closed for a time or slowed down, and who did it."""

import sqlalchemy as sa
from alembic import op

from cms.db import UtcTime

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the column and the table."""
    op.add_column("article", sa.Column("comments_paused_until", UtcTime(), nullable=True))
    kind = sa.Enum("closed", "slow", name="pause_kind", native_enum=False, create_constraint=True)
    op.create_table(
        "pause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("kind", kind, nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_pause_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_pause_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pause")),
    )
    op.create_index("ix_pause_article", "pause", ["article_id", "id"])
