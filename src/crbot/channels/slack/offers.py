"""What staff are offered to do with a case, by its state: the buttons of its card, and all the rest. Pure.

What a button does is told by its id and value, read in `actions`; whether it is done, the use cases decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from crbot.cases.case import Case, Stage
from crbot.cases.meetings import CallState
from crbot.cases.sites import ENGAGED
from crbot.channels.slack import wording
from crbot.channels.slack.blocks import MOST_IN_MENU, Button, Menu, Option, Style
from crbot.channels.slack.text import one_line
from crbot.intake.ports import Verb
from crbot.triage.approval import Reading
from crbot.triage.decision import Queue

# What is wanted besides the verbs; like them it stands in the ids and values of buttons.
ALL, FULL, PLACE_HELD = "all", "full", "place_held"
ACTION = "case_"  # how everything of staff is called: buttons by this and what they want
MORE = "case_more"  # the menu behind three dots
FORM = "case_form_"  # every form of an action: this and its verb
CHOICE, PAGE = "case_choice", "case_page"  # the list of all actions; a page of what was written
_MOST_BUTTONS = 3


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to do: how it is called on a button and in a list, and what it means."""

    title: str  # on a button: every word with a capital letter
    entry: str  # in a list
    meaning: str


OFFERS = {
    Verb.CLAIM: Offer("Claim", "Claim the case", "You lead it from now on."),
    Verb.RELEASE: Offer("Give Back", "Give the case back", "Somebody else can claim it."),
    Verb.REROUTE: Offer("Re-Route", "Re-route to another queue", "The agency is not told."),
    Verb.ASK: Offer("Ask for Information", "Ask for information", "Questions, with words of your own."),
    Verb.WRITE: Offer("Write to Agency", "Write to the agency", "A letter in your own words."),
    Verb.NOTE: Offer("Add a Note", "Add a note", "For staff alone: what was said on the telephone."),
    Verb.CONFIRM: Offer(
        "Ask the Chief to Confirm",
        "Ask the chief to confirm",
        "A letter to the head of the agency, not to the requester.",
    ),
    Verb.CORRECT: Offer("Correct a Fact", "Correct a fact", "What you say outranks what was read."),
    Verb.DISPUTE: Offer(
        "Evidence Is Wrong", "Say that evidence is wrong", "Words were misread; the rules learn."
    ),
    Verb.DUPLICATE: Offer("Mark as Duplicate", "Mark as duplicate", "Another case goes on in its place."),
    Verb.ADVANCE: Offer("Change Stage", "Change the stage", "To the next step, or back to an earlier one."),
    Verb.CLOSE: Offer(
        "Close Case", "Close the case", "The agency gets a closing letter where the rules say so."
    ),
    Verb.REOPEN: Offer("Reopen", "Reopen the case", "It goes on where it stood."),
    Verb.DRAFT_DECLINE: Offer("Draft a Decline", "Draft a decline", "Another person releases it."),
    Verb.SEND_DECLINE: Offer("Approve and Send", "Approve and send the decline", "The letter goes out."),
    Verb.KEEP_OPEN: Offer("Keep the Case Open", "Keep the case open", "What was drafted is dropped."),
    Verb.PROPOSE_CALL: Offer("Propose Call Times", "Propose call times", "The agency chooses one of them."),
    Verb.CHANGE_CALL: Offer("Set the Call", "Set or move the call", "Calendars are told."),
    Verb.CANCEL_CALL: Offer("Cancel the Call", "Cancel the call", "Calendars are told."),
    Verb.SAVE_PLAN: Offer("Write Work Plan", "Write the work plan", "Nothing is sent."),
    Verb.SEND_PLAN: Offer("Send Work Plan", "Send the work plan", "The agency reviews it."),
    Verb.CONFIRM_PLAN: Offer("Record Approval", "Record the agency's approval", "In the agency's own words."),
    Verb.RETURN_PLAN: Offer("Record Changes", "Record what is to change", "The plan is written anew."),
    Verb.HOLD_FOLLOWUPS: Offer("Hold Follow-Ups", "Hold the follow-ups", "Nobody is reminded meanwhile."),
    Verb.RESUME_FOLLOWUPS: Offer("Resume Follow-Ups", "Resume the follow-ups", "Reminders go on."),
    Verb.PUBLISH_SITE: Offer("Show in Public List", "Show in the public list", "Agency, topics and status."),
    Verb.HIDE_SITE: Offer("Take Off Public List", "Take off the public list", "Nobody outside sees it."),
}
_ENTRIES = {ALL: "More actions", FULL: "Show the full message"}


