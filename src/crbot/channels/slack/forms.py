"""The forms that staff fill in: one for each action that needs words, a choice or a date. Pure.

A field is called like the value that it gives (`crbot.intake.verbs.VALUES`), or `reason`; where several fields give
one value, what stands behind a colon tells them apart. What a form that was sent means is `actions`' to read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from crbot.cases.authority import Party, Role, Surety
from crbot.cases.case import Case, Stage, Status
from crbot.cases.meetings import (
    FEWEST_SLOTS,
    MOST_SLOTS,
    USUAL_MINUTES,
    USUAL_SLOTS,
    Call,
    CallState,
    suggest_slots,
)
from crbot.cases.rulebook import Rulebook
from crbot.cases.stages import Condition
from crbot.channels.slack import blocks, offers, wording
from crbot.channels.slack.blocks import Block, Option, Payload, Run, field
from crbot.channels.slack.limits import Surface, problems
from crbot.channels.slack.passages import pieces
from crbot.channels.slack.requests import STATES
from crbot.channels.slack.text import clean, line
from crbot.intake.planning import PARTS
from crbot.intake.ports import Verb
from crbot.triage.decision import Outcome, Queue
from crbot.triage.facts import UNKNOWN
from crbot.triage.policy import FactRule

READ = "case_read"  # what is only read
EVIDENCE = "evidence"  # the field that gives the number of a piece of evidence
_SHORT, _LONG, _ALMOST_FULL = 300, 3000, 2000  # characters of a field
_PIECE, _PIECES_A_PAGE = 3000, 5
_MINUTES = (15, 30, 45, 60, 90)
_MOST_OTHERS = 5
_SUGGESTED = 6
_NEXT = "Next"


# Where words are cut into several fields, what stands between them: the last part of a field's name.
JOINTS = {"paragraph": "\n\n", "line": "\n", "word": " ", "run": ""}


def joint_after(piece: str) -> str:
    """By what a piece is joined to the next one."""
    return next((name for name, between in JOINTS.items() if between and piece.endswith(between)), "run")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a form is drawn from."""

    case: Case
    rules: Rulebook
    now: datetime
    channel: str  # Slack's, of staff: where the person is answered
    taken: tuple[tuple[datetime, datetime], ...] = ()  # when the owner is in a call already, or may be
    others: tuple[Case, ...] = ()  # further open cases of the same agency
    fact: str = ""  # chosen in the first step, where a form has two


@dataclass(frozen=True, slots=True)
class Form:
    """A form, before it is made a view."""

    title: str
    submit: str
    about: str  # what will happen, mrkdwn
    parts: tuple[Block, ...]


def form(verb: Verb, ground: Ground) -> Payload:
    """The form of an action. It always keeps Slack's limits."""
    drawn, case = FORMS[verb](ground), ground.case
    fixed = {"fact": ground.fact} if ground.fact else {}
    seen = metadata(case.number, case.revision, ground.channel, **fixed)
    about = blocks.section("about", f"*{case.number}* {wording.agency(case)}\n{drawn.about}")
    submit = drawn.submit if any(part["type"] == "input" for part in drawn.parts) else ""
    view = blocks.modal(offers.FORM + verb.value, drawn.title, seen, (about, *drawn.parts), submit)
    return (
        view
        if not problems(view, Surface.MODAL)
        else told("This form can't be drawn; `crbot act` does the same.")
    )


def metadata(case: str, revision: int | None, channel: str, **fixed: str) -> str:
    """What comes back with a form: what was seen, and where; `fixed` values go into the action. Never anybody's words."""
    return json.dumps({"case": case, "revision": revision, "channel": channel, "fixed": fixed})


def told(text: str) -> Payload:
    """A view that only tells something; `text` is mrkdwn of ours."""
    return blocks.modal(READ, "Case", metadata("", None, ""), [blocks.section("told", text)])


# --- who reads, and where to ------------------------------------------------------------------------------------------


