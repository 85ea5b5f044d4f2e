"""What `/cri` tells staff: a case, their own, what words find, a queue, the figures of a week. Pure.

Whether whoever asks is staff, and how the answer is brought, is `staff`'s; what requesters are told, `own`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from crbot.cases.case import Case, Place
from crbot.cases.figures import Chart, Event, Figures, figures_of
from crbot.cases.respond import Label
from crbot.channels.slack import blocks, home, wording
from crbot.channels.slack.actions import places_of
from crbot.channels.slack.blocks import Payload
from crbot.channels.slack.passages import pieces
from crbot.channels.slack.text import line
from crbot.triage.decision import Queue

HELP = "\n".join(
    (
        "*/cri status CRI-2026-0042* how a case stands",
        "*/cri mine* your cases",
        "*/cri find words* cases whose agency, subject, requester or number has these words",
        "*/cri queue critical-response* the open cases of a queue",
        "*/cri report week* figures of the last seven days; also: month",
        "*/cri new* the form for a request",
        "The board is on the Home tab. What a card offers is also done by `crbot act`.",
    )
)
_MOST = 20
_PERIODS = {"": 7, "week": 7, "month": 30}  # days


class Cases(Protocol):
    """The cases, to be looked at."""

    def case(self, number: str) -> Case | None: ...

    def open_cases(self) -> tuple[Case, ...]:
        """Those that have not ended, the oldest first."""

    def search(self, words: Collection[str], limit: int) -> tuple[Case, ...]:
        """Those that have all of the words somewhere, the newest first."""

    def all_cases(self) -> Iterable[Case]: ...

    def events(self, since: datetime) -> tuple[Event, ...]: ...


class Commands:
    """Answers in mrkdwn, of the cases that somebody's places may see."""

    def __init__(self, cases: Cases, label: Label) -> None:
        self._cases = cases
        self._label = label

    def answer(self, text: str, user: str, places: Collection[Place], now: datetime) -> str:
        word, _, rest = text.strip().partition(" ")
        does = self._does.get(word.casefold())
        return does(self, rest.strip(), user, places, now) if does else HELP

    def _status(self, rest: str, user: str, places: Collection[Place], now: datetime) -> str:
        number = rest.upper()
        case = self._cases.case(number) if number else None
        if case is None or not places_of(case) & set(places):
            return f"There is no case {line(number, 40)} that you may see." if number else _WHICH
        return self._told(case, now)

    def _told(self, case: Case, now: datetime) -> str:
        questions = [f"• {line(each.text, 300)}" for each in case.decision.questions]
        calls = [f"Call: {each}" for each in wording.times(case.call)] if case.call else []
        return "\n".join(
            (
                home.row(case, self._label, now),
                f"Asks for: {wording.services(case, self._label) or 'not told yet'}",
                *calls,
                *(("Still open:", *questions) if questions else ()),
                *((line(case.outcome, 500),) if case.outcome else ()),
            )
        )

    def _mine(self, rest: str, user: str, places: Collection[Place], now: datetime) -> str:
        board = home.board_of(self._cases.open_cases(), user, places, now)
        return self._listed(board.mine, now, "No case is yours.")

    def _find(self, rest: str, user: str, places: Collection[Place], now: datetime) -> str:
        return (
            self._listed(self.found(rest, places), now, f"Nothing has the words {line(rest, 100)!r}.")
            if rest
            else _WHAT
        )

    def found(self, words: str, places: Collection[Place]) -> tuple[Case, ...]:
        """The cases that have all of the words, of those that these places may see."""
        wanted = words.casefold().split()
        seen = (case for case in self._cases.search(wanted, _MOST * 10) if places_of(case) & set(places))
        return tuple(case for case in seen if all(word in _findable(case) for word in wanted))[:_MOST]

    def _queue(self, rest: str, user: str, places: Collection[Place], now: datetime) -> str:
        queue = self._named(rest)
        if queue is None:
            return f"Which queue? {', '.join(each.value.replace('_', '-') for each in Queue)}"
        seen = (case for case in self._cases.open_cases() if places_of(case) & set(places))
        cases = tuple(sorted((case for case in seen if case.queue is queue), key=home.urgent_first))
        return self._listed(cases, now, f"No open case in {line(self._label('queue', queue.value), 100)}.")

    def _named(self, text: str) -> Queue | None:
        """The queue of a name as people write it: critical-response, Critical Response."""
        wanted = text.casefold().replace("-", "_").replace(" ", "_")
        named = {
            self._label("queue", each.value).casefold().replace("-", "_").replace(" ", "_"): each
            for each in Queue
        }
        return {each.value: each for each in Queue}.get(wanted) or named.get(wanted)

    def _report(self, rest: str, user: str, places: Collection[Place], now: datetime) -> str:
        days = _PERIODS.get(rest.casefold())
        if days is None:
            return f"Of which period? {', '.join(filter(None, _PERIODS))}"
        since = now - timedelta(days=days)
        cases = [case for case in self._cases.all_cases() if places_of(case) & set(places)]
        return report(figures_of(cases, self._cases.events(since), since, now, self._label), days)

    def _listed(self, cases: tuple[Case, ...], now: datetime, otherwise: str) -> str:
        rows = [home.row(case, self._label, now) for case in cases[:_MOST]]
        if len(cases) > _MOST:
            rows.append(f"And {len(cases) - _MOST} more.")
        return "\n".join(rows) or otherwise

    _does: Mapping[str, Callable[[Commands, str, str, Collection[Place], datetime], str]] = {
        "status": _status,
        "mine": _mine,
        "find": _find,
        "queue": _queue,
        "report": _report,
    }


def message(text: str) -> Payload:
    """An answer, in as many blocks as its length needs; cut at the end of lines, so that no date is cut."""
    cut = [piece for piece in pieces(text, blocks.SECTION) if piece.strip()]
    parts = [blocks.section(f"told:{at}", piece) for at, piece in enumerate(cut)]
    return {"text": cut[0], "blocks": parts}


_WHICH = "Which case? Write */cri status CRI-2026-0042*"
_WHAT = "What is to be found? Write */cri find springfield*"


def report(figures: Figures, days: int) -> str:
    """The figures of a period in a few lines."""
    first = figures.first_contact
    by_queue = {name: sum(counts) for name, counts in figures.by_week.series.items()}
    lines = [
        f"*The last {days} days: {figures.requests} request{'' if figures.requests == 1 else 's'}*",
        _counted("By queue", by_queue),
        *(_counted(chart.title, _counts(chart)) for chart in (figures.by_disposition, figures.by_stage)),
        _counted(figures.open_questions.title, _counts(figures.open_questions)),
    ]
    if first.median is not None:
        lines.append(f"First contact: half of them within {_long(first.median)}; {first.waiting} still wait")
    lines.append(f"Follow-ups: {figures.followed_up} sent, {figures.answered} answered")
    return "\n".join(lines)


def _counts(chart: Chart) -> dict[str, int]:
    """Of a chart with one series."""
    return {
        category: counts[at]
        for counts in chart.series.values()
        for at, category in enumerate(chart.categories)
    }


def _counted(title: str, counts: Mapping[str, int]) -> str:
    told = ", ".join(f"{line(name, 80)} {count}" for name, count in counts.items())
    return f"{title}: {told or 'none'}"


def _long(wait: timedelta) -> str:
    hours = wait.total_seconds() / 3600
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"


def _findable(case: Case) -> str:
    """What a case is found by."""
    parts = (case.number, case.agency, case.subject, case.requester.name, case.requester.address or "")
    return " ".join(parts).casefold()
