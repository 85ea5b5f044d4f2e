"""The command that shows what a draft of the rules would have decided otherwise."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crbot.cli import app
from crbot.config import load_settings, rules_folder
from crbot.intake.repeats import DEFAULT_LIMITS
from crbot.wiring import load_rules, open_database, replay
from tests.mail_desk import UNKNOWN_BORDER, MailDesk, mail

THREATENED = "A lawyer of the family has sent us a notice of claim. We would like training on de-escalation. "


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with some messages, and a draft by which a threatened suit fails."""
    folder = tmp_path_factory.mktemp("replay")
    desk = MailDesk(
        open_database(f"sqlite:///{folder / 'crbot.db'}"), load_rules(), DEFAULT_LIMITS, UNKNOWN_BORDER
    )
    for number in range(12):
        agency = f"officer@town{number}.example.gov"
        desk.hears(mail(THREATENED if number % 2 else "Please review our policy. =1+1", "Help", agency))
    shutil.copytree(rules_folder(None), folder / "draft")
    table = folder / "draft" / "eligibility.yaml"
    table.write_text(
        table.read_text("utf-8").replace("| active, potential | flag ", "| active, potential | fail "),
        "utf-8",
    )
    return folder


@pytest.fixture
def command(world: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.chdir(world)
    monkeypatch.setenv("CRBOT_DATABASE_URL", f"sqlite:///{world / 'crbot.db'}")

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, ["rules", "replay", *words])
        if result.exception and not isinstance(result.exception, SystemExit):
            return str(result.exception)
        return result.output

    return run


def test_the_cases_that_change_are_listed_with_both_explanations(command: Callable[..., str]) -> None:
    shown = " ".join(command("--rules", "draft").split())

    assert "12 messages decided again: 12 cases and 0 messages without a case come out differently." in shown
    assert "review ineligible 6" in shown
    assert "By the draft" in shown
    assert "notice of claim" in shown


def test_a_spreadsheet_gets_a_line_for_each_thing_that_changes(
    command: Callable[..., str], world: Path
) -> None:
    assert "wrote changes.csv" in command("--rules", "draft", "--csv", "--output", "changes.csv")
    lines = list(csv.DictReader(io.StringIO((world / "changes.csv").read_text("utf-8"))))

    dispositions = [line for line in lines if line["what"] == "disposition"]
    assert {(line["before"], line["after"]) for line in dispositions} == {("review", "ineligible")}
    assert len(dispositions) == 6
    assert {line["by_draft"] for line in lines} == {"yes"}
    questions = {line["after"] for line in lines if line["what"] == "questions"}
    assert (
        "Who asks, Kind of agency, Lawsuit, Open investigation" in questions
    )  # what decides most comes first


def test_a_page_shows_the_same(command: Callable[..., str], world: Path) -> None:
    command("--rules", "draft", "--html", "--output", "changes.html")
    page = (world / "changes.html").read_text("utf-8")

    assert page.count("<h2>") == 12
    assert "ineligible" in page


def test_processes_come_to_what_one_comes_to(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRBOT_DATABASE_URL", f"sqlite:///{world / 'crbot.db'}")
    settings, done = load_settings(), list[tuple[int, int]]()

    alone = replay(settings, world / "draft", processes=1)
    together = replay(settings, world / "draft", progress=lambda *so_far: done.append(so_far), processes=2)
    assert sorted(each.case for each in together.changed) == sorted(each.case for each in alone.changed)
    assert together.queues == alone.queues
    assert done[-1] == (12, 12)


def test_what_the_rules_in_force_decide_otherwise_too_is_not_laid_at_the_drafts_door(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRBOT_DATABASE_URL", f"sqlite:///{world / 'crbot.db'}")
    monkeypatch.setenv("CRBOT_RULES", str(world / "draft"))

    told = replay(load_settings(), world / "draft")
    assert [each.by_draft for each in told.changed] == [False] * 12


def test_a_broken_draft_is_told_before_anything_is_decided(command: Callable[..., str], world: Path) -> None:
    assert "is no folder" in command("--rules", "nowhere")
    assert "name one" in command("--rules", "draft", "--csv", "--html")