def _reroute(ground: Ground) -> Form:
    case, label = ground.case, ground.rules.label
    others = [Option(each.value, label("queue", each.value)) for each in Queue if each is not case.queue]
    return Form(
        "Re-route the case",
        "Re-Route Case",
        f"It is in {wording.queue(case, label)}. The agency is not told; nobody has claimed it afterwards.",
        (
            field("queue", "New queue", blocks.choice(others)),
            _reason("Shown to both queues and kept in the record"),
        ),
    )


def _duplicate(ground: Ground) -> Form:
    listed = [
        f"{other.number} {wording.agency(other)}, {wording.moment(other.opened_at)}"
        for other in ground.others[:_MOST_OTHERS]
    ]
    alike = "\n".join(("\n*Further open cases of this agency:*", *listed)) if listed else ""
    return Form(
        "Mark as duplicate",
        "End as Duplicate",
        "This case ends; the other goes on with its people and what only this one knew." + alike,
        (
            field(
                "of", "Case that goes on", blocks.words(most=20, is_long=False), hint="As in CRI-2026-0042"
            ),
            _reason("Kept in the record", is_optional=True),
        ),
    )


# --- letters ----------------------------------------------------------------------------------------------------------


def _ask(ground: Ground) -> Form:
    case, policy = ground.case, ground.rules.policy
    open_now = [each for each in case.decision.questions if each.fact in policy.facts][: blocks.MOST_RADIO]
    facts = {each.fact for each in open_now}
    others = [rule for rule in policy.facts.values() if rule.question and rule.name not in facts]
    parts: list[Block] = []
    if open_now:
        numbered = "\n".join(f"{at}. {line(each.text, 500)}" for at, each in enumerate(open_now, start=1))
        options = [Option(each.fact, policy.label("fact", each.fact)) for each in open_now]
        parts += [
            blocks.section("open", numbered),
            field("facts:open", "Open questions", blocks.choices(options, facts), is_optional=True),
        ]
    if others:
        options = [Option(rule.name, rule.title) for rule in others]
        parts.append(field("facts:more", "Ask also", blocks.choices(options), is_optional=True))
    parts.append(_own_words("They stand before the questions"))
    return Form("Ask for information", "Send Questions", _goes_to(case), tuple(parts))


def _write(ground: Ground) -> Form:
    text = field("text", "Letter", blocks.words(), hint="An empty line begins a paragraph")
    return Form("Write to the agency", "Send Letter", _goes_to(ground.case), (text,))


def _note(ground: Ground) -> Form:
    text = field("text", "Note", blocks.words())
    return Form("Add a note", "Save Note", "For staff alone; nothing is sent.", (text,))


def _confirm(ground: Ground) -> Form:
    heads = [party for party in ground.case.parties if party.role is Role.HEAD]
    head = min(
        heads,
        key=lambda party: (not party.address, list(Surety).index(party.surety)),
        default=Party(Role.HEAD),
    )
    return Form(
        "Ask the chief to confirm",
        "Send Letter",
        "Goes to the head of the agency alone. Only an address in the register, or on the agency's own domain, is "
        "believed; the answer counts when it comes from there.",
        (
            field(
                "address",
                "Address of the head",
                blocks.words(head.address, most=_SHORT, is_long=False),
                hint="Left empty: as the register has it",
                is_optional=True,
            ),
            field("name", "Name", blocks.words(head.name, most=_SHORT, is_long=False), is_optional=True),
            _own_words("They stand before the request"),
        ),
    )


def _goes_to(case: Case) -> str:
    return f"Goes to {wording.reply_to(case)}, with your name under it."


# --- the call -------------------------------------------------------------------------------------------------------------


def _propose_call(ground: Ground) -> Form:
    case, hours = ground.case, ground.rules.hours
    zones, minutes = hours.zones_of(case.state, case.zone), _minutes(case)
    slots = suggest_slots(hours, zones, ground.taken, ground.now, minutes, _SUGGESTED)
    parts: list[Block] = []
    if slots:
        call = Call(1, "", 0, slots, minutes, "", zones[0].key)
        options = [_slot(call, slot) for slot in slots]
        usual = [each.value for each in options[:USUAL_SLOTS]]
        suiting = blocks.choices(options, usual)
        parts.append(field("slots:suiting", "Times that suit the agency", suiting, is_optional=True))
    hint = "You pick it in your own zone"
    parts += [
        field(f"slots:other{at}", title, blocks.moment(), hint=hint, is_optional=True)
        for at, title in enumerate(("Another time", "One more"), start=1)
    ]
    about = (
        f"{_goes_to(case)} It chooses one of {FEWEST_SLOTS} to {MOST_SLOTS} times, told in {zones[0].key}."
    )
    parts += [*_about_call(case), _own_words("They stand before the times")]
    return Form("Propose call times", "Send Times", about, tuple(parts))


