"""The week at a glance: what came, what waits and for whom, what is overdue, which calls there are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crbot.cases.case import Case, Stage
from crbot.cases.digest import digest_of, week_begins
from crbot.cases.meetings import CallState
from crbot.triage.decision import Queue
from tests.cases.test_followups import CLAIMED, HOURS, IN_TOUCH, LADDERS, OPENED, call, case, day

NOW = day("2026-03-09 09:00")  # a Monday


def label(fact: str, value: str) -> str:
    return {"cri_tac": "CRI-TAC", "critical_response": "Critical Response"}.get(value, value)


def number(of: Case, n: int) -> Case:
    return replace(of, number=f"CRI-2026-{n:04d}")


CASES = (
    number(case(), 1),  # a week ago to the hour, unclaimed and with the agency
    number(case((), queue=Queue.CRITICAL_RESPONSE, opened_at=day("2026-03-08 20:00"), last_heard_at=day("2026-03-08 20:00")), 2),
    number(case((), **CLAIMED), 3),
    number(case((), **IN_TOUCH, call=call(CallState.SET, day("2026-03-12 14:00"))), 4),
    number(case((), **IN_TOUCH, call=call(CallState.SET, day("2026-03-20 14:00"))), 5),
    number(case(stage=Stage.CLOSED), 6),
    number(case(merged_into="CRI-2026-0001"), 7),
)  # fmt: skip


def test_the_figures_of_a_week() -> None:
    week = digest_of(CASES, NOW, LADDERS, HOURS, label)

    assert week.open == 5
    assert dict(week.new) == {"CRI-TAC": 5, "Critical Response": 1}
    assert week.waiting == 1
    assert [line.case[-1] for line in week.unclaimed] == ["1", "2"]
    assert [(line.case[-1], line.what) for line in week.calls] == [("4", "800-421-6770")]
    assert [(line.case[-1], line.what) for line in week.overdue] == [
        ("1", "Nobody has claimed the case"),
        ("3", "The agency waits for an answer"),
    ]
    assert week.summary.startswith(
        "5 open, 6 new in the last week, 1 with the agency, 2 overdue, 2 unclaimed"
    )


def test_the_cases_are_named_list_by_list() -> None:
    text = digest_of(CASES, NOW, LADDERS, HOURS, label).text

    assert "Unclaimed, the oldest first\n  CRI-2026-0001" in text
    assert "CRI-2026-0004 Agency not named yet, NY: Thu, Mar 12, 2:00 PM EDT, 800-421-6770" in text


def test_a_long_list_is_cut_and_what_is_left_out_is_counted() -> None:
    many = [number(case(opened_at=OPENED + timedelta(minutes=n)), n) for n in range(1, 31)]

    text = digest_of(many, NOW, LADDERS, HOURS, label).text

    assert "and 20 more" in text


def test_where_there_is_nothing_the_figures_stand_alone() -> None:
    week = digest_of((), NOW, LADDERS, HOURS, label)

    assert week.text == ""
    assert week.chart.is_empty
    assert week.summary.startswith("0 open")


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("2026-03-09 08:00", "2026-03-09 09:00"),
        ("2026-03-15 23:00", "2026-03-09 09:00"),
        ("2026-05-25 10:00", "2026-05-26 10:00"),  # Memorial Day; a full desk on the day after
        ("2026-11-01 12:00", "2026-10-26 09:00"),
    ],
)
def test_the_digest_is_due_as_the_first_business_day_of_the_week_opens(now: str, begins: str) -> None:
    assert week_begins(day(now), LADDERS, HOURS) == day(begins)
