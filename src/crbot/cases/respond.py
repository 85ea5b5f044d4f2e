"""(case, decision, now) → Change: what follows from a message, as one value.

The change is saved as a whole; what it holds is sent later, from the outbox. A person's decisions are
`crbot.intake.staff`'s, due dates `followups`'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from crbot.cases.absence import Absence
from crbot.cases.case import DRAFTED_BY_THE_BOT, Case, Conversation, Draft, Place, PlanAnswer, Stage
from crbot.cases.chart import Chart
from crbot.cases.invitations import invited
from crbot.cases.letters import Fate, Letter, LetterName, Report, SentLetter, to_agency
from crbot.cases.meetings import Answer, CalendarAnswer, Call, CallState, Choice, Participation
from crbot.cases.rulebook import Rulebook
from crbot.cases.stages import Actor
from crbot.triage.approval import Reading
from crbot.triage.decision import Decision, Disposition, Kind, Outcome, Queue
from crbot.triage.message import Message, Person

MAX_DOUBTS = 8  # on a card

Label = Callable[[str, str], str]  # (fact, value) -> the value in words for people, as the rules tell


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that staff are shown in a channel of theirs, and that is no card."""

    title: str
    text: str  # what it is about, in our words
    quote: str = ""  # the sender's words, or the beginning of what came
    sender: str = ""
    held: int | None = None  # inbox id of the message that waits for a person's word
    about: str | None = None  # number of the case that it names
    again: str = ""  # what can be tried again: inbox id of what was set aside, key of what could not be sent
    place: Place = Place.REVIEW
    is_whole: bool = False  # the quote is ours, and is shown to its end
    chart: Chart | None = None  # shown below it as a picture
    settled: str = ""  # what was done about it, and by whom: then there is nothing to press any more
    settled_at: datetime | None = None
    shown: str = ""  # where it stands already, as its channel calls it; then it is changed there
    calls_duty: bool = False  # whoever is on duty in that channel is called, where somebody is named


@dataclass(frozen=True, slots=True)
class Whisper:
    """A word to one person of staff that nobody else sees."""

    to: str  # Slack user id
    channel: str
    text: str


@dataclass(frozen=True, slots=True)
class LateFile:
    """An attached file that could not be brought in with its message, and is tried again."""

    name: str
    listed: Mapping[str, str]  # as its channel names it
    message: str  # the identity of the message that it belongs to
    doubt: str  # what staff are told until it is there


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a case's record: what happened, and by whom."""

    what: str
    by: str  # a `Person.key`, a member of staff, or "crbot"
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Beside:
    """A second case that the same event changes."""

    case: Case  # one revision on
    log: str  # for its card's thread


@dataclass(frozen=True, slots=True)
class Settlement:
    """A person has done what a notice waited for: it is shown as settled."""

    words: str
    held: int | None = None  # the notice's
    again: str = ""  # the notice's


@dataclass(frozen=True, slots=True)
class Change:
    """All that follows from one event."""

    case: Case | None = None  # as it is from now on; None where no case is changed
    about: str | None = None  # number of a case that this concerns without changing it
    letters: tuple[Letter, ...] = ()
    redraws_card: bool = False
    log: str = ""  # a line for the card's thread
    notices: tuple[Notice, ...] = ()
    settles: Settlement | None = None
    holds: bool = False  # the message waits for a person's word
    whispers: tuple[Whisper, ...] = ()
    late_files: tuple[LateFile, ...] = ()
    entries: tuple[Entry, ...] = ()
    beside: Beside | None = None
    calls: str = ""  # the member of staff whom the line in the thread calls


@dataclass(frozen=True, slots=True)
class Heard:
    """A message in its place: what came, where it is answered, what staff should know of it."""

    message: Message
    conversation: Conversation
    participants: frozenset[str]  # `Person.key` of everyone who may add to its case from now on
    doubts: tuple[str, ...] = ()
    inbox_id: int = 0
    gist: str = ""  # a machine's message in words
    settles: str = ""  # a doubt that this message ends
    detail: Mapping[str, object] = field(default_factory=dict)  # what the record keeps of it besides
    absence: Absence | None = None  # of its sender, as an absence notice tells
    plan_answer: PlanAnswer | None = None  # what it seems to say of the work plan that it answers
    choice: Choice | None = None  # what it says to the call times that were proposed


