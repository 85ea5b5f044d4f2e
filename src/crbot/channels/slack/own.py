"""How a requester's own requests are shown to them: on the Home tab, and in answer to a command. Pure.

In plain words, and never by what staff alone see: no queue, no rule, no disposition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from crbot.cases.case import Case, Stage
from crbot.cases.meetings import CallState
from crbot.channels.slack import blocks, letters
from crbot.channels.slack.blocks import Block, Button, Payload, Style
from crbot.channels.slack.text import line

START = "request_start"
MOST_SHOWN = 20
HELP = (
    "Write to me in a direct message, in your own words: which agency you are with, what happened, what help is "
    "wanted. Or use the form: /cri new. How your requests stand: /cri status. A person of the program reads every "
    "request. You can also call the Response Center at 800-421-6770."
)

_WHO_MAY = (
    "For state, local, county, tribal, campus and territorial law enforcement agencies. Write to me under Messages, "
    "in your own words, or use the form. A person of the program reads every request."
)
_NONE_YET = "You have no request here yet."
_PHONE = "COPS Office Response Center 800-421-6770"
_STANDS: Mapping[Stage, str] = {
    Stage.RECEIVED: "We have your request, and a member of our staff will contact you",
    Stage.SCOPING: "We are talking with you about what you need",
    Stage.WORK_PLAN: "We are writing the work plan",
    Stage.AGENCY_REVIEW: "The work plan is with you; please tell us what you think of it",
    Stage.APPROVED: "The work plan is agreed; the assistance is being prepared",
    Stage.DELIVERY: "The assistance is under way",
    Stage.CLOSED: "Closed",
    Stage.DECLINED: "Closed; please see our letter",
    Stage.WITHDRAWN: "Taken back by you; write to us if it goes on",
    Stage.DORMANT: "Set aside until you write to us",
}


def home(cases: Iterable[Case]) -> Payload:
    """The Home tab of somebody who is not staff."""
    shown = sorted(cases, key=lambda case: (case.stage.is_ended, not _waits_for_you(case)))
    return {
        "type": "home",
        "callback_id": "request_home",
        "blocks": [
            blocks.header("top", "Ask for technical assistance"),
            blocks.section("about", _WHO_MAY),
            blocks.actions(
                "start",
                [Button(START, "Start a Request", "new", "Start a request for assistance", Style.PRIMARY)],
            ),
            blocks.header("own", "Your requests"),
            *(each for case in shown for each in _shown(case)),
            *([] if shown else [blocks.section("none", _NONE_YET)]),
            blocks.context("foot", _PHONE),
        ],
    }


def status(cases: Iterable[Case], wanted: str) -> str:
    """A line for each request, or for the one whose number is given."""
    asked_for = line(wanted.upper(), 30)
    told = [_in_a_line(case) for case in cases if not asked_for or case.number == asked_for]
    if not told:
        return (
            f"You have no request {asked_for} here." if asked_for else f"{_NONE_YET} Begin one with /cri new."
        )
    return "\n".join(told)


def _shown(case: Case) -> Iterator[Block]:
    yield blocks.section(f"case:{case.number}", f"*{line(case.agency, 200)}*\n{case.number} · {stands(case)}")
    if _waits_for_you(case):
        button = Button(
            letters.ANSWER, "Answer Questions", case.number, f"Answer the questions of {case.number}"
        )
        yield blocks.actions(f"act:{case.number}", [button])


def _in_a_line(case: Case) -> str:
    return f"*{case.number}* {line(case.agency, 200)}: {stands(case)}"


def stands(case: Case) -> str:
    """How a request stands, in plain words."""
    told = list(_what_stands(case))
    said = "; ".join(told)
    return said[:1].upper() + said[1:] if told else _STANDS[case.stage]


def _what_stands(case: Case) -> Iterator[str]:
    """What there is to tell beyond the stage."""
    call = case.call if case.stage is Stage.SCOPING else None
    if call is not None and call.is_set and call.chosen is not None:
        yield f"our call is on {call.in_words(call.chosen)}"
    if call is not None and call.state is CallState.PROPOSED:
        yield "please choose a time for our call; the times are in our last message"
    if _waits_for_you(case):
        count = len(case.decision.questions)
        yield f"we wait for your answer to {'one question' if count == 1 else f'{count} questions'}"


def _waits_for_you(case: Case) -> bool:
    return bool(case.asked and case.decision.questions) and not case.stage.is_ended
