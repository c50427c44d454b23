"""What articles said before."""

import sqlalchemy as sa
from alembic import op

from cms.db import UtcTime

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Add the table; what was overwritten before is not known any more."""
    op.create_table(
        "article_revision",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("standfirst", sa.String(length=2000), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_article_revision_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_article_revision_staff_id")),
        sa.PrimaryKeyConstraint("article_id", "version", name=op.f("pk_article_revision")),
    )
