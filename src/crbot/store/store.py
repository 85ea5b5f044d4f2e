"""The store over SQLAlchemy Core: each method one transaction, the same statements on every database.

Which tables there are is told in `tables`; what is kept and why, by the use cases in `crbot.intake`.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, Engine, Row, create_engine, event, func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import StaticPool

from crbot.cases.case import Case, Place, number_of, place_of
from crbot.cases.letters import Letter
from crbot.cases.respond import Change, Entry, Notice, Whisper
from crbot.intake.ports import (
    Arrival,
    Drawing,
    Kept,
    Outgoing,
    Receipt,
    Received,
    Settled,
    Stale,
)
from crbot.store.tables import cards, cases, identities, inbox, outbox, record
from crbot.triage.decision import Decision
from crbot.triage.message import Channel

_CASE = TypeAdapter(Case)
_DECISION = TypeAdapter(Decision)
_LETTER = TypeAdapter(Letter)
_NOTICE = TypeAdapter(Notice)
_WHISPER = TypeAdapter(Whisper)

_OPEN = ("ready", "sending")
_KEYS_A_QUERY = 500  # SQLite takes a thousand variables at the least


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case as lists show it."""

    number: str
    stage: str
    queue: str
    disposition: str
    owner: str | None
    opened_at: datetime
    agency: str


