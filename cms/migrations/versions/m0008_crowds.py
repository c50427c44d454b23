"""What limits notice of crowds: two reasons to hold for them, with what is wrong with the site's own set-up."""

import sqlalchemy as sa
from alembic import op

from cms.db import UtcTime

revision = "0008"
down_revision = "0007"

CODES = (
    "every_comment links trap no_origin capitals address_in_text words bad_hosts copies spam_copies copied_parent"
    " burst haste disguised spaced phones addresses name_link staff_name thread_name foreign slow_mode no_proof"
).split()


def upgrade() -> None:
    """Make the table of what was noticed, and let two more reasons stand."""
    op.create_table(
        "noticed",
        sa.Column("what", sa.String(length=80), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_noticed")),
    )
    if op.get_bind().dialect.name == "sqlite":  # it changes no CHECK: the table is made anew, rows and all
        with op.batch_alter_table("hold_reason", recreate="always", copy_from=_hold_reason()):
            pass
    else:
        op.drop_constraint(op.f("ck_hold_reason_hold_code"), "hold_reason", type_="check")
        op.create_check_constraint(
            op.f("ck_hold_reason_hold_code"), "hold_reason", sa.column("code").in_(CODES)
        )


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
