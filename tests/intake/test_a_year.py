"""One case from its first mail to its end, through a year of weekends, holidays and changed clocks; and a bot that dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from crbot import wiring
from crbot.cases.case import Stage
from crbot.cases.rulebook import Rulebook
from crbot.intake.due import LEASE
from crbot.intake.ports import Verb
from tests.fakes import Clock
from tests.intake.office import Office

BOISE = ZoneInfo("America/Boise")
ZONES = (BOISE, ZoneInfo("America/Los_Angeles"))


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BOISE)


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return wiring.load_rules()


@contextmanager
def opened(folder: Path, rules: Rulebook, dies: Callable[[], bool] | None = None) -> Iterator[Office]:
    office = Office(folder, rules, Clock(day("2026-03-05 16:00")), dies)
    try:
        yield office
    finally:
        office.close()


# Who does what, and when; between these moments time passes, and what is due is done.
STORY: tuple[tuple[str, Callable[[Office], None]], ...] = (
    ("2026-03-05 16:00", lambda office: office.hears()),
    ("2026-03-06 11:00", lambda office: office.acts(Verb.CLAIM)),
    # Nobody answers; the clocks change on March 8.
    (
        "2026-03-18 11:00",
        lambda office: office.hears("1. No.\n2. No lawsuit, and none expected.", case=office.case().number),
    ),
    ("2026-03-18 15:00", lambda office: office.acts(Verb.ADVANCE, stage="scoping")),
    ("2026-03-19 15:00", lambda office: office.acts(Verb.NOTE, text="Called them.")),
    ("2026-03-27 15:00", lambda office: office.acts(Verb.ADVANCE, stage="work_plan")),
    ("2026-03-30 10:00", lambda office: office.acts(Verb.SAVE_PLAN, assistance="A review of the policy.")),
    ("2026-03-30 11:00", lambda office: office.acts(Verb.SEND_PLAN)),
    # Two reminders go by; Memorial Day and Juneteenth lie in the delivery, which lasts beyond November.
    (
        "2026-04-13 12:00",
        lambda office: office.hears("We approve the work plan.", case=office.case().number),
    ),
    ("2026-04-13 15:00", lambda office: office.acts(Verb.CONFIRM_PLAN, text="We approve the work plan.")),
    ("2026-04-15 10:00", lambda office: office.acts(Verb.ADVANCE, stage="delivery")),
    ("2026-05-18 10:00", lambda office: office.hears("All is well.", case=office.case().number)),
    ("2026-05-18 15:00", lambda office: office.acts(Verb.NOTE, text="Read it.")),
    # Nobody answers any more: two check-ins, then a person telephones, and holds the follow-ups for the summer.
    ("2026-08-03 10:00", lambda office: office.acts(Verb.NOTE, text="Called; they are content.")),
    (
        "2026-08-03 10:05",
        lambda office: office.acts(Verb.HOLD_FOLLOWUPS, reason="They are on exercise.", until="2026-10-01"),
    ),
    ("2026-11-05 10:00", lambda office: office.hears("The report is fine.", case=office.case().number)),
    ("2026-11-05 15:00", lambda office: office.acts(Verb.NOTE, text="Read it.")),
    # Thanksgiving, Christmas, New Year, and the end.
    ("2027-02-01 10:00", lambda office: office.acts(Verb.CLOSE, reason="Done.")),
    ("2027-03-05 10:00", lambda office: None),
)

LETTERS = [
    "acknowledgement",
    "reminder_questions 1",
    "reminder_questions 2",
    "answers_noted",
    "plan_review",
    "plan_reminder 1",
    "plan_reminder 2",
    "plan_approved",
    "check_in",  # in May, and answered
    "check_in",
    "check_in_reminder",
    "check_in",  # and staff telephone
    "check_in",  # in November, after the hold, and answered
    "check_in",  # in December
    "check_in_reminder",
    "check_in",  # in January
    "closing",
]


def lived(office: Office) -> None:
    for at, happens in STORY:
        office.passes(day(at))
        happens(office)
        office.tick()


def test_a_case_from_its_first_mail_to_its_end(tmp_path: Path, rules: Rulebook) -> None:
    with opened(tmp_path, rules) as office:
        lived(office)

        assert office.letters() == LETTERS
        assert office.case().stage is Stage.CLOSED
        assert_in_hours(office)


class Fate:
    """When the program dies: at random, and not so often in a row that a message is taken for the culprit."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._lived = 0

    def __call__(self) -> bool:
        self._lived += 1
        if self._lived < 25 or self._random.random() < 0.9:
            return False
        self._lived = 0
        return True


@pytest.mark.parametrize("seed", range(4))
def test_it_goes_the_same_however_often_the_program_dies_on_its_way(
    tmp_path: Path, rules: Rulebook, seed: int
) -> None:
    with opened(tmp_path, rules, Fate(seed)) as office:
        lived(office)

        assert office.deaths > 40
        assert office.letters() == LETTERS
        assert office.case().stage is Stage.CLOSED
        assert_in_hours(office, late=2 * LEASE)
        keys = [each.key for _, each in office.world.sent if not each.key.startswith("card:")]
        assert len(keys) == len(set(keys))


def assert_in_hours(office: Office, late: timedelta = timedelta()) -> None:
    """`late`: how much later than decided a letter may leave, where the program died while it was sent."""
    hours = office.desk.rules.hours
    for at, name in office.letters_at():
        if name.startswith(("reminder", "plan_reminder", "check_in")):
            assert hours.is_open(at, ZONES) or hours.is_open(at - late, ZONES), (name, at)
            assert hours.is_business_day(at.astimezone(BOISE).date())
    by_itself = [
        at.astimezone(BOISE).date()
        for at, name in office.letters_at()
        if name.startswith(("reminder", "plan_reminder", "check_in"))
    ]
    assert len(set(by_itself)) == len(by_itself)


def test_a_thousand_jumps_of_the_clock_send_each_reminder_at_most_once(
    tmp_path: Path, rules: Rulebook
) -> None:
    random = Random(1)
    with opened(tmp_path, rules) as office:
        office.hears()
        office.tick()
        for _ in range(1000):
            office.clock.now += timedelta(hours=random.uniform(-24 * 10, 24 * 10.5))
            office.clock.now = max(office.clock.now, day("2026-03-05 16:00"))
            office.tick()

        letters = office.letters()
        assert len(letters) == len(set(letters))
        assert_in_hours(office)
