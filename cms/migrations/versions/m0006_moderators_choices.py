"""How each moderator likes her dashboard."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of choices."""
    op.create_table(
        "moderator_choice",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("shortcuts", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_moderator_choice_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_moderator_choice")),
    )
