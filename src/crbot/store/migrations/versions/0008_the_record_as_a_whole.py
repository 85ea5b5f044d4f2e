"""The record bound as a whole, its words by a hash of their own; what is held, what is disposed of, what is left of it.

What stands in the record is bound anew, as it is found.
"""

from __future__ import annotations

import hashlib
import json
import secrets

import sqlalchemy as sa
from alembic import op

from crbot.store.tables import Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_NEW = (("salt", 32), ("words", 64), ("whole", 64))


def upgrade() -> None:
    with op.batch_alter_table("record") as record:
        for name, length in _NEW:
            record.add_column(sa.Column(name, sa.String(length=length), nullable=False, server_default=""))
    _bind_anew(op.get_bind())
    with op.batch_alter_table("record") as record:
        for name, length in _NEW:
            record.alter_column(name, existing_type=sa.String(length=length), server_default=None)
    op.create_table(
        "holds",
        sa.Column("case_number", sa.String(length=16), nullable=False),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("case_number", name="pk_holds"),
    )
    op.create_table(
        "disposals",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", Moment(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_disposals"),
    )
    op.create_table(
        "stubs",
        sa.Column("case_number", sa.String(length=16), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("queue", sa.String(length=32), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=False),
        sa.Column("disposed_at", Moment(), nullable=False),
        sa.Column("disposal_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["disposal_id"], ["disposals.id"], name="fk_stubs_disposal_id_disposals"),
        sa.PrimaryKeyConstraint("case_number", name="pk_stubs"),
    )


def _bind_anew(connection: sa.Connection) -> None:
    lines = sa.text('SELECT id, case_number, at, "by", what, detail FROM record ORDER BY id')
    bind = sa.text(
        "UPDATE record SET salt = :salt, words = :words, hash = :hash, whole = :whole WHERE id = :id"
    )
    of_case: dict[str, str] = {}
    of_all = ""
    for row in connection.execute(lines).all():
        detail, salt = row.detail, secrets.token_hex(16)
        detail = detail if isinstance(detail, str) else json.dumps(detail, sort_keys=True)
        words = _sha256(json.dumps([salt, row.by, detail]))
        line = json.dumps([row.case_number, row.at, row.what, words])
        of_case[row.case_number] = _sha256(of_case.get(row.case_number, "") + line)
        of_all = _sha256(of_all + line)
        bound = {"salt": salt, "words": words, "hash": of_case[row.case_number], "whole": of_all}
        connection.execute(bind, {"id": row.id} | bound)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def downgrade() -> None:
    for table in ("stubs", "disposals", "holds"):
        op.drop_table(table)
    with op.batch_alter_table("record") as record:
        for name, _ in _NEW:
            record.drop_column(name)
