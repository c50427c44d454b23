"""Keep with a comment what its text states, so that copies which state something else are told from its row."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

BEARS_ONE = sa.text("likeness <> 0 AND erased_at IS NULL")


def upgrade() -> None:
    """Make the column, empty, since what was stored before may state anything, and lay it into the index of copies."""
    op.add_column("comment", sa.Column("facts", sa.BigInteger(), nullable=True))
    op.drop_index("ix_comment_likeness", "comment")
    columns = ["likeness", "id", "status", "fold_id", "facts"]
    op.create_index(
        "ix_comment_likeness", "comment", columns, sqlite_where=BEARS_ONE, postgresql_where=BEARS_ONE
    )
