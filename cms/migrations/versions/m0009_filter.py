"""What the filter of spam has learnt."""

import sqlalchemy as sa
from alembic import op

from cms.db import UtcTime

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables of lessons, counts and weights; let what a policy called spam be a repeat, as if it were held."""
    op.drop_index("uq_comment_repeat_key", "comment")
    waits = sa.text("status IN ('held', 'spam')")
    op.create_index(
        "uq_comment_repeat_key",
        "comment",
        ["repeat_key"],
        unique=True,
        sqlite_where=waits,
        postgresql_where=waits,
    )
    op.create_table(
        "spam_lesson",
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column(
            "lesson",
            sa.Enum("spam", "fine", name="spam_lesson", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("likeness", sa.BigInteger(), nullable=False),
        sa.Column("buckets", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_spam_lesson_comment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_spam_lesson")),
    )
    op.create_index("ix_spam_lesson_likeness", "spam_lesson", ["likeness", "lesson"])
    op.create_table(
        "spam_word",
        sa.Column("bucket", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("spam", sa.Integer(), nullable=False),
        sa.Column("fine", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name=op.f("pk_spam_word")),
    )
    op.create_table(
        "spam_model",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("fitted_at", UtcTime(), nullable=False),
        sa.Column("lessons", sa.Integer(), nullable=False),
        sa.Column("weights", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_spam_model_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spam_model")),
    )
