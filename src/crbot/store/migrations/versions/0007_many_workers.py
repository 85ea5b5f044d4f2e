"""Many workers: whose an arrival is while it is thought about, and how often a claim ended without a word."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crbot.store.tables import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With defaults, so that a program of before still writes its rows beside the new one.
    op.add_column("inbox", sa.Column("token", sa.String(32), nullable=False, server_default=""))
    op.add_column("inbox", sa.Column("next_at", Moment(), nullable=False, server_default="0"))
    op.add_column("outbox", sa.Column("lost", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("followups", sa.Column("lost", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    for table, column in (
        ("followups", "lost"),
        ("outbox", "lost"),
        ("inbox", "next_at"),
        ("inbox", "token"),
    ):
        op.drop_column(table, column)
