"""Index what readers see of each article; counting an article's comments read all that the site had approved."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

VISIBLE = sa.text("status = 'approved' AND withdrawn_at IS NULL AND erased_at IS NULL")


def upgrade() -> None:
    """Add the index."""
    columns = ["article_id", "root_id", "created_at", "id"]
    op.create_index("ix_comment_visible", "comment", columns, sqlite_where=VISIBLE, postgresql_where=VISIBLE)
