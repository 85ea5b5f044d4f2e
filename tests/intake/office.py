"""A desk over a database on disk, with a clock that is moved and a world that takes all; it can die and be started anew."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from crbot.cases.case import Case, Conversation
from crbot.cases.followups import plan_for
from crbot.cases.letters import Letter
from crbot.cases.respond import Notice
from crbot.cases.rulebook import Rulebook
from crbot.intake.due import send_due
from crbot.intake.ears import Ears
from crbot.intake.incoming import Desk, think
from crbot.intake.ports import (
    Arrival,
    DeliveryFailed,
    Drawing,
    Ignored,
    Outgoing,
    Receipt,
    Received,
    StaffAction,
    Verb,
)
from crbot.intake.reminding import Followed, follow_up
from crbot.store.migrations import upgrade
from crbot.store.store import SqlStore, open_engine
from crbot.store.tables import followups, outbox
from crbot.triage.message import Channel, Message, Person
from tests.fakes import Clock

CHIEF = Person("Tom Akers", "takers@pine-falls.example.gov")
REQUEST = """\
Chief Akers here, Pine Falls Police Department, Idaho. Would somebody review our pursuit policy with us?

Tom Akers
Chief of Police
Pine Falls Police Department
"""
_A_WHILE = timedelta(minutes=20)
LISTENS = (Channel.EMAIL, Channel.SLACK)


class Died(BaseException):
    """The program ended here: nothing in it can catch that."""


@dataclass
class World:
    """What went out, and when; it is there when the program is started anew."""

    clock: Clock
    sent: list[tuple[datetime, Outgoing]] = field(default_factory=list)
    mail_is_down: bool = False

    def deliver(self, outgoing: Outgoing) -> Receipt:
        if self.mail_is_down and isinstance(outgoing.what, Letter):
            raise DeliveryFailed("no connection", permanent=False)
        self.sent.append((self.clock(), outgoing))
        return _receipt(outgoing)

    def lane(self, outgoing: Outgoing) -> str:
        return ""

    def look_up(self, outgoing: Outgoing) -> Receipt | None:
        return _receipt(outgoing) if any(each.key == outgoing.key for _, each in self.sent) else None


def _receipt(outgoing: Outgoing) -> Receipt:
    return Receipt(f"<{hashlib.sha256(outgoing.key.encode()).hexdigest()}@desk.example.gov>")


class Mortal:
    """Does what it stands for, and dies before or after it as it is told."""

    def __init__(self, real: Any, dies: Callable[[], bool]) -> None:
        self._real, self._dies = real, dies

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        if not callable(real):
            return real

        def mortal(*arguments: object, **named: object) -> Any:
            if self._dies():
                raise Died
            came = real(*arguments, **named)
            if self._dies():
                raise Died
            return came

        return mortal


class Office:
    """The desk. What arrives and what staff do is kept at once; all else happens in `tick`."""

    def __init__(
        self, folder: Path, rules: Rulebook, clock: Clock, dies: Callable[[], bool] | None = None
    ) -> None:
        self.clock = clock
        self.world = World(clock)
        self.deaths = 0
        self._rules = rules
        self._dies = dies
        self._url = f"sqlite:///{folder / 'desk.db'}"
        self._arrivals: dict[str, Received | StaffAction] = {}
        engine = open_engine(self._url)
        upgrade(engine)
        engine.dispose()
        self._open()

    def _open(self) -> None:
        self._engine = open_engine(self._url)
        plan = partial(plan_for, ladders=self._rules.ladders, hours=self._rules.hours)
        self.store = SqlStore(self._engine, plan)
        self.store.take_over(self.clock())  # as a program does that has the file for itself
        store = Mortal(self.store, self._dies) if self._dies else self.store
        self.outlet = Mortal(self.world, self._dies) if self._dies else self.world
        self.desk = Desk(store, self, self._rules, frozenset(), self.clock)
        self.ears = Ears(LISTENS)

    def restart(self) -> None:
        self._engine.dispose()
        self._open()

    def close(self) -> None:
        self._engine.dispose()

    def read(self, arrival: Arrival) -> Received | StaffAction | Ignored:
        return self._arrivals[arrival.key]

    # what comes

    def hears(self, text: str = REQUEST, sender: Person = CHIEF, case: str | None = None) -> None:
        number = len(self._arrivals) + 1
        identity = f"<{number}@pine-falls.example.gov>"
        where = Conversation(Channel.EMAIL, sender.address or "", identity, subject="Pursuits", person=sender)
        message = Message(Channel.EMAIL, sender, text, "Pursuits")
        self._keep(Received(message, identity, where, proven_case=case), Channel.EMAIL)

    def acts(self, verb: Verb, case: str = "", **values: str) -> None:
        reason = values.pop("reason", "")
        number = case or self.case().number
        self._keep(StaffAction(verb, number, "U0LEE", reason=reason, values=values), Channel.TERMINAL)

    def _keep(self, what: Received | StaffAction, channel: Channel) -> None:
        key = f"arrival:{len(self._arrivals) + 1}"
        self._arrivals[key] = what
        # What is kept is the channels' affair, and tested there: here it is there.
        self.store.keep([Arrival(channel, key, key.encode(), self.clock())])

    # what happens

    def tick(self, *, listens: bool = True) -> list[Followed]:
        """Every leg, until nothing is left; one that dies is begun again after a start."""
        while True:
            try:
                return self._legs(listens=listens)
            except Died:
                self.deaths += 1
                self.clock.pass_(timedelta(seconds=1))
                self.restart()

    def _legs(self, *, listens: bool) -> list[Followed]:
        if listens:
            for channel in LISTENS:
                self.ears.hear(channel, self.clock())
        while think(self.desk):
            pass
        came: list[Followed] = []
        while some := follow_up(self.desk, self.ears):
            came += some
        for channel in LISTENS:
            while send_due(self.desk.store, channel, self.outlet, self.clock):
                pass
        return came

    def passes(self, until: datetime) -> None:
        """Time passes; the legs are run whenever something is due."""
        self.tick()
        while (due := self._next_due()) is not None and max(due, self.clock.now) < until:
            # What is held back stays due: then the desk looks again after a while, as the program does.
            self.clock.now = due if due > self.clock.now else min(self.clock.now + _A_WHILE, until)
            self.tick()
        self.clock.now = max(until, self.clock.now)
        self.tick()

    def _next_due(self) -> datetime | None:
        follow = select(func.min(followups.c.next_at)).where(followups.c.state == "open")
        send = select(func.min(outbox.c.next_at)).where(outbox.c.state.in_(("ready", "sending")))
        with self._engine.connect() as connection:
            moments = [connection.scalar(each) for each in (follow, send)]
        return min((each for each in moments if each is not None), default=None)

    # what came of it

    def case(self, number: str | None = None) -> Case:
        found = self.store.case(number or self.store.list_cases()[-1].number)
        assert found is not None
        return found

    def letters(self) -> list[str]:
        """Every letter that went out, with the step of a reminder, in order."""
        return [_told(each) for _, each in self.world.sent if isinstance(each.what, Letter)]

    def letters_at(self) -> list[tuple[datetime, str]]:
        return [(at, _told(each)) for at, each in self.world.sent if isinstance(each.what, Letter)]

    def notices(self) -> list[Notice]:
        return [each.what for _, each in self.world.sent if isinstance(each.what, Notice)]

    def calls(self) -> list[tuple[str, str]]:
        """Whom a line in a card's thread called, and what it said."""
        drawn = [each.what for _, each in self.world.sent if isinstance(each.what, Drawing)]
        return [(each.calls, each.log) for each in drawn if each.calls]

    def record(self) -> list[str]:
        return [line["what"] for line in self.store.record_of(self.case().number)]


def _told(outgoing: Outgoing) -> str:
    assert isinstance(outgoing.what, Letter)
    step = outgoing.what.fields.get("step")
    return f"{outgoing.what.name.value} {step}" if step else outgoing.what.name.value


def changed(rules: Rulebook, **limits: object) -> Rulebook:
    """The same rules with other limits."""
    ladders = replace(rules.ladders, limits=replace(rules.ladders.limits, **limits))  # type: ignore[arg-type]  # fields are checked by the class
    return replace(rules, ladders=ladders)