class SqlStore:
    """Fits `crbot.intake.ports.Store`."""

    failures: tuple[type[Exception], ...] = (DBAPIError,)

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # SQLite has one writer; waiting here is fair, waiting in SQLite is not.
        self._turn = threading.RLock() if engine.dialect.name == "sqlite" else None

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        if self._turn is None:
            with self._engine.begin() as connection:
                yield connection
            return
        with self._turn, self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    # keep

    def keep(self, arrivals: Collection[Arrival]) -> int:
        with self._transaction() as connection:
            return sum(_keep(connection, arrival) for arrival in arrivals)

    def unknown(self, keys: Collection[str]) -> frozenset[str]:
        wanted, known = list(keys), set[str]()
        with self._transaction() as connection:
            for start in range(0, len(wanted), _KEYS_A_QUERY):
                some = inbox.c.key.in_(wanted[start : start + _KEYS_A_QUERY])
                known.update(connection.scalars(select(inbox.c.key).where(some)))
        return frozenset(wanted) - known

    def settled(self, channel: Channel) -> tuple[Settled, ...]:
        waiting = select(inbox.c.key, inbox.c.state).where(
            inbox.c.channel == channel.value, ~inbox.c.acknowledged, inbox.c.state != "kept"
        )
        with self._transaction() as connection:
            return tuple(Settled(row.key, row.state == "aside") for row in connection.execute(waiting))

    def acknowledge(self, keys: Collection[str]) -> None:
        with self._transaction() as connection:
            connection.execute(update(inbox).where(inbox.c.key.in_(list(keys))).values(acknowledged=True))

    # think

    def take_up(self, now: datetime) -> Kept | None:
        oldest = select(inbox).where(inbox.c.state == "kept").order_by(inbox.c.id).limit(1)
        with self._transaction() as connection:
            row = connection.execute(oldest.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            # Counted before the work: a message that ends the program is known by its number of tries.
            connection.execute(update(inbox).where(inbox.c.id == row.id).values(attempts=row.attempts + 1))
        return Kept(row.id, _arrival(row), row.attempts + 1)

    def case(self, number: str) -> Case | None:
        with self._transaction() as connection:
            return _case(connection, number)

    def case_of(self, wanted: Collection[str]) -> Case | None:
        known = select(identities.c.identity, identities.c.case_number).where(
            identities.c.identity.in_(list(wanted))
        )
        with self._transaction() as connection:
            number_by_identity = {row.identity: row.case_number for row in connection.execute(known)}
            nearest = next((number_by_identity[each] for each in wanted if each in number_by_identity), None)
            return _case(connection, nearest) if nearest else None

    def new_number(self, now: datetime) -> str:
        last = select(func.max(cases.c.counter)).where(cases.c.year == now.year)
        with self._transaction() as connection:
            return number_of(now.year, (connection.scalar(last) or 0) + 1)

    def save(
        self,
        kept: Kept,
        change: Change,
        now: datetime,
        received: Received | None = None,
        decision: Decision | None = None,
    ) -> None:
        number = change.case.number if change.case else change.about
        with self._transaction() as connection:
            if change.case is not None:
                _save_case(connection, change.case, now)
                _know(connection, change.case.number, received)
            _put_out(connection, kept, change, received, now)
            _write_down(connection, number or "", change.entries, now)
            settled = {
                "state": "done",
                "case_number": number,
                "decision": _DECISION.dump_python(decision, mode="json") if decision else None,
            }
            connection.execute(update(inbox).where(inbox.c.id == kept.id).values(settled))

    def set_aside(self, kept: Kept, reason: str, notice: Notice, now: datetime) -> None:
        with self._transaction() as connection:
            connection.execute(
                update(inbox).where(inbox.c.id == kept.id).values(state="aside", reason=reason)
            )
            _put(connection, f"aside:{kept.id}", Channel.SLACK, "notice", _json(_NOTICE, notice), None, now)
            _write_down(
                connection, "", (Entry("set aside", "crbot", {"inbox": kept.id, "reason": reason}),), now
            )

    # send

    def claim(self, via: Channel, now: datetime, lease: timedelta, limit: int) -> tuple[Outgoing, ...]:
        due = (
            select(outbox)
            .where(
                outbox.c.via == via.value,
                outbox.c.state.in_(_OPEN),
                outbox.c.next_at <= now,
            )
            .order_by(outbox.c.next_at, outbox.c.id)
            .limit(limit)
        )
        token = secrets.token_hex(16)
        with self._transaction() as connection:
            rows = connection.execute(due.with_for_update(skip_locked=True)).all()
            taken = {"next_at": now + lease, "token": token, "attempts": outbox.c.attempts + 1}
            connection.execute(update(outbox).where(outbox.c.id.in_([row.id for row in rows])).values(taken))
            outgoing = [_outgoing(connection, row, token) for row in rows]
        return tuple(each for each in outgoing if each is not None)

    def begin(self, outgoing: Outgoing, now: datetime) -> bool:
        return self._mark(outgoing, outbox.c.next_at > now, state="sending")

    def mark_sent(self, outgoing: Outgoing, receipt: Receipt, now: datetime) -> None:
        with self._transaction() as connection:
            sent = {"state": "sent", "identity": receipt.identity, "sent_at": now, "reason": ""}
            connection.execute(update(outbox).where(outbox.c.id == outgoing.id).values(sent))
            if isinstance(outgoing.what, Drawing):
                _remember_card(connection, outgoing.what, receipt)
            if isinstance(outgoing.what, Letter) and outgoing.what.case:
                _link(connection, receipt.identity, outgoing.what.case)

    def postpone(self, outgoing: Outgoing, reason: str, until: datetime) -> None:
        self._mark(outgoing, state="ready", next_at=until, reason=reason)

    def give_up(self, outgoing: Outgoing, reason: str, notice: Notice | None, now: datetime) -> None:
        with self._transaction() as connection:
            connection.execute(
                update(outbox).where(outbox.c.id == outgoing.id).values(state="failed", reason=reason)
            )
            if notice is not None:
                body = _json(_NOTICE, notice)
                _put(connection, f"failed:{outgoing.key}", Channel.SLACK, "notice", body, None, now)
            case = outgoing.what.case if isinstance(outgoing.what, Letter) else None
            _write_down(connection, case or "", (Entry("not sent", "crbot", {"key": outgoing.key}),), now)

    def _mark(self, outgoing: Outgoing, *conditions: Any, **values: object) -> bool:
        """Change a row that is still ours; False where the claim was lost."""
        ours = (outbox.c.id == outgoing.id, outbox.c.token == outgoing.token, *conditions)
        with self._transaction() as connection:
            return connection.execute(update(outbox).where(*ours).values(values)).rowcount == 1

    # look

    def list_cases(self, limit: int = 100) -> tuple[CaseLine, ...]:
        """The newest cases first."""
        newest = select(cases).order_by(cases.c.year.desc(), cases.c.counter.desc()).limit(limit)
        with self._transaction() as connection:
            rows = connection.execute(newest).all()
        return tuple(
            CaseLine(
                row.number,
                row.stage,
                row.queue,
                row.disposition,
                row.owner,
                row.opened_at,
                _CASE.validate_python(row.body).agency,
            )
            for row in rows
        )

    def record_of(self, number: str) -> tuple[Mapping[str, Any], ...]:
        """A case's record, oldest first."""
        lines = select(record).where(record.c.case_number == number).order_by(record.c.id)
        with self._transaction() as connection:
            return tuple(row._asdict() for row in connection.execute(lines))

    def decisions(self) -> tuple[tuple[str | None, Decision], ...]:
        """Each decided message with the case it belongs to, in the order of arrival."""
        decided = (
            select(inbox.c.case_number, inbox.c.decision)
            .where(inbox.c.decision.is_not(None))
            .order_by(inbox.c.id)
        )
        with self._transaction() as connection:
            return tuple(
                (row.case_number, _DECISION.validate_python(row.decision))
                for row in connection.execute(decided)
            )

    def waiting(self) -> tuple[int, int]:
        """How many arrivals wait to be worked on, and how many rows of the outbox to be sent."""
        with self._transaction() as connection:
            kept = connection.scalar(select(func.count()).select_from(inbox).where(inbox.c.state == "kept"))
            due = connection.scalar(select(func.count()).select_from(outbox).where(outbox.c.state.in_(_OPEN)))
        return kept or 0, due or 0


def open_engine(url: str) -> Engine:
    """Connect to the database; on SQLite every transaction takes the write lock at its beginning."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(
        url, poolclass=StaticPool, connect_args={"check_same_thread": False, "timeout": 30}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    # A plain BEGIN takes the lock at the first write, and then fails with "database is locked" whatever the timeout.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _keep(connection: Connection, arrival: Arrival) -> int:
    if connection.scalar(select(inbox.c.id).where(inbox.c.key == arrival.key)) is not None:
        return 0
    sha256 = hashlib.sha256(arrival.raw).hexdigest()
    is_known = arrival.channel is Channel.EMAIL and _is_known(connection, sha256)
    row = {
        "channel": arrival.channel.value,
        "key": arrival.key,
        "identity": arrival.identity,
        "sha256": sha256,
        "raw": arrival.raw,
        "excerpt": arrival.excerpt,
        "received_at": arrival.received_at,
        "state": "same" if is_known else "kept",
        "attempts": 0,
        "acknowledged": False,
        "reason": "the same bytes came before" if is_known else "",
    }
    connection.execute(insert(inbox).values(row))
    return 0 if is_known else 1


def _is_known(connection: Connection, sha256: str) -> bool:
    return connection.scalar(select(inbox.c.id).where(inbox.c.sha256 == sha256).limit(1)) is not None


def _arrival(row: Row[Any]) -> Arrival:
    return Arrival(Channel(row.channel), row.key, row.raw, row.received_at, row.identity, row.excerpt)


def _case(connection: Connection, number: str) -> Case | None:
    body = connection.scalar(select(cases.c.body).where(cases.c.number == number))
    return None if body is None else _CASE.validate_python(body)


def _save_case(connection: Connection, case: Case, now: datetime) -> None:
    """Insert or update. Raises `Stale` when somebody else changed or opened it meanwhile."""
    _, year, counter = case.number.split("-")
    row = {
        "revision": case.revision,
        "stage": case.stage.value,
        "queue": case.queue.value,
        "disposition": case.decision.disposition.value,
        "owner": case.owner,
        "changed_at": now,
        "body": _CASE.dump_python(case, mode="json"),
    }
    if case.revision > 1:
        seen = (cases.c.number == case.number, cases.c.revision == case.revision - 1)
        if connection.execute(update(cases).where(*seen).values(row)).rowcount != 1:
            raise Stale(case.number)
        return
    new = {"number": case.number, "year": int(year), "counter": int(counter), "opened_at": case.opened_at}
    try:
        connection.execute(insert(cases).values(row | new))
    except IntegrityError:
        raise Stale(case.number) from None


def _know(connection: Connection, number: str, received: Received | None) -> None:
    if received is not None and received.identity:
        _link(connection, received.identity, number)


def _link(connection: Connection, identity: str, number: str) -> None:
    """Answers to this identity belong to the case; the first case that has it keeps it."""
    if connection.scalar(select(identities.c.case_number).where(identities.c.identity == identity)) is None:
        connection.execute(insert(identities).values(identity=identity, case_number=number))


def _put_out(
    connection: Connection, kept: Kept, change: Change, received: Received | None, now: datetime
) -> None:
    """Put everything that is to be sent into the outbox, under keys that a repetition would use again."""
    for letter in change.letters:
        key = f"{letter.name.value}:{kept.id}"
        _put(connection, key, letter.to.channel, "letter", _json(_LETTER, letter), letter.case, now)
    for position, notice in enumerate(change.notices):
        _put(
            connection,
            f"notice:{kept.id}:{position}",
            Channel.SLACK,
            "notice",
            _json(_NOTICE, notice),
            None,
            now,
        )
    for position, whisper in enumerate(change.whispers):
        _put(
            connection,
            f"whisper:{kept.id}:{position}",
            Channel.SLACK,
            "whisper",
            _json(_WHISPER, whisper),
            None,
            now,
        )
    if change.redraws_card and change.case is not None:
        body = {"text": received.message.body if received else "", "message": kept.id, "log": change.log}
        key = f"card:{change.case.number}:r{change.case.revision}"
        _put(connection, key, Channel.SLACK, "drawing", body, change.case.number, now)


def _put(
    connection: Connection,
    key: str,
    via: Channel,
    kind: str,
    body: object,
    case_number: str | None,
    now: datetime,
) -> None:
    row = {
        "key": key,
        "via": via.value,
        "kind": kind,
        "case_number": case_number,
        "body": body,
        "state": "ready",
        "next_at": now,
        "token": "",
        "attempts": 0,
        "identity": "",
        "reason": "",
    }
    connection.execute(insert(outbox).values(row))


def _outgoing(connection: Connection, row: Row[Any], token: str) -> Outgoing | None:
    """The row as a value; one that cannot be read is parked as failed, so that it does not stop the others."""
    try:
        what = _what(connection, row)
    except (ValidationError, LookupError) as error:
        reason = f"The row cannot be read: {type(error).__name__}"
        connection.execute(update(outbox).where(outbox.c.id == row.id).values(state="failed", reason=reason))
        return None
    return Outgoing(
        id=row.id,
        key=row.key,
        what=what,
        attempts=row.attempts + 1,
        token=token,
        is_repeat=row.state == "sending",
    )


def _what(connection: Connection, row: Row[Any]) -> Letter | Drawing | Notice | Whisper:
    match row.kind:
        case "letter":
            return _LETTER.validate_python(row.body)
        case "notice":
            return _NOTICE.validate_python(row.body)
        case "whisper":
            return _WHISPER.validate_python(row.body)
        case _:
            return _drawing(connection, row)


def _drawing(connection: Connection, row: Row[Any]) -> Drawing:
    """The card as the case stands now: a later revision may have overtaken the one that asked for it."""
    case = _case(connection, row.case_number)
    if case is None:
        raise LookupError(f"{row.key}: the case is gone")
    where = select(cards.c.place, cards.c.identity).where(cards.c.case_number == case.number)
    posted = {Place(each.place): each.identity for each in connection.execute(where)}
    body = row.body
    return Drawing(case, place_of(case), body["text"], body["message"], posted, body["log"])


def _remember_card(connection: Connection, drawing: Drawing, receipt: Receipt) -> None:
    if drawing.posted.get(drawing.place) == receipt.identity:
        return
    here = {"case_number": drawing.case.number, "place": drawing.place.value}
    moved = (
        update(cards)
        .where(cards.c.case_number == here["case_number"], cards.c.place == here["place"])
        .values(identity=receipt.identity)
    )
    if connection.execute(moved).rowcount == 0:
        connection.execute(insert(cards).values(here | {"identity": receipt.identity}))


def _write_down(connection: Connection, number: str, entries: Sequence[Entry], now: datetime) -> None:
    """Append to the record; each line's hash covers the hash before it, so that a gap or a change shows."""
    if not entries:
        return
    last = select(record.c.hash).where(record.c.case_number == number).order_by(record.c.id.desc()).limit(1)
    before = connection.scalar(last) or ""
    for entry in entries:
        line = [number, now.isoformat(), entry.by, entry.what, dict(entry.detail)]
        before = hashlib.sha256((before + json.dumps(line, sort_keys=True)).encode()).hexdigest()
        row = {
            "case_number": number,
            "at": now,
            "by": entry.by,
            "what": entry.what,
            "detail": dict(entry.detail),
            "hash": before,
        }
        connection.execute(insert(record).values(row))


def _json(adapter: TypeAdapter[Any], value: object) -> Any:
    return adapter.dump_python(value, mode="json")
