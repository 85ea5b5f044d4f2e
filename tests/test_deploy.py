"""What is laid beside crbot to run it: the unit of systemd, the container, the locked dependencies, the parts list."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from crbot.channels.metrics import Metrics
from crbot.intake.backlog import Backlog

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
MOST_EXPOSED = 2.5  # of 10, as systemd reckons


def locked(file: Path) -> dict[str, str]:
    """Names and versions in a lock file."""
    return dict(
        re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==([^ ;\\]+)", file.read_text("utf-8"), re.MULTILINE)
    )


def beside_python(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / name), *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )


@pytest.mark.live
def test_the_unit_leaves_little_open_to_who_breaks_in() -> None:
    told = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(DEPLOY / "crbot.service")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    exposure = re.search(r"exposure level for crbot.service: ([\d.]+)", told)
    assert exposure
    assert float(exposure[1]) <= MOST_EXPOSED


def test_the_recipe_of_the_container_has_no_fault_that_a_linter_knows() -> None:
    done = beside_python("hadolint", "deploy/Containerfile")

    assert (done.returncode, done.stdout) == (0, "")


def test_the_container_runs_as_nobody_special() -> None:
    recipe = (DEPLOY / "Containerfile").read_text("utf-8")

    assert re.findall(r"^USER (.*)", recipe, re.MULTILINE) == ["10001:10001"]


def test_the_composed_bot_can_write_nowhere_and_gain_nothing() -> None:
    composed: Any = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    bot = composed["services"]["crbot"]

    assert bot["read_only"] is True
    assert bot["cap_drop"] == ["ALL"]
    assert bot["security_opt"] == ["no-new-privileges:true"]
    assert "PASSWORD" not in str(bot["environment"])


def test_what_runs_is_what_was_tested() -> None:
    tested, runs = locked(ROOT / "requirements.lock"), locked(DEPLOY / "requirements.lock")

    assert {"slack-bolt", "imapclient", "psycopg", "msal"} <= set(runs)
    assert {"pytest", "mypy"}.isdisjoint(runs)
    assert {name: version for name, version in runs.items() if tested.get(name) != version} == {}


def test_the_parts_list_names_everything_that_is_installed(tmp_path: Path) -> None:
    file = tmp_path / "parts.json"
    done = beside_python(
        "cyclonedx-py", "requirements", "--pyproject", "pyproject.toml", "--of", "JSON", "-o", str(file),
        "deploy/requirements.lock",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr

    parts = json.loads(file.read_text("utf-8"))["components"]

    assert {each["name"] for each in parts} == set(locked(DEPLOY / "requirements.lock"))


def figures() -> set[str]:
    """Every figure that `/metrics` has, as Prometheus calls it."""
    now = datetime(2026, 3, 2, tzinfo=UTC)
    metrics = Metrics(Backlog, lambda: now, dict, lambda: ("1", "0"))
    families = text_string_to_metric_families(metrics.page()[0].decode())
    return {f"{each.name}_total" if each.type == "counter" else each.name for each in families}


@pytest.mark.parametrize("file", ["dashboard.json", "alerts.yaml"])
def test_what_watches_the_bot_asks_only_for_figures_that_there_are(file: str) -> None:
    asked = set(re.findall(r"\bcrbot_[a-z_]+", (DEPLOY / file).read_text("utf-8")))

    assert asked
    assert asked - figures() == set()


def test_every_figure_is_looked_at_by_the_dashboard_or_an_alert() -> None:
    watched = "".join((DEPLOY / file).read_text("utf-8") for file in ("dashboard.json", "alerts.yaml"))

    assert {each for each in figures() if each not in watched} == {
        "crbot_rules_info",
        "crbot_messages_set_aside_total",
    }


def test_every_alert_says_what_to_do() -> None:
    alerts: Any = yaml.safe_load((DEPLOY / "alerts.yaml").read_text("utf-8"))

    for rule in alerts["groups"][0]["rules"]:
        assert rule["annotations"].keys() == {"summary", "description"}
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_the_manual_page_tells_of_every_command(tmp_path: Path) -> None:
    page = tmp_path / "crbot.1"
    subprocess.run([sys.executable, str(DEPLOY / "manpage.py"), str(page)], check=True)

    told = page.read_text("utf-8")

    listed = subprocess.run(
        [sys.executable, "-m", "crbot.cli", "--help"], capture_output=True, text=True, check=True
    )
    commands = re.findall(r"^  ([a-z]+)  ", listed.stdout.partition("Commands:")[2], re.MULTILINE)
    assert len(commands) > 10
    assert [each for each in commands if f".SS crbot {each}" not in told] == []


def test_the_commands_are_listed_without_loading_what_they_need() -> None:
    listing = "import sys, crbot.cli\ntry:\n    crbot.cli.main()\nexcept SystemExit:\n    print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", listing, "--help"], capture_output=True, text=True, check=True
    )

    assert {"pydantic", "sqlalchemy", "slack_sdk", "rich"}.isdisjoint(done.stdout.split())
