"""When to try again, remind, escalate, check in, give up. Pure: due times as values.

Which moment a wait counts from, and what ends it, stands here; how long it is and what happens then, in the `ladders`
of the staff. What is then done is `crbot.intake.due`'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from crbot.cases.case import Case, Stage
from crbot.cases.hours import Hours, Wait, Zones
from crbot.cases.ladders import Ladders, Purpose, Step, To
from crbot.cases.letters import Letter, LetterName, to_agency
from crbot.cases.meetings import Call, CallState
from crbot.cases.respond import Change
from crbot.triage.decision import Disposition

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)

# A mail server that is down is down for minutes or for days; Postfix gives up after five days too.
_PAUSES = (_MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 4 * _HOUR, 6 * _HOUR)
_PATIENCE = timedelta(days=5)


def pause_before_try(attempts: int) -> timedelta:
    """How long to wait after `attempts` tries have failed; the last pause repeats."""
    return _PAUSES[min(attempts, len(_PAUSES)) - 1]


def is_given_up(attempts: int) -> bool:
    """True when all the pauses before the next try would add up to more than five days."""
    waited = sum((pause_before_try(each) for each in range(1, attempts + 1)), timedelta())
    return waited > _PATIENCE


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One step that a case waits for."""

    case: str  # number
    purpose: Purpose
    step: int
    event: str  # what it belongs to, and since when: a step is done once for each
    due_at: datetime
    is_letter: bool  # to the agency; else to staff

    @property
    def key(self) -> tuple[Purpose, int, str]:
        """What no two follow-ups of a case share."""
        return self.purpose, self.step, self.event

    @property
    def subject(self) -> str:
        """The set of questions, the version of the plan: what it still is about when the wait begins anew."""
        return self.event.partition(" ")[0]


# What a case waits for


@dataclass(frozen=True, slots=True)
class _Occasion:
    """What is waited for in a case: since when (of a call that is set: when it takes place), and its name."""

    since: datetime
    event: str


def _occasion(since: datetime, subject: str = "") -> _Occasion:
    return _Occasion(since, f"{subject} {_stamp(since)}".strip())


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def still_asked(case: Case) -> tuple[str, ...]:
    """Of the questions last sent, those that are open."""
    return tuple(fact for fact in case.asked if not case.decision.facts.is_known(fact))


def _heard(case: Case) -> datetime:
    return case.last_heard_at or case.opened_at


def _touched(case: Case) -> datetime:
    """When the agency or a person of staff last did something about it."""
    return max(_heard(case), case.contacted_at or case.opened_at)


def _is_open(case: Case) -> bool:
    return not case.stage.is_ended and case.merged_into is None


def _is_with_agency(case: Case) -> bool:
    """True when staff were in touch after the agency wrote: it is the agency's turn."""
    return (
        _is_open(case)
        and not _takes_back(case)
        and case.contacted_at is not None
        and case.contacted_at >= _heard(case)
    )


def _takes_back(case: Case) -> bool:
    return case.decision.facts.value("withdrawn") == "yes"


def _questions(case: Case) -> _Occasion | None:
    """Questions were sent, and the agency has not written since. A word of it that answers none is for a person."""
    if case.stage not in (Stage.RECEIVED, Stage.SCOPING) or not still_asked(case) or _takes_back(case):
        return None
    asked_at = case.asked_at or case.opened_at
    if not _is_open(case) or case.decision.disposition is Disposition.INELIGIBLE or _heard(case) > asked_at:
        return None
    return _occasion(max(asked_at, case.contacted_at or asked_at), _stamp(asked_at))


def _call_times(case: Case) -> _Occasion | None:
    if case.call is None or case.call.state is not CallState.PROPOSED or not _is_with_agency(case):
        return None
    return _occasion(_touched(case), f"{case.call.uid}/{case.call.round}")


