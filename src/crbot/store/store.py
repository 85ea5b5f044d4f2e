"""The store over SQLAlchemy Core: each method one transaction, the same statements on every database.

Which tables there are is told in `tables`; what is kept and why, by the use cases in `crbot.intake`.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import (
    Connection,
    Engine,
    Row,
    bindparam,
    func,
    insert,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError

from crbot.cases.case import ENDED, Case, Place, number_of, place_of
from crbot.cases.figures import Event
from crbot.cases.letters import NEEDS_RELEASE, Letter, Report, SentLetter
from crbot.cases.respond import Change, Entry, Notice, Whisper
from crbot.intake.ports import (
    Arrival,
    Drawing,
    Kept,
    Outgoing,
    Receipt,
    Received,
    Settled,
    Sightings,
    Stale,
)
from crbot.intake.repeats import likeness
from crbot.store.engine import open_engine as open_engine
from crbot.store.tables import cards, cases, identities, inbox, outbox, record
from crbot.triage.decision import Decision
from crbot.triage.message import Channel

_CASE = TypeAdapter(Case)
_DECISION = TypeAdapter(Decision)
_LETTER = TypeAdapter(Letter)
_NOTICE = TypeAdapter(Notice)
_WHISPER = TypeAdapter(Whisper)

_OPEN = ("ready", "sending")

# Statements that every message needs are built once: building one costs more than running it.
_OLDEST_KEPT = (
    select(inbox)
    .where(inbox.c.state == "kept")
    .order_by(inbox.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_UPDATE_INBOX = update(inbox).where(inbox.c.id == bindparam("inbox_id"))
_KEEP = insert(inbox)
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
_OF_SENDER = (
    select(inbox.c.likeness, inbox.c.case_number)
    .where(
        inbox.c.sender == bindparam("sender"),
        inbox.c.thought_at > bindparam("since", type_=inbox.c.thought_at.type),
        inbox.c.state == "done",
    )
    .order_by(inbox.c.id.desc())
    .limit(500)
)
_NEWEST_OF_SENDER = (
    select(inbox.c.case_number)
    .where(inbox.c.sender == bindparam("sender"), inbox.c.case_number.is_not(None), inbox.c.state == "done")
    .order_by(inbox.c.thought_at.desc())
    .limit(1)
)
_LETTERS_TO = select(func.count()).where(
    outbox.c.recipient == bindparam("recipient"),
    outbox.c.made_at > bindparam("since", type_=outbox.c.made_at.type),
    outbox.c.kind == "letter",
    *(outbox.c.key.not_like(f"{name.value}:%") for name in NEEDS_RELEASE),
)
_LAST_COUNTER = select(func.max(cases.c.counter)).where(cases.c.year == bindparam("year"))
_CASE_BODY = select(cases.c.body).where(cases.c.number == bindparam("number"))
_INSERT_CASE = insert(cases)
_UPDATE_CASE = update(cases).where(cases.c.number == bindparam("case"), cases.c.revision == bindparam("seen"))
_LINK = text(  # the first case that has an identity keeps it
    "INSERT INTO identities (identity, case_number) VALUES (:identity, :case_number) ON CONFLICT DO NOTHING"
)
_PUT_OUT = insert(outbox)
_LAST_HASH = (
    select(record.c.hash)
    .where(record.c.case_number == bindparam("number"))
    .order_by(record.c.id.desc())
    .limit(1)
)
_WRITE_DOWN = insert(record)
_BATCH = 500  # cases read at a time
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
        self._turn = threading.RLock() if engine.dialect.name == "sqlite" else nullcontext()
        self._together = threading.local()

    @contextmanager
    def together(self) -> Iterator[None]:
        with self._transaction() as connection:
            self._together.connection = connection
            try:
                yield
            finally:
                self._together.connection = None

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """One of its own, or the one that is open in this thread."""
        connection = getattr(self._together, "connection", None)
        if connection is not None:
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
        with self._transaction() as connection:
            row = connection.execute(_OLDEST_KEPT).first()
            if row is None:
                return None
            # Counted before the work: a message that ends the program is known by its number of tries.
            connection.execute(_UPDATE_INBOX, {"inbox_id": row.id, "attempts": row.attempts + 1})
            return Kept(row.id, _arrival(row), row.attempts + 1, _namesake(connection, row))

    def held(self, inbox_id: int) -> Kept | None:
        held = select(inbox).where(inbox.c.id == inbox_id, inbox.c.state == "held")
        with self._transaction() as connection:
            row = connection.execute(held).first()
            return Kept(row.id, _arrival(row), row.attempts, _namesake(connection, row)) if row else None

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

    def newest_case_of(self, sender: str) -> Case | None:
        with self._transaction() as connection:
            number = connection.scalar(_NEWEST_OF_SENDER, {"sender": sender})
            return _case(connection, number) if number else None

    def busy(self, owner: str, besides: str) -> tuple[tuple[datetime, datetime], ...]:
        theirs = select(cases.c.body).where(cases.c.owner == owner, cases.c.number != besides)
        with self._transaction() as connection:
            bodies = connection.scalars(theirs.where(cases.c.stage.not_in(ENDED))).all()
        calls = (_CASE.validate_json(body).call for body in bodies)
        return tuple(span for call in calls if call for span in call.holds)

    def sightings(self, sender: str, likeness: str, since: datetime) -> Sightings:
        with self._transaction() as connection:
            rows = connection.execute(_OF_SENDER, {"sender": sender, "since": since}).all()
        alike = [row for row in rows if row.likeness == likeness]
        return Sightings(
            alike=len(alike),
            case=alike[0].case_number if alike else None,
            cases=len({row.case_number for row in rows if row.case_number}),
            messages=len(rows),
        )

    def letters_to(self, address: str, since: datetime) -> int:
        with self._transaction() as connection:
            return connection.scalar(_LETTERS_TO, {"recipient": address, "since": since}) or 0

    def letter_of(self, report: Report, since: datetime) -> SentLetter | None:
        letters = select(outbox).where(outbox.c.kind == "letter").order_by(outbox.c.id.desc()).limit(1)
        by_identity = letters.where(outbox.c.identity.in_(report.letters))
        by_recipient = letters.where(
            outbox.c.recipient.in_(report.recipients), outbox.c.made_at > since, outbox.c.state == "sent"
        )
        with self._transaction() as connection:
            row = connection.execute(by_identity).first() if report.letters else None
            row = row or (connection.execute(by_recipient).first() if report.recipients else None)
        if row is None:
            return None
        return SentLetter(_LETTER.validate_json(row.body).name, row.recipient, row.case_number)

    def new_number(self, now: datetime) -> str:
        with self._transaction() as connection:
            return number_of(now.year, (connection.scalar(_LAST_COUNTER, {"year": now.year}) or 0) + 1)

    def save(
        self,
        kept: Kept,
        change: Change,
        now: datetime,
        received: Received | None = None,
        decision: Decision | None = None,
        admitted: int | None = None,
    ) -> None:
        number = change.case.number if change.case else change.about
        settled = {
            "state": "held" if change.holds else "done",
            "case_number": number,
            "decision": _json(_DECISION, decision) if decision else None,
            "sender": received.message.sender.key if received else "",
            "likeness": likeness(received.message) if received else "",
            "thought_at": now,
        }
        with self._transaction() as connection:
            if change.case is not None:
                _save_case(connection, change.case, now)
                if received is not None and received.identity:
                    _link(connection, received.identity, change.case.number)
            if change.beside is not None:
                _save_case(connection, change.beside.case, now)
            _put_out(connection, _rows_of(kept, change, received, now))
            _write_down(connection, number or "", change.entries, now)
            connection.execute(_UPDATE_INBOX, {"inbox_id": admitted or kept.id} | settled)
            if admitted is not None:
                done = {"inbox_id": kept.id, "state": "done", "case_number": number, "thought_at": now}
                connection.execute(_UPDATE_INBOX, done)

    def set_aside(self, kept: Kept, reason: str, notice: Notice, now: datetime) -> None:
        with self._transaction() as connection:
            connection.execute(_UPDATE_INBOX, {"inbox_id": kept.id, "state": "aside", "reason": reason})
            _put_out(connection, [_notice_row(f"aside:{kept.id}", notice, now)])
            _write_down(
                connection, "", (Entry("set aside", "crbot", {"inbox": kept.id, "reason": reason}),), now
            )

    def retry(self, what: str, now: datetime) -> bool:
        if what.isdecimal() and len(what) < 19:
            aside = update(inbox).where(inbox.c.id == int(what), inbox.c.state == "aside")
            again = aside.values(state="kept", attempts=0, reason="")
        else:  # it may have gone out all the same: it is looked for before it is sent again
            failed = update(outbox).where(outbox.c.key == what, outbox.c.state == "failed")
            again = failed.values(state="sending", next_at=now, attempts=0, reason="")
        with self._transaction() as connection:
            return connection.execute(again).rowcount == 1

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

    def postpone(self, outgoing: Outgoing, reason: str, until: datetime, *, uncertain: bool = False) -> None:
        # What is still "sending" at the next claim is looked for before it is sent again.
        self._mark(outgoing, state="sending" if uncertain else "ready", next_at=until, reason=reason)

    def put_back(self, outgoing: Outgoing, until: datetime) -> None:
        state = "sending" if outgoing.is_repeat else "ready"
        self._mark(outgoing, state=state, next_at=until, attempts=outgoing.attempts - 1)

    def give_up(self, outgoing: Outgoing, reason: str, notice: Notice | None, now: datetime) -> None:
        with self._transaction() as connection:
            connection.execute(
                update(outbox).where(outbox.c.id == outgoing.id).values(state="failed", reason=reason)
            )
            if notice is not None:
                _put_out(connection, [_notice_row(f"failed:{outgoing.key}", notice, now)])
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
                _CASE.validate_json(row.body).agency,
            )
            for row in rows
        )

    def all_cases(self) -> Iterator[Case]:
        """Every case as it stands, in the order of their numbers, read a batch at a time."""
        last = (0, 0)
        place = tuple_(cases.c.year, cases.c.counter)
        while True:
            batch = select(cases.c.year, cases.c.counter, cases.c.body).where(place > last)
            with self._transaction() as connection:
                rows = connection.execute(batch.order_by(cases.c.year, cases.c.counter).limit(_BATCH)).all()
            yield from (_CASE.validate_json(row.body) for row in rows)
            if len(rows) < _BATCH:
                return
            last = (rows[-1].year, rows[-1].counter)

    def events(self, since: datetime) -> tuple[Event, ...]:
        """What happened to all cases since then, oldest first."""
        lines = select(record.c.case_number, record.c.at, record.c.by, record.c.what)
        with self._transaction() as connection:
            rows = connection.execute(
                lines.where(record.c.at >= since, record.c.case_number != "").order_by(record.c.id)
            )
            return tuple(Event(*row) for row in rows)

    def cases_in_which(self, what: Collection[str]) -> tuple[str, ...]:
        """The numbers of the cases in whose record something of these kinds stands."""
        told = select(record.c.case_number).where(record.c.what.in_(list(what))).distinct()
        with self._transaction() as connection:
            return tuple(connection.scalars(told.order_by(record.c.case_number)))

    def record_of(self, number: str) -> tuple[Mapping[str, Any], ...]:
        """A case's record, oldest first."""
        lines = select(record).where(record.c.case_number == number).order_by(record.c.id)
        with self._transaction() as connection:
            rows = connection.execute(lines).all()
        return tuple(row._asdict() | {"detail": json.loads(row.detail)} for row in rows)

    def decisions(self) -> tuple[tuple[str | None, Decision], ...]:
        """Each decided message with the case it belongs to, in the order of arrival."""
        decided = (
            select(inbox.c.case_number, inbox.c.decision)
            .where(inbox.c.decision.is_not(None))
            .order_by(inbox.c.id)
        )
        with self._transaction() as connection:
            return tuple(
                (row.case_number, _DECISION.validate_json(row.decision))
                for row in connection.execute(decided)
            )

    def waiting(self) -> tuple[int, int]:
        """How many arrivals wait to be worked on, and how many rows of the outbox to be sent."""
        with self._transaction() as connection:
            kept = connection.scalar(select(func.count()).select_from(inbox).where(inbox.c.state == "kept"))
            due = connection.scalar(select(func.count()).select_from(outbox).where(outbox.c.state.in_(_OPEN)))
        return kept or 0, due or 0