def open_case(heard: Heard, decision: Decision, number: str, label: Label, now: datetime) -> Change:
    """A request begins a case: it is acknowledged, with the open questions, and shown to staff."""
    case = Case(
        number=number,
        revision=1,
        stage=Stage.RECEIVED,
        requester=heard.message.sender,
        conversation=heard.conversation,
        decision=decision,
        opened_at=now,
        queue=decision.queue or Queue.UNROUTED,
        subject=heard.message.subject,
        asked=tuple(question.fact for question in decision.questions),
        participants=heard.participants,
        draft=draft_of(decision),
        doubts=heard.doubts[:MAX_DOUBTS],
        changed_by=heard.message.sender.key,
        changed_at=now,
        last_heard_at=now,
    )
    return Change(
        case=case,
        letters=_answer(LetterName.ACKNOWLEDGEMENT, case, heard, label),
        redraws_card=True,
        entries=(_entry("opened", heard, decision),),
    )


def continue_case(case: Case, heard: Heard, decision: Decision, rules: Rulebook, now: datetime) -> Change:
    """A reply adds to its case: answered questions are closed, the card is drawn anew.

    What was set aside goes on; to whatever else has ended staff decide whether it does. A reply that seems to take
    the request back, or to approve the work plan, is shown to staff to confirm.
    """
    goes_on = case.stage.is_ended and _goes_on(case, rules)
    changed = case.changed(
        stage=case.stood or Stage.RECEIVED if goes_on else case.stage,
        outcome="" if goes_on else case.outcome,
        decision=decision,
        conversation=heard.conversation,
        queue=queue_after(case, decision),
        asked=tuple(question.fact for question in decision.questions),
        participants=case.participants | heard.participants,
        doubts=_with_doubts(case, heard),
        plan=replace(case.plan, answer=heard.plan_answer) if case.plan and heard.plan_answer else case.plan,
        call=_call_after(case.call, heard.choice),
        changed_by=heard.message.sender.key,
        changed_at=now,
        last_heard_at=now,
        absence=None,
    )
    changed = replace(changed, draft=draft_after(changed, decision))
    return Change(
        case=changed,
        letters=(*_noted(case, changed, heard, rules.policy.label), *_call_set(changed, heard.choice)),
        redraws_card=True,
        log=" ".join(_what_came(case, changed, heard, rules)),
        notices=_spoken_too_late(changed, heard),
        entries=(_entry("replied", heard, decision),),
    )


MOST_QUOTED = 300  # characters of somebody's words in a line of ours


def quote_of(words: str) -> str:
    """Somebody's words in a line of ours: on one line, clipped, and calling nobody by an id."""
    plain = " ".join(words.split()).replace("<", "‹").replace(">", "›")
    return f"“{plain[:MOST_QUOTED].rstrip()}{'…' if len(plain) > MOST_QUOTED else ''}”"


def _goes_on(case: Case, rules: Rulebook) -> bool:
    """The agency's own word is enough to go on with what has ended so."""
    step = rules.stages.step(case.stage, case.stood or Stage.RECEIVED)
    return step is not None and Actor.AGENCY in step.by


def _noted(case: Case, changed: Case, heard: Heard, label: Label) -> tuple[Letter, ...]:
    """The letter that notes the answers, where the message answers or opens a question."""
    if changed.stage.is_ended or changed.wants_out:
        return ()
    answered = [fact for fact in case.asked if changed.decision.facts.is_known(fact)]
    if not answered and set(changed.asked) <= set(case.asked):
        return ()
    counts = {"answered": len(answered), "asked": len(case.asked)}
    return _answer(LetterName.ANSWERS_NOTED, changed, heard, label, counts)


def _what_came(case: Case, changed: Case, heard: Heard, rules: Rulebook) -> Iterator[str]:
    """What the message brought, in sentences for the card's thread."""
    yield _what_is_new(case, changed.decision, rules.policy.label)
    if changed.stage is not case.stage:
        yield f"The case goes on: {rules.stages.titles[changed.stage]}."
    if changed.wants_out:
        words = changed.decision.facts.evidence("withdrawn")
        yield "It seems to take the request back" + (f": {quote_of(words[0].text)}." if words else ".")
        yield "Confirm that it is withdrawn, or keep the case open."
    if heard.choice is not None:
        yield _of_call(changed, heard.choice)
    if heard.plan_answer is not None:
        yield _SAYS_OF_PLAN[heard.plan_answer.reads_as]


