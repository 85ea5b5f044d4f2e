"""Notices that wait for a person: shown as settled once the person has done it. Functions of a transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select, update

from crbot.cases.respond import Settlement
from crbot.store.rows import NOTICE, another_key, as_json, notice_row, origin_of, put_out
from crbot.store.tables import inbox, outbox

_MOST_TIMES = 20  # that one thing is tried again


def settle(connection: Connection, settlement: Settlement, now: datetime) -> None:
    """Change the notices that waited for this: in place where they are shown, else before they are."""
    waiting = select(outbox).where(
        outbox.c.kind == "notice", outbox.c.key.in_(_keys_of(connection, settlement))
    )
    for row in connection.execute(waiting).all():
        notice = NOTICE.validate_json(row.body)
        is_meant = (notice.held, notice.again) == (settlement.held, settlement.again)
        if not is_meant or notice.settled:
            continue
        settled = replace(notice, settled=settlement.words, settled_at=now)
        if row.state == "sent":
            key = another_key(connection, f"settled:{row.key}")
            put_out(connection, [notice_row(key, replace(settled, shown=row.identity), now)])
        body = as_json(NOTICE, settled)
        connection.execute(update(outbox).where(outbox.c.id == row.id).values(body=body))


def _keys_of(connection: Connection, settlement: Settlement) -> list[str]:
    """Under which keys such notices are put out; of one thing there are never many."""
    if settlement.held is not None:
        arrived = select(inbox.c.key, inbox.c.content).where(inbox.c.id == settlement.held)
        return [f"notice:{origin_of(row.key, row.content)}:0" for row in connection.execute(arrived)]
    first = [f"aside:{settlement.again}", f"failed:{settlement.again}"]
    return first + [f"{key}:again:{times}" for key in first for times in range(1, _MOST_TIMES)]