def _keep(connection: Connection, arrival: Arrival) -> int:
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
    connection.execute(_KEEP, row)
    return 0 if is_known else 1


def _is_known(connection: Connection, sha256: str, content: str) -> bool:
    if connection.scalar(_BYTES_ARE_KNOWN, {"sha256": sha256}) is not None:
        return True
    return bool(content) and connection.scalar(_CONTENT_IS_KNOWN, {"content": content}) is not None


def _namesake(connection: Connection, row: Row[Any]) -> str:
    """Where the earlier mail with the same Message-ID is to be found; "" where there is none."""
    if not row.identity or row.channel != Channel.EMAIL.value:
        return ""
    earlier = connection.execute(_NAMESAKE, {"identity": row.identity, "before": row.id}).first()
    return "" if earlier is None else earlier.case_number or f"inbox {earlier.id}"


def _arrival(row: Row[Any]) -> Arrival:
    return Arrival(
        Channel(row.channel), row.key, row.raw, row.received_at, row.identity, row.content, row.excerpt
    )


def _case(connection: Connection, number: str) -> Case | None:
    body = connection.scalar(_CASE_BODY, {"number": number})
    return None if body is None else _CASE.validate_json(body)


def _save_case(connection: Connection, case: Case, now: datetime) -> None:
    """Insert or update. Raises `Stale` when somebody else changed or opened it meanwhile."""
    row = {
        "revision": case.revision,
        "stage": case.stage.value,
        "queue": case.queue.value,
        "disposition": case.decision.disposition.value,
        "owner": case.owner,
        "changed_at": now,
        "body": _json(_CASE, case),
    }
    if case.revision > 1:
        seen = {"case": case.number, "seen": case.revision - 1}
        if connection.execute(_UPDATE_CASE, row | seen).rowcount != 1:
            raise Stale(case.number)
        return
    _, year, counter = case.number.split("-")
    new = {"number": case.number, "year": int(year), "counter": int(counter), "opened_at": case.opened_at}
    try:
        connection.execute(_INSERT_CASE, row | new)
    except IntegrityError:
        raise Stale(case.number) from None


