"""What staff write and mark in the readers' thread: replies, featured comments, corrections."""

import sqlalchemy as sa
from alembic import op

from cms.db import UtcTime

revision = "0013"
down_revision = "0012"

DEEDS = (
    "submitted imported decided undone edited revised kept withdrawn asked erased"
    " replied featured unmarked corrected"
).split()
KINDS = "replaced taken dropped taken_back dropped_back corrected uncorrected".split()
FEATURED = "featured_at IS NOT NULL"
BESIDE = "beside_id IS NOT NULL"
TRIGGERS = {
    f"decision_no_{verb}": f"CREATE TRIGGER decision_no_{verb} BEFORE {verb.upper()} ON decision"
    " BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
    for verb in ("update", "delete")
}


def upgrade() -> None:
    """Add the columns; on SQLite two tables are built anew for their CHECKs."""
    op.add_column("comment", sa.Column("staff_id", sa.Integer(), nullable=True))
    for name in ("featured_at", "corrected_at"):
        op.add_column("comment", sa.Column(name, UtcTime(), nullable=True))
    _index("ix_comment_featured", "comment", ["article_id", "featured_at", "id"], FEATURED)
    _extend_decision()
    with op.batch_alter_table("comment_version") as batch:
        batch.drop_constraint(op.f("ck_comment_version_version_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_comment_version_version_kind"), sa.column("kind").in_(KINDS))


def _extend_decision() -> None:
    triggers = TRIGGERS if op.get_bind().dialect.name == "sqlite" else {}
    for name in triggers:
        op.execute(f"DROP TRIGGER {name}")
    with op.batch_alter_table("decision") as batch:
        batch.add_column(sa.Column("beside_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_decision_beside_id"), "decision", ["beside_id"], ["id"])
        batch.drop_constraint(op.f("ck_decision_decision_deed"), type_="check")
        batch.create_check_constraint(op.f("ck_decision_decision_deed"), sa.column("deed").in_(DEEDS))
    _index("ix_decision_beside", "decision", ["beside_id"], BESIDE)
    for trigger in triggers.values():
        op.get_bind().exec_driver_sql(trigger)


def _index(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
