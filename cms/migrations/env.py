"""Runs migrations on the connection that `db.migrate()` hands over."""

import warnings

import sqlalchemy as sa
from alembic import context
from sqlmodel import SQLModel


def _run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        transaction_per_migration=True,
        transactional_ddl=True,  # of SQLite's, too, which Alembic takes for one that has none
    )
    with context.begin_transaction(), warnings.catch_warnings():
        # Looking at a table looks at those that it hangs on; one that is itself built anew must drop such an index
        # before and make it again, and the schema's test says so where it does not.
        warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index")
        context.run_migrations()


_run(context.config.attributes["connection"])