def _call_after(call: Call | None, choice: Choice | None) -> Call | None:
    return call.at(choice.slot) if call and choice and choice.slot else call


def _call_set(case: Case, choice: Choice | None) -> tuple[Letter, ...]:
    """The letter that confirms the chosen time, and the invitations."""
    return invited(case, LetterName.CALL_SET) if choice and choice.slot else ()


def _of_call(case: Case, choice: Choice) -> str:
    words = f" (“{choice.words}”)" if choice.words else ""
    if case.call and choice.slot:
        return f"The call is set for {case.call.in_words(choice.slot)}{words}."
    if choice.answer is Answer.NONE:
        return f"None of the call times suits{words}; propose others."
    return f"It speaks of a time for the call that was not offered, or is free no more{words}; please look."


_SAYS_OF_PLAN = {
    Reading.APPROVAL: "It reads as an approval of the work plan; confirm it, or record what is to change.",
    Reading.CHANGES: "It seems to want changes in the work plan; confirm them, or record the approval.",
    Reading.UNCLEAR: "The work plan is with the agency; it is not clear whether this approves it.",
}


def _spoken_too_late(case: Case, heard: Heard) -> tuple[Notice, ...]:
    """Nobody looks at the card of a case that has ended: staff are told that somebody wrote to it."""
    if not case.stage.is_ended:
        return ()
    notice = Notice(
        title=f"The agency writes to {case.number}, which is {case.stage}",
        text=_with_words_of_doubt(
            f"{case.agency}. It was added to the case, and nothing was sent. Reopen the case if it goes on.",
            heard,
        ),
        quote=heard.message.body,
        sender=heard.message.sender.name or heard.message.sender.address or "",
        about=case.number,
    )
    return (notice,)


def file_away(case: Case | None, heard: Heard, decision: Decision) -> Change:
    """A machine's words are never answered; where they belong to a case, its card's thread tells of them."""
    entry = _entry("filed", heard, decision)
    if case is None:
        return Change(entries=(entry,))
    said = heard.gist or f"An automatic message came, nothing was sent: {decision.kind_reason.text}"
    if heard.absence is not None:
        case = replace(case, absence=heard.absence)
        said += (
            f" Back on {heard.absence.until:%B %-d}, it says; what is due before waits until after that day."
        )
    doubts = tuple(doubt for doubt in case.doubts if doubt != heard.settles)
    return Change(
        case=case.changed(doubts=doubts),
        redraws_card=True,
        log=said,
        entries=(entry,),
    )


def answer_invitation(case: Case, heard: Heard, decision: Decision, told: CalendarAnswer) -> Change:
    """A calendar answers the invitation to a call: staff see it; what it proposes, they decide."""
    call = case.call
    if call is None or told.uid != call.uid:
        return file_away(case, heard, decision)
    entry = _entry("calendar answered", heard, decision, {"says": told.says.value, "attendee": told.attendee})
    if told.sequence < call.sequence:
        log = f"A calendar answers an invitation that was changed since: {told.says}."
        return Change(case=case.changed(), redraws_card=True, log=log, entries=(entry,))
    log = _SAYS_OF_CALL[told.says]
    if told.proposes is not None:
        log += f" It proposes {call.in_words(told.proposes)}."
    is_off = told.says is Participation.DECLINED and call.is_set
    after = replace(call, state=CallState.DECLINED) if is_off else call
    return Change(case=case.changed(call=after), redraws_card=True, log=log, entries=(entry,))


_SAYS_OF_CALL = {
    Participation.ACCEPTED: "The agency's calendar has accepted the call.",
    Participation.DECLINED: "The agency's calendar has declined the call; find another time.",
    Participation.TENTATIVE: "The agency's calendar has accepted the call, not for certain.",
    Participation.DELEGATED: "The agency has passed the invitation on to somebody else.",
    Participation.COUNTERED: "The agency's calendar asks for another time; change the call, or write to them.",
    Participation.UNKNOWN: "The agency's calendar has answered the invitation; it is not clear how.",
}