def value_of(case: str, revision: int | None, item: str = "") -> str:
    """What a button points at: the case, its revision as it was seen, and what else is meant."""
    seen = "" if revision is None else str(revision)
    return "|".join((case, seen, item) if item else (case, seen))


def button(case: Case, verb: Verb, title: str = "", *, asking: str = "") -> Button:
    """A button of a case; `asking`: what is asked before it is done."""
    text = title or OFFERS[verb].title
    return Button(
        action_id=ACTION + verb.value,
        text=text,
        value=value_of(case.number, case.revision),
        accessible=f"{text}: {case.number}",
        confirm=(f"{text}: {case.number}", asking) if asking else None,
    )


def buttons(case: Case) -> list[Button | Menu]:
    """What a card offers: at most three buttons, at most one of them styled, and a menu with the rest."""
    return [*_buttons(case), _menu(case)]


def _buttons(case: Case) -> list[Button]:
    if case.stage.is_ended:
        return [button(case, Verb.REOPEN)]
    if case.draft:
        keep, edit = button(case, Verb.KEEP_OPEN), button(case, Verb.DRAFT_DECLINE, "Edit Draft")
        return [replace(_send_decline(case), style=Style.DANGER), edit, keep]
    if case.wants_out:
        confirm = button(case, Verb.ADVANCE, "Confirm Withdrawal")
        return [
            confirm,
            button(case, Verb.KEEP_OPEN, asking="The agency has not taken its request back, you say."),
        ]
    next_ones = list(_next(case))
    if case.owner:
        first = next_ones[0] if _waits(case) else replace(next_ones[0], style=Style.PRIMARY)
        return [first, *next_ones[1:]][:_MOST_BUTTONS]
    return [replace(button(case, Verb.CLAIM), style=Style.PRIMARY), *next_ones][:_MOST_BUTTONS]


def _send_decline(case: Case) -> Button:
    whom = one_line(case.conversation.person.name) or "the agency"
    return button(
        case,
        Verb.SEND_DECLINE,
        asking=f"The letter of decline goes to {whom} and the case ends as declined.",
    )


def _waits(case: Case) -> bool:
    """Nothing is expected of staff now: the agency has to answer, or what it said must be read first."""
    if case.stage is Stage.AGENCY_REVIEW:
        answer = case.plan.answer if case.plan else None
        return answer is None or answer.reads_as is Reading.UNCLEAR
    return wording.is_awaited(case) or (case.call is not None and case.call.state is CallState.PROPOSED)


def _next(case: Case) -> Iterator[Button]:
    """What is likely done next, the likeliest first; at least three."""
    if case.queue is Queue.UNROUTED:
        yield button(case, Verb.REROUTE, "Choose a Queue")
    match case.stage:
        case Stage.WORK_PLAN:
            yield from _of_plan(case)
        case Stage.AGENCY_REVIEW:
            answer = case.plan.answer if case.plan else None
            wants_changes = answer is not None and answer.reads_as is Reading.CHANGES
            both = (button(case, Verb.CONFIRM_PLAN), button(case, Verb.RETURN_PLAN))
            yield from both[::-1] if wants_changes else both
        case Stage.APPROVED:
            yield button(case, Verb.ADVANCE, "Begin Delivery")
        case Stage.DELIVERY:
            if not _is_public(case):
                yield button(case, Verb.PUBLISH_SITE)
            yield button(case, Verb.CLOSE)
        case _:
            if case.unconfirmed and (case.confirmation is None or case.confirmation.is_void):
                yield button(case, Verb.CONFIRM)
            yield from _of_call(case)
    yield from (button(case, verb) for verb in (Verb.ASK, Verb.WRITE, Verb.NOTE))


def _of_call(case: Case) -> Iterator[Button]:
    if case.call and case.call.is_set:
        yield button(case, Verb.CHANGE_CALL, "Move the Call")
        if case.stage is Stage.SCOPING:
            yield button(case, Verb.ADVANCE, "Begin Work Plan")
    elif case.call and case.call.state is CallState.PROPOSED:
        yield from (button(case, Verb.CHANGE_CALL), button(case, Verb.PROPOSE_CALL, "Propose Other Times"))
    else:
        yield button(case, Verb.PROPOSE_CALL)


