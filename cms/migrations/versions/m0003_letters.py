"""Timed jobs, letters, and what their readers said to them."""

import sqlalchemy as sa
from alembic import op

from cms.db import UtcTime

revision = "0003"
down_revision = "0002"

PENDING_OPT_IN = sa.text("kind = 'opt_in' AND ended_at IS NULL")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "job",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("leased_until", UtcTime(), nullable=True),
        sa.Column("leased_by", sa.String(length=32), nullable=True),
        sa.Column("ran_at", UtcTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.CheckConstraint("(leased_until IS NULL) = (leased_by IS NULL)", name=op.f("ck_job_leased")),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_job_failures")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job")),
    )
    op.create_table(
        "commenter",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("proved_at", UtcTime(), nullable=True),
        sa.Column(
            "wish",
            sa.Enum("unknown", "yes", "no", name="commenter_wish", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("answered_at", UtcTime(), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=True),
        sa.CheckConstraint("asked >= 0", name=op.f("ck_commenter_asked")),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_commenter")),
        sa.UniqueConstraint("mark", name=op.f("uq_commenter_mark")),
    )
    _make_letter()


def _make_letter() -> None:
    op.create_table(
        "letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "my_comments",
                "opt_in",
                "reply",
                "confirm",
                name="letter_kind",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("email_sealed", sa.String(length=2000), nullable=True),
        sa.Column("email_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=True),
        sa.Column("reply_id", sa.Integer(), nullable=True),
        sa.Column("thread_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_until", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "comment_id IS NOT NULL OR email_sealed IS NOT NULL OR ended_at IS NOT NULL",
            name=op.f("ck_letter_to"),
        ),
        sa.CheckConstraint("email_sealed IS NULL OR ended_at IS NULL", name=op.f("ck_letter_dropped")),
        sa.CheckConstraint(
            "(kind = 'reply') = (reply_id IS NOT NULL AND thread_id IS NOT NULL)",
            name=op.f("ck_letter_reply"),
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_letter_attempts")),
        *(
            sa.ForeignKeyConstraint(
                [column], ["comment.id"], name=op.f(f"fk_letter_{column}"), ondelete="CASCADE"
            )
            for column in ("comment_id", "reply_id", "thread_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("mark", name=op.f("uq_letter_mark")),
    )
    op.create_index("ix_letter_due", "letter", ["ended_at", "due_at", "id"])
    op.create_index("ix_letter_sent", "letter", ["sent_at"])
    op.create_index("ix_letter_to", "letter", ["email_fingerprint", "kind"])
    op.create_index("ix_letter_comment", "letter", ["comment_id"])
    op.create_index("uq_letter_reply", "letter", ["reply_id", "email_fingerprint"], unique=True)
    op.create_index(
        "uq_letter_opt_in",
        "letter",
        ["email_fingerprint"],
        unique=True,
        sqlite_where=PENDING_OPT_IN,
        postgresql_where=PENDING_OPT_IN,
    )
