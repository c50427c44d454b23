"""Keys that follow one another, and the processes that hold them."""

import sqlalchemy as sa
from alembic import op

from cms.db import UtcTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Give every key a state, the newest seals; nothing hangs on the table, so it is made anew."""
    keys = sa.table("vault_key", sa.column("id"), sa.column("made_at", UtcTime()), sa.column("state"))
    kept = op.get_bind().execute(sa.select(keys.c.id, keys.c.made_at).order_by(keys.c.id)).all()
    op.drop_table("vault_key")
    op.create_table(
        "vault_key",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "joining",
                "sealing",
                "leaving",
                "gone",
                name="key_state",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_key")),
    )
    sealing = sa.text("state = 'sealing'")
    op.create_index(
        "uq_vault_key_sealing",
        "vault_key",
        ["state"],
        unique=True,
        sqlite_where=sealing,
        postgresql_where=sealing,
    )
    for row in kept:
        state = "sealing" if row is kept[-1] else "leaving"
        op.execute(keys.insert().values(id=row.id, made_at=row.made_at, state=state))
    op.create_table(
        "worker",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.Column("holds", sa.Text(), nullable=False),
        sa.Column("seals_with", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
    )
