"""Staff at the terminal: what an action takes, why it can't be done, and that it is kept like everything that arrives."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from crbot.cases.authority import Party, Role
from crbot.cases.case import Alike
from crbot.cases.respond import Change
from crbot.intake.verbs import VALUES, Verb
from crbot.store.migrations import upgrade
from crbot.store.store import SqlStore, open_engine
from tests.store.test_store import NOW, arrival, case, received


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A database in which one case is open."""
    url = f"sqlite:///{tmp_path / 'crbot.db'}"
    engine = open_engine(url)
    upgrade(engine)
    store = SqlStore(engine)
    store.keep([arrival()])
    kept = store.take_up(NOW)
    assert kept is not None
    store.save(kept, Change(case()), NOW, received())
    store.close()
    return url


def crbot(database: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CRBOT_")}
    environment |= {"CRBOT_DATABASE_URL": database, "COLUMNS": "120"}
    command = [sys.executable, "-m", "crbot.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def act(database: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return crbot(database, "act", "CRI-2026-0001", *arguments, "--by", "Jordan Lee")


def test_what_is_done_at_the_terminal_is_kept(database: str) -> None:
    done = act(database, "note", "--set", "text=Called them = twice")

    assert (done.returncode, done.stdout.partition(".")[0]) == (0, "Kept")


def test_what_would_be_refused_is_told_at_once_and_not_kept(database: str) -> None:
    refused = act(database, "send_decline")

    assert refused.returncode == 1
    assert "No decline is drafted for CRI-2026-0001. Nothing was done." in refused.stderr
    assert act(database, "claim").returncode == 0


def test_why_the_head_can_not_be_asked_is_told_at_once(database: str) -> None:
    refused = act(database, "confirm")

    assert refused.returncode == 1
    assert "CRBOT_MAIL__REPLY_KEY" in refused.stderr


def test_the_persons_of_a_case_are_shown(database: str) -> None:
    party = Party(Role.HEAD, "Ann Reyes", "areyes@ashford.gov", "Ashford Police Department")
    alike = Alike("CRI-2026-0007", ("the same agency",))
    engine = open_engine(database)
    store = SqlStore(engine)
    store.keep([replace(arrival(), key="second", raw=b"second", identity="", content="")])
    kept = store.take_up(NOW)
    assert kept is not None
    known = case().changed(parties=(party,), alike=(alike,), unconfirmed="Nobody vouches for the head.")
    store.save(kept, Change(known), NOW)
    store.close()

    shown = crbot(database, "cases", "show", "CRI-2026-0001").stdout

    assert "chief executive" in shown
    assert "Ann Reyes <areyes@ashford.gov>" in shown
    assert "Nobody vouches for the head." in shown
    assert "Looks like CRI-2026-0007: the same agency" in shown


def test_what_follows_on_something_that_still_waits_is_kept_unasked(database: str) -> None:
    act(database, "advance", "--set", "stage=scoping")

    assert act(database, "advance", "--set", "stage=work_plan").returncode == 0


@pytest.mark.parametrize("wrong", ["txet=Hello", "Hello"])
def test_a_value_that_an_action_does_not_take_is_told_with_those_that_it_takes(
    wrong: str, database: str
) -> None:
    refused = act(database, "note", "--set", wrong)

    assert refused.returncode == 2
    assert "is no value of note" in refused.stderr
    assert "--set text=" in refused.stderr


def test_what_staff_corrected_is_listed_for_the_rules(database: str) -> None:
    assert "corrected and disputed nothing" in crbot(database, "rules", "proposals").stdout


@pytest.mark.parametrize("verb", Verb)
def test_every_action_is_told_of_with_its_values(verb: Verb) -> None:
    document = (Path(__file__).parents[1] / "docs" / "cases.md").read_text("utf-8")
    (row,) = [line for line in document.splitlines() if line.startswith(f"| `{verb.value}` |")]

    assert re.findall(r"`(\w+)`: ", row) == list(VALUES.get(verb, {}))
