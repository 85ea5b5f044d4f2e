"""The brake pulls itself where the database or the clock is not the one that we know, and staff are told once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crbot import wiring
from crbot.cases.rulebook import Rulebook
from crbot.intake import brake
from crbot.intake.incoming import think
from crbot.triage.message import Channel
from tests.fakes import Clock
from tests.intake.office import Office

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return wiring.load_rules()


@pytest.fixture
def office(tmp_path: Path, rules: Rulebook) -> Iterator[Office]:
    office = Office(tmp_path, rules, Clock())
    yield office
    office.close()


def starts(office: Office) -> bool:
    """The program starts; True where the brake was pulled by it."""
    was_pulled = brake.check_at_start(office.store, office.clock())
    office.store.heartbeat(office.clock())
    return was_pulled


def ran(office: Office, days: int) -> None:
    for _ in range(days):
        office.clock.pass_(DAY)
        office.store.heartbeat(office.clock())


def test_an_ordinary_start_holds_nothing_back(office: Office) -> None:
    assert not starts(office)
    ran(office, days=3)
    office.clock.pass_(30 * DAY)  # it was off for a month

    assert not starts(office)
    assert office.store.brake() is None


def test_a_backup_that_was_put_back_is_told_by_the_file_beside_it(office: Office, tmp_path: Path) -> None:
    starts(office)
    ran(office, days=3)
    office.close()
    shutil.copy(tmp_path / "desk.db", tmp_path / "backup.db")
    office.restart()
    ran(office, days=2)
    office.close()
    for left in tmp_path.glob("desk.db-*"):
        left.unlink()
    shutil.copy(tmp_path / "backup.db", tmp_path / "desk.db")
    office.restart()

    assert starts(office)

    pulled = office.store.brake()
    assert pulled is not None
    assert "a backup was put back" in pulled.reason
    assert not starts(office)  # the next start finds a database and a file that agree


def test_what_a_backup_holds_as_unsent_is_looked_for_before_it_is_sent(
    office: Office, tmp_path: Path
) -> None:
    starts(office)
    office.hears()
    think(office.desk)
    office.store.look_before_sending(office.clock())

    office.tick()

    assert [each.is_repeat for _, each in office.world.sent] == [True] * len(office.world.sent)


def test_a_new_database_in_place_of_a_lost_one_is_held_back(office: Office, tmp_path: Path) -> None:
    starts(office)
    office.close()
    (tmp_path / "desk.db").unlink()
    again = Office(tmp_path, office.desk.rules, office.clock)

    assert starts(again)
    again.close()


@pytest.mark.parametrize(
    ("jump", "is_pulled"),
    [
        (timedelta(hours=23), False),
        (-timedelta(hours=23), False),
        (timedelta(hours=25), True),
        (-timedelta(days=400), True),
    ],
)
def test_a_clock_that_is_set_by_more_than_a_day_pulls_the_brake(
    office: Office, jump: timedelta, is_pulled: bool
) -> None:
    assert brake.check_jump(office.store, jump, office.clock()) is is_pulled
    assert (office.store.brake() is not None) is is_pulled


def test_a_start_long_before_the_last_run_pulls_the_brake(office: Office) -> None:
    starts(office)
    office.clock.now -= 2 * DAY

    assert starts(office)


def test_staff_are_told_once_that_it_is_pulled_and_once_that_it_is_let_go(office: Office) -> None:
    for _ in range(3):
        brake.check_jump(office.store, 2 * DAY, office.clock())
        office.tick()
    brake.release(office.store, "Jordan Lee", office.clock())
    office.tick()

    assert [each.title for each in office.notices()] == ["Paused: nothing goes out by itself", "Going on"]
    assert [line["what"] for line in office.store.record_of("")] == ["paused", "resumed"]


def test_a_letter_that_is_being_sent_when_the_brake_is_pulled_stays(office: Office) -> None:
    office.hears()
    think(office.desk)
    (claimed,) = office.store.claim(Channel.EMAIL, office.clock(), timedelta(minutes=15), 10)

    brake.pull(office.store, "Jordan Lee", "", office.clock())

    assert not office.store.begin(claimed, office.clock())
