"""Keep no reason with a comment that every one has; a worker of before may still store it while it ends."""

from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Take the rows that say it."""
    op.execute("DELETE FROM hold_reason WHERE code = 'every_comment'")
