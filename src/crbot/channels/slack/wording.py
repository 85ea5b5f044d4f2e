"""How cases, people and times are put into words for Slack: short, harmless, the same on every surface. Pure.

Where the words stand is told by `cards`, `forms`, `home` and `commands`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from crbot.cases.case import DRAFTED_BY_THE_BOT, Case, Place, Stage
from crbot.cases.meetings import Call, CallState
from crbot.cases.respond import Label
from crbot.channels.slack.text import is_user_id, line, one_line
from crbot.triage.message import Channel

DOT = " · "


def agency(case: Case) -> str:
    return line(agency_plain(case), 300)


def agency_plain(case: Case) -> str:
    """The same for where Slack parses nothing."""
    return one_line(case.agency) or "Agency not named yet"


def queue(case: Case, label: Label) -> str:
    return line(label("queue", case.queue.value), 100)


def place(where: Place, label: Label) -> str:
    return "Review" if where is Place.REVIEW else line(label("queue", where.value), 100)


def services(case: Case, label: Label) -> str:
    return values(case, label, "services")


def values(case: Case, label: Label, fact: str) -> str:
    told = case.decision.facts.values(fact)
    return line(", ".join(label(fact, value) for value in told), 1000)


def person(who: str) -> str:
    """A Slack user by id, so that their name is shown; anybody else as they are called."""
    return f"<@{who}>" if is_user_id(who) else line(who, 100)


def author(who: str) -> str:
    """Who wrote something that waits for a person."""
    return "the assistant" if is_the_assistants(who) else person(who)


def is_the_assistants(who: str) -> bool:
    return who == DRAFTED_BY_THE_BOT


def moment(when: datetime) -> str:
    """A time that every reader sees in their own zone, and in UTC where Slack can't tell the zone."""
    return f"<!date^{int(when.timestamp())}^{{date_short_pretty}} {{time}}|{when:%Y-%m-%d %H:%M} UTC>"


def reply_to(case: Case) -> str:
    """Whom a letter of the case goes to."""
    if case.conversation.channel is Channel.SLACK:
        return "their conversation with the assistant in Slack"
    return line(case.conversation.address, 300) or "nobody: no address given"


def state(case: Case, label: Label) -> Iterator[str]:
    """Where a case stands, whose it is, and what is waited for."""
    if case.stage is not Stage.RECEIVED:  # claimed or unclaimed says it
        yield line(label("stage", case.stage.value), 100)
    if case.stage.is_ended:
        return
    yield f"Claimed by {person(case.owner)}" if case.owner else "*Unclaimed*"
    yield from waiting(case)
    if case.pause:
        until = f" until {case.pause.until:%B %-d}" if case.pause.until else ""
        yield f"Follow-ups held{until}"


def waiting(case: Case) -> Iterator[str]:
    """What is waited for, or what came."""
    if case.draft:
        yield "*A decline waits for a person*"
    elif case.wants_out:
        yield "*Seems to be taken back*"
    if case.call and case.call.is_set and case.call.chosen:
        yield f"Call {moment(case.call.chosen)}"
    elif case.call and case.call.state is CallState.PROPOSED:
        yield "Call times proposed"
    if has_answered(case) and case.last_heard_at:
        yield f"*The agency answered* {moment(case.last_heard_at)}"
    elif is_agencys_turn(case):
        told = [each for each in (case.asked_at, case.contacted_at) if each]
        yield f"Waiting for the agency since {moment(max(told))}" if told else "Waiting for the agency"


def is_awaited(case: Case) -> bool:
    """The agency was asked for what nobody knows yet."""
    return any(not case.decision.facts.is_known(fact) for fact in case.asked)


def is_agencys_turn(case: Case) -> bool:
    """It has questions, times for a call, or its work plan before it."""
    is_proposed = case.call is not None and case.call.state is CallState.PROPOSED
    has_plan = case.stage is Stage.AGENCY_REVIEW and case.plan is not None and case.plan.answer is None
    return is_awaited(case) or is_proposed or has_plan


def has_answered(case: Case) -> bool:
    """The newest change of the case is the agency's own word."""
    is_theirs = case.changed_by in case.participants and case.changed_at == case.last_heard_at
    return case.revision > 1 and is_theirs and case.last_heard_at is not None


def times(call: Call) -> Iterator[str]:
    """The times of a call as the agency reads them, the one that was chosen alone."""
    if call.is_set and call.chosen:
        yield call.in_words(call.chosen)
    elif call.state is CallState.PROPOSED:
        yield from map(call.in_words, call.slots)
