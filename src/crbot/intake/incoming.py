"""A message arrives: read, decided, answered, saved, as one change.

How bytes are read is the reader's, how messages are decided `crbot.triage.decide`'s, what follows
`crbot.cases.respond`'s, which case a message belongs to `threads`'; this puts them in order and keeps one bad message
from stopping the next.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from crbot.cases.absence import Absence, back_on
from crbot.cases.case import Case, PlanAnswer, Stage
from crbot.cases.followups import dated
from crbot.cases.letters import Report
from crbot.cases.meetings import Answer, Call, CallState, Choice, is_free, read_choice
from crbot.cases.respond import (
    Change,
    Entry,
    Heard,
    Notice,
    Settlement,
    answer_invitation,
    answer_without_case,
    continue_case,
    file_away,
    hold,
    hold_flood,
    hold_unsigned,
    note_own_words,
    note_repetition,
    open_case,
    report_on,
)
from crbot.cases.rulebook import Rulebook
from crbot.intake.acting import mention
from crbot.intake.confirming import answered, ask_by_itself, doubt_of, without_anothers
from crbot.intake.lookalikes import imitates_name
from crbot.intake.ports import (
    Ignored,
    Kept,
    Proof,
    Reader,
    Received,
    Sightings,
    StaffAction,
    Stale,
    Store,
    Unreadable,
    Verb,
)
from crbot.intake.repeats import DAY, DEFAULT_LIMITS, Limits, is_worth_telling, likeness
from crbot.intake.samematter import alike_to, kin_of
from crbot.intake.staff import act, look_up
from crbot.intake.threads import (
    Thread,
    Trace,
    domain_of,
    going_on,
    is_own,
    looks_like_a_participant,
    may_add,
    thread_of,
)
from crbot.intake.vouching import NO_MEANS, Means, known_of
from crbot.triage.approval import read_approval
from crbot.triage.decide import MOST_READ, beginning_of, decide
from crbot.triage.decision import Decision, Kind, Reason
from crbot.triage.facts import NEW, Known
from crbot.triage.message import Channel, Mark, Person
from crbot.triage.policy import Policy
from crbot.triage.register import Register, consult

# A message that ended the whole process so often is set aside: it would end it for ever.
MAX_ATTEMPTS = 5
MOST_AKIN = 20  # cases of one agency that a new one is compared with
# A bounce that names no letter is about the newest one that went to its recipient in this time.
_BOUNCES_WITHIN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the desk works with."""

    store: Store
    reader: Reader
    rules: Rulebook
    own: frozenset[str]  # our own addresses, folded: never a participant, never answered
    clock: Callable[[], datetime]
    limits: Limits = DEFAULT_LIMITS
    means: Means = NO_MEANS

    @property
    def policy(self) -> Policy:
        return self.rules.policy


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
        # Somebody was faster, or it is not its turn: it is taken up again with the case as it is then.
        desk.store.let_go(kept)
        return Thought(kept.id, "again")
    except desk.store.failures:
        raise  # the database's trouble, not the message's: it is taken up again later
    except Exception as error:  # noqa: BLE001  (a message that breaks the code must not stop the next one)
        where = traceback.extract_tb(error.__traceback__)[-1]
        return _set_aside(desk, kept, f"It broke the program: {type(error).__name__} in {where.name}.")
    return thought


def _thought(desk: Desk, kept: Kept, what: Received | StaffAction | Ignored) -> Thought:
    if isinstance(what, Ignored):
        _save(desk, kept, Change(whispers=what.told))
        return Thought(kept.id, "ignored", trouble=what.why)
    if isinstance(what, StaffAction):
        if what.verb in (Verb.ADD_HELD, Verb.OPEN_HELD):
            return _admitted(desk, kept, what)
        if what.verb is Verb.RETRY:
            return _retried(desk, kept, what)
        with desk.store.in_turn(kept):
            _save(desk, kept, _acted(desk, what))
        return Thought(kept.id, f"acted: {what.verb}", case=what.case)
    return _decided(desk, kept, what)


def _save(
    desk: Desk,
    kept: Kept,
    change: Change,
    received: Received | None = None,
    decision: Decision | None = None,
    admitted: int | None = None,
) -> None:
    now = desk.clock()
    if received is not None and received.late_files:
        change = replace(change, late_files=received.late_files)
    with desk.store.in_turn(kept):
        desk.store.save(kept, dated(change, now), now, received, decision, admitted)