def _slot(call: Call, slot: datetime) -> Option:
    return Option(slot.isoformat(), call.in_words(slot))


def _change_call(ground: Ground) -> Form:
    call = ground.case.call
    was_set = call is not None and call.is_set
    parts: list[Block] = []
    if call and call.state is CallState.PROPOSED and call.slots:
        offered = blocks.choice([_slot(call, slot) for slot in call.slots])
        parts.append(field("slot:offered", "One of the times proposed", offered, is_optional=True))
    parts += [
        field(
            "slot:other",
            "Another time" if parts else "Time",
            blocks.moment(call.chosen if call and was_set else None),
            hint="You pick it in your own zone" + ("; it counts in place of the above" if parts else ""),
            is_optional=bool(parts),
        ),
        *_about_call(ground.case),
        _own_words("In the letter to the agency"),
    ]
    now = "\n".join(wording.times(call)) if call and was_set else "For a time that was agreed on."
    return Form(
        "Move the call" if was_set else "Set the call",
        "Move Call" if was_set else "Set Call",
        f"Invitations go out, to the agency and to our calendars. {now}",
        tuple(parts),
    )


def _cancel_call(ground: Ground) -> Form:
    reason = _reason("For staff, kept in the record", is_optional=True)
    parts = (_own_words("In the letter to the agency"), reason)
    return Form("Cancel the call", "Cancel Call", "The agency and its calendar are told.", parts)


def _about_call(case: Case) -> Iterator[Block]:
    call = case.call
    lengths = [Option(str(each), f"{each} minutes") for each in sorted({*_MINUTES, _minutes(case)})]
    where, guests = (call.where, ", ".join(call.guests)) if call else ("", "")
    yield field("minutes", "Length", blocks.choice(lengths, [str(_minutes(case))]))
    yield field(
        "where",
        "Number, link or place",
        blocks.words(where, most=_SHORT, is_long=False),
        is_optional=True,
    )
    yield field(
        "guests",
        "Staff whose calendars are told",
        blocks.words(guests, most=_SHORT, is_long=False),
        hint="Mail addresses, with commas between",
        is_optional=True,
    )


def _minutes(case: Case) -> int:
    return case.call.minutes if case.call else USUAL_MINUTES


# --- how it goes on -------------------------------------------------------------------------------------------------------

# These steps have forms or buttons of their own.
_NOT_ADVANCED_TO = frozenset({Stage.DECLINED, Stage.AGENCY_REVIEW, Stage.CLOSED})


def _advance(ground: Ground) -> Form:
    case, stages = ground.case, ground.rules.stages
    following = [each for each in stages.following(case.stage) if each not in _NOT_ADVANCED_TO]
    options = [Option(each.value, stages.titles[each]) for each in following]
    order = list(Stage)
    later = [each for each in following if order.index(each) > order.index(case.stage)]
    likely = Stage.WITHDRAWN if case.wants_out else next(iter(later), None)
    return Form(
        "Change the stage",
        "Change Stage",
        f"It is in: {line(stages.titles[case.stage], 100)}.",
        (
            field("stage", "New stage", blocks.choice(options, [likely.value] if likely else []))
            if options
            else blocks.section("none", "No other stage can follow now."),
            _own_words("In the closing letter, where the step sends one"),
            _reason("Some steps need one; kept in the record", is_optional=True),
        ),
    )


def _close(ground: Ground) -> Form:
    return Form(
        "Close the case",
        "Close Case",
        "It leaves the open ones, and can be reopened.",
        (
            _own_words("In the closing letter, where one is sent"),
            _reason("How it ended; kept in the record", is_optional=not _needs_reason(ground, Stage.CLOSED)),
        ),
    )


