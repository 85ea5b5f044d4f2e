"""The commands of those who keep the record, from a database with a case to what is left of it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crbot import wiring
from crbot.config import rules_folder
from tests.fakes import Clock
from tests.intake.office import Office
from tests.store.test_disposal import lived


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a database of one case that ended four years ago, and rules by which three years are enough."""
    clock = Clock(datetime.now(UTC) - timedelta(days=4 * 365))
    office = Office(tmp_path, wiring.load_rules(), clock)
    lived(office)
    number = office.store.list_cases()[0].number
    office.close()
    (tmp_path / "number").write_text(number)
    shutil.copytree(rules_folder(None), tmp_path / "rules")
    periods = tmp_path / "rules" / "retention.yaml"
    periods.write_text(
        periods.read_text().replace("| withdrawn       | for ever |", "| withdrawn | 3 years |")
    )
    return tmp_path


def crbot(desk: Path, *words: str, fails: bool = False) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CRBOT_")}
    environment |= {
        "CRBOT_CONFIG": os.devnull,
        "CRBOT_DATABASE_URL": f"sqlite:///{desk / 'desk.db'}",
        "CRBOT_RULES": str(desk / "rules"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "crbot.cli", *words],
        cwd=desk,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == (1 if fails else 0), done.stderr
    return done.stderr if fails else done.stdout


def test_a_case_from_its_hold_to_its_stub(desk: Path) -> None:
    number = (desk / "number").read_text()
    assert crbot(desk, "db", "check").startswith("Whole: ")

    crbot(desk, "cases", "hold", number, "--by", "Counsel", "--reason", "Subpoena")
    assert "stays: held by Counsel" in crbot(desk, "cases", "dispose")
    assert "nothing is due" in crbot(
        desk, "cases", "dispose", "--propose", "--by", "Lee", "--reason", "x", fails=True
    )
    crbot(desk, "cases", "hold", number, "--off", "--by", "Counsel", "--reason", "Answered")
    assert "Due: 1 cases and 0 messages; 0 cases stay\nNothing was changed" in crbot(desk, "cases", "dispose")

    proposed = crbot(desk, "cases", "dispose", "--propose", "--by", "Lee", "--reason", "Schedule")
    assert "crbot cases dispose --confirm 1" in proposed
    assert "another person" in crbot(desk, "cases", "dispose", "--confirm", "1", "--by", "Lee", fails=True)
    exported = crbot(desk, "cases", "export", number)
    assert exported.startswith(f"wrote {number}.zip")
    assert "SHA256SUMS" in zipfile.ZipFile(desk / f"{number}.zip").namelist()
    assert "1 cases and 0 messages were disposed of" in crbot(
        desk, "cases", "dispose", "--confirm", "1", "--by", "Moore"
    )

    assert "1 cases disposed of" in crbot(desk, "db", "check")
    assert crbot(desk, "cases", "export", number, "--format", "html", "--output", "left.html").startswith(
        "wrote"
    )
    assert "Moore" in (desk / "left.html").read_text()


def test_the_database_from_a_backup_to_a_break(desk: Path) -> None:
    made = crbot(desk, "db", "backup", "copy.db")
    assert "Whole: " in made
    assert "is there already" in crbot(desk, "db", "backup", "copy.db", fails=True)
    end = made.strip().rpartition(" ")[2]
    assert crbot(desk, "db", "check", "--head", end).strip().endswith(end)

    with closing(sqlite3.connect(desk / "desk.db", isolation_level=None)) as connection:
        connection.execute("DELETE FROM record WHERE id = 2")
    assert "The first break:\n  record, line 3" in crbot(desk, "db", "check", fails=True)

    assert "The next start is paused" in crbot(desk, "db", "restore", "copy.db")
    assert crbot(desk, "db", "check").startswith("Whole: ")
