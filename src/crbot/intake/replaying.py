"""What was decided, decided again by other rules: messages in their threads, and what staff settled between them.

Nothing is saved and nothing is sent. Where the histories come from is the store's, how what changed is shown, the
channels' affair.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from crbot.cases.case import Case
from crbot.cases.rulebook import Rulebook
from crbot.intake import correcting
from crbot.intake.acting import Deed, Refused
from crbot.intake.incoming import decision_on
from crbot.intake.ports import Arrival, Received, StaffAction, Unreadable, Verb
from crbot.triage.decide import decide, settle
from crbot.triage.decision import Decision
from crbot.triage.difference import differ
from crbot.triage.facts import NEW, Known
from crbot.triage.register import Register


@dataclass(frozen=True, slots=True)
class Said:
    """A message as it is kept, with what was decided."""

    inbox_id: int
    case: str  # "" where it belongs to none
    arrival: Arrival
    sender: str  # `Person.key`
    name: str  # of the sender, where it is known from the case
    at: datetime  # when it was decided
    decision: Decision


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a case's record."""

    case: str
    at: datetime
    by: str
    what: str
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened in a history: a message where there is one, else a deed of staff."""

    line: Line
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class History:
    """A case, or several that became one, from the beginning; or a single message that belongs to none."""

    cases: Mapping[str, Case]  # as they stand now
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A decision in a history."""

    case: str  # "" where there is none
    inbox_id: int | None  # None: after a deed of staff
    at: datetime
    was: Decision | None  # as it was decided then; None where nobody kept it
    now: Decision  # as these rules decide


@dataclass(frozen=True, slots=True)
class Rules:
    """What a history is told again by."""

    rulebook: Rulebook
    register: Register | None = None


_Place = tuple[str, int | None, datetime]  # of a point: its case, message and moment
Read = Callable[[Said], Received]  # raises `Unreadable`

_ALONE = frozenset(
    {"opened", "repeated"}
)  # lines of messages that were decided upon as if there were no case
_HEARD = frozenset({"opened", "replied", "filed"})  # … that count in their case, unless a machine wrote them


def history_of(cases: Mapping[str, Case], lines: Iterable[Line], messages: Iterable[Said]) -> History:
    """What happened in some cases. `lines` and `messages` come in the order in which they were written."""
    waiting: dict[tuple[str, datetime], list[Said]] = {}
    for each in messages:
        waiting.setdefault((each.case, each.at), []).append(each)
    steps = []
    for line in lines:
        said = waiting.get((line.case, line.at)) if "kind" in line.detail else None
        steps.append(Step(line, said.pop(0) if said else None))
    return History(cases, tuple(steps))


def history_alone(said: Said) -> History:
    """A message that belongs to no case."""
    return History({}, (Step(Line("", said.at, said.sender, "alone", {}), said),))


def retell(history: History, rules: Rules, read: Read) -> Iterator[Point]:
    """Decide everything again, step by step. Raises `Unreadable` where a message can't be read any more."""
    telling = _Telling(history, rules, read)
    for step in history.steps:
        yield from telling.take(step)


class _Telling:
    """Cases as they would stand by other rules, in the midst of their history."""

    def __init__(self, history: History, rules: Rules, read: Read) -> None:
        self._history = history
        self._rules = rules
        self._read = read
        self._stand: dict[str, Case] = {}  # number -> the case as it would stand; those that were opened
        self._last = {step.line.case: step for step in history.steps if self._counts(step)}

    def take(self, step: Step) -> Iterator[Point]:
        if step.said is not None:
            now = self._heard(step.line, step.said)
            yield Point(step.said.case, step.said.inbox_id, step.said.at, step.said.decision, now)
        elif (case := self._stand.get(step.line.case)) is not None:
            after = self._done(case, step.line)
            self._stand[after.number] = after
            if step.line.what in _SETTLING:
                yield Point(after.number, None, step.line.at, self._known_end(step), after.decision)

    def _done(self, case: Case, line: Line) -> Case:
        """The case that a deed of staff changes, as it stands then."""
        other = self._stand.get(str(line.detail.get("of", "")))
        if line.what == Verb.DUPLICATE and other is not None:
            return _grown(other, case, self._deed(line))
        try:
            return _DEEDS[line.what](case, self._deed(line)) if line.what in _DEEDS else case
        except Refused:  # the fact or the value is none of these rules'
            return case

    def _heard(self, line: Line, said: Said) -> Decision:
        received = self._read(said)
        case = None if line.what in _ALONE else self._stand.get(line.case)
        known = NEW if case is None else Known(case.decision.facts, case.asked, in_case=True)
        policy = self._rules.rulebook.policy
        if "admitted_by" in line.detail:
            decision = decide(received.message, policy, known)
        else:
            decision = decision_on(received, known, policy, self._rules.register)
        is_filed = decision.kind.is_silent or received.calendar is not None or received.is_ours
        if line.what in _HEARD and not is_filed and (case is not None or decision.kind.is_case):
            stands = case or self._history.cases[line.case]
            # What was asked is what the letters asked that went out, whatever other rules would have asked.
            asked = (
                stands.asked if line.what == "filed" else tuple(each.fact for each in said.decision.questions)
            )
            self._stand[line.case] = replace(stands, decision=decision, asked=asked)
        return decision

    def _deed(self, line: Line) -> Deed:
        values = {name: value for name, value in line.detail.items() if isinstance(value, str)}
        action = StaffAction(
            Verb(line.what), line.case, line.by, reason=values.get("reason", ""), values=values
        )
        return Deed(action, self._rules.rulebook, line.at)

    def _counts(self, step: Step) -> bool:
        return step.said is not None or step.line.what in _SETTLING

    def _known_end(self, step: Step) -> Decision | None:
        """How the case was decided after the last step; between the steps nobody keeps it."""
        case = self._history.cases.get(step.line.case)
        return case.decision if case is not None and self._last.get(step.line.case) is step else None


