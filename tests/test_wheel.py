"""What is shipped works by itself: the wheel, installed where there is no checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAIL = b"""\
From: Chief Ramona Teller <rteller@maplehollowpd.example>
To: response.center@desk.example
Subject: Policy review
Date: Mon, 2 Mar 2026 09:00:00 -0500
Message-ID: <1@maplehollowpd.example>

I am the Chief of Police of the Maple Hollow Police Department in Vermont. I request a review of our pursuit policy.
"""


def run(*command: str | Path, cwd: Path = ROOT, stdin: bytes = b"") -> str:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("CRBOT_", "PYTHON"))
    }
    done = subprocess.run(
        [str(each) for each in command],
        cwd=cwd,
        env=environment,
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    (built,) = folder.glob("crbot-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment that holds the wheel; everything else is the one that runs the tests."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        wheel,
    )
    # A path file's folders are searched last and their own path files are not read: this checkout stays out of sight.
    own = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    Path(own, "others.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return python.parent


def test_it_holds_the_rules_and_templates_and_nothing_of_the_checkout(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    shipped = {name.removeprefix("crbot/_defaults/") for name in names if "/_defaults/" in name}
    ours = {
        path.relative_to(ROOT).as_posix()
        for folder in ("rules", "templates")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    }

    assert shipped == ours
    assert all(name.startswith(("crbot/", "crbot-")) for name in names)
    assert "crbot/demo/requests.toml" in names


def test_it_decides_a_mail_with_the_rules_that_it_brought(installed: Path, tmp_path: Path) -> None:
    (line,) = run(installed / "crbot", "triage", "--json", "-", cwd=tmp_path, stdin=MAIL).splitlines()
    decision = json.loads(line)

    assert decision["kind"] == "request"
    assert decision["queue"] == "cri_tac"
    assert decision["disposition"] == "needs_information"


def test_it_is_the_installed_one_that_runs(installed: Path, tmp_path: Path) -> None:
    where = run(installed / "python", "-c", "import crbot; print(crbot.__file__)", cwd=tmp_path)

    assert Path(where.strip()).is_relative_to(installed.parent)