def _decided(desk: Desk, kept: Kept, received: Received) -> Thought:
    heard = _heard(desk, kept, received)
    with desk.store.in_turn(kept):  # it has been read: what follows depends on what came before
        thread = thread_of(desk.store, received)
        decision = decision_on(received, _known(thread.case), desk.policy, desk.means.register)
        if received.report is not None:
            change = _reported(desk, thread, heard, decision, received.report)
        else:
            change = _change(desk, thread, heard, received, decision)
        _save(desk, kept, _within_limits(desk, change), received, decision)
    number = change.case.number if change.case else change.about
    return Thought(kept.id, "decided", case=number, decision=decision)


def decision_on(
    received: Received, known: Known, policy: Policy, register: Register | None = None
) -> Decision:
    """What is decided about a message that arrives, in the light of its case."""
    if received.report is not None:
        because = Reason("A mail server tells what became of a letter.")
        return Decision(Kind.AUTOMATIC, because, policy.version)
    decision = _consulted(decide(received.message, policy, known), received, policy, register)
    is_list_mail = Mark.LIST in received.message.marks and not known.in_case
    if not is_list_mail or decision.kind.is_silent or decision.facts.values("services"):
        return decision
    # What comes through a list is not written to us, unless it asks for what the programs offer.
    because = Reason("It came through a mailing list, and asks for no help of these programs.")
    return Decision(Kind.AUTOMATIC, because, decision.rules)


def _consulted(decision: Decision, received: Received, policy: Policy, register: Register | None) -> Decision:
    """The decision with what the register of agencies settles; a domain that our server doubts settles nothing."""
    if register is None or not decision.kind.is_case:
        return decision
    address = (received.message.sender.address or "").casefold()
    domain = address.rpartition("@")[2] if received.proof in (Proof.PROVEN, Proof.UNKNOWN) else ""
    return consult(register, decision, policy, domain)


def _change(desk: Desk, thread: Thread, heard: Heard, received: Received, decision: Decision) -> Change:
    case = thread.case
    if received.is_ours:
        return note_own_words(case, heard, decision) if case else file_away(None, heard, decision)
    is_let_in = case is not None and may_add(case, received, desk.policy.words.of("domain_private_mail"))
    if case is not None and is_let_in and received.calendar is not None:
        return answer_invitation(case, heard, decision, received.calendar)
    if decision.kind.is_silent:
        if case is not None and is_let_in:
            heard = replace(heard, absence=_absence(desk, case, heard))
        # A machine of somebody else's that names a case is filed, but not with the case.
        return file_away(case if is_let_in or thread.trace is not Trace.SUBJECT else None, heard, decision)
    if case is not None and received.ticket is not None:
        doubt = doubt_of(case, received, desk.means, desk.rules, desk.clock())
        if not doubt:
            return answered(case, heard, received, decision, desk.rules, desk.clock())
        heard = _doubted(heard, doubt)
    if case is not None and not is_let_in:
        return hold(case, _warned(heard, case), decision)
    if case is not None:
        return _continued(desk, case, heard, received, decision)
    return _new_matter(desk, heard, received, decision)


def _absence(desk: Desk, case: Case, heard: Heard) -> Absence | None:
    """That whoever letters go to is away, where an automatic message of theirs tells until when."""
    message, now = heard.message, desk.clock()
    address = (message.sender.address or "").casefold()
    if Mark.AUTOMATIC not in message.marks or address != case.conversation.address.casefold():
        return None
    zone = desk.rules.hours.zones_of(case.state, case.zone)[0]
    day = back_on(message.body, now.astimezone(zone).date())
    return Absence(now, datetime.combine(day, time(), zone)) if day else None


def _continued(desk: Desk, case: Case, heard: Heard, received: Received, decision: Decision) -> Change:
    if case.stage is Stage.AGENCY_REVIEW and case.plan is not None:
        reading, words = read_approval(beginning_of(heard.message), desk.policy)
        answer = PlanAnswer(reading, words, heard.message.sender.key, desk.clock())
        heard = replace(heard, plan_answer=answer)
    if case.call is not None and case.call.state is CallState.PROPOSED and not case.stage.is_ended:
        heard = replace(heard, choice=_choice(desk, case, case.call, heard))
    return _vouched(desk, continue_case(case, heard, decision, desk.rules, desk.clock()), received)


def _vouched(desk: Desk, change: Change, received: Received) -> Change:
    """The change with what is known of the persons of its case; its head is asked where the rules say so."""
    change = without_anothers(change, desk.means, desk.rules)
    if change.case is None:
        return change
    case, occasion = known_of(change.case, received, desk.means, desk.rules, desk.own)
    case = replace(case, kin=kin_of(case, desk.policy))
    return ask_by_itself(replace(change, case=case), occasion, desk.means, desk.rules, desk.clock())


