"""What is waited for: follow-ups with their due times; and what is known of the whole, the brake among it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crbot.store.tables import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "followups",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("case_number", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("is_letter", sa.Boolean(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("next_at", Moment(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("done_at", Moment(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_number"], ["cases.number"], name="fk_followups_case_number_cases"),
        sa.PrimaryKeyConstraint("id", name="pk_followups"),
        sa.UniqueConstraint("case_number", "purpose", "step", "event", name="uq_followups_case_number"),
    )
    op.create_index(
        "ix_followups_due",
        "followups",
        ["is_letter", "next_at"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(
            sa.Column("followup_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        outbox.add_column(sa.Column("good_until", Moment(), nullable=True))
    op.create_index(
        "ix_outbox_by_itself",
        "outbox",
        ["case_number"],
        unique=False,
        sqlite_where=sa.text("state = 'ready' AND followup_id IS NOT NULL"),
        postgresql_where=sa.text("state = 'ready' AND followup_id IS NOT NULL"),
    )
    op.create_table(
        "marks",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_marks"),
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_by_itself", "outbox")
    with op.batch_alter_table("outbox") as outbox:
        for column in ("followup_id", "good_until"):
            outbox.drop_column(column)
    for table in ("marks", "followups"):
        op.drop_table(table)
