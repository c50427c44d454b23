"""Keep the bands of each fingerprint once, not of each comment: a campaign of thousands bears one."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

BANDS = " UNION ".join(
    f"SELECT {place << 16} + ((likeness >> {place * 16}) & 65535), likeness FROM comment WHERE likeness <> 0"  # noqa: S608  # numbers of ours
    for place in range(4)
)
BEARS_ONE = sa.text("likeness <> 0 AND erased_at IS NULL")


def upgrade() -> None:
    """Make the table anew from what comments bear, and the index by which those that bear one are found."""
    op.drop_table("likeness_band")
    op.create_table(
        "likeness_band",
        sa.Column("band", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("likeness", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("band", "likeness", name=op.f("pk_likeness_band")),
        sqlite_with_rowid=False,
    )
    op.execute(f"INSERT INTO likeness_band (band, likeness) {BANDS}")  # words of ours
    columns = ["likeness", "id", "status", "fold_id"]
    op.create_index(
        "ix_comment_likeness", "comment", columns, sqlite_where=BEARS_ONE, postgresql_where=BEARS_ONE
    )