def _acted(desk: Desk, action: StaffAction) -> Change:
    return act(*look_up(action, desk.rules, desk.store, desk.clock(), desk.means))


def _choice(desk: Desk, case: Case, call: Call, heard: Heard) -> Choice | None:
    """The call time that a message chooses; one that has passed, or is taken by now, is for a person to see."""
    choice = read_choice(beginning_of(heard.message), call, desk.policy.words)
    if choice is None or choice.slot is None:
        return choice
    busy = desk.store.busy(case.owner, case.number) if case.owner else ()
    can_be = choice.slot > desk.clock() and is_free(choice.slot, call.minutes, busy)
    return choice if can_be else replace(choice, answer=Answer.UNCLEAR, slot=None)


def _new_matter(desk: Desk, heard: Heard, received: Received, decision: Decision) -> Change:
    """What belongs to no case: a request opens one, unless its sender floods us."""
    is_mail = received.message.channel is Channel.EMAIL
    if is_mail and decision.kind.is_case and received.message.sender.address is None:
        return hold_unsigned(heard, decision)
    seen = _sightings(desk, received) if is_mail else Sightings()
    if seen.alike:
        case = desk.store.case(seen.case) if seen.case and is_worth_telling(seen.alike) else None
        return note_repetition(seen.case, case, heard, decision)
    if seen.cases >= desk.limits.cases_a_day:
        is_told = is_worth_telling(seen.messages - desk.limits.cases_a_day + 1)
        return hold_flood(heard, decision, is_told=is_told)
    if decision.kind.is_case:
        return _opened(desk, heard, received, decision)
    return answer_without_case(heard, decision)


def _opened(desk: Desk, heard: Heard, received: Received, decision: Decision) -> Change:
    domain, agency = domain_of(heard.message.sender), decision.facts.value("agency_name")
    if imitates_name(domain, agency):
        heard = _doubted(heard, f"The sender's domain {domain} is written almost like {agency}")
    number = desk.store.new_number(desk.clock())
    change = open_case(heard, decision, number, desk.policy.label, desk.clock())
    return _compared(desk, _vouched(desk, change, received))


def _compared(desk: Desk, change: Change) -> Change:
    """The change of a new case with the cases that may be about the same matter; a person joins them, or not."""
    case = change.case
    if case is None or not case.kin:
        return change
    alike = alike_to(case, desk.store.akin(case.kin, MOST_AKIN), desk.rules, desk.clock())
    said = " ".join(f"It looks like {each.case}: {', '.join(each.because)}." for each in alike)
    return replace(change, case=replace(case, alike=alike), log=f"{change.log} {said}".strip())


def _sightings(desk: Desk, received: Received) -> Sightings:
    words = likeness(received.message)
    return (
        desk.store.sightings(received.message.sender.key, words, desk.clock() - DAY) if words else Sightings()
    )


def _reported(desk: Desk, thread: Thread, heard: Heard, decision: Decision, told: Report) -> Change:
    """A machine tells what became of a letter: it is tied to the letter, and to its case."""
    letter = desk.store.letter_of(told, desk.clock() - _BOUNCES_WITHIN)
    case = going_on(desk.store, desk.store.case(letter.case)) if letter and letter.case else thread.case
    return report_on(case, letter, heard, decision, told)


def _within_limits(desk: Desk, change: Change) -> Change:
    """The change without the letters that would be too many for one address in a day."""
    kept_back = [
        letter
        for letter in change.letters
        if letter.to.channel is Channel.EMAIL and _is_one_too_many(desk, letter.to.address)
    ]
    if not kept_back:
        return change
    letters = tuple(letter for letter in change.letters if letter not in kept_back)
    case = change.case
    if case is not None and any(letter.ticket for letter in kept_back):
        case = replace(case, confirmation=None)  # nobody was asked
    said = f"No letter was sent: {desk.limits.letters_a_day} have gone to this address within a day."
    return replace(change, case=case, letters=letters, log=f"{change.log} {said}".strip())


def _is_one_too_many(desk: Desk, address: str) -> bool:
    return desk.store.letters_to(address.casefold(), desk.clock() - DAY) >= desk.limits.letters_a_day