def report_on(
    case: Case | None, letter: SentLetter | None, heard: Heard, decision: Decision, told: Report
) -> Change:
    """A machine tells what became of a letter: where it did not arrive, a person must find another way."""
    name = letter.name.value.replace("_", " ") if letter else "letter"
    whom = letter.recipient if letter else ", ".join(told.recipients[:3])
    because = " ".join(filter(None, (told.status, told.reason)))
    said = f"The {name} {_FATES[told.fate]}{f' ({whom})' if whom else ''}" + (
        f": {because}" if because else ""
    )
    detail = {"letter": name, "recipient": whom, "status": told.status, "reason": told.reason}
    entry = _entry(f"letter {told.fate.value}", heard, decision, detail)
    if case is not None:
        return Change(case=case.changed(), redraws_card=True, log=said, entries=(entry,))
    if letter is None or told.fate is not Fate.FAILED:
        return Change(entries=(entry,))
    notice = Notice(
        title=f"Not delivered: the {name}", text=said, quote=heard.message.body[:600], sender=whom
    )
    return Change(notices=(notice,), entries=(entry,))


_FATES = {
    Fate.FAILED: "did not arrive",
    Fate.DELAYED: "is delayed, the mail server goes on trying",
    Fate.ARRIVED: "arrived",
    Fate.OPENED: "was opened",
}


def note_repetition(number: str | None, told_to: Case | None, heard: Heard, decision: Decision) -> Change:
    """The same sender wrote the same again: it is kept with the first, and nothing is sent.

    `told_to`: the case whose staff are to see it; None where they have seen enough of them.
    """
    entry = _entry("repeated", heard, decision)
    if told_to is None:
        return Change(about=number, entries=(entry,))
    log = f"The sender wrote the same again, and nothing was sent: “{heard.message.subject[:200]}”"
    return Change(case=told_to.changed(), redraws_card=True, log=log, entries=(entry,))


def note_own_words(case: Case, heard: Heard, decision: Decision) -> Change:
    """A person of ours wrote from the desk's own address: staff see it, the facts stay as they are."""
    log = f"Written from the desk's own address: “{heard.message.body[:1000]}”"
    return Change(
        case=case.changed(), redraws_card=True, log=log, entries=(_entry("own words", heard, decision),)
    )


def hold(case: Case, heard: Heard, decision: Decision) -> Change:
    """Somebody who takes no part in a case writes to it: a person looks first, and nothing is sent."""
    notice = Notice(
        title=f"Held: a stranger writes to {case.number}",
        text=_waiting(
            f"The sender takes no part in {case.number} ({case.agency}). It was not added to the case.", heard
        ),
        quote=heard.message.body,
        sender=heard.message.sender.address or heard.message.sender.name,
        held=heard.inbox_id,
        about=case.number,
    )
    entries = (_entry("held", heard, decision),)
    return Change(about=case.number, notices=(notice,), holds=True, entries=entries)


def hold_unsigned(heard: Heard, decision: Decision) -> Change:
    """It is not clear who wrote, so that nobody can be answered: a person looks first."""
    notice = Notice(
        title="Held: it is not clear who wrote",
        text=_waiting("Nobody could be answered, and no case was opened.", heard),
        quote=heard.message.body,
        sender=heard.message.sender.name,
        held=heard.inbox_id,
    )
    return Change(notices=(notice,), holds=True, entries=(_entry("held", heard, decision),))


def hold_flood(heard: Heard, decision: Decision, *, is_told: bool) -> Change:
    """One sender writes more than is taken in a day: it is kept, and no case is opened before a person looks."""
    notice = Notice(
        title="Held: one sender writes very often",
        text=_waiting(
            "More came from this address today than one sender is given cases. Nothing was sent.", heard
        ),
        quote=heard.message.body,
        sender=heard.message.sender.address or "",
        held=heard.inbox_id,
    )
    entries = (_entry("held", heard, decision),)
    return Change(notices=(notice,) if is_told else (), holds=True, entries=entries)


