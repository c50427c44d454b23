"""Let the fingerprint of a text go with the last comment that bears it."""

# ruff: noqa: S608  # names of ours

from alembic import op

revision = "0030"
down_revision = "0029"

BANDS = ", ".join(f"{place << 16} + ((OLD.likeness >> {place * 16}) & 65535)" for place in range(4))
IS_LAST = (
    "NOT EXISTS (SELECT 1 FROM comment WHERE likeness = OLD.likeness AND likeness <> 0 AND erased_at IS NULL)"
)
FORGET = f"DELETE FROM likeness_band WHERE likeness = OLD.likeness AND band IN ({BANDS})"
UPDATE, DELETE = "OLD.likeness <> 0 AND OLD.likeness <> NEW.likeness", "OLD.likeness <> 0"
SQLITE = (
    "CREATE TRIGGER comment_likeness_update AFTER UPDATE OF likeness ON comment"
    f" WHEN {UPDATE} AND {IS_LAST} BEGIN {FORGET}; END",
    "CREATE TRIGGER comment_likeness_delete AFTER DELETE ON comment"
    f" WHEN {DELETE} AND {IS_LAST} BEGIN {FORGET}; END",
)
POSTGRESQL = (
    "CREATE FUNCTION forget_likeness() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN IF {IS_LAST} THEN {FORGET}; END IF; RETURN NULL; END $$",
    "CREATE TRIGGER comment_likeness_update AFTER UPDATE OF likeness ON comment FOR EACH ROW"
    f" WHEN ({UPDATE}) EXECUTE FUNCTION forget_likeness()",
    "CREATE TRIGGER comment_likeness_delete AFTER DELETE ON comment FOR EACH ROW"
    f" WHEN ({DELETE}) EXECUTE FUNCTION forget_likeness()",
)


def upgrade() -> None:
    """Make the triggers; what none bears any more was taken away when the table was made anew."""
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