def _admitted(desk: Desk, kept: Kept, action: StaffAction) -> Thought:
    """A person tells where a held message belongs: it is decided as if its sender took part."""
    held_id = action.values.get("message", "")
    held = desk.store.held(int(held_id)) if held_id.isdecimal() else None
    received = desk.reader.read(held.arrival) if held else None
    case = going_on(desk.store, desk.store.case(action.case)) if action.verb is Verb.ADD_HELD else None
    is_without_case = action.verb is Verb.ADD_HELD and case is None
    if held is None or not isinstance(received, Received) or is_without_case:
        _save(desk, kept, _acted(desk, action))
        return Thought(
            kept.id, "refused", trouble=f"message {held_id} does not wait, or there is no case for it"
        )
    heard = _heard(desk, held, received)
    heard = replace(heard, detail={**heard.detail, "admitted_by": action.by})
    decision = decide(received.message, desk.policy, _known(case))
    change = (
        _continued(desk, case, heard, received, decision)
        if case
        else _opened(desk, heard, received, decision)
    )
    number = change.case.number if change.case else ""
    words = f"{'Added to' if case else 'Opened as'} {number} by {mention(action.by)}"
    change = replace(change, settles=Settlement(words, held=held.id))
    _save(desk, kept, _within_limits(desk, change), received, decision, admitted=held.id)
    return Thought(kept.id, f"acted: {action.verb}", case=change.case.number if change.case else None)


def _retried(desk: Desk, kept: Kept, action: StaffAction) -> Thought:
    """What was set aside or could not be sent is taken up again; done twice, it is still sent once."""
    what = action.values.get("what", "").strip()
    with desk.store.in_turn(kept):  # at once: what is taken up again is earlier than this, and would go first
        if desk.store.retry(what, desk.clock()):
            entry = Entry(action.verb.value, action.by, {"what": what})
            settles = Settlement(f"Tried again by {mention(action.by)}", again=what)
            _save(desk, kept, Change(about=action.case or None, entries=(entry,), settles=settles))
            return Thought(kept.id, f"acted: {action.verb}", case=action.case or None)
        _save(desk, kept, _acted(desk, action))
    return Thought(kept.id, "refused", trouble=f"{what} is neither set aside nor unsent")


def _heard(desk: Desk, kept: Kept, received: Received) -> Heard:
    doubts = received.doubts
    if kept.namesake:
        doubts = (f"Another mail with the same Message-ID came before ({kept.namesake})", *doubts)
    if len(received.message.body) > MOST_READ:
        doubts = ("The message is very long; only its beginning was read for the decision", *doubts)
    if received.message.channel is Channel.EMAIL and not received.is_ours:
        domain = domain_of(received.message.sender)
        other = desk.means.lookalikes.of(domain)
        if other is not None:
            doubts = (f"The sender's domain {domain} resembles {other}, which the register has", *doubts)
    detail: dict[str, object] = {}
    if received.message.channel is Channel.EMAIL:
        detail["message_id"] = received.identity
    if received.proof is not Proof.UNKNOWN:
        detail["sender"] = received.proof.value
    if received.files:
        detail["files"] = [[file.name, file.size_bytes, file.sha256] for file in received.files]
    return Heard(
        message=received.message,
        conversation=received.conversation,
        participants=_participants(received, desk.own),
        doubts=doubts,
        inbox_id=kept.id,
        gist=received.gist,
        settles=received.settles,
        detail=detail,
    )


def _warned(heard: Heard, case: Case) -> Heard:
    resembled = looks_like_a_participant(case, heard.message.sender)
    if resembled is None:
        return heard
    return _doubted(heard, f"The sender's address resembles {resembled}, and is another")


def _doubted(heard: Heard, doubt: str) -> Heard:
    return replace(heard, doubts=(doubt, *heard.doubts))


def _known(case: Case | None) -> Known:
    return NEW if case is None else Known(facts=case.decision.facts, asked=case.asked, in_case=True)


def _participants(received: Received, own: Collection[str]) -> frozenset[str]:
    message = received.message
    people: tuple[Person, ...] = (message.sender, *message.to, *message.cc)
    return frozenset(person.key for person in people if person.key and not is_own(person.key, own))


def _set_aside(desk: Desk, kept: Kept, reason: str) -> Thought:
    notice = Notice(
        title="A message that could not be read",
        text=f"{reason} It is kept as it came (inbox {kept.id}); nothing was sent to anybody.",
        quote=kept.arrival.raw[:600].decode("utf-8", "replace"),
        again=str(kept.id),
    )
    desk.store.set_aside(kept, reason, notice, desk.clock())
    return Thought(kept.id, "set aside", trouble=reason)
