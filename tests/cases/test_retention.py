"""How long things are kept is data that is read like all other rules, and nothing is kept for a shorter time by mistake."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from crbot.cases.retention import Retention, read_retention
from crbot.triage.notation import Faults

TEXT = (Path(__file__).parents[2] / "rules" / "retention.yaml").read_text("utf-8")
RULES = ("pending_matters", "agency_type")
LEAP_DAY = datetime(2024, 2, 29, 12, tzinfo=UTC)


def read(text: str) -> tuple[Retention, list[str]]:
    faults = Faults()
    return read_retention({"retention.yaml": text}, RULES, faults), faults.found


def test_what_comes_with_crbot_disposes_of_nothing() -> None:
    retention, faults = read(TEXT)

    assert faults == []
    assert retention.keeps_all_messages
    assert {period.ends(LEAP_DAY) for period in retention.periods.values()} == {None}
    assert {period.source for period in retention.periods.values()} == {"the office's to set"}


@pytest.mark.parametrize(
    ("keep", "ends"),
    [
        ("90 days", datetime(2024, 5, 29, 12, tzinfo=UTC)),
        ("6 months", datetime(2024, 8, 29, 12, tzinfo=UTC)),
        ("1 year", datetime(2025, 2, 28, 12, tzinfo=UTC)),
        ("3 years", datetime(2027, 2, 28, 12, tzinfo=UTC)),
    ],
)
def test_a_period_is_over_at_its_end_and_not_before(keep: str, ends: datetime) -> None:
    retention, faults = read(TEXT.replace("| closed          | for ever |", f"| closed | {keep} |"))

    assert faults == []
    assert retention.is_over("closed", LEAP_DAY, ends)
    assert not retention.is_over("closed", LEAP_DAY, ends.replace(hour=11))
    assert not retention.is_over("declined", LEAP_DAY, datetime(9000, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("| closed          | for ever |", "| closed | 3 yrs |", "retention.yaml:16: '3 yrs' is no period"),
        ("| closed          | for ever |", "| closed | 0 days |", "'0 days' is no period"),
        ("| closed  ", "| close  ", "'close' is nothing that is kept; did you mean 'closed'?"),
        ("| declined ", "| closed ", "'closed' has a period already"),
        ("  | junk            | for ever | the office's to set |\n", "", "needs a row 'junk'"),
        ("| junk            | for ever | the office's to set |", "| junk | 9 days | |", "needs a source"),
        ("  pending_matters\n", "  pending_matter\n", "did you mean 'pending_matters'?"),
        ("held_by:", "held:", "did you mean 'held_by'?"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_its_mend(old: str, new: str, fault: str) -> None:
    assert old in TEXT

    assert any(fault in each for each in read(TEXT.replace(old, new))[1])


def test_a_folder_without_periods_is_refused() -> None:
    faults = Faults()
    read_retention({}, RULES, faults)

    assert faults.found == ["retention.yaml: is missing; take it from the rules that came with crbot"]
