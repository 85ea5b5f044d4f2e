"""The board of staff on the Home tab: their own cases, what is unclaimed, what waits, the calls of the week. Pure.

What a requester sees there is `own`'s; when it is drawn, `staff`'s to say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from crbot.cases.case import Case, Place
from crbot.cases.respond import Label
from crbot.channels.slack import blocks, wording
from crbot.channels.slack.actions import places_of
from crbot.channels.slack.blocks import Block, Button, Option, Payload
from crbot.channels.slack.wording import DOT
from crbot.triage.decision import Queue

BOARD = "board_"  # every button of the board: this and what it does
OPEN, FIND, QUEUE = "board_open", "board_find", "board_queue"
FOUND = "board_found"  # the form that finds a case
ALL_QUEUES = "all"
_MANY, _FEW = 20, 10
_NOT_FOUND = "No case that you may see has all of these words."
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Board:
    """What one person of staff is shown."""

    mine: tuple[Case, ...]
    unclaimed: tuple[Case, ...]
    waiting: tuple[Case, ...]  # for the agency, in others' hands
    calls: tuple[Case, ...]  # in the next seven days
    open: int
    queue: str  # a queue, or `ALL_QUEUES`


def board_of(
    cases: Iterable[Case], user: str, places: Collection[Place], now: datetime, queue: str = ALL_QUEUES
) -> Board:
    """The board of a person who belongs to these places, of open cases that these places may see."""
    seen = [case for case in cases if places_of(case) & set(places) and not case.stage.is_ended]
    shown = [case for case in seen if queue in (ALL_QUEUES, case.queue.value)]
    others = [case for case in shown if case.owner not in (None, user)]
    return Board(
        mine=_sorted((case for case in shown if case.owner == user), urgent_first),
        unclaimed=_sorted((case for case in shown if case.owner is None), urgent_first),
        waiting=_sorted(
            (case for case in others if wording.is_agencys_turn(case)), lambda case: case.opened_at
        ),
        calls=_sorted(
            (case for case in shown if (at := call_at(case)) and now <= at < now + _WEEK),
            lambda case: call_at(case) or now,
        ),
        open=len(shown),
        queue=queue,
    )


def call_at(case: Case) -> datetime | None:
    """When the call takes place; None where none is set."""
    return case.call.chosen if case.call and case.call.is_set else None


def _sorted(cases: Iterable[Case], key: Callable[[Case], object]) -> tuple[Case, ...]:
    return tuple(sorted(cases, key=key))  # type: ignore[arg-type]  # moments, and tuples that end in one


def urgent_first(case: Case) -> tuple[bool, bool, datetime]:
    """What a person has to do now, then what is acute, then what came first."""
    wants_a_person = bool(case.draft) or case.wants_out or wording.has_answered(case)
    return (not wants_a_person, not case.decision.is_acute, case.opened_at)


# --- drawn ------------------------------------------------------------------------------------------------------------


def home(board: Board, label: Label, now: datetime) -> Payload:
    """The Home tab of a person of staff."""
    return {
        "type": "home",
        "callback_id": "board",
        "blocks": [
            blocks.header("top", "Your cases"),
            blocks.context("fresh", _counts(board, now)),
            blocks.actions("tools", [Button(FIND, "Find a Case", "-", "Find a case"), _queues(board, label)]),
            *_rows("mine", board.mine, _MANY, label, now, "Nothing is yours. Claim a case from those below."),
            *_part("unclaimed", "Waiting to be claimed", board.unclaimed, _MANY, label, now),
            *_part("calls", "Calls this week", board.calls, _FEW, label, now),
            *_part("waiting", "Waiting for the agency", board.waiting, _FEW, label, now),
        ],
    }


def unknown() -> Payload:
    """The Home tab of somebody of whom nobody can tell now whether they are staff."""
    words = "Slack can't tell now which channels you belong to. Open this tab again in a minute."
    return {"type": "home", "callback_id": "board", "blocks": [blocks.section("unknown", words)]}


def _counts(board: Board, now: datetime) -> str:
    counts = f"{len(board.mine)} mine{DOT}{len(board.unclaimed)} unclaimed{DOT}{board.open} open"
    return f"Updated {wording.moment(now)}{DOT}{counts}"


def _queues(board: Board, label: Label) -> Block:
    options = [
        Option(ALL_QUEUES, "All queues"),
        *(Option(queue.value, label("queue", queue.value)) for queue in Queue),
    ]
    return blocks.switch(QUEUE, options, board.queue)


def _part(
    name: str, title: str, cases: tuple[Case, ...], most: int, label: Label, now: datetime
) -> Iterator[Block]:
    yield blocks.divider(f"over:{name}")
    yield blocks.header(f"title:{name}", title)
    yield from _rows(name, cases, most, label, now, "None.")


def _rows(
    name: str, cases: tuple[Case, ...], most: int, label: Label, now: datetime, otherwise: str
) -> Iterator[Block]:
    for case in cases[:most]:
        open_it = Button(OPEN, "Open", case.number, f"Open {case.number}")
        yield blocks.section(f"{name}:{case.number}", row(case, label, now), open_it)
    if len(cases) > most:
        rest = f"And {len(cases) - most} more; choose a queue, or find a case."
        yield blocks.context(f"{name}:more", rest)
    if not cases:
        yield blocks.context(f"{name}:none", otherwise)


def row(case: Case, label: Label, now: datetime) -> str:
    """A case in two lines."""
    urgent = f"{DOT}Urgent" if case.decision.is_acute and not case.stage.is_ended else ""
    state = DOT.join(wording.state(case, label))
    where = wording.queue(case, label)
    return f"*{wording.agency(case)}*{urgent}{DOT}{state}\n{case.number}{DOT}{where}{DOT}{_age(now - case.opened_at)}"


def _age(age: timedelta) -> str:
    minutes = max(int(age.total_seconds()) // 60, 0)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


# --- finding ----------------------------------------------------------------------------------------------------------


def find() -> Payload:
    """The form that finds a case."""
    words = blocks.field(
        "words",
        "Words",
        blocks.words(most=200, is_long=False),
        hint="Of the agency, the subject or the requester, or the number",
    )
    return blocks.modal(FOUND, "Find a case", "", [words], "Find")


def found(cases: tuple[Case, ...], label: Label, now: datetime) -> Payload:
    """What was found, one of which can be opened."""
    if not cases:
        return blocks.modal(FOUND, "Find a case", "", [blocks.section("none", _NOT_FOUND)])
    rows = [blocks.section(f"found:{case.number}", row(case, label, now)) for case in cases[:_MANY]]
    options = [Option(case.number, f"{case.number} {case.agency}") for case in cases[:_MANY]]
    chosen = blocks.field("case", "Case", blocks.choice(options, [options[0].value]))
    return blocks.modal(FOUND, "Find a case", "", [*rows, chosen], "Open")