def _agreed_call(case: Case) -> _Occasion | None:
    call = case.call
    if not _is_open(case) or call is None or not call.is_set or call.chosen is None:
        return None
    if case.contacted_at is not None and case.contacted_at > call.chosen:
        return None
    return _Occasion(call.chosen, f"{call.uid}/{call.sequence}")


def _work_plan(case: Case) -> _Occasion | None:
    plan = case.plan
    if case.stage is not Stage.AGENCY_REVIEW or plan is None or plan.answer or not _is_with_agency(case):
        return None
    return _occasion(_touched(case), f"v{plan.sent}")


def _delivery(case: Case) -> _Occasion | None:
    if case.stage is not Stage.DELIVERY or not _is_open(case) or _takes_back(case):
        return None
    return _occasion(_touched(case))


def _unassigned(case: Case) -> _Occasion | None:
    if not _is_open(case) or case.owner is not None:
        return None
    return _occasion(max(_touched(case), case.owned_at or case.opened_at))


def _answer_owed(case: Case) -> _Occasion | None:
    """The agency wrote, and nobody has been in touch since; while it has questions to answer, it is its turn."""
    if not _is_open(case) or case.owner is None:
        return None
    if case.call is not None and case.call.state is CallState.DECLINED:
        return _occasion(_touched(case), f"{case.call.uid}/{case.call.sequence}")
    is_heeded = case.contacted_at is not None and case.contacted_at >= _heard(case)
    if is_heeded or _questions(case) or _will_talk(case):
        return None
    return _occasion(max(_heard(case), case.owned_at or case.opened_at), _stamp(_heard(case)))


def _will_talk(case: Case) -> bool:
    """True where a call is set for after what the agency wrote: it chose the time itself."""
    call = case.call
    return call is not None and call.is_set and call.chosen is not None and call.chosen > _heard(case)


def _silence(case: Case) -> _Occasion | None:
    """Somebody has claimed the case, and it waits for nothing else."""
    others = (_questions, _call_times, _agreed_call, _work_plan, _delivery, _answer_owed)
    if not _is_open(case) or case.owner is None or any(each(case) for each in others):
        return None
    return _occasion(max(_touched(case), case.owned_at or case.opened_at))


def _on_hold(case: Case) -> _Occasion | None:
    if not _is_open(case) or case.pause is None or case.pause.until is not None:
        return None
    return _occasion(case.pause.at)


def _dormant(case: Case) -> _Occasion | None:
    is_aside = case.stage is Stage.DORMANT and case.merged_into is None
    return _occasion(_touched(case)) if is_aside else None


def _if_acute(find: Callable[[Case], _Occasion | None], acute: bool) -> Callable[[Case], _Occasion | None]:
    return lambda case: find(case) if case.decision.is_acute is acute else None


_OCCASIONS: Mapping[Purpose, Callable[[Case], _Occasion | None]] = {
    Purpose.MISSING_FACTS: _if_acute(_questions, acute=False),
    Purpose.MISSING_FACTS_ACUTE: _if_acute(_questions, acute=True),
    Purpose.CALL_TIMES: _call_times,
    Purpose.AGREED_CALL: _agreed_call,
    Purpose.WORK_PLAN_REVIEW: _work_plan,
    Purpose.CHECK_IN: _delivery,
    Purpose.UNASSIGNED: _if_acute(_unassigned, acute=False),
    Purpose.UNASSIGNED_ACUTE: _if_acute(_unassigned, acute=True),
    Purpose.ANSWER_OWED: _answer_owed,
    Purpose.SILENCE: _silence,
    Purpose.ON_HOLD: _on_hold,
    Purpose.DORMANT: _dormant,
}


# When its steps are due


def plan_for(case: Case, ladders: Ladders, hours: Hours) -> tuple[FollowUp, ...]:
    """Every follow-up that a case in this state waits for, those that are past too. The same for the same case."""
    return tuple(each for purpose in Purpose for each in planned(case, purpose, ladders, hours))


