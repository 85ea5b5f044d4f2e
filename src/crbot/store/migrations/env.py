"""What Alembic runs: the connection is handed over, nothing is read from files."""

from __future__ import annotations

from alembic import context

from crbot.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
