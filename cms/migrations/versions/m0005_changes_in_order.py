"""Number the changes of all things through, so that those since a moment are found by an index."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Index the numbers, and let the count of all changes go on behind the highest of them."""
    op.create_index("ix_version_number", "version", ["number"])
    op.get_bind().exec_driver_sql(
        "INSERT INTO version (thing, number) SELECT '*', max(number) FROM version HAVING max(number) >= 1"
    )
