"""Business time: what goes out by itself goes out in the agency's own hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crbot import config
from crbot.cases.hours import Hours, Wait, parse_hours, read_wait
from crbot.triage.notation import PolicyError

FILES = config.read_texts(config.rules_folder(None), ".yaml")
HOURS = parse_hours(FILES)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def at(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("state", "start", "wait", "wanted"),
    [
        ("CO", "2026-10-30 16:00", "1 business day", "2026-11-02 16:00"),  # the clocks change between them
        ("CO", "2026-11-25 14:00", "1 business day", "2026-11-30 14:00"),  # Thanksgiving and the day after
        ("NY", "2026-07-02 17:30", "1 business day", "2026-07-07 09:00"),  # the 3rd is observed; after hours
        ("NY", "2026-12-23 11:00", "1 business day", "2026-12-28 11:00"),  # Christmas Eve and Christmas
        ("NY", "2026-11-10 09:15", "1 business day", "2026-11-12 10:00"),  # a full desk after a holiday
        ("NY", "2026-03-06 23:50", "2 business days", "2026-03-11 09:00"),  # Friday night
        ("NY", "2026-03-06 15:30", "4 business hours", "2026-03-09 12:00"),
        ("NY", "2026-03-06 10:00", "4 business hours", "2026-03-06 14:00"),
        ("NY", "2026-03-04 10:00", "30 minutes", "2026-03-04 10:30"),
        ("NY", "2026-03-04 16:20", "30 minutes", "2026-03-05 09:00"),
        ("NY", "2026-03-04 10:00", "30 days", "2026-04-03 10:00"),
        ("GU", "2026-03-06 16:00", "at once", "2026-03-06 16:00"),
        ("GU", "2026-03-07 09:00", "at once", "2026-03-09 09:00"),  # Saturday in Guam, Friday in Washington
    ],
)
def test_a_wait_ends_in_the_agencys_hours(state: str, start: str, wait: str, wanted: str) -> None:
    zones = HOURS.zones_of(state)
    zone = str(zones[0])

    assert HOURS.after(at(start, zone), read_wait(wait), zones) == at(wanted, zone)


@pytest.mark.parametrize(
    ("state", "opens", "closes"),
    [
        ("TN", "2026-03-04 10:00", "2026-03-04 16:30"),  # Eastern and Central: the hours of both
        ("", "2026-03-04 12:00", "2026-03-04 16:30"),  # nobody knows the state: from Eastern to Pacific
        ("NY", "2026-03-04 09:00", "2026-03-04 16:30"),
    ],
)
def test_where_a_state_has_two_zones_the_hours_fit_both(state: str, opens: str, closes: str) -> None:
    zones = HOURS.zones_of(state)
    night = at("2026-03-04 01:00", "America/New_York")
    evening = at(closes, "America/New_York")

    assert HOURS.next_open(night, zones) == at(opens, "America/New_York")
    assert HOURS.is_open(evening - timedelta(minutes=1), zones)
    assert not HOURS.is_open(evening, zones)


def test_the_zone_that_the_agency_told_counts_more_than_its_state() -> None:
    assert HOURS.zones_of("TN", "America/Chicago") == (ZoneInfo("America/Chicago"),)


def test_every_state_and_territory_has_its_zones() -> None:
    assert {len(state) for state in HOURS.by_state if state != "-"} == {2}
    assert len(HOURS.by_state) == 50 + 6 + 1


@given(
    start=st.integers(0, 4 * 365 * 24 * 60).map(lambda minutes: NEW_YEAR + timedelta(minutes=minutes)),
    state=st.sampled_from(sorted(HOURS.by_state)),
    wait=st.builds(Wait, st.integers(0, 20))
    | st.builds(Wait, st.just(0), st.timedeltas(timedelta(), timedelta(days=90)), st.booleans()),
)
def test_nothing_goes_out_at_night_on_a_weekend_or_a_holiday(start: datetime, state: str, wait: Wait) -> None:
    zones = HOURS.zones_of(state)

    then = HOURS.after(start, wait, zones)

    assert then >= start
    for zone in zones:
        local = then.astimezone(zone)
        assert HOURS.is_business_day(local.date())
        assert 9 <= local.hour < 17


def _spoilt(old: str, new: str) -> dict[str, str]:
    assert old in FILES["hours.yaml"]
    return {**FILES, "hours.yaml": FILES["hours.yaml"].replace(old, new, 1)}


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({}, "hours.yaml: is missing"),
        (_spoilt("America/Phoenix", "America/Fenix"), "'America/Fenix' is no time zone"),
        (_spoilt("09:00 | 16:30", "9 | 16:30"), "'9' is no time of day; write it as 09:00"),
        (_spoilt("09:00 | 16:30", "09:00 | 11:30"), "is never open in all zones of '-'"),
        (_spoilt("12-24 ", "13-24 "), "'13-24' is no day of the calendar"),
        (_spoilt("Thanksgiving Day + 1", "Thanksgiven + 1"), "'Thanksgiven + 1' is no day; write"),
        (_spoilt("  | -     |", "  | XX    |"), "needs a row “-”"),
        (_spoilt("  | calls ", "  | talks "), "needs a row 'calls'"),
    ],
)
def test_hours_that_cannot_be_used_are_refused_with_their_place(files: dict[str, str], wanted: str) -> None:
    with pytest.raises(PolicyError) as refused:
        parse_hours(files)

    assert wanted in str(refused.value)
    assert str(refused.value).startswith("hours.yaml")


@pytest.mark.parametrize("text", ["", "soon", "2", "business days", "-1 days", "1 fortnight"])
def test_a_wait_that_cannot_be_read_tells_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="write “at once” or a number and a unit"):
        read_wait(text)


def test_hours_have_no_closed_days_of_their_own_where_staff_name_none() -> None:
    bare = parse_hours(_spoilt("closed: |", "closed: |\n  2026-03-04 | the move of the office\n  # "))

    assert isinstance(bare, Hours)
    assert bare.is_closed(at("2026-03-04 10:00", "America/New_York").date())
