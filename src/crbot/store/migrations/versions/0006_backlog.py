"""How the desk stands is read from indexes: what was set aside, what failed, and where open cases stand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, state in (("inbox", "aside"), ("outbox", "failed")):
        where = sa.text(f"state = '{state}'")
        op.create_index(f"ix_{table}_{state}", table, ["id"], sqlite_where=where, postgresql_where=where)
    op.create_index("ix_cases_standing", "cases", ["stage", "queue", "owner", "opened_at"])


def downgrade() -> None:
    op.drop_index("ix_cases_standing", "cases")
    for table, state in (("inbox", "aside"), ("outbox", "failed")):
        op.drop_index(f"ix_{table}_{state}", table)
