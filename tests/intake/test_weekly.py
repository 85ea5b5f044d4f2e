"""The lead is told of the week once, on its first business day, and not by a bot that was only now set up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crbot import wiring
from crbot.cases.case import Place
from crbot.cases.rulebook import Rulebook
from crbot.intake.weekly import tell_week
from tests.fakes import Clock
from tests.intake.office import Office

EASTERN = ZoneInfo("America/New_York")


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=EASTERN)


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return wiring.load_rules()


@pytest.fixture
def office(tmp_path: Path, rules: Rulebook) -> Iterator[Office]:
    office = Office(tmp_path, rules, Clock(day("2026-03-04 10:00")))
    office.hears()
    office.tick()
    yield office
    office.close()


def told(office: Office, *moments: str) -> list[str]:
    """At which of these moments the week was told."""
    came = []
    for moment in moments:
        office.clock.now = day(moment)
        if tell_week(office.desk):
            came.append(moment)
    return came


def test_each_week_is_told_once_as_it_opens(office: Office) -> None:
    office.store.heartbeat(office.clock())

    assert told(
        office,
        "2026-03-05 10:00",  # the first week had begun before the bot did
        "2026-03-09 08:59",
        "2026-03-09 09:00",
        "2026-03-09 09:01",
        "2026-03-13 12:00",
        "2026-03-16 09:30",
    ) == ["2026-03-09 09:00", "2026-03-16 09:30"]


def test_a_week_that_was_missed_on_monday_is_told_in_the_hours_of_the_next_day(office: Office) -> None:
    office.store.heartbeat(office.clock())

    assert told(office, "2026-03-09 20:00", "2026-03-10 03:00", "2026-03-10 09:00") == ["2026-03-10 09:00"]


def test_nothing_is_told_before_the_first_run(office: Office) -> None:
    assert told(office, "2026-03-09 09:00") == []


def test_the_digest_is_shown_in_the_review_channel(office: Office) -> None:
    office.store.heartbeat(office.clock())
    told(office, "2026-03-09 09:00")
    office.tick()

    shown = [each for each in office.notices() if each.title == "The week at a glance"]
    assert [each.place for each in shown] == [Place.REVIEW]
    assert shown[0].text.startswith("1 open, 1 new in the last week")
    assert "Pine Falls Police Department, ID" in shown[0].quote
