"""Disposing of what has been kept long enough: one person proposes, another confirms, a stub that verifies is left.

How long that is, and what holds a case beyond it, is told in `crbot.cases.retention`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, Row, delete, insert, or_, select, update

from crbot.cases.case import ENDED, Case
from crbot.cases.respond import Entry
from crbot.cases.retention import NOTHING_TO_READ, Retention
from crbot.store.casefile import CASE, case_numbered
from crbot.store.checking import GONE
from crbot.store.records import DISPOSED, write_down
from crbot.store.rows import origin_of
from crbot.store.tables import (
    cards,
    cases,
    disposals,
    followups,
    holds,
    identities,
    inbox,
    outbox,
    record,
    stubs,
)
from crbot.triage.decision import Decision

_DECISION = TypeAdapter(Decision)
_OPEN = ("ready", "sending")
_MESSAGE_IN_NO_CASE = (inbox.c.case_number.is_(None), inbox.c.state == "done")


class Refused(Exception):
    """It is not done; the text says why."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A case that has ended and whose period is over."""

    number: str
    agency: str
    stage: str
    since: datetime  # its last change, from which the period counts
    held: str = ""  # why it stays all the same


@dataclass(frozen=True, slots=True)
class Due:
    """What may be disposed of: cases, and messages of no case by their kind."""

    cases: tuple[Ended, ...] = ()
    messages: tuple[tuple[int, str], ...] = ()  # inbox id, kind

    @property
    def free(self) -> tuple[Ended, ...]:
        return tuple(case for case in self.cases if not case.held)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one person proposed to dispose of."""

    id: int
    by: str
    at: datetime
    reason: str
    cases: tuple[str, ...]
    messages: tuple[int, ...]
    confirmed_by: str | None


@dataclass(frozen=True, slots=True)
class Disposed:
    """What became of a proposal."""

    cases: tuple[str, ...]
    messages: int
    left: tuple[str, ...]  # "CRI-2026-0042: held by …"


class Disposals:
    """What is held, what is due, and its end."""

    def __init__(self, engine: Engine, retention: Retention) -> None:
        self._engine = engine
        self._retention = retention

    # hold

    def hold(self, number: str, by: str, reason: str, now: datetime) -> None:
        """Keep a case whatever its period says. Raises `Refused`."""
        self._set_hold(number, by, reason, now, is_held=True)

    def let_go(self, number: str, by: str, reason: str, now: datetime) -> None:
        """Hold it no longer, also where a rule holds it by itself. Raises `Refused`."""
        self._set_hold(number, by, reason, now, is_held=False)

    def _set_hold(self, number: str, by: str, reason: str, now: datetime, *, is_held: bool) -> None:
        if not reason.strip():
            raise Refused("say why, with --reason: it is kept in the record")
        with self._engine.begin() as connection:
            if case_numbered(connection, number) is None:
                raise Refused(f"there is no case {number}; crbot cases list shows those there are")
            connection.execute(delete(holds).where(holds.c.case_number == number))
            row = {"case_number": number, "is_held": is_held, "by": by, "reason": reason, "at": now}
            connection.execute(insert(holds).values(row))
            what = "held" if is_held else "hold lifted"
            write_down(connection, number, (Entry(what, by, {"reason": reason}),), now)

    # propose

    def due(self, now: datetime) -> Due:
        """What has reached the end of its period; held cases are named with what holds them."""
        with self._engine.begin() as connection:
            ended = select(cases).where(cases.c.stage.in_(ENDED)).order_by(cases.c.year, cases.c.counter)
            found = [
                Ended(row.number, case.agency, row.stage, row.changed_at, self._held(connection, case))
                for row in connection.execute(ended)
                if self._retention.is_over(row.stage, row.changed_at, now)
                for case in (CASE.validate_json(row.body),)
            ]
            return Due(tuple(found), tuple(self._messages_due(connection, now)))

    def _messages_due(self, connection: Connection, now: datetime) -> Iterator[tuple[int, str]]:
        if self._retention.keeps_all_messages:
            return
        columns = (inbox.c.id, inbox.c.decision, inbox.c.received_at)
        for row in connection.execute(select(*columns).where(*_MESSAGE_IN_NO_CASE).order_by(inbox.c.id)):
            kind = _DECISION.validate_json(row.decision).kind.value if row.decision else NOTHING_TO_READ
            if self._retention.is_over(kind, row.received_at, now):
                yield row.id, kind

    def _held(self, connection: Connection, case: Case) -> str:
        """Why a case stays; "" where nothing holds it."""
        told = connection.execute(select(holds).where(holds.c.case_number == case.number)).first()
        if told is not None and told.is_held:
            return f"held by {told.by}: {told.reason}"
        if told is None and (flags := self._retention.flags(case)):
            return f"flagged: {flags}"
        if case.merged_into and case_numbered(connection, case.merged_into) is not None:
            return f"it goes on in {case.merged_into}"
        to_go = select(outbox.c.id).where(outbox.c.case_number == case.number, outbox.c.state.in_(_OPEN))
        if connection.scalar(to_go.limit(1)) is not None:
            return "something of it is still to be sent"
        waits = select(inbox.c.id).where(inbox.c.case_number == case.number, inbox.c.state == "held")
        return "a message waits for a person" if connection.scalar(waits.limit(1)) is not None else ""

    def propose(self, by: str, reason: str, now: datetime) -> Proposal:
        """Propose to dispose of all that is due and free. Raises `Refused`."""
        if not reason.strip():
            raise Refused("say why, with --reason: it is kept in the record")
        due = self.due(now)
        if not due.free and not due.messages:
            raise Refused("nothing is due")
        numbers, messages = [case.number for case in due.free], [number for number, _ in due.messages]
        body = json.dumps({"cases": numbers, "messages": messages})
        row = {"proposed_by": by, "proposed_at": now, "reason": reason, "body": body}
        with self._engine.begin() as connection:
            made = connection.execute(insert(disposals).values(row).returning(disposals.c.id)).scalar_one()
            told = {"proposal": made, "cases": len(numbers), "messages": len(messages), "reason": reason}
            write_down(connection, "", (Entry("disposal proposed", by, told),), now)
        return self.proposal(made)

    def proposal(self, number: int) -> Proposal:
        """Raises `Refused` where there is none."""
        with self._engine.begin() as connection:
            row = connection.execute(select(disposals).where(disposals.c.id == number)).first()
        if row is None:
            raise Refused(f"there is no proposal {number}")
        body = json.loads(row.body)
        named = tuple(body["cases"]), tuple(body["messages"])
        return Proposal(row.id, row.proposed_by, row.proposed_at, row.reason, *named, row.confirmed_by)

    # confirm

    def confirm(self, number: int, by: str, now: datetime) -> Disposed:
        """Dispose of what was proposed and is still due. Raises `Refused`.

        What was held since, or has changed, is left. Each case is a transaction of its own: what is cut off is done by
        confirming once more.
        """
        proposal = self.proposal(number)
        if by.strip().casefold() == proposal.by.strip().casefold():
            raise Refused(f"{by} proposed it; another person has to confirm it")
        if proposal.confirmed_by and by.strip().casefold() != proposal.confirmed_by.strip().casefold():
            raise Refused(f"{proposal.confirmed_by} confirmed it already")
        with self._engine.begin() as connection:
            named = update(disposals).where(disposals.c.id == number)
            connection.execute(named.values(confirmed_by=by, confirmed_at=now))
        gone, left = [], []
        with self._without_traces():
            for case_number in proposal.cases:
                with self._engine.begin() as connection:
                    if connection.scalar(
                        select(stubs.c.case_number).where(stubs.c.case_number == case_number)
                    ):
                        continue  # before it was cut off
                    why_not = self._why_not(connection, case_number, now)
                    if why_not:
                        left.append(f"{case_number}: {why_not}")
                        continue
                    _dispose_case(connection, case_number, self._entry(proposal, by), proposal, now)
                    gone.append(case_number)
            with self._engine.begin() as connection:
                still_due = dict(self._messages_due(connection, now))
                messages = [each for each in proposal.messages if each in still_due]
                _dispose_messages(connection, messages, self._entry(proposal, by), now)
        return Disposed(tuple(gone), len(messages), tuple(left))

    def _why_not(self, connection: Connection, number: str, now: datetime) -> str:
        row = connection.execute(select(cases).where(cases.c.number == number).with_for_update()).first()
        if row is None:
            return "it is not there"
        if row.stage not in ENDED or not self._retention.is_over(row.stage, row.changed_at, now):
            return "its period is not over any more"
        return self._held(connection, CASE.validate_json(row.body))

    @staticmethod
    def _entry(proposal: Proposal, by: str) -> Entry:
        told = {
            "proposal": proposal.id,
            "proposed_by": proposal.by,
            "proposed_at": proposal.at.isoformat(),
            "reason": proposal.reason,
        }
        return Entry(DISPOSED, by, told)

    def _without_traces(self) -> _Traceless | nullcontext[None]:
        return _Traceless(self._engine) if self._engine.dialect.name == "sqlite" else nullcontext()


class _Traceless:
    """What is deleted within is overwritten in SQLite's file, and taken out of what lies beside it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __enter__(self) -> None:
        self._pragma("secure_delete=ON")

    def __exit__(self, *_: object) -> None:
        self._pragma("secure_delete=OFF")
        self._pragma("wal_checkpoint(TRUNCATE)")

    def _pragma(self, pragma: str) -> None:
        connection = self._engine.raw_connection()
        try:
            connection.cursor().execute(f"PRAGMA {pragma}").fetchall()
        finally:
            connection.close()


