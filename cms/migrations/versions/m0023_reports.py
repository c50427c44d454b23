"""What readers report of published comments."""

import sqlalchemy as sa
from alembic import op

from cms.db import UtcTime

revision = "0023"
down_revision = "0022"

REASONS = ("rude", "false", "private", "advert", "unlawful", "other")


def upgrade() -> None:
    """Make the table, and the columns by which a reported comment waits."""
    op.add_column("comment", sa.Column("reports", sa.Integer(), nullable=True))
    op.add_column("comment", sa.Column("reported_at", UtcTime(), nullable=True))
    op.create_table(
        "report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(*REASONS, name="report_reason", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("body_text", sa.String(length=500), nullable=False),
        sa.Column("network_mark", sa.String(length=64), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("reopened_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_report_comment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["settled_by"], ["decision.id"], name=op.f("fk_report_settled_by")),
        sa.ForeignKeyConstraint(["reopened_by"], ["decision.id"], name=op.f("fk_report_reopened_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
    )
    op.create_index("ix_report_comment", "report", ["comment_id", "id"])
    op.create_index("ix_report_at", "report", ["at"])
    _index("uq_report_network", ["comment_id", "network_mark"], "network_mark IS NOT NULL", unique=True)
    _index("ix_report_settled_by", ["settled_by"], "settled_by IS NOT NULL")
    _index("ix_report_reopened_by", ["reopened_by"], "reopened_by IS NOT NULL")


def _index(name: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, "report", columns, unique=unique, sqlite_where=where, postgresql_where=where)
