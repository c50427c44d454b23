"""How many comments stand and wait, kept up by the database, so that no page of the queue counts them."""

# ruff: noqa: S608  # names and conditions of ours

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

STANDS = "{{row}}.status = '{status}' AND {{row}}.withdrawn_at IS NULL AND {{row}}.erased_at IS NULL"
WAITS = "{{row}}.waiting_since IS NOT NULL AND {{row}}.lane = '{lane}'"
COUNTED = {
    **{status: STANDS.format(status=status) for status in ("approved", "rejected", "spam")},
    **{lane: WAITS.format(lane=lane) for lane in ("likely_fine", "needs_thought", "likely_spam")},
    "escalated": "{row}.escalated_at IS NOT NULL",
}
ADDED = ", ".join(f"{name} = {name} + CAST({is_it} AS INTEGER)" for name, is_it in COUNTED.items())
TAKEN = ADDED.replace(" + CAST", " - CAST").format(row="OLD")
ADDED = ADDED.format(row="NEW")
MOVED = ", ".join(
    f"{name} = {name} + CAST({is_it.format(row='NEW')} AS INTEGER) - CAST({is_it.format(row='OLD')} AS INTEGER)"
    for name, is_it in COUNTED.items()
)
PARTS = "status, withdrawn_at, erased_at, waiting_since, lane, escalated_at"
OLD, NEW = (f"({', '.join(f'{row}.{part}' for part in PARTS.split(', '))})" for row in ("OLD", "NEW"))
SQLITE = (
    "CREATE TRIGGER comment_counted_insert AFTER INSERT ON comment"
    f" BEGIN UPDATE comment_count SET {ADDED}; END",
    f"CREATE TRIGGER comment_counted_update AFTER UPDATE OF {PARTS} ON comment"
    f" WHEN {OLD} IS NOT {NEW} BEGIN UPDATE comment_count SET {MOVED}; END",
    "CREATE TRIGGER comment_counted_delete AFTER DELETE ON comment"
    f" BEGIN UPDATE comment_count SET {TAKEN}; END",
)
AT_COMMIT = "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
POSTGRESQL = (
    "CREATE FUNCTION count_comment() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    f" IF TG_OP = 'INSERT' THEN UPDATE comment_count SET {ADDED};"
    f" ELSIF TG_OP = 'DELETE' THEN UPDATE comment_count SET {TAKEN};"
    f" ELSE UPDATE comment_count SET {MOVED}; END IF; RETURN NULL; END $$",
    "CREATE CONSTRAINT TRIGGER comment_counted AFTER INSERT OR DELETE ON comment"
    f" {AT_COMMIT} EXECUTE FUNCTION count_comment()",
    f"CREATE CONSTRAINT TRIGGER comment_counted_update AFTER UPDATE OF {PARTS} ON comment {AT_COMMIT}"
    f" WHEN ({OLD} IS DISTINCT FROM {NEW}) EXECUTE FUNCTION count_comment()",
)
COUNT = "INSERT INTO comment_count (id, {}) SELECT 1, {} FROM comment".format(
    ", ".join(COUNTED),
    ", ".join(
        f"coalesce(sum(CAST({is_it.format(row='comment')} AS INTEGER)), 0)" for is_it in COUNTED.values()
    ),
)


def upgrade() -> None:
    """Make the table, let the database keep it up from now on, and count; nothing else counts by status any more."""
    op.create_table(
        "comment_count",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        *[sa.Column(name, sa.Integer(), nullable=False) for name in COUNTED],
        sa.CheckConstraint("id = 1", name=op.f("ck_comment_count_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_count")),
    )
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
    op.execute(COUNT)
    op.drop_index("ix_comment_stands", "comment")