def planned(case: Case, purpose: Purpose, ladders: Ladders, hours: Hours) -> tuple[FollowUp, ...]:
    """Of one purpose alone."""
    if case.pause is not None and case.pause.until is None and purpose is not Purpose.ON_HOLD:
        return ()
    occasion = _OCCASIONS[purpose](case)
    if occasion is None:
        return ()
    held_until = case.pause.until if case.pause and case.pause.until else case.opened_at
    since = occasion.since if purpose is Purpose.AGREED_CALL else max(occasion.since, held_until)
    follow_ups: list[FollowUp] = []
    last_letter, shift = since, timedelta()
    for number, step in enumerate(ladders.of[purpose].steps, start=1):
        due_at = _due(case, purpose, step, since, ladders, hours)
        if purpose in _WAITS_FOR_WHO_IS_AWAY:
            shift = shift or _shift(case, step, due_at, ladders, hours)
            due_at = (
                hours.next_open(due_at + shift, zones_for(case, step, ladders, hours)) if shift else due_at
            )
        if step.to is To.AGENCY and not step.is_before:
            if due_at <= last_letter:  # where a short day makes business hours longer than a business day
                due_at = _due(case, purpose, step, last_letter, ladders, hours)
            last_letter = due_at
        if due_at >= held_until and _makes_sense(case, purpose, step, due_at):
            is_letter = step.to is To.AGENCY
            follow_ups.append(FollowUp(case.number, purpose, number, occasion.event, due_at, is_letter))
    return tuple(follow_ups)


# In an acute case nobody waits for who is away: staff telephone.
_WAITS_FOR_WHO_IS_AWAY = frozenset(
    {Purpose.MISSING_FACTS, Purpose.CALL_TIMES, Purpose.WORK_PLAN_REVIEW, Purpose.CHECK_IN}
)
_AFTER_AN_ABSENCE = Wait(business_days=1)


def _shift(case: Case, step: Step, due_at: datetime, ladders: Ladders, hours: Hours) -> timedelta:
    """By how much a step, and those after it, wait for who is away; nothing for what was due before that was known."""
    absence = case.absence
    if absence is None or not absence.told_at <= due_at < absence.until:
        return timedelta()
    zones = zones_for(case, step, ladders, hours)
    return hours.after(absence.until, _AFTER_AN_ABSENCE, zones) - due_at


def _makes_sense(case: Case, purpose: Purpose, step: Step, due_at: datetime) -> bool:
    if step.is_before and due_at <= _touched(case):
        return False  # the call was set so late that a reminder would only repeat it
    if step.to is not To.AGENCY:
        return True
    are_gone = purpose is Purpose.CALL_TIMES and case.call is not None and due_at >= min(case.call.slots)
    return bool(case.conversation.address) and not are_gone


def _due(
    case: Case, purpose: Purpose, step: Step, since: datetime, ladders: Ladders, hours: Hours
) -> datetime:
    zones = zones_for(case, step, ladders, hours)
    if step.is_before:
        due_at = hours.before(since, step.after.business_days, zones)
    elif breaks_the_quiet(purpose, step) and step.after.is_of_the_clock:
        return since + step.after.time
    else:
        due_at = hours.after(since, step.after, zones)
    return spread(due_at, case.number, zones, hours) if step.to is To.AGENCY else due_at


def zones_for(case: Case, step: Step, ladders: Ladders, hours: Hours) -> Zones:
    """In whose business hours a step is due: the agency's, or the staff's."""
    if step.to is not To.AGENCY:
        return ladders.staff
    return hours.zones_of(case.state, case.zone)


def breaks_the_quiet(purpose: Purpose, step: Step) -> bool:
    """Staff are told of what is acute at any hour; agencies are never written to at night."""
    return purpose.is_acute and step.to is not To.AGENCY


_SPREAD = 20 * _MINUTE


