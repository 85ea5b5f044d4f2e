"""The board of staff: what waits for this person first, within Slack's limits however many cases there are."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crbot.cases.case import Case, Draft, Place, Stage
from crbot.channels.slack import home
from crbot.channels.slack.home import Board, board_of
from crbot.channels.slack.limits import Surface
from crbot.triage.decision import Queue
from tests.channels.slack.examples import CALL, CASE, CLAIMED, OPENED, SET, STATES, label
from tests.channels.slack.generated import assert_harmless, hostile_cases, many

GOLDEN = Path(__file__).parent / "golden" / "home"
NOW = OPENED + timedelta(days=1)
ALL = tuple(Place)


def numbered(case: Case, number: int, **changes: object) -> Case:
    return replace(case, number=f"CRI-2026-{number:04d}", **changes)  # type: ignore[arg-type]


CASES = (
    numbered(CASE, 1),
    numbered(CASE, 2, queue=Queue.CRI_TAC, opened_at=OPENED - timedelta(hours=5)),
    numbered(CLAIMED, 3),
    numbered(SET, 4),
    numbered(CASE, 5, owner="U0ORTIZ"),
    numbered(STATES["decline drafted by staff"].case, 6),
    numbered(CASE, 7, stage=Stage.CLOSED),
)
VIEWS = {
    "board": home.home(board_of(CASES, "U0LEE", ALL, NOW), label, NOW),
    "unknown": home.unknown(),
    "empty board": home.home(board_of((), "U0LEE", ALL, NOW), label, NOW),
    "board of a queue": home.home(board_of(CASES, "U0LEE", ALL, NOW, "cri_tac"), label, NOW),
}
FORMS = {
    "find": home.find(),
    "found": home.found(CASES[:2], label, NOW),
    "nothing found": home.found((), label, NOW),
}


@pytest.mark.parametrize("name", [*VIEWS, *FORMS])
def test_the_board_looks_as_agreed(name: str) -> None:
    """CRBOT_GOLDEN=write draws the files anew; look at what changed before it is committed."""
    view, surface = (VIEWS[name], Surface.HOME) if name in VIEWS else (FORMS[name], Surface.MODAL)
    path = GOLDEN / f"{name.replace(' ', '_')}.json"
    text = json.dumps(view, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("CRBOT_GOLDEN") == "write":
        GOLDEN.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    assert path.read_text() == text
    assert_harmless(view, surface)


def numbers(cases: tuple[Case, ...]) -> list[int]:
    return [int(case.number[-4:]) for case in cases]


def test_each_open_case_stands_where_it_waits() -> None:
    board = board_of(CASES, "U0LEE", ALL, NOW)

    assert numbers(board.mine) == [6, 3, 4]
    assert numbers(board.unclaimed) == [2, 1]
    assert numbers(board.waiting) == [5]
    assert numbers(board.calls) == [4]
    assert board.open == 6


def test_what_waits_for_a_person_comes_first() -> None:
    drafted = numbered(CLAIMED, 2, draft=Draft((), "crbot"), opened_at=NOW)

    assert numbers(board_of((numbered(CLAIMED, 1), drafted), "U0LEE", ALL, NOW).mine) == [2, 1]


def test_nobody_sees_cases_of_channels_that_they_do_not_belong_to() -> None:
    board = board_of(CASES, "U0LEE", (Place.CRI_TAC,), NOW)

    assert numbers((*board.mine, *board.unclaimed, *board.waiting, *board.calls)) == [2]


def test_a_call_that_is_over_or_far_off_is_none_of_this_week() -> None:
    over = numbered(SET, 1, call=CALL.at(NOW - timedelta(minutes=1)))
    far = numbered(SET, 2, call=CALL.at(NOW + timedelta(days=7)))

    assert board_of((over, far), "U0LEE", ALL, NOW).calls == ()


@many
@given(st.lists(hostile_cases(), max_size=4), st.sampled_from([1, 30]))
def test_no_word_of_generated_cases_breaks_the_board(cases: list[Case], often: int) -> None:
    """However many there are."""
    many_cases = tuple(
        numbered(case, at * 100 + turn) for at, case in enumerate(cases) for turn in range(often)
    )
    board = Board(many_cases, many_cases, many_cases, many_cases, len(many_cases), home.ALL_QUEUES)

    assert_harmless(home.home(board, label, NOW), Surface.HOME)
    assert_harmless(home.found(many_cases, label, NOW), Surface.MODAL)
