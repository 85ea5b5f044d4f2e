"""Everything that is kept of a case, read at one moment: the case, its record, its messages as they came, what went out.

How it is written into a file for people or programs is `crbot.channels.dossier`'s.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Table, select

from crbot.store.checking import Head
from crbot.store.tables import cases, disposals, followups, holds, inbox, outbox, record, stubs

_PLAIN = frozenset({"body", "detail", "decision"})  # kept as JSON
_LEFT_OUT = frozenset({"raw", "token"})


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as it came."""

    id: int
    channel: str
    raw: bytes  # b"" where the case was disposed of
    sha256: str  # as it was when it was kept


@dataclass(frozen=True, slots=True)
class Dossier:
    """All of a case, as plain values: ready for JSON."""

    number: str
    case: Mapping[str, Any] | None  # None: it was disposed of
    stub: Mapping[str, Any] | None
    record: Sequence[Mapping[str, Any]]
    messages: Sequence[Mapping[str, Any]]
    sent: Sequence[Mapping[str, Any]]
    follow_ups: Sequence[Mapping[str, Any]]
    hold: Mapping[str, Any] | None
    disposal: Mapping[str, Any] | None
    arrived: Sequence[Arrived]
    head: Head  # where the record of all cases ended at that moment


def dossier_of(engine: Engine, number: str) -> Dossier | None:
    """None where there is neither such a case nor a stub of it."""
    with engine.begin() as connection:

        def rows(table: Table, column: str = "case_number") -> list[dict[str, Any]]:
            order = next(iter(table.primary_key.columns))
            found = connection.execute(select(table).where(table.c[column] == number).order_by(order))
            return [_plain(row._asdict()) for row in found]

        case, stub = _first(rows(cases, "number")), _first(rows(stubs))
        if case is None and stub is None:
            return None
        raw = select(inbox.c.id, inbox.c.channel, inbox.c.raw, inbox.c.sha256)
        arrived = connection.execute(raw.where(inbox.c.case_number == number).order_by(inbox.c.id))
        last = connection.execute(select(record.c.id, record.c.whole).order_by(record.c.id.desc())).first()
        proposal = (
            connection.execute(select(disposals).where(disposals.c.id == stub["disposal_id"])).first()
            if stub
            else None
        )
        return Dossier(
            number=number,
            case=case,
            stub=stub,
            record=rows(record),
            messages=rows(inbox),
            sent=rows(outbox),
            follow_ups=rows(followups),
            hold=_first(rows(holds)),
            disposal=_plain({**proposal._asdict(), "body": "null"}) if proposal else None,  # others' numbers
            arrived=[Arrived(*row) for row in arrived],
            head=Head(*last) if last else Head(),
        )


def _first(rows: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    return rows[0] if rows else None


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(name, value) for name, value in row.items() if name not in _LEFT_OUT}


def _value(name: str, value: Any) -> Any:
    if name in _PLAIN and isinstance(value, str):
        return json.loads(value)
    return value.isoformat() if isinstance(value, datetime) else value
