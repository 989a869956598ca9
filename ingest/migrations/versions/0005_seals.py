"""A checksum for every row that is more than its key; `ingest.ledger.store` fills it in the same transaction."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = (
    "actions", "article_revisions", "articles", "bars", "briefings", "former_names", "instruments", "quotes",
    "receipts", "runs", "sessions", "sources",
)  # fmt: skip


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("seal", sa.BigInteger(), nullable=False, server_default="0"))
