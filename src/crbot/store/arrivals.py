"""Arrivals in the inbox: kept under their keys, copies known as such. Functions of a transaction."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from crbot.intake.ports import Arrival
from crbot.store.engine import add_new
from crbot.store.tables import inbox
from crbot.triage.message import Channel

_KEY_IS_KNOWN = select(inbox.c.id).where(inbox.c.key == bindparam("key"))
# What was set aside is no copy's original: who lays it into the mailbox again wants it tried again.
_BYTES_ARE_KNOWN = (
    select(inbox.c.id).where(inbox.c.sha256 == bindparam("sha256"), inbox.c.state != "aside").limit(1)
)
_CONTENT_IS_KNOWN = (
    select(inbox.c.id).where(inbox.c.content == bindparam("content"), inbox.c.state != "aside").limit(1)
)
_NAMESAKE = (
    select(inbox.c.id, inbox.c.case_number)
    .where(
        inbox.c.identity == bindparam("identity"), inbox.c.id < bindparam("before"), inbox.c.state != "same"
    )
    .order_by(inbox.c.id)
    .limit(1)
)


def keep(connection: Connection, arrival: Arrival) -> int:
    if connection.scalar(_KEY_IS_KNOWN, {"key": arrival.key}) is not None:
        return 0
    sha256 = hashlib.sha256(arrival.raw).hexdigest()
    is_mail = arrival.channel is Channel.EMAIL
    is_known = is_mail and _is_known(connection, sha256, arrival.content)
    row = {
        "channel": arrival.channel.value,
        "key": arrival.key,
        "identity": arrival.identity,
        "sha256": sha256,
        "content": arrival.content,
        "raw": arrival.raw,
        "excerpt": arrival.excerpt,
        "received_at": arrival.received_at,
        "state": "same" if is_known else "kept",
        "attempts": 0,
        "acknowledged": False,
        "reason": "the same mail came before" if is_known else "",
        "sender": "",
        "likeness": "",
    }
    is_new = add_new(connection, inbox, "key", row)
    return 1 if is_new and not is_known else 0


def _is_known(connection: Connection, sha256: str, content: str) -> bool:
    if connection.scalar(_BYTES_ARE_KNOWN, {"sha256": sha256}) is not None:
        return True
    return bool(content) and connection.scalar(_CONTENT_IS_KNOWN, {"content": content}) is not None


def namesake_of(connection: Connection, row: Row[Any]) -> str:
    """Where the earlier mail with the same Message-ID is to be found; "" where there is none."""
    if not row.identity or row.channel != Channel.EMAIL.value:
        return ""
    earlier = connection.execute(_NAMESAKE, {"identity": row.identity, "before": row.id}).first()
    return "" if earlier is None else earlier.case_number or f"inbox {earlier.id}"


def arrival_of(row: Row[Any]) -> Arrival:
    return Arrival(
        Channel(row.channel), row.key, row.raw, row.received_at, row.identity, row.content, row.excerpt
    )
