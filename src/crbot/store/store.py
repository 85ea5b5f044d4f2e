"""The store over SQLAlchemy Core: each method one transaction, the same statements on every database.

Which tables there are is told in `tables`; what is kept and why, by the use cases in `crbot.intake`.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    bindparam,
    func,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.exc import DBAPIError

from crbot.cases.case import ENDED, Case, Place
from crbot.cases.figures import Event
from crbot.cases.followups import FollowUp
from crbot.cases.letters import NEEDS_RELEASE, Letter, Report, SentLetter
from crbot.cases.respond import Change, Entry, Notice
from crbot.intake.ports import (
    Arrival,
    Brake,
    Due,
    Kept,
    Outgoing,
    Progress,
    Receipt,
    Received,
    Settled,
    Sightings,
    Stale,
    Trouble,
)
from crbot.intake.repeats import likeness
from crbot.store import lookups, marks, notices, sending, thinking, troubles
from crbot.store.apart import hold
from crbot.store.arrivals import keep
from crbot.store.casefile import CASE, case_numbered, save_case
from crbot.store.engine import open_engine as open_engine
from crbot.store.followups import (
    ASIDE,
    call_back,
    finish,
    free_follow_ups,
    put_off,
    replace_plan,
    retry_follow_up,
    take_due,
    with_their_cases,
)
from crbot.store.numbers import after_a_gap, next_number
from crbot.store.records import has_failed, naming, write_down
from crbot.store.rows import (
    LETTER,
    another_key,
    as_json,
    notice_row,
    origin_of,
    put_out,
    put_out_once,
    rows_of,
)
from crbot.store.tables import cases, identities, inbox, outbox, record
from crbot.triage.decision import Decision
from crbot.triage.message import Channel

_DECISION = TypeAdapter(Decision)

# Statements that every message needs are built once: building one costs more than running it.
_ANY_KEPT = select(inbox.c.id).where(text("inbox.state = 'kept'")).limit(1)
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
_LINK = text(  # the first case that has an identity keeps it
    "INSERT INTO identities (identity, case_number) VALUES (:identity, :case_number) ON CONFLICT DO NOTHING"
)
_PATIENCE_SECONDS = 5.0  # for an earlier message that another program thinks about
_LOOK_SECONDS = 0.02
_UNTIL_FOUND = timedelta(minutes=2)  # before a copy in the folder of sent mail is missed
_MANY = 500  # cases, or keys in a query: SQLite takes a thousand variables at the least


Plan = Callable[[Case], Collection[FollowUp]]


class SqlStore:
    """Fits `crbot.intake.ports.Store`."""

    failures: tuple[type[Exception], ...] = (DBAPIError,)

    def __init__(self, engine: Engine, plan: Plan | None = None) -> None:
        """`plan` tells what a case waits for; without it, follow-ups stay as they are."""
        self._engine = engine
        self._plan = plan
        self._witness = marks.Witness(engine)
        # SQLite has one writer; waiting here is fair, waiting in SQLite is not.
        self._turn = threading.RLock() if engine.dialect.name == "sqlite" else nullcontext()
        self._together = threading.local()
        self._name = secrets.token_hex(16)  # whose an arrival is while it is thought about

    @contextmanager
    def together(self) -> Iterator[None]:
        before = getattr(self._together, "connection", None)
        with self._transaction() as connection:
            self._together.connection = connection
            try:
                yield
            finally:
                self._together.connection = before

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
        with self._turn:  # whoever still reads in another thread reads to the end
            self._engine.dispose()

    # keep

    def keep(self, arrivals: Collection[Arrival]) -> int:
        with self._transaction() as connection:
            return sum(keep(connection, arrival) for arrival in arrivals)

    def unknown(self, keys: Collection[str]) -> frozenset[str]:
        wanted, known = list(keys), set[str]()
        with self._transaction() as connection:
            for start in range(0, len(wanted), _MANY):
                some = inbox.c.key.in_(wanted[start : start + _MANY])
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
            return thinking.take_up(connection, self._name, now)

    def let_go(self, kept: Kept) -> None:
        with self._transaction() as connection:
            thinking.let_go(connection, kept)

    @contextmanager
    def in_turn(self, kept: Kept) -> Iterator[None]:
        if getattr(self._together, "connection", None) is not None:
            yield
            return
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            with self.together():
                if thinking.is_next(self._together.connection, kept):
                    yield
                    return
            if time.monotonic() > until:
                raise Stale("an earlier message is not worked on yet")
            time.sleep(_LOOK_SECONDS)

    def held(self, inbox_id: int) -> Kept | None:
        with self._transaction() as connection:
            return thinking.held(connection, inbox_id)

    def case(self, number: str) -> Case | None:
        with self._transaction() as connection:
            return case_numbered(connection, number)

    def case_of(self, wanted: Collection[str]) -> Case | None:
        known = select(identities.c.identity, identities.c.case_number).where(
            identities.c.identity.in_(list(wanted))
        )
        with self._transaction() as connection:
            number_by_identity = {row.identity: row.case_number for row in connection.execute(known)}
            nearest = next((number_by_identity[each] for each in wanted if each in number_by_identity), None)
            return case_numbered(connection, nearest) if nearest else None

    def newest_case_of(self, sender: str) -> Case | None:
        with self._transaction() as connection:
            number = connection.scalar(_NEWEST_OF_SENDER, {"sender": sender})
            return case_numbered(connection, number) if number else None

    def cases_of(self, sender: str, limit: int) -> tuple[Case, ...]:
        with self._transaction() as connection:
            return lookups.cases_of(connection, sender, limit)

    def akin(self, kin: str, limit: int) -> tuple[Case, ...]:
        with self._transaction() as connection:
            return lookups.cases_akin(connection, kin, limit)

    def busy(self, owner: str, besides: str) -> tuple[tuple[datetime, datetime], ...]:
        theirs = select(cases.c.body).where(cases.c.owner == owner, cases.c.number != besides)
        with self._transaction() as connection:
            bodies = connection.scalars(theirs.where(cases.c.stage.not_in(ENDED))).all()
        calls = (CASE.validate_json(body).call for body in bodies)
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
        return SentLetter(LETTER.validate_json(row.body).name, row.recipient, row.case_number)

    def new_number(self, now: datetime) -> str:
        with self._transaction() as connection:
            return next_number(connection, now)

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
            "decision": as_json(_DECISION, decision) if decision else None,
            "sender": received.message.sender.key if received else "",
            "likeness": likeness(received.message) if received else "",
            "thought_at": now,
        }
        with self._transaction() as connection:
            if change.case is not None:
                _call_back(connection, now, outbox.c.case_number == change.case.number)
            self._save_cases(connection, change, now)
            if change.case is not None and received is not None and received.identity:
                _link(connection, received.identity, change.case.number)
            text = received.message.body if received else ""
            origin = origin_of(kept.arrival.key, kept.arrival.content)
            rows = rows_of(origin, change, now, text, kept.id)
            put_out(connection, [_doubtful(row) for row in rows] if _is_restored(connection) else rows)
            if change.settles is not None:
                notices.settle(connection, change.settles, now)
            write_down(connection, number or "", naming(change.entries, kept), now)
            if admitted is not None:
                thinking.settle(connection, admitted, settled)
                settled = {"state": "done", "case_number": number, "thought_at": now}
            thinking.settle_ours(connection, kept, settled)

    def _save_cases(self, connection: Connection, change: Change, now: datetime) -> None:
        """The cases as they are from now on, with what they wait for."""
        for case in (change.case, change.beside.case if change.beside else None):
            if case is None:
                continue
            save_case(connection, case, now)
            if self._plan is not None:
                replace_plan(connection, case.number, self._plan(case))

    def set_aside(self, kept: Kept, reason: str, notice: Notice, now: datetime) -> None:
        with self._transaction() as connection:
            thinking.settle_ours(connection, kept, {"state": "aside", "reason": reason})
            put_out(connection, [notice_row(another_key(connection, f"aside:{kept.id}"), notice, now)])
            aside = Entry("set aside", "crbot", {"reason": reason})
            write_down(connection, "", naming((aside,), kept), now)

    def retry(self, what: str, now: datetime) -> bool:
        with self._transaction() as connection:
            if what.isdecimal() and len(what) < 19:
                return thinking.retry(connection, int(what))
            if what.startswith(ASIDE):
                return retry_follow_up(connection, what, now)
            # It may have gone out all the same: it is looked for before it is sent again.
            failed = update(outbox).where(outbox.c.key == what, outbox.c.state == "failed")
            again = failed.values(state="sending", next_at=now, attempts=0, lost=0, token="", reason="")
            return connection.execute(again).rowcount == 1

    # send

    def claim(self, via: Channel, now: datetime, lease: timedelta, limit: int) -> tuple[Outgoing, ...]:
        with self._transaction() as connection:
            _call_back(connection, now, outbox.c.via == via.value, outbox.c.good_until <= now)
            letters = marks.brake(connection) is None
            return tuple(sending.take_due(connection, via, now, lease, limit, letters=letters))

    def begin(self, outgoing: Outgoing, now: datetime) -> bool:
        with self._transaction() as connection:
            if isinstance(outgoing.what, Letter) and marks.brake(connection):
                return False
            return sending.mark(connection, outgoing, outbox.c.next_at > now, state="sending")

    def mark_sent(self, outgoing: Outgoing, receipt: Receipt, now: datetime) -> None:
        with self._transaction() as connection:
            sending.mark_sent(connection, outgoing, receipt, now)
            if isinstance(outgoing.what, Letter) and outgoing.what.case:
                _link(connection, receipt.identity, outgoing.what.case)

    def postpone(self, outgoing: Outgoing, reason: str, until: datetime, *, uncertain: bool = False) -> None:
        # What is still "sending" at the next claim is looked for before it is sent again.
        state = "sending" if uncertain else "ready"
        self._mark(outgoing, state=state, next_at=until, reason=reason, token="")

    def put_back(self, outgoing: Outgoing, until: datetime) -> None:
        state = "sending" if outgoing.is_repeat else "ready"
        self._mark(outgoing, state=state, next_at=until, attempts=outgoing.attempts - 1, token="")

    def give_up(self, outgoing: Outgoing, reason: str, notice: Notice | None, now: datetime) -> None:
        with self._transaction() as connection:
            if not sending.mark(connection, outgoing, state="failed", reason=reason, token=""):
                return  # another has the claim by now, and tells what becomes of it
            if notice is not None:
                key = another_key(connection, f"failed:{outgoing.key}")
                put_out(connection, [notice_row(key, notice, now)])
            case = outgoing.what.case if isinstance(outgoing.what, Letter) else None
            write_down(connection, case or "", (Entry("not sent", "crbot", {"key": outgoing.key}),), now)

    def _mark(self, outgoing: Outgoing, **values: object) -> None:
        with self._transaction() as connection:
            sending.mark(connection, outgoing, **values)

    # follow up

    def claim_follow_ups(
        self, *, letters: bool, now: datetime, lease: timedelta, limit: int
    ) -> tuple[Due, ...]:
        with self._transaction() as connection:
            if marks.brake(connection):
                return ()
            token, rows = take_due(connection, letters=letters, now=now, lease=lease, limit=limit)
            if not rows:
                return ()
            numbers = {row.case_number for row in rows}
            bodies = connection.execute(
                select(cases.c.number, cases.c.body).where(cases.c.number.in_(numbers))
            )
            found = {row.number: CASE.validate_json(row.body) for row in bodies}
            return with_their_cases(connection, token, rows, found)

    def is_unreached(self, number: str, since: datetime) -> bool:
        with self._transaction() as connection:
            return has_failed(connection, number, since)

    def settle(self, due: Due, change: Change, now: datetime, good_until: datetime | None = None) -> None:
        follow_up = due.follow_up
        origin = f"{follow_up.case}:{follow_up.purpose}:{follow_up.step}:{follow_up.event}"
        with self._transaction() as connection:
            if follow_up.is_letter and connection.scalar(_ANY_KEPT) is not None:
                raise Stale("a message has arrived that may be the answer")
            # The case before the row, as wherever a case is saved: in another order two programs would lock each other out.
            if change.case is not None:  # what it waits for stays as it is
                save_case(connection, change.case, now)
            finish(connection, due, Progress.DONE, now)
            by_itself: dict[str, object] = {"followup_id": due.id, "good_until": good_until}
            restored = marks.read(connection, marks.RESTORED)
            if (
                restored and follow_up.due_at <= restored[1]
            ):  # it may have gone out before the backup was put back
                by_itself["state"] = "sending"
            rows = rows_of(origin, change, now)
            put_out(connection, [row | by_itself if row["kind"] == "letter" else row for row in rows])
            write_down(connection, follow_up.case, change.entries, now)

    def end(self, due: Due, progress: Progress, reason: str, now: datetime) -> None:
        with self._transaction() as connection:
            finish(connection, due, progress, now, reason)

    def set_follow_up_aside(self, due: Due, reason: str, notice: Notice, now: datetime) -> None:
        with self._transaction() as connection:
            finish(connection, due, Progress.ASIDE, now, reason)
            key = another_key(connection, f"aside:{ASIDE}{due.id}")
            put_out(connection, [notice_row(key, replace(notice, again=f"{ASIDE}{due.id}"), now)])
            entry = Entry(
                "follow-up set aside", "crbot", {"purpose": due.follow_up.purpose.value, "reason": reason}
            )
            write_down(connection, due.follow_up.case, (entry,), now)

    def put_off(self, due: Due, until: datetime, reason: str) -> None:
        with self._transaction() as connection:
            put_off(connection, due, until, reason)

    def replan(self, rules: str, now: datetime) -> int:
        """Plan all cases anew where other rules planned them; returns how many cases that were.

        `rules`: what tells these rules from others. What was cut off begins again.
        """
        assert self._plan is not None
        with self._transaction() as connection:
            planned_by = marks.read(connection, marks.PLANNED_BY)
            if planned_by is not None and planned_by[0] == rules:
                return 0
            numbers = connection.scalars(select(cases.c.number).order_by(cases.c.number)).all()
        for start in range(0, len(numbers), _MANY):
            some = select(cases.c.number, cases.c.body).where(
                cases.c.number.in_(numbers[start : start + _MANY])
            )
            with self._transaction() as connection:
                for row in connection.execute(some.with_for_update()).all():
                    replace_plan(connection, row.number, self._plan(CASE.validate_json(row.body)))
        with self._transaction() as connection:
            marks.write(connection, marks.PLANNED_BY, now, rules)
        return len(numbers)

    def post(self, notice: Notice, name: str, now: datetime) -> bool:
        with self._transaction() as connection:
            return put_out_once(connection, notice_row(f"notice:{name}", notice, now))

    def begin_trouble(self, trouble: Trouble, letter: Letter, now: datetime) -> bool:
        with self._transaction() as connection:
            return troubles.begin(connection, trouble, letter, now)

    def end_troubles(self, where: str, letter: Callable[[Trouble], Letter], now: datetime) -> int:
        with self._transaction() as connection:
            return troubles.end(connection, where, letter, now)

    def is_posted(self, name: str) -> bool:
        with self._transaction() as connection:
            return _is_posted(connection, name)

    # the brake, and the clock

    def brake(self) -> Brake | None:
        with self._transaction() as connection:
            return marks.brake(connection)

    def pull_brake(self, brake: Brake, notice: Notice) -> bool:
        with self._transaction() as connection:
            hold(connection, "brake")
            if marks.brake(connection):
                return False
            marks.pull_brake(connection, brake)
            put_out(connection, [notice_row(f"notice:brake:{brake.at.isoformat()}", notice, brake.at)])
            write_down(connection, "", (Entry("paused", brake.by, {"reason": brake.reason}),), brake.at)
        return True

    def release_brake(self, by: str, now: datetime, notice: Notice) -> bool:
        with self._transaction() as connection:
            pulled = marks.brake(connection)
            if pulled is None:
                return False
            marks.take_away(connection, marks.BRAKE)
            put_out(connection, [notice_row(f"notice:released:{pulled.at.isoformat()}", notice, now)])
            write_down(connection, "", (Entry("resumed", by),), now)
        return True

    def look_before_sending(self, now: datetime) -> None:
        with self._transaction() as connection:
            marks.write(connection, marks.RESTORED, now, after_a_gap(connection, now))
            doubtful = update(outbox).where(outbox.c.state == "ready", outbox.c.made_at <= now)
            connection.execute(doubtful.values(state="sending"))

    def take_over(self, now: datetime) -> None:
        """Let go of what programs of before had claimed; only for the one that has a database for itself."""
        with self._transaction() as connection:
            thinking.free(connection)
            sending.free(connection, now, _UNTIL_FOUND)
            free_follow_ups(connection, now)

    def hear(self, channel: Channel, now: datetime) -> None:
        with self._transaction() as connection:
            marks.write(connection, f"heard {channel.value}", now)

    def heard(self, channel: Channel) -> datetime | None:
        return self._marked(f"heard {channel.value}")

    def heartbeat(self, now: datetime) -> None:
        """Note that the program runs. Raises OSError where the file beside the database cannot be written."""
        with self._transaction() as connection:
            marks.write(connection, marks.HEARTBEAT, now)
            if marks.read(connection, marks.BEGAN) is None:
                marks.write(connection, marks.BEGAN, now)
        self._witness.note(
            now
        )  # after the commit: the file never knows more than the database that it lies beside

    def last_run(self) -> tuple[datetime | None, datetime | None]:
        return self._marked(marks.HEARTBEAT), self._witness.last()

    def began(self) -> datetime | None:
        return self._marked(marks.BEGAN)

    def _marked(self, name: str) -> datetime | None:
        with self._transaction() as connection:
            found = marks.read(connection, name)
        return found[1] if found else None

    # look

    def list_cases(self, limit: int = 100) -> tuple[lookups.CaseLine, ...]:
        """The newest cases first."""
        with self._transaction() as connection:
            return lookups.newest_cases(connection, limit)

    def all_cases(self) -> Iterator[Case]:
        """Every case as it stands, in the order of their numbers, read a batch at a time."""
        last = (0, 0)
        place = tuple_(cases.c.year, cases.c.counter)
        while True:
            batch = select(cases.c.year, cases.c.counter, cases.c.body).where(place > last)
            with self._transaction() as connection:
                rows = connection.execute(batch.order_by(cases.c.year, cases.c.counter).limit(_MANY)).all()
            yield from (CASE.validate_json(row.body) for row in rows)
            if len(rows) < _MANY:
                return
            last = (rows[-1].year, rows[-1].counter)

    def open_cases(self) -> tuple[Case, ...]:
        with self._transaction() as connection:
            return lookups.open_cases(connection)

    def search(self, words: Collection[str], limit: int) -> tuple[Case, ...]:
        with self._transaction() as connection:
            return lookups.cases_with(connection, words, limit)

    def words_of(self, number: str) -> tuple[str, ...]:
        with self._transaction() as connection:
            return lookups.words_of(connection, number)

    def card_of(self, number: str, place: Place) -> str:
        with self._transaction() as connection:
            return lookups.card_of(connection, number, place)

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

    def letters_waiting(self) -> int:
        """How many letters are to be sent."""
        with self._transaction() as connection:
            return sending.open_rows(connection, "letter")

    def waiting(self) -> tuple[int, int]:
        """How many arrivals wait to be worked on, and how many rows of the outbox to be sent."""
        with self._transaction() as connection:
            kept = connection.scalar(select(func.count()).select_from(inbox).where(inbox.c.state == "kept"))
            return kept or 0, sending.open_rows(connection)


def _call_back(connection: Connection, now: datetime, *which: ColumnElement[bool]) -> None:
    for number in call_back(connection, now, *which):
        write_down(connection, number, (Entry("called back", "crbot"),), now)


def _is_restored(connection: Connection) -> bool:
    return marks.read(connection, marks.RESTORED) is not None


def _doubtful(row: dict[str, object]) -> dict[str, object]:
    """A mail that came again after a restore may have been answered already: its letter is looked for first."""
    return row | {"state": "sending"} if row["kind"] == "letter" else row


def _is_posted(connection: Connection, name: str) -> bool:
    return connection.scalar(select(outbox.c.id).where(outbox.c.key == f"notice:{name}")) is not None


def _link(connection: Connection, identity: str, number: str) -> None:
    """Answers to this identity belong to the case."""
    connection.execute(_LINK, {"identity": identity, "case_number": number})
