"""What polite polling remembers of a source, and the earlier texts of edited articles."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("sources", sa.Column("read_in_full", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sources", sa.Column("fresh_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sources", sa.Column("moved_to", sa.String(), nullable=True))
    op.add_column("sources", sa.Column("moves", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "article_revisions",
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("published", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetched", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("article_id", "known_from"),
    )