def _reopen(ground: Ground) -> Form:
    case, stages = ground.case, ground.rules.stages
    stood = case.stood or Stage.RECEIVED
    about = f"It goes on where it stood: {line(stages.titles[stood], 100)}. The agency is not told."
    reason = _reason("Kept in the record", is_optional=not _needs_reason(ground, stood))
    return Form("Reopen the case", "Reopen Case", about, (reason,))


def _needs_reason(ground: Ground, to: Stage) -> bool:
    step = ground.rules.stages.step(ground.case.stage, to)
    return step is not None and Condition.REASON in step.needs


def _draft_decline(ground: Ground) -> Form:
    case, draft = ground.case, ground.case.draft
    rules = [Option(rule.name, rule.title) for rule in ground.rules.policy.rules]
    speaking = [each.rule for each in case.decision.findings if each.outcome in (Outcome.FLAG, Outcome.FAIL)]
    before = draft.grounds if draft else speaking
    text, instead = (draft.text, draft.instead) if draft else ("", "")
    return Form(
        "Draft a decline",
        "Ask for Approval",
        f"Nothing is sent now. Another person approves the letter to {wording.reply_to(case)}.",
        (
            field("grounds", "Grounds", blocks.choices(rules, before), is_optional=True),
            *_room("text", "Your own words", text, "In place of the reasons that the rules give"),
            *_room(
                "instead", "What the agency can do instead", instead, "In place of what the rules suggest"
            ),
        ),
    )


def _hold_followups(ground: Ground) -> Form:
    until = field(
        "until", "Until", blocks.day(), hint="Nothing: until somebody resumes them", is_optional=True
    )
    about = "Nobody is reminded, and nobody checks in, meanwhile."
    return Form("Hold the follow-ups", "Hold Follow-Ups", about, (until, _reason("Kept in the record")))


# --- what is known --------------------------------------------------------------------------------------------------------


def _correct(ground: Ground) -> Form:
    """First the fact, then what it is."""
    facts = ground.rules.policy.facts
    about = "What you say outranks what the messages say. The rules judge again."
    if ground.fact not in facts:
        return Form("Correct a fact", _NEXT, about, (_which_fact(facts.values()),))
    rule = facts[ground.fact]
    parts = (_as_read(ground, rule), _value(ground, rule), _reason("Shown to staff, kept in the record"))
    return Form("Correct a fact", "Correct Fact", about, parts)


def _dispute(ground: Ground) -> Form:
    """First the fact, then the words that were read."""
    facts, told_of = ground.rules.policy.facts, ground.case.decision.facts
    about = "The words no longer count. Without any others, the fact is open again."
    evidence = told_of.evidence(ground.fact)[: blocks.MOST_RADIO]
    if not evidence:
        which = _which_fact(rule for name, rule in facts.items() if told_of.evidence(name))
        return Form("Evidence is wrong", _NEXT, about, (which,))
    options = [Option(str(at), f"{at + 1}. {each.text}") for at, each in enumerate(evidence)]
    parts = (
        _as_read(ground, facts[ground.fact]),
        *(
            blocks.quote(f"words:{at}", [Run(f"{at + 1}. {each.text}"[:_LONG])])
            for at, each in enumerate(evidence)
        ),
        field(EVIDENCE, "Words that do not tell it", blocks.choice(options, ["0"])),
        _reason("Saved as an example for those who keep the rules"),
    )
    return Form("Evidence is wrong", "Evidence Is Wrong", about, parts)


def _which_fact(rules: Iterable[FactRule]) -> Block:
    options = [Option(rule.name, rule.title) for rule in rules]
    if not options:
        return blocks.section("none", "Nothing was read in the messages.")
    return field("fact", "Fact", blocks.choice(options))


def _as_read(ground: Ground, rule: FactRule) -> Block:
    label, facts = ground.rules.label, ground.case.decision.facts
    known = ", ".join(label(rule.name, value) for value in ground.rules.policy.values(facts, rule.name))
    because = [f"“{line(each.text, 200)}”" for each in facts.evidence(rule.name)[:3]]
    title = f"*{line(rule.title, 200)}*, so far: {line(known, 300)}"
    return blocks.section("read", "\n".join((title, *because)))


