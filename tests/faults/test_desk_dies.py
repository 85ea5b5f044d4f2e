"""The program ends before and after every one of its effects in turn, once and twice: all comes out as if it had not."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from random import Random

import pytest

from crbot import wiring
from crbot.cases.rulebook import Rulebook
from crbot.store.checking import check
from crbot.store.engine import open_for_reading
from tests.faults.desk import REQUESTS, assert_sound, letters, live, opened
from tests.faults.doses import dose, figure
from tests.intake.office import World


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return wiring.load_rules()


class At:
    """Ends the program at the moments of these numbers, counted from 0."""

    def __init__(self, *numbers: int) -> None:
        self._numbers = frozenset(numbers)
        self.lived = 0

    def __call__(self) -> bool:
        self.lived += 1
        return self.lived - 1 in self._numbers


def undisturbed(folder: Path, rules: Rulebook) -> tuple[int, dict[tuple[str, str], int]]:
    """How many moments there are before and after an effect, and the letters that go out."""
    never = At()
    with opened(folder, rules, never) as office:
        live(office)
        assert_sound(office)
        assert len(letters(office)) >= len(REQUESTS)
        return never.lived, letters(office)


def test_it_dies_before_and_after_every_effect_in_turn(tmp_path: Path, rules: Rulebook) -> None:
    moments, expected = undisturbed(tmp_path / "never", rules)
    began, tried = time.monotonic(), range(0, moments, dose(17, 1))
    for moment in tried:
        folder = tmp_path / "dies"
        with opened(folder, rules, At(moment)) as office:
            live(office)

            assert office.deaths == 1, moment
            assert_sound(office)
            assert letters(office) == expected, moment
        shutil.rmtree(folder)
    figure(
        f"died at {len(tried)} of {moments} moments before and after an effect: 0 lost, 0 cases twice, 0 letters twice, "
        f"the record whole each time ({time.monotonic() - began:.0f} s)"
    )


def test_it_dies_again_while_it_makes_up_for_it(tmp_path: Path, rules: Rulebook) -> None:
    moments, expected = undisturbed(tmp_path / "never", rules)
    random, pairs = Random(11), dose(8, 400)
    for _ in range(pairs):
        first = random.randrange(moments)
        folder = tmp_path / "dies"
        with opened(folder, rules, At(first, first + random.randrange(1, 30))) as office:
            live(office)

            assert office.deaths >= 1
            assert_sound(office)
            assert letters(office) == expected
        shutil.rmtree(folder)
    figure(f"died twice, {pairs} random pairs of moments: 0 lost, 0 cases twice, 0 letters twice")


class Copies:
    """Takes what lies on the disk before and after every effect, as a power failure at that moment would leave it."""

    def __init__(self, folder: Path, every: int) -> None:
        self.folder, self._every = folder, every
        self.lived = 0
        self.world: World | None = None
        self.taken: list[tuple[Path, frozenset[str]]] = []  # with the keys of what had been sent by then

    def __call__(self) -> bool:
        self.lived += 1
        if self.lived % self._every == 0:
            copy = self.folder / f"{self.lived}"
            copy.mkdir(parents=True)
            for ending in ("", "-wal"):  # what is shared memory is lost
                source = self.folder.parent / "desk" / f"desk.db{ending}"
                if source.exists():
                    shutil.copyfile(source, copy / source.name)
            sent = (each.key for _, each in self.world.sent) if self.world else ()
            self.taken.append((copy, frozenset(sent)))
        return False


def test_after_a_power_failure_at_any_moment_what_was_sent_is_known(tmp_path: Path, rules: Rulebook) -> None:
    """The write-ahead log is left behind each time; in a second copy its last bytes never reached the disk."""
    copies = Copies(tmp_path / "copies", dose(19, 2))
    with opened(tmp_path / "desk", rules, copies) as office:
        copies.world = office.world
        live(office)
    random = Random(5)
    for copy, sent in copies.taken:
        assert check_copy(copy / "desk.db", sent) == frozenset()
    for copy, _ in copies.taken:
        torn = copy / "torn"
        torn.mkdir()
        shutil.copyfile(copy / "desk.db", torn / "desk.db")
        wal = (copy / "desk.db-wal").read_bytes() if (copy / "desk.db-wal").exists() else b""
        (torn / "desk.db-wal").write_bytes(wal[: random.randrange(len(wal) + 1)])
        check_copy(torn / "desk.db", frozenset())
    assert any(sent for _, sent in copies.taken)
    figure(
        f"power failed at {len(copies.taken)} moments, and once more each with the last pages unsynced: every copy whole, "
        "0 letters sent that the database did not know of"
    )


def check_copy(database: Path, sent: frozenset[str]) -> frozenset[str]:
    """Open the copy as the next start would; returns what was sent and is not on record as begun or sent."""
    engine = open_for_reading(f"sqlite:///{database}")
    try:
        found = check(engine)
        assert [each for each in found.breaks if "no such table" not in each] == []
        with engine.begin() as connection:
            known = (
                connection.exec_driver_sql("SELECT key FROM outbox WHERE state IN ('sending', 'sent')")
                if sent
                else ()
            )
            return sent - {row[0] for row in known}
    finally:
        engine.dispose()
