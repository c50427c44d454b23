"""The daily letter to moderators who wish for it."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

KINDS = ["my_comments", "opt_in", "reply", "confirm", "digest"]
TO = "comment_id IS NOT NULL OR email_sealed IS NOT NULL OR staff_id IS NOT NULL OR ended_at IS NOT NULL"


def upgrade() -> None:
    """Make the table, and let letters go to staff; on SQLite the table of letters is built anew for its CHECKs."""
    op.create_table(
        "digest_wish",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("wished", sa.Boolean(), nullable=False),
        sa.Column("put_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_digest_wish_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_digest_wish")),
        sa.UniqueConstraint("mark", name=op.f("uq_digest_wish_mark")),
    )
    with op.batch_alter_table("letter") as batch:
        batch.add_column(sa.Column("staff_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_letter_staff_id"), "staff", ["staff_id"], ["id"])
        batch.drop_constraint(op.f("ck_letter_letter_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_letter_letter_kind"), sa.column("kind").in_(KINDS))
        batch.drop_constraint(op.f("ck_letter_to"), type_="check")
        batch.create_check_constraint(op.f("ck_letter_to"), TO)