def _corrected(case: Case, deed: Deed) -> Case:
    return correcting.correct(case, deed).case or case


def _disputed(case: Case, deed: Deed) -> Case:
    return correcting.dispute(case, deed).case or case


def _asked(case: Case, deed: Deed) -> Case:
    facts = deed.values("facts") or tuple(question.fact for question in case.decision.questions)
    return replace(case, asked=facts or case.asked)


def _kept_open(case: Case, deed: Deed) -> Case:
    return (
        correcting.without_withdrawal(case, deed) if case.decision.facts.value("withdrawn") == "yes" else case
    )


def _grown(case: Case, merged: Case, deed: Deed) -> Case:
    """The case with what only the other knew that was merged into it."""
    facts = case.decision.facts
    news = [each for fact, each in merged.decision.facts.statements.items() if fact not in facts.statements]
    return replace(case, decision=settle(facts, news, deed.policy, case.decision))


_DEEDS: Mapping[str, Callable[[Case, Deed], Case]] = {
    Verb.CORRECT: _corrected,
    Verb.DISPUTE: _disputed,
    Verb.ASK: _asked,
    Verb.KEEP_OPEN: _kept_open,
    Verb.REOPEN: _kept_open,
}
_SETTLING = frozenset({Verb.CORRECT, Verb.DISPUTE, Verb.KEEP_OPEN, Verb.REOPEN})


# --- what changes ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Changed:
    """A case, or a message without one, that other rules decide otherwise."""

    case: str
    inbox_id: int | None  # of the newest message that they decide otherwise; None: after a deed of staff
    at: datetime
    was: Decision
    now: Decision
    points: int  # how many decisions of it differ
    by_draft: bool  # False: the rules in force decide it otherwise than then, too, and just so


@dataclass(frozen=True, slots=True)
class Retold:
    """What came of histories that were told again; adds up."""

    messages: int = 0
    changed: tuple[Changed, ...] = ()
    queues: Counter[tuple[str, str]] = field(default_factory=Counter)  # as decided, now -> messages
    dispositions: Counter[tuple[str, str]] = field(default_factory=Counter)
    unreadable: tuple[int, ...] = ()  # inbox ids

    def __add__(self, other: Retold) -> Retold:
        return Retold(
            self.messages + other.messages,
            self.changed + other.changed,
            self.queues + other.queues,
            self.dispositions + other.dispositions,
            self.unreadable + other.unreadable,
        )


def compare(
    history: History, draft: Rules, in_force: Callable[[], Rules], read: Read, since: datetime | None = None
) -> Retold:
    """A history by a draft beside what was decided, and, where that differs, beside the rules in force.

    Decisions before `since` are told again too, for what follows from them, and are not counted.
    """
    try:
        points = list(retell(history, draft, read))
        counted = [each for each in points if since is None or each.at >= since]
        differing = [each for each in counted if each.was is not None and differ(each.was, each.now)]
        before = {_place(each): each.now for each in retell(history, in_force(), read)} if differing else {}
    except Unreadable:
        return Retold(unreadable=tuple(step.said.inbox_id for step in history.steps if step.said))
    messages = [each for each in counted if each.inbox_id is not None]
    return Retold(
        messages=len(messages),
        changed=tuple(_changes(differing, before)),
        queues=Counter((_queue(each.was), _queue(each.now)) for each in messages),
        dispositions=Counter((_disposition(each.was), each.now.disposition.value) for each in messages),
    )


def _changes(differing: Sequence[Point], before: Mapping[_Place, Decision]) -> Iterator[Changed]:
    """One for each case; of several decisions the newest, and one that the draft alone brings before all others."""
    by_case: dict[str, list[tuple[bool, Point]]] = {}
    for each in differing:
        by_case.setdefault(each.case, []).append((differ(before[_place(each)], each.now), each))
    for case, found in by_case.items():
        by_draft = [pair for pair in found if pair[0]] or found
        is_of_draft, newest = by_draft[-1]
        assert newest.was is not None
        yield Changed(case, newest.inbox_id, newest.at, newest.was, newest.now, len(found), is_of_draft)


def _place(point: Point) -> _Place:
    return point.case, point.inbox_id, point.at


def _queue(decision: Decision | None) -> str:
    return decision.queue.value if decision is not None and decision.queue is not None else ""


def _disposition(decision: Decision | None) -> str:
    return decision.disposition.value if decision is not None else ""
