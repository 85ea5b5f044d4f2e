"""What is kept of messages and cases, read again from the beginning.

What is made of it is `crbot.intake.replaying`'s.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeVar

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Engine, func, select

from crbot.intake.replaying import History, Line, Said, history_alone, history_of
from crbot.intake.verbs import Verb
from crbot.store.arrivals import arrival_of
from crbot.store.casefile import CASE
from crbot.store.tables import cases, inbox, record
from crbot.triage.decision import Decision

_DECISION = TypeAdapter(Decision)
Unit = (
    tuple[str, ...] | int
)  # numbers of cases that belong together, or the inbox id of a message without one


class Histories:
    """Reads what a database holds, and writes nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        self._engine.dispose()

    def units(self, since: datetime | None = None) -> list[tuple[Unit, int]]:
        """Everything that can be told again, and how many messages that are; only where something came since then."""
        columns = (inbox.c.id, inbox.c.case_number, inbox.c.thought_at)
        decided = select(*columns).where(inbox.c.decision.is_not(None)).order_by(inbox.c.id)
        with self._engine.connect() as connection:
            rows = connection.execute(decided).all()
            together = _together(connection)
        moments: dict[Unit, list[datetime]] = defaultdict(list)
        for row in rows:
            moments[_unit(row.id, row.case_number, together)].append(row.thought_at)
        return [(unit, len(at)) for unit, at in moments.items() if since is None or max(at) >= since]

    def newest(self, before: datetime) -> int:
        """The inbox id of the newest arrival that came before then; 0 where there was none."""
        with self._engine.connect() as connection:
            came = select(func.max(inbox.c.id)).where(inbox.c.received_at < before)
            return connection.scalar(came) or 0

    def after(self, inbox_id: int, limit: int) -> list[tuple[int, Unit]]:
        """The next decided messages after one, each with what is to be told again for it."""
        decided = select(inbox.c.id, inbox.c.case_number).where(
            inbox.c.id > inbox_id, inbox.c.decision.is_not(None)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(decided.order_by(inbox.c.id).limit(limit)).all()
            together = _together(connection) if rows else {}
        return [(row.id, _unit(row.id, row.case_number, together)) for row in rows]

    def of(self, units: Collection[Unit]) -> Iterator[History]:
        """The histories, those of cases first."""
        groups = [each for each in units if isinstance(each, tuple)]
        numbers = [number for group in groups for number in group]
        with self._engine.connect() as connection:
            known = select(cases.c.number, cases.c.body).where(cases.c.number.in_(numbers))
            stands = {row.number: CASE.validate_json(row.body) for row in connection.execute(known)}
            lines = _by_group(groups, _lines(connection, numbers))
            names = {case.requester.key: case.requester.name for case in stands.values()}
            said = _by_group(groups, _said(connection, inbox.c.case_number.in_(numbers), names))
            alone = _said(connection, inbox.c.id.in_([each for each in units if isinstance(each, int)]), {})
        for group in groups:
            yield history_of({number: stands[number] for number in group}, lines[group], said[group])
        yield from map(history_alone, alone)


def _unit(inbox_id: int, number: str | None, together: Mapping[str, tuple[str, ...]]) -> Unit:
    return together.get(number, (number,)) if number else inbox_id


T = TypeVar("T", Line, Said)


def _by_group(groups: Iterable[tuple[str, ...]], found: Iterable[T]) -> dict[tuple[str, ...], list[T]]:
    group_of = {number: group for group in groups for number in group}
    sorted_out: dict[tuple[str, ...], list[T]] = defaultdict(list)
    for each in found:
        sorted_out[group_of[each.case]].append(each)
    return sorted_out


def _lines(connection: Connection, numbers: Collection[str]) -> list[Line]:
    """The records of cases, in the order in which they were written."""
    written = select(record).where(record.c.case_number.in_(numbers)).order_by(record.c.id)
    return [
        Line(row.case_number, row.at, row.by, row.what, json.loads(row.detail))
        for row in connection.execute(written)
    ]


def _said(connection: Connection, which: ColumnElement[bool], names: Mapping[str, str]) -> list[Said]:
    """Messages with their decisions, in the order in which they were decided upon."""
    decided = select(inbox).where(which, inbox.c.decision.is_not(None))
    return [
        Said(
            row.id,
            row.case_number or "",
            arrival_of(row),
            row.sender,
            names.get(row.sender, ""),
            row.thought_at,
            _DECISION.validate_json(row.decision),
        )
        for row in connection.execute(decided.order_by(inbox.c.thought_at, inbox.c.id))
    ]


def _together(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Cases that were merged, each with all that belong to it; all others are left out."""
    merged = select(record.c.case_number, record.c.detail).where(record.c.what == Verb.DUPLICATE.value)
    group_of: dict[str, set[str]] = {}
    for number, detail in connection.execute(merged):
        pair = (number, json.loads(detail)["of"])
        group = set(pair).union(*(group_of.get(each, set()) for each in pair))
        group_of.update(dict.fromkeys(group, group))
    return {number: tuple(sorted(group)) for number, group in group_of.items()}
