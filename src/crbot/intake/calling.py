"""The scoping call: staff propose times, set, change and cancel it; the agency chooses, in words or by its calendar.

Which times suit, and what an answer says, is told by `crbot.cases.meetings`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from crbot.cases.case import Case, Stage
from crbot.cases.invitations import invited, letter_of_call
from crbot.cases.letters import LetterName, paragraphs
from crbot.cases.meetings import (
    FEWEST_SLOTS,
    MOST_SLOTS,
    USUAL_MINUTES,
    Call,
    CallState,
    is_free,
    suggest_slots,
)
from crbot.cases.respond import Change
from crbot.intake.acting import Deed, Refused, done, moved
from crbot.intake.asking import check_address

_LONGEST_MINUTES = 240
_ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")


def propose(case: Case, deed: Deed) -> Change:
    """Offer times to the agency: those that a person chose, else times that suit it. A first call begins the scoping."""
    check_address(case)
    _check_open(case)
    begun = moved(case, Stage.SCOPING, deed) if case.stage is Stage.RECEIVED else case.changed()
    zones = deed.rules.hours.zones_of(case.state, case.zone)
    minutes = _minutes(deed)
    slots = _slots(deed) or suggest_slots(deed.rules.hours, zones, deed.taken, deed.now, minutes)
    if not FEWEST_SLOTS <= len(slots) <= MOST_SLOTS:
        raise Refused(f"Propose {FEWEST_SLOTS} to {MOST_SLOTS} times; these are {len(slots)}.")
    _check_free(slots, minutes, deed.taken)
    before = case.call
    call = Call(
        round=before.round + 1 if before else 1,
        uid=before.uid if before else f"{case.number}-{int(case.opened_at.timestamp())}@crbot",
        sequence=before.sequence if before else 0,
        slots=slots,
        minutes=minutes,
        where=deed.value("where") or (before.where if before else ""),
        zone=str(zones[0]),
        guests=_guests(deed) or (before.guests if before else ()),
        chosen=before.chosen if before else None,
    )
    proposed = replace(begun, call=call)
    fields: dict[str, object] = {
        "slots": [call.in_words(slot) for slot in slots],
        "round": call.round,
        "words": paragraphs(deed.value("text")),
        "by": deed.signature,
    }
    letter = letter_of_call(proposed, LetterName.CALL_PROPOSAL, fields)
    times = "; ".join(call.in_words(slot) for slot in slots)
    return done(proposed, deed, f"Call times proposed by {deed.by}: {times}", (letter,))


def change(case: Case, deed: Deed) -> Change:
    """Set the call for a time that was agreed on, or move it; calendars and the agency are told."""
    _check_open(case)
    zones = deed.rules.hours.zones_of(case.state, case.zone)
    slots = _slots(deed)
    before = case.call
    if not slots and (before is None or not before.is_set):
        raise Refused("Write the time that was agreed on, as in 2026-03-10T14:00-06:00.")
    base = before or Call(1, _uid(case), 0, slots, _minutes(deed), "", str(zones[0]))
    minutes = _minutes(deed, base.minutes)
    slot = slots[0] if slots else base.chosen
    assert slot is not None  # a call that is set has its time
    _check_free((slot,), minutes, deed.taken)
    where, guests = deed.value("where") or base.where, _guests(deed) or base.guests
    was_set = base.is_set
    call = replace(base, minutes=minutes, where=where, guests=guests).at(slot)
    after = case.changed(call=call)
    name = LetterName.CALL_CHANGED if was_set else LetterName.CALL_SET
    words = {"words": paragraphs(deed.value("text"))} if was_set else {}
    letters = invited(after, name, words)
    what = "Call moved to" if was_set else "Call set for"
    return done(after, deed, f"{what} {call.in_words(slot)} by {deed.by}", letters)


def cancel(case: Case, deed: Deed) -> Change:
    """Call it off; where it was set, calendars are told."""
    call = case.call
    if call is None or call.state is CallState.CANCELLED:
        raise Refused(f"No call is proposed or set for {case.number}.")
    after = case.changed(call=call.cancelled())
    words = {"words": paragraphs(deed.value("text"))}
    letters = invited(after, LetterName.CALL_CANCELLED, words) if case.conversation.address else ()
    said = f": {deed.action.reason}" if deed.action.reason else ""
    return done(after, deed, f"Call cancelled by {deed.by}{said}", letters)


def _uid(case: Case) -> str:
    """The call's name in calendars: no other case, of this desk or another, has the same."""
    return f"{case.number}-{int(case.opened_at.timestamp())}@crbot"


def _check_open(case: Case) -> None:
    """Raises `Refused` where the case has ended."""
    if case.stage.is_ended:
        raise Refused(f"{case.number} has ended; reopen it first.")


def _minutes(deed: Deed, otherwise: int = USUAL_MINUTES) -> int:
    told = deed.value("minutes")
    if not told:
        return otherwise
    if not told.isdecimal() or not 5 <= int(told) <= _LONGEST_MINUTES:
        raise Refused(f"{told!r} is no length of a call; write minutes from 5 to {_LONGEST_MINUTES}.")
    return int(told)


def _slots(deed: Deed) -> tuple[datetime, ...]:
    """The times that were written, in their order in time."""
    return tuple(sorted(dict.fromkeys(_moments((*deed.values("slots"), *deed.values("slot")), deed.now))))


def _moments(told: Collection[str], now: datetime) -> Iterator[datetime]:
    for each in told:
        try:
            moment = datetime.fromisoformat(each)
        except ValueError:
            raise Refused(f"{each!r} is no time; write it as in 2026-03-10T14:00-06:00.") from None
        if moment.tzinfo is None:
            raise Refused(f"{each!r} does not tell its zone; write it as in 2026-03-10T14:00-06:00.")
        if moment <= now:
            raise Refused(f"{each} has passed; name a time to come.")
        yield moment.astimezone(UTC)


def _guests(deed: Deed) -> tuple[str, ...]:
    """The mail addresses of staff whose calendars get the invitation too."""
    guests = deed.values("guests")
    for guest in guests:
        if not _ADDRESS.fullmatch(guest):
            raise Refused(f"{guest!r} is no mail address.")
    return guests


def _check_free(
    slots: Collection[datetime], minutes: int, taken: Collection[tuple[datetime, datetime]]
) -> None:
    """Raises `Refused` where the same person would be in two calls at once."""
    for slot in slots:
        if not is_free(slot, minutes, taken):
            raise Refused(
                f"At {slot:%Y-%m-%d %H:%M} UTC another call of the same person is proposed or set; choose another time."
            )
