"""Index what readers have reported, which narrows the queue and stands in the daily letter."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

REPORTED = sa.text("reported_at IS NOT NULL")


def upgrade() -> None:
    """Add the index."""
    columns = ["waiting_since", "id"]
    op.create_index(
        "ix_comment_reported", "comment", columns, sqlite_where=REPORTED, postgresql_where=REPORTED
    )
