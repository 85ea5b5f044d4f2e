"""`crbot agencies`: a list is looked at, taken in and asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from crbot.cli import app

LIST = "name,state,type\nSpringfield Police Department,OH,local\nSpringfield Police Department,MA,local\n"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRBOT_DATABASE_URL", f"sqlite:///{tmp_path / 'crbot.db'}")
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    return tmp_path


def said(*words: str) -> str:
    done = CliRunner().invoke(app, ["agencies", *words], catch_exceptions=True)
    return f"{done.output}{done.exception or ''}"


def test_a_dry_run_shows_what_would_change_and_changes_nothing(house: Path) -> None:
    assert "2 new: Springfield Police Department" in said("import", "list.csv", "--dry-run")
    assert said("versions") == ""


def test_a_list_that_was_taken_in_is_asked_by_name(house: Path) -> None:
    assert "Taken in" in said("import", "list.csv", "--by", "Jordan Lee")

    assert "That is Springfield Police Department" in said("find", "Springfield PD", "--state", "oh")
    assert "It could be any of these" in said("find", "City of Springfield Police Dept.")
    assert "no agency that 'Walnut PD' could mean" in said("find", "Walnut PD")
    assert "a list of one's own  (Jordan Lee)" in said("versions")


def test_a_second_list_shows_the_difference_to_the_first(house: Path) -> None:
    said("import", "list.csv")
    (house / "list.csv").write_text(LIST.replace("MA", "IL"), encoding="utf-8")

    told = said("import", "list.csv", "--dry-run")

    assert "1 new" in told
    assert "1 gone" in told


def test_a_broken_list_changes_nothing(house: Path) -> None:
    (house / "list.csv").write_text(LIST + "Elm Ridge,Ohio,local\n", encoding="utf-8")

    assert "list.csv, line 4, column state: 'Ohio' is no postal code" in said("import", "list.csv")
    assert said("versions") == ""


def test_without_a_register_the_command_says_how_to_get_one(house: Path) -> None:
    assert "crbot agencies import LIST.csv" in said("find", "Springfield PD")