def _with_words_of_doubt(text: str, heard: Heard) -> str:
    return " ".join((text, *(f"{doubt}." for doubt in heard.doubts)))


def _waiting(text: str, heard: Heard) -> str:
    return _with_words_of_doubt(f"{text} It waits for a person as message {heard.inbox_id}.", heard)


def answer_without_case(heard: Heard, decision: Decision) -> Change:
    """No request: an enquiry or a complaint gets its short answer, and staff see it."""
    letter = Letter(_LETTER_OF[decision.kind], heard.conversation, fields=_greeting(heard.message.sender))
    notice = Notice(
        title=_TITLE_OF[decision.kind],
        text=_with_words_of_doubt(decision.kind_reason.text, heard),
        quote=heard.message.body,
        sender=heard.message.sender.name or heard.message.sender.address or "",
    )
    letters = (letter,) if heard.conversation.address else ()
    return Change(letters=letters, notices=(notice,), entries=(_entry("answered", heard, decision),))


_LETTER_OF = {
    Kind.ENQUIRY: LetterName.ENQUIRY,
    Kind.GRANT_ENQUIRY: LetterName.GRANT_ENQUIRY,
    Kind.COMPLAINT: LetterName.COMPLAINT,
}
_TITLE_OF = {
    Kind.ENQUIRY: "An enquiry, no request",
    Kind.GRANT_ENQUIRY: "A question about grants",
    Kind.COMPLAINT: "A complaint",
}


def draft_of(decision: Decision) -> Draft | None:
    """A decline that waits for a person, where the rules call a request ineligible."""
    if decision.disposition is not Disposition.INELIGIBLE:
        return None
    grounds = tuple(each.rule for each in decision.findings if each.outcome is Outcome.FAIL)
    return Draft(grounds=grounds, by=DRAFTED_BY_THE_BOT)


def draft_after(case: Case, decision: Decision) -> Draft | None:
    """The draft once a case is decided so: a person's stays, the rules' own follows the facts while the case is open."""
    if case.draft is not None and case.draft.by != DRAFTED_BY_THE_BOT:
        return case.draft
    return None if case.stage.is_ended else draft_of(decision)


def _with_doubts(case: Case, heard: Heard) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*case.doubts, *heard.doubts)))[:MAX_DOUBTS]


def queue_after(case: Case, decision: Decision) -> Queue:
    """Where staff moved a case by hand, it stays; else it follows the facts."""
    was_moved = case.queue is not case.decision.queue
    return case.queue if was_moved or decision.queue is None else decision.queue


def _answer(
    name: LetterName, case: Case, heard: Heard, label: Label, more: Mapping[str, object] | None = None
) -> tuple[Letter, ...]:
    if not heard.conversation.address:
        return ()
    fields: dict[str, object] = {
        **_greeting(heard.message.sender),
        "asks_for": [label("services", service) for service in case.decision.facts.values("services")],
        "questions": [question.text for question in case.decision.questions],
        "is_acute": case.decision.is_acute,
        **(more or {}),
    }
    return (to_agency(case, name, fields),)


def _greeting(sender: Person) -> dict[str, object]:
    return {"name": sender.name}


def _what_is_new(case: Case, decision: Decision, label: Label) -> str:
    """The facts that this message added or changed, for the card's thread."""
    before, after = case.decision.facts, decision.facts
    changes = [
        f"{fact.replace('_', ' ')}: {', '.join(label(fact, value) for value in statement.values) or 'none'}"
        for fact, statement in after.statements.items()
        if statement.values != (before.statements[fact].values if fact in before.statements else ())
        and statement.values not in ((), ("unknown",))
    ]
    return "The agency wrote. " + ("New: " + "; ".join(changes) if changes else "No new facts.")


def _entry(what: str, heard: Heard, decision: Decision, more: Mapping[str, object] | None = None) -> Entry:
    return Entry(
        what=what,
        by=heard.message.sender.key,
        detail={
            "kind": decision.kind.value,
            "disposition": decision.disposition.value,
            "queue": decision.queue.value if decision.queue else None,
            "rules": decision.rules.sha256,
            "doubts": list(heard.doubts),
            **heard.detail,
            **(more or {}),
        },
    )
