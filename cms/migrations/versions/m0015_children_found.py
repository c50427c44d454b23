"""Index what belongs to a comment by the comment: SQLite looks for it whenever one is stored, and read all of it."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the indexes (measured at 20,000 comments: 9 ms for each new one, now 0.4)."""
    op.create_index("ix_comment_root", "comment", ["root_id"])
    op.create_index("ix_likeness_band_comment", "likeness_band", ["comment_id"])
    op.create_index("ix_letter_thread", "letter", ["thread_id"])
