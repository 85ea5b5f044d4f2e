"""The record of a case: lines that are only ever added, each bound to the one before it. Functions of a transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select

from crbot.cases.respond import Entry
from crbot.store.apart import hold
from crbot.store.tables import record

_LAST_HASH = (
    select(record.c.hash)
    .where(record.c.case_number == bindparam("number"))
    .order_by(record.c.id.desc())
    .limit(1)
)
_WRITE_DOWN = insert(record)
_FAILED = (
    select(record.c.id)
    .where(
        record.c.case_number == bindparam("number"),
        record.c.at > bindparam("since", type_=record.c.at.type),
        record.c.what.in_(("letter failed", "not sent")),  # as the record names what did not reach the agency
    )
    .limit(1)
)


def write_down(connection: Connection, number: str, entries: Sequence[Entry], now: datetime) -> None:
    """Append to the record; each line's hash covers the hash before it, so that a gap or a change shows."""
    if not entries:
        return
    hold(connection, f"record {number}")  # two lines after the same one would be a break in the chain
    before = connection.scalar(_LAST_HASH, {"number": number}) or ""
    for entry in entries:
        detail = json.dumps(entry.detail, sort_keys=True)
        line = json.dumps([number, now.isoformat(), entry.by, entry.what, detail])
        before = hashlib.sha256((before + line).encode()).hexdigest()
        row = {
            "case_number": number,
            "at": now,
            "by": entry.by,
            "what": entry.what,
            "detail": detail,
            "hash": before,
        }
        connection.execute(_WRITE_DOWN, row)


def has_failed(connection: Connection, number: str, since: datetime) -> bool:
    """True where a letter of the case did not reach anybody since then."""
    return connection.scalar(_FAILED, {"number": number, "since": since}) is not None
