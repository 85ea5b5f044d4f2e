"""Figures over many cases: what came, what became of it, how long agencies waited. Pure.

How they are drawn is `crbot.channels.pages`' and `charts`'; a case alone is `case`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles

from crbot.cases.case import Case, Stage
from crbot.cases.chart import Chart as Chart
from crbot.cases.respond import Label
from crbot.triage.decision import Outcome, Queue

# What staff do that reaches the agency, as the record names it.
CONTACTS = frozenset(
    {"ask", "write", "note", "propose_call", "change_call", "send_plan", "close", "send_decline"}
)
FOLLOWED_UP, REPLIED, OPENED = "followed up", "replied", "opened"  # as the record names them
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the record: what happened to a case, and when."""

    case: str
    at: datetime
    by: str
    what: str


@dataclass(frozen=True, slots=True)
class FirstContact:
    """How long agencies waited for a person, over the cases where one has got in touch."""

    reached: int
    waiting: int  # cases still open that nobody has got in touch with
    median: timedelta | None = None
    slowest_tenth: timedelta | None = None  # nine in ten waited no longer


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened in a period."""

    since: datetime
    until: datetime
    requests: int
    by_week: Chart
    by_disposition: Chart
    by_rule: Chart
    by_stage: Chart
    open_questions: Chart
    first_contact: FirstContact
    followed_up: int
    answered: int  # of the follow-ups, those after which the agency wrote


def figures_of(
    cases: Sequence[Case], events: Iterable[Event], since: datetime, until: datetime, label: Label
) -> Figures:
    """The figures of the cases opened from `since` on and before `until`."""
    opened = [case for case in cases if since <= case.opened_at < until]
    numbers = {case.number for case in opened}
    theirs: dict[str, list[Event]] = {}
    for event in events:
        if event.case in numbers:
            theirs.setdefault(event.case, []).append(event)
    followed_up, answered = _follow_ups(theirs.values())
    return Figures(
        since=since,
        until=until,
        requests=len(opened),
        by_week=_by_week(opened, since, until, label),
        by_disposition=_counts(
            "What the rules came to", (case.decision.disposition.value.replace("_", " ") for case in opened)
        ),
        by_rule=_by_rule(opened),
        by_stage=_counts("Where the cases stand", (case.stage.value.replace("_", " ") for case in opened)),
        open_questions=_counts(
            "Questions that are open",
            (
                label("fact", question.fact)
                for case in opened
                if not case.stage.is_ended
                for question in case.decision.questions
            ),
        ),
        first_contact=_first_contact(opened, theirs),
        followed_up=followed_up,
        answered=answered,
    )


def _by_week(cases: Iterable[Case], since: datetime, until: datetime, label: Label) -> Chart:
    first = _monday(since)
    weeks = [
        first + index * _WEEK for index in range((_monday(until - timedelta(1e-6)) - first) // _WEEK + 1)
    ]
    counts = Counter((_monday(case.opened_at), case.queue) for case in cases)
    return Chart(
        "Requests a week, by queue",
        tuple(f"{week:%d %b %Y}" for week in weeks),
        {
            label("queue", queue.value): tuple(counts[week, queue] for week in weeks)
            for queue in Queue
            if any(counts[week, queue] for week in weeks)
        },
    )


def _monday(moment: datetime) -> datetime:
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _counts(title: str, values: Iterable[str]) -> Chart:
    counts = Counter(values).most_common()
    return Chart(title, tuple(value for value, _ in counts), {"Cases": tuple(count for _, count in counts)})


def _by_rule(cases: Iterable[Case]) -> Chart:
    counts = Counter((each.title, each.outcome) for case in cases for each in case.decision.findings)
    rules = tuple(dict.fromkeys(title for title, _ in counts))
    return Chart(
        "Outcome of each rule",
        rules,
        {outcome.value: tuple(counts[rule, outcome] for rule in rules) for outcome in Outcome}
        if rules
        else {},
    )


def _first_contact(cases: Iterable[Case], events: Mapping[str, Sequence[Event]]) -> FirstContact:
    waits, waiting = [], 0
    for case in cases:
        contacts = [each.at for each in events.get(case.number, ()) if each.what in CONTACTS]
        if contacts:
            waits.append(min(contacts) - case.opened_at)
        elif case.stage is Stage.RECEIVED:
            waiting += 1
    if not waits:
        return FirstContact(0, waiting)
    seconds = [wait.total_seconds() for wait in waits]
    tenths = quantiles(seconds, n=10, method="inclusive") if len(seconds) > 1 else seconds
    return FirstContact(
        len(waits), waiting, timedelta(seconds=median(seconds)), timedelta(seconds=tenths[-1])
    )


def _follow_ups(by_case: Iterable[Sequence[Event]]) -> tuple[int, int]:
    """How many follow-ups were sent, and after how many of them the agency wrote before the next one."""
    sent = answered = 0
    for events in by_case:
        waits_for_answer = False
        for event in sorted(events, key=lambda event: event.at):
            if event.what.startswith(FOLLOWED_UP):
                sent, waits_for_answer = sent + 1, True
            elif event.what == REPLIED and waits_for_answer:
                answered, waits_for_answer = answered + 1, False
    return sent, answered
