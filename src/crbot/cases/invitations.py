"""The letters about a call, with what they lay into calendars.

When a call is proposed, set, moved or called off is told in `crbot.intake.calling` and `respond`.
"""

from __future__ import annotations

from collections.abc import Mapping

from crbot.cases.case import Case, Conversation
from crbot.cases.letters import Letter, LetterName, to_agency
from crbot.cases.meetings import Call, CallState, Invitation
from crbot.triage.message import Channel, Person

OFFICE = "COPS Office Response Center"
_NOTHING: Mapping[str, object] = {}


def letter_of_call(case: Case, name: LetterName, fields: Mapping[str, object] = _NOTHING) -> Letter:
    """A letter to the agency that tells where the call takes place and how long it is."""
    return to_agency(case, name, {**_place(_call_of(case)), **fields})


def invited(case: Case, name: LetterName, fields: Mapping[str, object] = _NOTHING) -> tuple[Letter, ...]:
    """The letter about a call that is set, moved or called off, and the same for our own calendars."""
    call = _call_of(case)
    when = {"when": call.in_words(call.chosen) if call.chosen else ""}
    theirs = letter_of_call(case, name, {**when, **fields})
    letters = (_with_invitation(theirs, case, call),) if theirs.to.address else ()
    return letters + tuple(_for_staff(case, call, guest, when) for guest in call.guests if call.chosen)


def _for_staff(case: Case, call: Call, guest: str, when: Mapping[str, object]) -> Letter:
    where = Conversation(Channel.EMAIL, guest, person=Person(address=guest))
    fields = {
        "name": "",
        "agency": case.agency,
        **_place(call),
        **when,
        "is_cancelled": call.state is CallState.CANCELLED,
    }
    return _with_invitation(Letter(LetterName.CALL_STAFF, where, case.number, fields), case, call)


def _place(call: Call) -> dict[str, object]:
    return {"minutes": call.minutes, "where": call.where}


def _with_invitation(letter: Letter, case: Case, call: Call) -> Letter:
    if call.chosen is None:
        return letter
    invitation = Invitation(
        uid=call.uid,
        sequence=call.sequence,
        starts=call.chosen,
        minutes=call.minutes,
        where=call.where,
        zone=call.zone,
        summary=f"Call on the request {case.number}, {case.agency}",
        organizer_name=OFFICE,
        is_cancelled=call.state is CallState.CANCELLED,
    )
    return Letter(letter.name, letter.to, letter.case, letter.fields, letter.release, invitation)


def _call_of(case: Case) -> Call:
    if case.call is None:
        raise ValueError(f"{case.number} has no call")
    return case.call
