"""Who wrote what to whom: copies are known, floods and loops end, a bounce finds its letter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crbot.store.tables import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_INDEXES = {
    "inbox": (("content",), ("identity",), ("sender", "thought_at")),
    "outbox": (("identity",), ("recipient", "made_at")),
}

_ADDED = {"inbox": ("content", "sender", "likeness", "thought_at"), "outbox": ("recipient", "made_at")}


def upgrade() -> None:
    with op.batch_alter_table("inbox") as inbox:
        inbox.add_column(sa.Column("content", sa.String(length=64), nullable=False, server_default=""))
        inbox.add_column(sa.Column("sender", sa.Text(), nullable=False, server_default=""))
        inbox.add_column(sa.Column("likeness", sa.String(length=64), nullable=False, server_default=""))
        inbox.add_column(sa.Column("thought_at", Moment(), nullable=True))
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("recipient", sa.Text(), nullable=False, server_default=""))
        outbox.add_column(sa.Column("made_at", Moment(), nullable=True))
    for table, indexes in _INDEXES.items():
        for columns in indexes:
            op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns), unique=False)


def downgrade() -> None:
    for table, indexes in _INDEXES.items():
        for columns in indexes:
            op.drop_index(f"ix_{table}_{'_'.join(columns)}", table)
    for table, added in _ADDED.items():
        with op.batch_alter_table(table) as altered:
            for column in added:
                altered.drop_column(column)
