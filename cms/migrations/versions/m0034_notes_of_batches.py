"""What a moderator notes about many comments at once."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Add the column that keeps it while the decision is carried out."""
    op.add_column("batch", sa.Column("note", sa.String(length=1000), nullable=True))
