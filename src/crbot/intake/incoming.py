"""A message arrives: read, decided, answered, saved, as one change.

How bytes are read is the reader's, how messages are decided `crbot.triage.decide`'s, what follows
`crbot.cases.respond`'s; this puts them in order and keeps one bad message from stopping the next.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from crbot.cases.case import Case
from crbot.cases.respond import (
    Change,
    Heard,
    Notice,
    answer_without_case,
    continue_case,
    file_away,
    hold,
    open_case,
)
from crbot.intake.ports import Ignored, Kept, Reader, Received, StaffAction, Stale, Store, Unreadable
from crbot.intake.staff import act
from crbot.triage.decide import decide
from crbot.triage.decision import Decision
from crbot.triage.facts import NEW, Known
from crbot.triage.message import Channel, Person
from crbot.triage.policy import Policy

# A message that ended the whole process so often is set aside: it would end it for ever.
MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Desk:
    """What the desk works with."""

    store: Store
    reader: Reader
    policy: Policy
    own: frozenset[str]  # our own addresses, folded: never a participant, never answered
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Thought:
    """What came of one arrival, for the log."""

    inbox_id: int
    did: str  # decided, acted, ignored, set aside
    case: str | None = None
    decision: Decision | None = None
    trouble: str = ""


def think(desk: Desk) -> Thought | None:
    """Work on the oldest kept arrival; None where none is waiting.

    Whatever is wrong with an arrival, it is kept, set aside and shown to staff, and the next one has its turn.
    """
    kept = desk.store.take_up(desk.clock())
    if kept is None:
        return None
    if kept.attempts > MAX_ATTEMPTS:
        return _set_aside(desk, kept, "It has ended the program each time it was read.")
    try:
        what = desk.reader.read(kept.arrival)
        thought = _thought(desk, kept, what)
    except Unreadable as error:
        return _set_aside(desk, kept, str(error))
    except Stale:
        return Thought(
            kept.id, "again"
        )  # somebody was faster; it is taken up again with the case as it is now
    except desk.store.failures:
        raise  # the database's trouble, not the message's: it is taken up again later
    except Exception as error:  # noqa: BLE001  (a message that breaks the code must not stop the next one)
        where = traceback.extract_tb(error.__traceback__)[-1]
        return _set_aside(desk, kept, f"It broke the program: {type(error).__name__} in {where.name}.")
    return thought


def _thought(desk: Desk, kept: Kept, what: Received | StaffAction | Ignored) -> Thought:
    if isinstance(what, Ignored):
        desk.store.save(kept, Change(), desk.clock())
        return Thought(kept.id, "ignored", trouble=what.why)
    if isinstance(what, StaffAction):
        change = act(desk.store.case(what.case), what, desk.policy, desk.clock())
        desk.store.save(kept, change, desk.clock())
        return Thought(kept.id, f"acted: {what.verb}", case=what.case)
    return _decided(desk, kept, what)


def _decided(desk: Desk, kept: Kept, received: Received) -> Thought:
    case = _case_of(desk.store, received)
    decision = decide(received.message, desk.policy, _known(case))
    change = _change(desk, case, received, decision)
    desk.store.save(kept, change, desk.clock(), received, decision)
    number = change.case.number if change.case else change.about
    return Thought(kept.id, "decided", case=number, decision=decision)


def _change(desk: Desk, case: Case | None, received: Received, decision: Decision) -> Change:
    heard = Heard(received.message, received.conversation, _participants(received, desk.own), received.doubts)
    if decision.kind.is_silent:
        return file_away(case, heard, decision)
    if case is not None and not _may_add(case, received):
        return hold(case, heard, decision)
    if case is not None:
        return continue_case(case, heard, decision, desk.policy.label, desk.clock())
    if decision.kind.is_case:
        return open_case(
            heard, decision, desk.store.new_number(desk.clock()), desk.policy.label, desk.clock()
        )
    return answer_without_case(heard, decision)


def _case_of(store: Store, received: Received) -> Case | None:
    """The case that a message belongs to: by what it answers, else by the number in its subject."""
    by_reference = store.case_of(received.refers_to) if received.refers_to else None
    if by_reference is not None or received.case_number is None:
        return by_reference
    return store.case(received.case_number)


def _may_add(case: Case, received: Received) -> bool:
    """A participant of the case, or, on Slack, whoever is let into the conversation."""
    if received.message.channel is Channel.SLACK:
        return received.conversation.address == case.conversation.address
    return received.message.sender.key in case.participants


def _known(case: Case | None) -> Known:
    return NEW if case is None else Known(facts=case.decision.facts, asked=case.asked, in_case=True)


def _participants(received: Received, own: frozenset[str]) -> frozenset[str]:
    message = received.message
    people: tuple[Person, ...] = (message.sender, *message.to, *message.cc)
    return frozenset(person.key for person in people if person.key) - own


def _set_aside(desk: Desk, kept: Kept, reason: str) -> Thought:
    notice = Notice(
        title="A message that could not be read",
        text=f"{reason} It is kept as it came (inbox {kept.id}); nothing was sent to anybody.",
        quote=kept.arrival.raw[:600].decode("utf-8", "replace"),
    )
    desk.store.set_aside(kept, reason, notice, desk.clock())
    return Thought(kept.id, "set aside", trouble=reason)
