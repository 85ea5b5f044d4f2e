"""What `/cri` tells staff, and what it tells nobody else."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import pytest
from hypothesis import given

from crbot.cases.case import Case, Place
from crbot.cases.figures import Event
from crbot.channels.slack import commands
from crbot.channels.slack.commands import HELP, Commands
from tests.channels.slack.examples import label
from tests.channels.slack.generated import WORDS, assert_harmless, hostile_cases, many
from tests.channels.slack.test_home import CASES, NOW

ALL = tuple(Place)


class Cases:
    """Cases to be looked at."""

    def __init__(self, cases: tuple[Case, ...] = CASES) -> None:
        self.cases = cases

    def case(self, number: str) -> Case | None:
        return next((case for case in self.cases if case.number == number), None)

    def open_cases(self) -> tuple[Case, ...]:
        return tuple(case for case in self.cases if not case.stage.is_ended)

    def search(self, words: Collection[str], limit: int) -> tuple[Case, ...]:
        return self.cases[:limit]

    def all_cases(self) -> tuple[Case, ...]:
        return self.cases

    def events(self, since: datetime) -> tuple[Event, ...]:
        return (Event("CRI-2026-0001", NOW - timedelta(hours=20), "U0LEE", "write"),)


def told(text: str, places: Collection[Place] = ALL, user: str = "U0LEE") -> str:
    return Commands(Cases(), label).answer(text, user, places, NOW)


def cases_in(answer: str) -> list[int]:
    return [int(line[9:13]) for line in answer.splitlines() if line.startswith("CRI-2026-")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mine", [6, 3, 4]),
        ("MINE", [6, 3, 4]),
        ("queue cri-tac", [2]),
        ("queue CRI TAC", [2]),
        ("queue critical-response", [6, 1, 3, 4, 5]),
        ("find springfield", [1, 2, 3, 4, 5, 6, 7]),
        ("find RIVERA 0003", [3]),
        ("find nowhere", []),
        ("status cri-2026-0004", [4]),
    ],
)
def test_a_command_lists_the_cases_that_it_asks_for(text: str, shown: list[int]) -> None:
    assert cases_in(told(text)) == shown


def test_the_status_of_a_case_tells_what_is_open_and_when_the_call_is() -> None:
    answer = told("status CRI-2026-0004")

    assert "Call: Wednesday, November 25, 2026 at 10:50 am EST" in answer
    assert "• Is any lawsuit, notice of claim or consent decree" in answer


@pytest.mark.parametrize("text", ["status CRI-2026-0001", "find 0001", "queue critical-response"])
def test_nothing_is_told_of_cases_of_other_channels(text: str) -> None:
    assert cases_in(told(text, (Place.CRI_TAC,))) == []


@pytest.mark.parametrize("text", ["", "help", "what?", "  "])
def test_all_else_is_answered_with_what_can_be_asked(text: str) -> None:
    assert told(text) == HELP


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("status", "/cri status CRI-2026-0042"),
        ("status CRI-2026-9999", "no case CRI-2026-9999 that you may see"),
        ("find", "/cri find springfield"),
        ("queue nowhere", "cri-tac, critical-response"),
        ("report year", "week, month"),
    ],
)
def test_what_a_command_lacks_is_said(text: str, mend: str) -> None:
    assert mend in told(text)


def test_the_report_counts_what_came_in_the_period() -> None:
    report = told("report week").splitlines()

    assert report[0] == "*The last 7 days: 7 requests*"
    assert "By queue: CRI-TAC 1, Critical response 6" in report
    assert any(line.startswith("First contact: half of them within") for line in report)
    assert told("report week", (Place.CRI_TAC,)).startswith("*The last 7 days: 1 request*")


@many
@given(hostile_cases(), WORDS)
def test_no_word_of_a_generated_case_or_a_command_breaks_its_answer(case: Case, words: str) -> None:
    answering = Commands(Cases((case,) * 30), label)
    for text in (
        f"status {case.number}",
        "mine",
        "queue unrouted",
        "queue cri-tac",
        "report",
        f"find {words}",
        words,
    ):
        answer = answering.answer(text, "U0LEE", ALL, NOW)

        assert_harmless(commands.message(answer))
