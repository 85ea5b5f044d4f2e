"""The rules of every day, which of them counted when, and what a draft would have decided."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crbot.store.tables import Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ruleset_files",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_ruleset_files"),
    )
    op.create_table(
        "rulesets",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_rulesets"),
    )
    op.create_table(
        "publications",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("role", sa.String(8), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_publications"),
        sa.ForeignKeyConstraint(["sha256"], ["rulesets.sha256"], name="fk_publications_sha256_rulesets"),
    )
    op.create_index("ix_publications_role_id", "publications", ["role", "id"])
    op.create_table(
        "comparisons",
        sa.Column("draft", sa.String(64), nullable=False),
        sa.Column("inbox_id", _ID, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("decision", sa.JSON(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("draft", "inbox_id", name="pk_comparisons"),
        sa.ForeignKeyConstraint(["draft"], ["rulesets.sha256"], name="fk_comparisons_draft_rulesets"),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name="fk_comparisons_inbox_id_inbox"),
    )


def downgrade() -> None:
    for table in ("comparisons", "publications", "rulesets", "ruleset_files"):
        op.drop_table(table)
