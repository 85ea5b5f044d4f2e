"""What is laid beside crbot to run it: the unit of systemd, the container, the locked dependencies, the parts list."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

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
