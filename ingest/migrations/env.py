"""Alembic's entry: runs the migrations on the connection that `ingest.ledger.store` hands over."""

from alembic import context

from ingest.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
