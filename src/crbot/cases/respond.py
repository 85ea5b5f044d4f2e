"""(case, decision, now) → Change: what follows from a message, as one value.

The change is saved as a whole; what it holds is sent later, from the outbox. A person's decisions are
`crbot.intake.staff`'s, due dates `followups`'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crbot.cases.case import DRAFTED_BY_THE_BOT, Case, Conversation, Draft, Stage
from crbot.cases.letters import Fate, Letter, LetterName, Report, SentLetter
from crbot.triage.decision import Decision, Disposition, Kind, Outcome, Queue
from crbot.triage.message import Message, Person

MAX_DOUBTS = 8  # on a card

Label = Callable[[str, str], str]  # (fact, value) -> the value in words for people, as the rules tell


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that staff are shown in the review channel and that is no case."""

    title: str
    text: str  # what it is about, in our words
    quote: str = ""  # the sender's words, or the beginning of what came
    sender: str = ""
    held: int | None = None  # inbox id of the message that waits for a person's word
    about: str | None = None  # number of the case that it names


@dataclass(frozen=True, slots=True)
class Whisper:
    """A word to one person of staff that nobody else sees."""

    to: str  # Slack user id
    channel: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a case's record: what happened, and by whom."""

    what: str
    by: str  # a `Person.key`, a member of staff, or "crbot"
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """All that follows from one event."""

    case: Case | None = None  # as it is from now on; None where no case is changed
    about: str | None = None  # number of a case that this concerns without changing it
    letters: tuple[Letter, ...] = ()
    redraws_card: bool = False
    log: str = ""  # a line for the card's thread
    notices: tuple[Notice, ...] = ()
    holds: bool = False  # the message waits for a person's word
    whispers: tuple[Whisper, ...] = ()
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """A message in its place: what came, where it is answered, what staff should know of it."""

    message: Message
    conversation: Conversation
    participants: frozenset[str]  # `Person.key` of everyone who may add to its case from now on
    doubts: tuple[str, ...] = ()
    inbox_id: int = 0
    gist: str = ""  # a machine's message in words
    detail: Mapping[str, object] = field(default_factory=dict)  # what the record keeps of it besides


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
    )
    return Change(
        case=case,
        letters=_answer(LetterName.ACKNOWLEDGEMENT, case, heard, label),
        redraws_card=True,
        entries=(_entry("opened", heard, decision),),
    )


def continue_case(case: Case, heard: Heard, decision: Decision, label: Label, now: datetime) -> Change:
    """A reply adds to its case: answered questions are closed, the card is drawn anew."""
    answered = tuple(fact for fact in case.asked if decision.facts.is_known(fact))
    changed = case.changed(
        decision=decision,
        conversation=heard.conversation,
        queue=_queue_after(case, decision),
        asked=tuple(question.fact for question in decision.questions),
        participants=case.participants | heard.participants,
        draft=draft_of(decision) if case.draft is None or case.draft.by == DRAFTED_BY_THE_BOT else case.draft,
        doubts=_with_doubts(case, heard),
    )
    is_worth_a_letter = bool(answered) or bool(set(changed.asked) - set(case.asked))
    letters = _answer(LetterName.ANSWERS_NOTED, changed, heard, label) if is_worth_a_letter else ()
    return Change(
        case=changed,
        letters=letters,
        redraws_card=True,
        log=_what_is_new(case, decision, label),
        entries=(_entry("replied", heard, decision),),
    )


def file_away(case: Case | None, heard: Heard, decision: Decision) -> Change:
    """A machine's words are never answered; where they belong to a case, its card's thread tells of them."""
    entry = _entry("filed", heard, decision)
    if case is None:
        return Change(entries=(entry,))
    return Change(
        case=case.changed(),
        redraws_card=True,
        log=heard.gist or f"An automatic message came, nothing was sent: {decision.kind_reason.text}",
        entries=(entry,),
    )


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


def _with_doubts(case: Case, heard: Heard) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*case.doubts, *heard.doubts)))[:MAX_DOUBTS]


def _queue_after(case: Case, decision: Decision) -> Queue:
    """Where staff moved a case by hand, it stays; else it follows the facts."""
    was_moved = case.queue is not case.decision.queue
    return case.queue if was_moved or decision.queue is None else decision.queue


def _answer(name: LetterName, case: Case, heard: Heard, label: Label) -> tuple[Letter, ...]:
    if not heard.conversation.address:
        return ()
    facts = case.decision.facts
    fields: dict[str, object] = {
        **_greeting(heard.message.sender),
        "agency": case.agency if facts.is_known("agency_name") else "",
        "asks_for": [label("services", service) for service in facts.values("services")],
        "questions": [question.text for question in case.decision.questions],
        "is_acute": case.decision.is_acute,
    }
    return (Letter(name, heard.conversation, case=case.number, fields=fields),)


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