def _of_plan(case: Case) -> Iterator[Button]:
    if case.plan is None:
        yield button(case, Verb.SAVE_PLAN)
    elif case.plan.newest.changes:
        yield button(case, Verb.SAVE_PLAN, "Change Work Plan")
    else:
        yield from (button(case, Verb.SEND_PLAN), button(case, Verb.SAVE_PLAN, "Change Work Plan"))


def _menu(case: Case) -> Menu:
    """The most wanted of what has no button, what came in full, and the way to everything."""
    shown = {each.action_id.removeprefix(ACTION) for each in _buttons(case)}
    verbs = [verb for verb in _MOST_WANTED if verb in _offered(case) and verb.value not in shown]
    wanted = [*(verb.value for verb in verbs[: MOST_IN_MENU - 2]), FULL, ALL]
    return Menu(MORE, tuple(_entry(case, what) for what in wanted))


_MOST_WANTED = (
    Verb.RELEASE,
    Verb.CLAIM,
    Verb.REROUTE,
    Verb.DRAFT_DECLINE,
    Verb.DUPLICATE,
    Verb.CLOSE,
    Verb.PUBLISH_SITE,
    Verb.HIDE_SITE,
)


def _entry(case: Case, what: str) -> Option:
    text = _ENTRIES.get(what) or OFFERS[Verb(what)].entry
    return Option(f"{what}|{value_of(case.number, case.revision)}", text)


# --- everything -----------------------------------------------------------------------------------------------------

_IN_ORDER = (
    *(Verb.CLAIM, Verb.RELEASE),
    *(Verb.ASK, Verb.CONFIRM, Verb.WRITE, Verb.NOTE),
    *(Verb.PROPOSE_CALL, Verb.CHANGE_CALL, Verb.CANCEL_CALL),
    *(Verb.CORRECT, Verb.DISPUTE),
    *(Verb.SAVE_PLAN, Verb.SEND_PLAN, Verb.CONFIRM_PLAN, Verb.RETURN_PLAN),
    *(
        Verb.REROUTE,
        Verb.DUPLICATE,
        Verb.ADVANCE,
        Verb.DRAFT_DECLINE,
        Verb.KEEP_OPEN,
        Verb.CLOSE,
        Verb.REOPEN,
    ),
    *(Verb.HOLD_FOLLOWUPS, Verb.RESUME_FOLLOWUPS, Verb.PUBLISH_SITE, Verb.HIDE_SITE),
)


def everything(case: Case) -> tuple[Verb, ...]:
    """All that can be done to a case as it stands, by what it is about. A decline is released on the card alone,
    where its words can be read."""
    offered = _offered(case)
    return tuple(verb for verb in _IN_ORDER if verb in offered)


def _offered(case: Case) -> frozenset[Verb]:
    return frozenset(
        {Verb.NOTE, *_by_its_state(case), *(_while_open(case) if not case.stage.is_ended else ())}
    )


def _by_its_state(case: Case) -> Iterator[Verb]:
    if case.stage.is_ended:
        yield Verb.REOPEN
    if case.decision.facts.statements:
        yield Verb.DISPUTE
    yield Verb.CORRECT
    if case.stage in ENGAGED:
        yield Verb.PUBLISH_SITE
    if _is_public(case):
        yield Verb.HIDE_SITE


def _is_public(case: Case) -> bool:
    return case.site is not None and case.site.public


def _while_open(case: Case) -> Iterator[Verb]:
    yield Verb.RELEASE if case.owner else Verb.CLAIM
    yield from (
        Verb.REROUTE,
        Verb.ASK,
        Verb.WRITE,
        Verb.DUPLICATE,
        Verb.ADVANCE,
        Verb.CLOSE,
        Verb.DRAFT_DECLINE,
    )
    if not (case.confirmation and case.confirmation.is_given):
        yield Verb.CONFIRM
    yield from (Verb.PROPOSE_CALL, Verb.CHANGE_CALL)
    if case.call and case.call.state is not CallState.CANCELLED:
        yield Verb.CANCEL_CALL
    if case.draft or case.wants_out:
        yield Verb.KEEP_OPEN
    if case.stage is Stage.WORK_PLAN:
        yield Verb.SAVE_PLAN
        if case.plan and not case.plan.newest.changes:
            yield Verb.SEND_PLAN
    if case.stage is Stage.AGENCY_REVIEW:
        yield from (Verb.CONFIRM_PLAN, Verb.RETURN_PLAN)
    yield Verb.RESUME_FOLLOWUPS if case.pause else Verb.HOLD_FOLLOWUPS