def _link(connection: Connection, identity: str, number: str) -> None:
    """Answers to this identity belong to the case."""
    connection.execute(_LINK, {"identity": identity, "case_number": number})


def _rows_of(kept: Kept, change: Change, received: Received | None, now: datetime) -> list[dict[str, object]]:
    """Everything that is to be sent, under keys that a repetition of the work would use again."""
    rows = [
        _row(
            f"{letter.name.value}:{kept.id}",
            letter.to.channel,
            "letter",
            _json(_LETTER, letter),
            now,
            letter.case,
            letter.to.address.casefold() if letter.to.channel is Channel.EMAIL else "",
        )
        for letter in change.letters
    ]
    rows += [
        _notice_row(f"notice:{kept.id}:{position}", notice, now)
        for position, notice in enumerate(change.notices)
    ]
    rows += [
        _row(f"whisper:{kept.id}:{position}", Channel.SLACK, "whisper", _json(_WHISPER, whisper), now)
        for position, whisper in enumerate(change.whispers)
    ]
    text = received.message.body if received else ""
    if change.redraws_card and change.case is not None:
        rows.append(_drawing_row(change.case, text, kept.id, change.log, now))
    if change.beside is not None:
        rows.append(_drawing_row(change.beside.case, "", kept.id, change.beside.log, now))
    return rows