def _dispose_case(
    connection: Connection, number: str, entry: Entry, proposal: Proposal, now: datetime
) -> None:
    case = connection.execute(select(cases).where(cases.c.number == number)).one()
    messages = connection.execute(select(inbox).where(inbox.c.case_number == number)).all()
    _blank_messages(connection, messages)
    _delete_what_was_sent(connection, messages, number)
    for table in (identities, cards, followups, holds):
        connection.execute(delete(table).where(table.c.case_number == number))
    stub = {
        "case_number": number,
        "year": case.year,
        "counter": case.counter,
        "stage": case.stage,
        "queue": case.queue,
        "opened_at": case.opened_at,
        "ended_at": case.changed_at,
        "disposed_at": now,
        "disposal_id": proposal.id,
    }
    connection.execute(insert(stubs).values(stub))
    connection.execute(delete(cases).where(cases.c.number == number))
    lines = connection.scalars(select(record.c.id).where(record.c.case_number == number)).all()
    _blank_lines(connection, lines)
    write_down(connection, number, (_with(entry, lines, messages),), now)


def _dispose_messages(connection: Connection, ids: Collection[int], entry: Entry, now: datetime) -> None:
    if not ids:
        return
    messages = [
        row for each in ids if (row := connection.execute(select(inbox).where(inbox.c.id == each)).first())
    ]
    _blank_messages(connection, messages)
    _delete_what_was_sent(connection, messages, None)
    of_none = select(record.c.id, record.c.detail).where(record.c.case_number == "", record.c.salt != "")
    lines = [row.id for row in connection.execute(of_none) if json.loads(row.detail).get("inbox") in ids]
    _blank_lines(connection, lines)
    write_down(connection, "", (_with(entry, lines, messages),), now)