def _value(ground: Ground, rule: FactRule) -> Block:
    known = ground.case.decision.facts.values(rule.name)
    labels = STATES if rule.name == "agency_state" else rule.labels
    options = [Option(value, text) for value, text in labels.items()]
    if not options:
        element = blocks.words(known[0] if known else "", most=_SHORT, is_long=False)
    elif rule.is_several:
        element = blocks.choices([each for each in options if each.value != UNKNOWN] or options, known)
    else:
        element = blocks.choice(options, known)
    return field("value", rule.title, element)


# --- the work plan --------------------------------------------------------------------------------------------------------

_PART_TITLES = {
    "assistance": "Assistance",
    "experts": "Subject matter experts",
    "staff": "Our staff",
    "milestones": "Milestones",
    "documents": "What is needed of the agency",
}


def _save_plan(ground: Ground) -> Form:
    plan = ground.case.plan
    newest = plan.newest if plan else None
    wanted = (
        f"\n*The agency wants changed:* {line(newest.changes, 2000)}" if newest and newest.changes else ""
    )
    parts = [
        block
        for part in PARTS
        for block in _room(
            part,
            _PART_TITLES[part],
            getattr(newest, part) if newest else "",
            is_optional=part != "assistance",
        )
    ]
    about = f"Nothing is sent now. It becomes version {len(plan.versions) + 1 if plan else 1}.{wanted}"
    return Form("Write the work plan", "Save Work Plan", about, tuple(parts))


def _send_plan(ground: Ground) -> Form:
    plan = ground.case.plan
    about = f"Version {len(plan.versions) if plan else 0}. {_goes_to(ground.case)}"
    return Form("Send the work plan", "Send Work Plan", about, (_own_words("They stand before the plan"),))


def _confirm_plan(ground: Ground) -> Form:
    said = _room("text", "What the agency said", _said_of_plan(ground.case), is_optional=False)
    about = (
        f"Version {_sent_version(ground.case)} counts as approved, and the agency gets a letter that says so."
    )
    return Form("Record the approval", "Record Approval", about, tuple(said))


def _return_plan(ground: Ground) -> Form:
    wanted = _room("text", "What is to change", _said_of_plan(ground.case), is_optional=False)
    about = f"Version {_sent_version(ground.case)} is not approved; the work plan is written anew."
    return Form("Record what is to change", "Record Changes", about, tuple(wanted))


def _said_of_plan(case: Case) -> str:
    return case.plan.answer.words if case.plan and case.plan.answer else ""


def _sent_version(case: Case) -> int:
    return case.plan.sent if case.plan else 0


# --- the public list ------------------------------------------------------------------------------------------------------


def _publish_site(ground: Ground) -> Form:
    case, policy = ground.case, ground.rules.policy
    labels = policy.facts["topics"].labels if "topics" in policy.facts else {}
    topics = [Option(value, text) for value, text in labels.items() if value != "none"]
    shown = case.site.topics if case.site else ()
    known = [value for value, text in labels.items() if text in shown] or case.decision.facts.values("topics")
    status = case.site.status if case.site else Status.ASSESSMENT
    return Form(
        "Show in the public list",
        "Show Publicly",
        "Everybody sees the agency, its state, the assistance, the topics and the status.",
        (
            *([field("topics", "Topics", blocks.choices(topics, known), is_optional=True)] if topics else ()),
            field("status", "Status", blocks.choice([Option(each, each) for each in Status], [status])),
            field(
                "link",
                "Link of the public report",
                blocks.words(case.site.link if case.site else "", most=_SHORT, is_long=False),
                hint="Begins with https://; the agency is told of a new one",
                is_optional=True,
            ),
        ),
    )


# --- parts that many share ------------------------------------------------------------------------------------------------


def _reason(hint: str, *, is_optional: bool = False) -> Block:
    return field("reason", "Reason", blocks.words(most=1000), hint=hint, is_optional=is_optional)


def _own_words(hint: str) -> Block:
    return field("text", "Your own words", blocks.words(), hint=hint, is_optional=True)