def _drawing_row(case: Case, text: str, message: int, log: str, now: datetime) -> dict[str, object]:
    said = json.dumps({"text": text, "message": message, "log": log})
    key = f"card:{case.number}:r{case.revision}"
    return _row(key, Channel.SLACK, "drawing", said, now, case.number)


def _notice_row(key: str, notice: Notice, now: datetime) -> dict[str, object]:
    return _row(key, Channel.SLACK, "notice", _json(_NOTICE, notice), now)


def _row(
    key: str,
    via: Channel,
    kind: str,
    body: str,
    now: datetime,
    case_number: str | None = None,
    recipient: str = "",
) -> dict[str, object]:
    return {
        "key": key,
        "via": via.value,
        "kind": kind,
        "case_number": case_number,
        "recipient": recipient,
        "made_at": now,
        "body": body,
        "state": "ready",
        "next_at": now,
        "token": "",
        "attempts": 0,
        "identity": "",
        "reason": "",
    }


def _put_out(connection: Connection, rows: list[dict[str, object]]) -> None:
    if rows:
        connection.execute(_PUT_OUT, rows)


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
            return _LETTER.validate_json(row.body)
        case "notice":
            return _NOTICE.validate_json(row.body)
        case "whisper":
            return _WHISPER.validate_json(row.body)
        case _:
            return _drawing(connection, row)


def _drawing(connection: Connection, row: Row[Any]) -> Drawing:
    """The card as the case stands now: a later revision may have overtaken the one that asked for it."""
    case = _case(connection, row.case_number)
    if case is None:
        raise LookupError(f"{row.key}: the case is gone")
    where = select(cards.c.place, cards.c.identity).where(cards.c.case_number == case.number)
    posted = {Place(each.place): each.identity for each in connection.execute(where)}
    body = json.loads(row.body)
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


def _json(adapter: TypeAdapter[Any], value: object) -> str:
    return adapter.dump_json(value).decode()