def _with(entry: Entry, lines: Collection[int], messages: Collection[Row[tuple[object, ...]]]) -> Entry:
    told = {**entry.detail, "lines": list(lines), "messages": [[row.id, row.sha256] for row in messages]}
    return Entry(entry.what, entry.by, told)


def _blank_messages(connection: Connection, messages: Collection[Row[tuple[object, ...]]]) -> None:
    """Keys and hashes stay: the same mail, laid into the mailbox again, is known."""
    nothing = {
        "raw": b"",
        "decision": None,
        "identity": "",
        "sender": "",
        "likeness": "",
        "reason": "",
        "state": GONE,
    }
    for row in messages:
        copies = (inbox.c.state == "same") & (inbox.c.sha256 == row.sha256)
        if row.content:
            copies |= (inbox.c.state == "same") & (inbox.c.content == row.content)
        connection.execute(update(inbox).where((inbox.c.id == row.id) | copies).values(nothing))


def _blank_lines(connection: Connection, lines: Collection[int]) -> None:
    for line in lines:
        nothing = {"by": "", "detail": "{}", "salt": ""}
        connection.execute(update(record).where(record.c.id == line).values(nothing))


def _delete_what_was_sent(
    connection: Connection, messages: Collection[Row[tuple[object, ...]]], number: str | None
) -> None:
    """Letters and cards of the case, and what staff were shown of its messages."""
    origins = [origin_of(row.key, row.content) for row in messages] + ([number] if number else [])
    for origin in origins:
        shown = (
            outbox.c.key.contains(f":{origin}:", autoescape=True),
            outbox.c.key.endswith(f":{origin}", autoescape=True),
        )
        connection.execute(delete(outbox).where(or_(*shown), outbox.c.state.not_in(_OPEN)))
    for row in messages:
        key = f"aside:{row.id}"
        aside = (outbox.c.key == key) | outbox.c.key.startswith(f"{key}:", autoescape=True)
        connection.execute(delete(outbox).where(aside))
    if number:
        connection.execute(delete(outbox).where(outbox.c.case_number == number))
