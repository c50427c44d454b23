"""Runs migrations on the connection that `db.migrate()` hands over."""

import sqlalchemy as sa
from alembic import context
from sqlmodel import SQLModel


def _run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


_run(context.config.attributes["connection"])