def _room(name: str, label: str, before: str, hint: str = "", *, is_optional: bool = True) -> Iterator[Block]:
    """Room for words that may stand there already, in as many fields as they need, and one more where they fill one."""
    cut = pieces(clean(before).strip(), _LONG) or [""]
    if len(cut[-1]) > _ALMOST_FULL:
        cut.append("")
    joint = ""
    for at, piece in enumerate(cut, start=1):
        title = label if at == 1 else f"{label}, continued"
        block_id = f"{name}:{at}:{joint}" if joint else name
        words = blocks.words(piece.strip(), most=_LONG)
        yield field(
            block_id, title, words, hint="" if joint else hint, is_optional=is_optional or bool(joint)
        )
        joint = joint_after(piece)


IN_TWO_STEPS = frozenset({Verb.CORRECT, Verb.DISPUTE})  # the fact is chosen first
FORMS: Mapping[Verb, Callable[[Ground], Form]] = {
    Verb.REROUTE: _reroute,
    Verb.ASK: _ask,
    Verb.WRITE: _write,
    Verb.NOTE: _note,
    Verb.CONFIRM: _confirm,
    Verb.CORRECT: _correct,
    Verb.DISPUTE: _dispute,
    Verb.DUPLICATE: _duplicate,
    Verb.ADVANCE: _advance,
    Verb.CLOSE: _close,
    Verb.REOPEN: _reopen,
    Verb.DRAFT_DECLINE: _draft_decline,
    Verb.PROPOSE_CALL: _propose_call,
    Verb.CHANGE_CALL: _change_call,
    Verb.CANCEL_CALL: _cancel_call,
    Verb.SAVE_PLAN: _save_plan,
    Verb.SEND_PLAN: _send_plan,
    Verb.CONFIRM_PLAN: _confirm_plan,
    Verb.RETURN_PLAN: _return_plan,
    Verb.HOLD_FOLLOWUPS: _hold_followups,
    Verb.PUBLISH_SITE: _publish_site,
}


# --- what has no verb of its own --------------------------------------------------------------------------------------------


def place_held(message: str, channel: str) -> Payload:
    """Which case a held message belongs to."""
    about = blocks.section("about", "The message is added to the case as if its sender took part in it.")
    number = field("case", "Case", blocks.words(most=20, is_long=False), hint="As in CRI-2026-0042")
    seen = metadata("", None, channel, message=message)
    return blocks.modal(
        offers.FORM + Verb.ADD_HELD.value, "Add to a case", seen, (about, number), "Add Message"
    )


def everything(case: Case, channel: str, head: str) -> Payload:
    """All that can be done to a case; `head` tells how it stands, mrkdwn."""
    known = ((verb, offers.OFFERS[verb]) for verb in offers.everything(case))
    options = [Option(verb.value, offer.entry, offer.meaning) for verb, offer in known]
    options.append(Option(offers.FULL, "Show the full message"))
    what = field("what", "What would you like to do", blocks.choice(options))
    seen = metadata(case.number, case.revision, channel)
    return blocks.modal(offers.CHOICE, "All actions", seen, [blocks.section("head", head), what], _NEXT)


def full_message(case: Case, channel: str, texts: tuple[str, ...], page: int) -> Payload:
    """What the agency wrote, the newest first, a page of it; the form leads to the next."""
    cut = [piece for text in texts for piece in pieces(clean(text), _PIECE) if piece.strip()]
    pages = max(1, -(-len(cut) // _PIECES_A_PAGE))
    page = min(max(page, 1), pages)
    shown = cut[(page - 1) * _PIECES_A_PAGE : page * _PIECES_A_PAGE]
    head = f"*{case.number}* {wording.agency(case)}" + (f"\nPage {page} of {pages}" if pages > 1 else "")
    parts: list[Block] = [blocks.section("head", head)]
    parts += [blocks.quote(f"text:{at}", [Run(piece)]) for at, piece in enumerate(shown)]
    if not shown:
        parts.append(blocks.section("none", "No words are kept of this case."))
    following = page % pages + 1
    seen = metadata(case.number, case.revision, channel, page=str(following))
    submit = "" if pages == 1 else "Next Page" if following > page else "First Page"
    return blocks.modal(offers.PAGE, "The full message", seen, parts, submit)
