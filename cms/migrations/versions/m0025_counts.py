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
NAMES = ", ".join(COUNTED)


def is_it(what: str, row: str) -> str:
    """Return 1 or 0, as SQL says it, for a row that is counted as `what` or is not."""
    return f"CAST({COUNTED[what].format(row=row)} AS INTEGER)"


ADDED = ", ".join(f"{name} = {name} + {is_it(name, 'NEW')}" for name in COUNTED)
TAKEN = ", ".join(f"{name} = {name} - {is_it(name, 'OLD')}" for name in COUNTED)
MOVED = ", ".join(f"{name} = {name} + {is_it(name, 'NEW')} - {is_it(name, 'OLD')}" for name in COUNTED)
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
CHANGES = {
    "INSERT": "SELECT 1 AS times, added.* FROM added",
    "UPDATE": "SELECT 1 AS times, added.* FROM added UNION ALL SELECT -1, gone.* FROM gone",
    "DELETE": "SELECT -1 AS times, gone.* FROM gone",
}
SUMS = ", ".join(f"coalesce(sum(times * {is_it(name, 'changed')}), 0)" for name in COUNTED)
NOTE = (
    f"INSERT INTO comment_count ({NAMES}) SELECT * FROM (SELECT {SUMS} FROM ({{changes}}) AS changed)"
    f" AS noted ({NAMES}) WHERE ({NAMES}) <> (0{', 0' * (len(COUNTED) - 1)});"
)
TABLES = {
    "insert": "NEW TABLE AS added",
    "update": "OLD TABLE AS gone NEW TABLE AS added",
    "delete": "OLD TABLE AS gone",
}
POSTGRESQL = (
    "CREATE FUNCTION count_comment() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    + " ".join(
        f"IF TG_OP = '{deed}' THEN {NOTE.format(changes=changes)} END IF;"
        for deed, changes in CHANGES.items()
    )
    + " RETURN NULL; END $$",
    *(
        f"CREATE TRIGGER comment_counted_{deed} AFTER {deed.upper()} ON comment REFERENCING {tables}"
        " FOR EACH STATEMENT EXECUTE FUNCTION count_comment()"
        for deed, tables in TABLES.items()
    ),
)
COUNT = "INSERT INTO comment_count ({}) SELECT {} FROM comment".format(
    NAMES, ", ".join(f"coalesce(sum({is_it(name, 'comment')}), 0)" for name in COUNTED)
)


def upgrade() -> None:
    """Make the table, let the database keep it up from now on, and count; nothing else counts by status any more."""
    op.create_table(
        "comment_count",
        sa.Column("id", sa.Integer(), nullable=False),
        *[sa.Column(name, sa.Integer(), nullable=False) for name in COUNTED],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_count")),
    )
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
    op.execute(COUNT)
    op.drop_index("ix_comment_stands", "comment")
