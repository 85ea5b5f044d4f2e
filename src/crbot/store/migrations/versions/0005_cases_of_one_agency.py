"""What cases of the same agency share, beside each case. Older ones get theirs when they change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("kin", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_cases_kin", "cases", ["kin"])


def downgrade() -> None:
    op.drop_index("ix_cases_kin", "cases")
    op.drop_column("cases", "kin")
