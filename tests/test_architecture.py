"""The shape of the code and of the rules: what no single module can promise."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from crbot.cases.letters import FIELDS, LetterName

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
RULES = sorted((ROOT / "rules").rglob("*.yaml"))

LONGEST_MODULE = 700  # lines; what is longer does two things


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_imports_point_one_way_and_the_core_is_pure() -> None:
    lint = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert lint.returncode == 0, lint.stdout


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    text = path.read_text("utf-8")

    assert not text or ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=name_of)
def test_no_module_is_longer_than_one_can_keep_in_mind(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_MODULE


def test_there_are_rules() -> None:
    assert {"facts.yaml", "eligibility.yaml", "routing.yaml"} <= {path.name for path in RULES}


@pytest.mark.parametrize("path", RULES, ids=name_of)
def test_every_file_of_rules_has_a_title_and_a_source(path: Path) -> None:
    rules = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)

    assert rules["title"].strip()
    assert rules["source"].strip()


@pytest.mark.parametrize("letter", LetterName)
def test_every_letter_has_its_words_and_says_what_it_needs(letter: LetterName) -> None:
    assert (ROOT / "templates" / f"{letter.value}.txt").read_text("utf-8").strip()
    assert letter in FIELDS


def test_every_template_is_a_letter_or_part_of_one() -> None:
    templates = {path.name: path.read_text("utf-8") for path in (ROOT / "templates").iterdir()}
    included = {name for name in templates if any(f'include "{name}"' in text for text in templates.values())}

    letters = {f"{letter.value}.txt" for letter in LetterName}
    assert templates.keys() - letters - included == {"layout.txt", "layout.html", "subject.txt"}


def tracked_texts() -> list[tuple[str, str]]:
    """Every text file that is part of the project, by its name."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no clone: there is no list of files")
    texts = []
    for name in filter(None, listed.stdout.split("\0")):
        raw = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b""
        if b"\0" not in raw:
            texts.append((name, raw.decode("utf-8", "replace")))
    return texts


def test_nothing_names_a_folder_of_the_machine_it_was_written_on() -> None:
    folder = re.compile(r"(?<![\w.:/])/(?:work|home|root|Users|tmp)/[\w.]")

    found = [(name, hit.group()) for name, text in tracked_texts() for hit in folder.finditer(text)]

    assert found == []


def test_the_lock_file_names_no_place_to_fetch_from_and_a_hash_for_everything() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    pinned = re.findall(r"^[\w.-]+(?:\[[\w,-]+\])?==\S+.*(?:\n    .*)*", lock, re.MULTILINE)

    assert "://" not in lock
    assert len(pinned) > 20
    assert [each for each in pinned if "--hash=sha256:" not in each] == []
