"""How much each comment looks like spam, and what its text is like."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

CODES = (
    "every_comment links trap no_origin capitals address_in_text words bad_hosts copies spam_copies copied_parent"
    " burst haste disguised spaced phones addresses name_link staff_name thread_name foreign"
).split()
ADDED = (
    sa.Column("score", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("lane", sa.String(length=13), nullable=False, server_default="needs_thought"),
    sa.Column("likeness", sa.BigInteger(), nullable=False, server_default="0"),
)
CHECKS = {
    "score": "score BETWEEN 0 AND 1000",
    "comment_lane": "lane IN ('likely_fine', 'needs_thought', 'likely_spam')",
}

SETTLED = sa.text("coalesce(withdrawn_at, decided_at, created_at)")
# Rebuilding a table on SQLite, Alembic sees no index on an expression, of tables that refer to it neither.
EXPRESSED: dict[str, tuple[list[str | sa.TextClause], str | None]] = {
    "ix_comment_decided": (["status", sa.text("coalesce(decided_at, created_at)"), "id"], None),
    "ix_comment_sealed": ([SETTLED, "id"], "email_sealed IS NOT NULL"),
    "ix_comment_forgotten": ([SETTLED, "id"], "email_sealed IS NULL AND email_fingerprint IS NOT NULL"),
    "ix_comment_unswept": (
        [SETTLED, "id"],
        "swept_at IS NULL AND (status IN ('rejected', 'spam') OR withdrawn_at IS NOT NULL)",
    ),
}


def upgrade() -> None:
    """Add the columns, each with what stands for comments from before, and the bands of likeness."""
    for name in EXPRESSED:
        op.drop_index(name, "comment")
    with op.batch_alter_table("comment") as batch:
        for column in ADDED:
            batch.add_column(column)
    with op.batch_alter_table("comment") as batch:
        for column in ADDED:
            batch.alter_column(column.name, server_default=None)
        for name, condition in CHECKS.items():
            batch.create_check_constraint(op.f(f"ck_comment_{name}"), condition)
    op.create_table(
        "likeness_band",
        sa.Column("band", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_likeness_band_comment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("band", "comment_id", name=op.f("pk_likeness_band")),
    )
    with op.batch_alter_table("hold_reason") as batch:
        batch.drop_constraint(op.f("ck_hold_reason_hold_code"), type_="check")
        listed = ", ".join(f"'{code}'" for code in CODES)
        batch.create_check_constraint(op.f("ck_hold_reason_hold_code"), f"code IN ({listed})")
    _index("ix_comment_lane", ["lane", "waiting_since", "id"], "waiting_since IS NOT NULL")
    for name, (columns, where) in EXPRESSED.items():
        _index(name, columns, where)


def _index(name: str, columns: list[str | sa.TextClause], condition: str | None) -> None:
    where = None if condition is None else sa.text(condition)
    op.create_index(name, "comment", columns, sqlite_where=where, postgresql_where=where)
