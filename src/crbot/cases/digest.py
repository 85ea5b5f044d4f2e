"""The week at a glance, for the lead: what came, what waits, what is overdue, which calls there are. Pure.

How its chart is drawn is `crbot.channels.charts`'; a period's figures are `figures`'.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from crbot.cases.case import Case, Stage
from crbot.cases.chart import Chart
from crbot.cases.followups import FollowUp, plan_for
from crbot.cases.hours import Hours, Zones
from crbot.cases.ladders import Ladders, Purpose
from crbot.cases.meetings import CallState
from crbot.cases.respond import Label

_WEEK = timedelta(days=7)
_MOST = 10  # lines of a kind; the rest is counted
_WITH_THE_AGENCY = frozenset(
    {
        Purpose.MISSING_FACTS,
        Purpose.MISSING_FACTS_ACUTE,
        Purpose.CALL_TIMES,
        Purpose.WORK_PLAN_REVIEW,
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """A case that is named, what is to be said of it, and since when (of a call: when it takes place)."""

    case: str
    agency: str
    at: datetime
    what: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
    """The week at a glance; each list with the oldest first."""

    now: datetime
    zones: Zones  # of the staff
    open: int
    new: tuple[tuple[str, int], ...]  # by queue
    waiting: int  # with the agency
    overdue: tuple[Line, ...]
    calls: tuple[Line, ...]  # in the seven days to come
    unclaimed: tuple[Line, ...]
    chart: Chart

    @property
    def summary(self) -> str:
        """The figures in one line."""
        return (
            f"{self.open} open, {sum(count for _, count in self.new)} new in the last week, {self.waiting} with the "
            f"agency, {len(self.overdue)} overdue, {len(self.unclaimed)} unclaimed, "
            f"{len(self.calls)} calls this week."
        )

    @property
    def text(self) -> str:
        """The cases, list by list; what there is none of is left out."""
        return "\n\n".join("\n".join(block) for block in self._blocks())

    def _blocks(self) -> Iterator[list[str]]:
        if self.new:
            yield ["New in the last week", *(f"  {queue}: {count}" for queue, count in self.new)]
        if self.overdue:
            yield ["Overdue", *_shown(self.overdue, lambda line: f"{line.what}, since {self._day(line.at)}")]
        if self.calls:
            yield ["Calls this week", *_shown(self.calls, lambda line: f"{self._hour(line.at)}, {line.what}")]
        if self.unclaimed:
            yield [
                "Unclaimed, the oldest first",
                *_shown(self.unclaimed, lambda line: f"since {self._day(line.at)}"),
            ]

    def _day(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.zones[0]):%b %-d}"

    def _hour(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.zones[0]):%a, %b %-d, %-I:%M %p %Z}"


def digest_of(cases: Iterable[Case], now: datetime, ladders: Ladders, hours: Hours, label: Label) -> Digest:
    """The week that ends now, over all cases there are."""
    living = [case for case in cases if case.merged_into is None]
    opened = [case for case in living if not case.stage.is_ended]
    plans = {case.number: plan_for(case, ladders, hours) for case in opened}
    new = Counter(label("queue", case.queue.value) for case in living if now - case.opened_at < _WEEK)
    stages = Counter(case.stage for case in opened)
    return Digest(
        now=now,
        zones=ladders.staff,
        open=len(opened),
        new=tuple(new.most_common()),
        waiting=sum(any(each.purpose in _WITH_THE_AGENCY for each in plan) for plan in plans.values()),
        overdue=_sorted(_overdue(case, plans[case.number], ladders, now) for case in opened),
        calls=_sorted(_call(case, now) for case in opened),
        unclaimed=_sorted(
            Line(case.number, case.agency, case.opened_at) for case in opened if case.owner is None
        ),
        chart=Chart(
            "Open cases",
            tuple(stage.value.replace("_", " ") for stage in Stage if stages[stage]),
            {"Cases": tuple(stages[stage] for stage in Stage if stages[stage])},
        ),
    )


def week_begins(now: datetime, ladders: Ladders, hours: Hours) -> datetime:
    """When the digest of this week is due: as the first business day of the week opens for staff."""
    zone = ladders.staff[0]
    today = now.astimezone(zone).date()
    monday = datetime.combine(today - timedelta(days=today.weekday()), time(), zone)
    return hours.next_open(monday, ladders.staff)


def _overdue(case: Case, plan: Iterable[FollowUp], ladders: Ladders, now: datetime) -> Line | None:
    """What staff were to do by now and have not; the longest owed."""
    owed = [each for each in plan if not each.is_letter and each.due_at <= now]
    if not owed:
        return None
    first = min(owed, key=lambda each: each.due_at)
    return Line(case.number, case.agency, first.due_at, ladders.of[first.purpose].title)


def _call(case: Case, now: datetime) -> Line | None:
    call = case.call
    if call is None or call.state is not CallState.SET or call.chosen is None:
        return None
    return (
        Line(case.number, case.agency, call.chosen, call.where) if now <= call.chosen < now + _WEEK else None
    )


def _sorted(lines: Iterable[Line | None]) -> tuple[Line, ...]:
    return tuple(sorted((line for line in lines if line), key=lambda line: (line.at, line.case)))


def _shown(lines: Sequence[Line], tell: Callable[[Line], str]) -> Iterator[str]:
    for line in lines[:_MOST]:
        yield f"  {line.case} {line.agency}: {tell(line)}"
    if len(lines) > _MOST:
        yield f"  and {len(lines) - _MOST} more"
