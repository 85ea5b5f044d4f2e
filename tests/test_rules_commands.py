"""`crbot rules`: what rule owners read, change and sign."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crbot.cases.respond import Change
from crbot.channels.signing import read_csv
from crbot.cli import app
from crbot.config import rules_folder
from crbot.store.migrations import upgrade
from crbot.store.store import SqlStore, open_engine
from tests.store.test_store import NOW, arrival, case, received

SHIPPED = rules_folder(None)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the rules, to change."""
    shutil.copytree(SHIPPED, tmp_path / "rules")
    return tmp_path / "rules"


def said(*words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["rules", *map(str, words)], catch_exceptions=True)
    return done.exit_code, f"{done.output}{done.exception or ''}"


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_the_rules_that_are_shipped_are_signed() -> None:
    code, text = said("check", SHIPPED)

    assert "They decide everything as the signed table says" in text
    assert code == 0


def test_a_change_wants_a_reason_and_a_name_and_keeps_them(house: Path) -> None:
    change(house / "eligibility.yaml", "active            | flag ", "active            | fail ")
    code, text = said("check", house)

    assert code == 1
    assert "pending_matters: investigation active: was flag, is now fail" in text
    assert "12 changes to what the rules decide are not signed" in text

    assert said("check", house, "--confirm", "The page says so")[0] == 2
    code, text = said("check", house, "--confirm", "The page says so", "--by", "Jordan Lee")

    assert "Signed by Jordan Lee: 12 changes" in text
    assert said("check", house)[0] == 0
    last = (house / "signed-by.csv").read_text("utf-8").splitlines()[-1]
    assert ",Jordan Lee,The page says so,12," in last


def test_a_folder_that_nobody_signed_is_told_so(house: Path) -> None:
    (house / "signed-table.csv").unlink()
    (house / "signed-by.csv").unlink()

    code, text = said("check", house)

    assert code == 1
    assert "nobody has signed what they decide" in text


@pytest.mark.parametrize("name", ["signed-table.csv", "signed-by.csv"])
@pytest.mark.parametrize("raw", [b"no,table\n1,2\n", b"\xff\xfe"])
def test_a_spoilt_signature_is_told_and_not_overwritten(house: Path, name: str, raw: bytes) -> None:
    (house / name).write_bytes(raw)
    if name == "signed-by.csv":
        change(house / "eligibility.yaml", "active            | flag ", "active            | fail ")

    code, text = said("check", house, "--confirm", "why", "--by", "Jordan Lee")

    assert code == 1
    assert name in text
    assert (house / name).read_bytes() == raw


def test_the_whole_table_is_printed_for_people_spreadsheets_and_paper(tmp_path: Path) -> None:
    assert "lines stand for 138,412,032 combinations of facts." in said("table")[1]
    assert read_csv(said("table", "--csv")[1]) == read_csv((SHIPPED / "signed-table.csv").read_text("utf-8"))

    said("table", "--html", tmp_path / "table.html")

    page = (tmp_path / "table.html").read_text("utf-8")
    assert "This table is signed as it stands." in page
    assert "<script" not in page


def test_one_rule_is_explained_by_its_name_and_a_misspelt_one_is_guessed() -> None:
    assert (
        "### No open investigation and no lawsuit, present or expected"
        in said("explain", "pending_matters")[1]
    )
    assert "did you mean 'pending_matters'?" in said("explain", "pending_maters")[1]


def test_the_policy_is_written_as_a_page(tmp_path: Path) -> None:
    said("explain", "--html", tmp_path / "policy.html")

    assert "<svg" in (tmp_path / "policy.html").read_text("utf-8")


def test_a_case_is_explained_by_its_words_and_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'crbot.db'}"
    monkeypatch.setenv("CRBOT_DATABASE_URL", url)
    engine = open_engine(url)
    upgrade(engine)
    store = SqlStore(engine)
    store.keep([arrival()])
    kept = store.take_up(NOW)
    assert kept is not None
    opened = case()
    store.save(kept, Change(opened), NOW, received())
    store.close()

    code, text = said("explain", opened.number.lower())

    assert code == 0
    assert opened.number in text
    assert f"Decided by rules {opened.decision.rules.version}" in text


def test_a_case_that_is_not_there_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRBOT_DATABASE_URL", f"sqlite:///{tmp_path / 'crbot.db'}")

    code, text = said("explain", "cri-2026-0042")

    assert code == 1
    assert "there is no case CRI-2026-0042" in text


def test_an_editor_gets_the_schema_of_a_file(tmp_path: Path) -> None:
    assert '"title": "crbot rules: cues"' in said("schema", "cues/services.yaml")[1]

    said("schema", "--write", tmp_path / "schema")

    assert {file.name for file in (tmp_path / "schema").iterdir()} == {
        file.name for file in (SHIPPED / "schema").iterdir()
    }


def test_examples_that_fail_are_told_and_on_demand_why(house: Path) -> None:
    change(
        house / "eligibility.yaml", "| federal             | fail    |", "| federal             | pass    |"
    )

    code, text = said("test", house)
    assert code == 1
    assert "'agency_type federal' must give pass, and gives fail" in text
    assert "can't request assistance" not in text

    assert (
        "  Agencies of this kind can't request assistance. (eligibility.yaml:"
        in said("test", house, "--why")[1]
    )


def test_a_row_without_an_example_is_told(house: Path) -> None:
    change(
        house / "routing.yaml",
        "  | resource_referral                              | no       | cri_tac                   |\n",
        "",
    )

    code, text = said("test", house)

    assert code == 1
    assert "routing.yaml:19: no example of routing comes to this row; write one" in text
