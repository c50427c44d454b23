"""Policies that the newsroom edits, and a reason to hold for them."""

import sqlalchemy as sa
from alembic import op

from cms.db import UtcTime

revision = "0019"
down_revision = "0018"

CODES = (
    "every_comment links trap no_origin capitals address_in_text words bad_hosts copies spam_copies copied_parent"
    " burst haste disguised spaced phones addresses name_link staff_name thread_name foreign slow_mode no_proof policy"
).split()


def upgrade() -> None:
    """Make the table, let one more reason stand, and let the log be narrowed by policy."""
    _make_policy()
    _index("ix_decision_policy", "decision", ["policy", "id"], "policy <> ''")
    if op.get_bind().dialect.name == "sqlite":  # it changes no CHECK: the table is made anew, rows and all
        with op.batch_alter_table("hold_reason", recreate="always", copy_from=_hold_reason()):
            pass
        op.create_index("ix_hold_reason_code", "hold_reason", ["code", "comment_id"])
    else:
        op.drop_constraint(op.f("ck_hold_reason_hold_code"), "hold_reason", type_="check")
        op.create_check_constraint(
            op.f("ck_hold_reason_hold_code"), "hold_reason", sa.column("code").in_(CODES)
        )


def _make_policy() -> None:
    op.create_table(
        "policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "commenter",
                "words",
                "hosts",
                "article",
                "section",
                "score",
                "copies",
                name="policy_kind",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "effect",
            sa.Enum(
                "hold",
                "spam",
                "reject",
                "close",
                name="policy_effect",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "which",
            sa.Enum("all", "first", "links", name="policy_which", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=True),
        sa.Column("section_id", sa.Integer(), nullable=True),
        sa.Column("comment_id", sa.Integer(), nullable=True),
        sa.Column("email_fingerprint", sa.String(length=64), nullable=True),
        sa.Column("score_from", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=True),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("switched_by", sa.Integer(), nullable=True),
        sa.Column("switched_at", UtcTime(), nullable=True),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("replaces", sa.Integer(), nullable=True),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("score_from BETWEEN 0 AND 1000", name=op.f("ck_policy_score_from")),
        sa.CheckConstraint(
            "effect <> 'close' OR (kind IN ('article', 'section') AND ends_at IS NULL)",
            name=op.f("ck_policy_closes"),
        ),
        sa.CheckConstraint("kind <> 'commenter' OR ends_at IS NOT NULL", name=op.f("ck_policy_commenter")),
        sa.CheckConstraint(
            "kind <> 'copies' OR (comment_id IS NOT NULL AND ends_at IS NOT NULL)",
            name=op.f("ck_policy_copies"),
        ),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_policy_article_id")),
        sa.ForeignKeyConstraint(["section_id"], ["section.id"], name=op.f("fk_policy_section_id")),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_policy_comment_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_policy_staff_id")),
        sa.ForeignKeyConstraint(["switched_by"], ["staff.id"], name=op.f("fk_policy_switched_by")),
        sa.ForeignKeyConstraint(["replaces"], ["policy.id"], name=op.f("fk_policy_replaces")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_policy_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
    )
    _index("ix_policy_closes", "policy", ["article_id", "section_id"], "effect = 'close' AND is_on")
    op.create_index("ix_policy_fingerprint", "policy", ["email_fingerprint"])
    op.create_index("ix_policy_comment", "policy", ["comment_id"])
    op.create_index("ix_policy_batch", "policy", ["batch_id"])


def _index(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _hold_reason() -> sa.Table:
    code = sa.Enum(*CODES, name=op.f("ck_hold_reason_hold_code"), native_enum=False, create_constraint=True)
    return sa.Table(
        "hold_reason",
        sa.MetaData(),
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("code", code, nullable=False),
        sa.Column("measure", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_hold_reason_comment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comment_id", "code", name=op.f("pk_hold_reason")),
    )