def spread(due_at: datetime, number: str, zones: Zones, hours: Hours) -> datetime:
    """So that not all letters of a morning leave in one minute; always the same for the same case."""
    share = int.from_bytes(hashlib.sha256(number.encode()).digest()[:4]) / 2**32
    later = due_at + timedelta(seconds=int(share * _SPREAD.total_seconds()))
    return later if hours.is_open(later, zones) else due_at


# What waits count from


# What a person of staff does that reaches the agency or moves the case on: the waits of a case begin anew.
TOUCHES = frozenset(
    "ask write note propose_call change_call cancel_call advance send_plan confirm_plan return_plan reopen "
    "resume_followups".split()
)
_CHANGES_HANDS = frozenset({"claim", "release", "reroute"})
_ASKS = frozenset(
    {
        LetterName.ACKNOWLEDGEMENT,
        LetterName.ANSWERS_NOTED,
        LetterName.QUESTIONS,
        LetterName.AUTHORISATION_REQUEST,
    }
)


def dated(change: Change, now: datetime) -> Change:
    """The change with the moments noted on its case that waits count from."""
    if change.case is None:
        return change
    deeds = {entry.what for entry in change.entries}
    moments: dict[str, datetime] = {}
    if deeds & TOUCHES:
        moments["contacted_at"] = now
    if deeds & _CHANGES_HANDS:
        moments["owned_at"] = now
    if any(_asks(letter) for letter in change.letters):
        moments["asked_at"] = now
    if not moments:
        return change
    return replace(change, case=replace(change.case, **moments))  # type: ignore[arg-type]  # fields are checked by the class


def _asks(letter: Letter) -> bool:
    return letter.name in _ASKS and (
        letter.name is LetterName.AUTHORISATION_REQUEST or bool(letter.fields.get("questions"))
    )


# The letter of a step


def letter_for(case: Case, follow_up: FollowUp, ladders: Ladders, question: Callable[[str], str]) -> Letter:
    """The letter of a step that has one. `question` gives a fact's question in words."""
    ladder = ladders.of[follow_up.purpose]
    name = ladder.step(follow_up.step).letter
    assert name is not None
    return to_agency(case, name, LETTERS[name](case, ladder.ordinal(follow_up.step), question))


_Fields = Callable[[Case, int, Callable[[str], str]], dict[str, object]]


def _of_questions(case: Case, ordinal: int, question: Callable[[str], str]) -> dict[str, object]:
    return {"questions": [question(fact) for fact in still_asked(case)], "step": ordinal}


def _of_plan(case: Case, ordinal: int, question: Callable[[str], str]) -> dict[str, object]:
    return {"version": case.plan.sent if case.plan else 0, "step": ordinal}


def _of_times(case: Case, ordinal: int, question: Callable[[str], str]) -> dict[str, object]:
    assert case.call is not None
    slots = [case.call.in_words(slot) for slot in case.call.slots]
    return {**_place(case.call), "slots": slots, "round": case.call.round, "words": [_STILL_FINE], "by": ""}


def _of_call(case: Case, ordinal: int, question: Callable[[str], str]) -> dict[str, object]:
    assert case.call is not None
    assert case.call.chosen is not None
    return {**_place(case.call), "when": case.call.in_words(case.call.chosen)}


def _place(call: Call) -> dict[str, object]:
    return {"minutes": call.minutes, "where": call.where}


_STILL_FINE = "We have not heard from you about the times for our call yet. Are these still fine for you?"


def _of_nothing(case: Case, ordinal: int, question: Callable[[str], str]) -> dict[str, object]:
    return {}


# The letters that may stand in a ladder, and what each tells.
LETTERS: Mapping[LetterName, _Fields] = {
    LetterName.REMINDER_QUESTIONS: _of_questions,
    LetterName.PLAN_REMINDER: _of_plan,
    LetterName.CALL_PROPOSAL: _of_times,
    LetterName.CALL_REMINDER: _of_call,
    LetterName.CHECK_IN: _of_nothing,
    LetterName.CHECK_IN_REMINDER: _of_nothing,
}
