"""What the documents say is so: commands, settings, examples, links."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel

from crbot.cli import app
from crbot.config import Settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])


def commands(command: Any, name: str = "crbot") -> Iterator[str]:
    """Every command that does something, with the names above it."""
    below = getattr(command, "commands", None)  # typer brings a click of its own: no class to ask for
    if below is None:
        yield name
        return
    for each, deeper in below.items():
        yield from commands(deeper, f"{name} {each}")


def test_there_are_commands() -> None:
    assert {"crbot triage", "crbot run", "crbot rules check"} <= set(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("command", list(commands(typer.main.get_command(app))))
def test_every_command_is_in_the_readme(command: str) -> None:
    assert re.search(rf"`{command}\b", README), f"the README does not tell of `{command}`"


@pytest.mark.parametrize("command", list(commands(typer.main.get_command(app))))
def test_every_command_shows_how_it_is_used(command: str) -> None:
    described: Any = typer.main.get_command(app)
    for name in command.split()[1:]:
        described = described.commands[name]

    assert re.search(rf"Example: .*{command}\b", described.help)


def test_the_readme_tells_of_no_command_that_is_not_there() -> None:
    there = set(commands(typer.main.get_command(app)))
    told = re.findall(r"`(crbot(?: [a-z]+)+)", README)

    assert [each for each in told if not any(each.startswith(name) for name in there)] == []


def names_of(model: type[BaseModel], prefix: str = "CRBOT_") -> Iterator[str]:
    """Every setting, as it is called in the environment."""
    for name, field in model.model_fields.items():
        nested = [each for each in _types_in(field.annotation) if issubclass(each, BaseModel)]
        if nested:
            yield from names_of(nested[0], f"{prefix}{name.upper()}__")
        else:
            yield prefix + name.upper()


def _types_in(annotation: object) -> list[type]:
    parts = getattr(annotation, "__args__", (annotation,))
    return [each for each in parts if isinstance(each, type)]


def test_the_example_settings_name_every_setting_and_no_other() -> None:
    example = (ROOT / ".env.example").read_text("utf-8")
    named = re.findall(r"^#?(CRBOT_\w+)=", example, re.MULTILINE)

    assert sorted(named) == sorted(names_of(Settings))


def examples() -> list[str]:
    """The console blocks of the documents that run crbot."""
    texts = (document.read_text("utf-8") for document in DOCUMENTS)
    blocks = (
        block
        for text in texts
        for block in re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    )
    return [block for block in blocks if block.startswith("$ crbot ")]


def steps(example: str) -> list[tuple[str, str]]:
    """Each command line of a block, with the output that is shown for it."""
    return re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", example, re.MULTILINE)


def pattern_of(output: str) -> str:
    """A line "…" stands for any number of lines, one in a line for the rest of a word."""
    lines = [r"(?:.*\n)*" if line == "…" else _line_pattern(line) for line in output.splitlines()]
    return "".join(lines)


def _line_pattern(line: str) -> str:
    return r"\S*".join(re.escape(part) for part in line.rstrip().split("…")) + r"[^\S\n]*\n"


def test_there_are_examples() -> None:
    assert len([step for example in examples() for step in steps(example)]) >= 3


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.partition("\n")[0])
def test_every_example_prints_what_is_shown(example: str, tmp_path: Path) -> None:
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CRBOT_")}
    environment |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "100"}
    for command, output in steps(example):
        done = subprocess.run(
            command,
            shell=True,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert done.returncode == 0, done.stderr
        assert re.fullmatch(pattern_of(output), done.stdout), done.stdout


def test_every_make_target_that_is_told_of_is_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))

    assert set(re.findall(r"`make ([a-z]+)`", README)) <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text("utf-8"))

    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(re.findall(r"\]\(([^)]+)\)", (folder / "README.md").read_text("utf-8")))

    assert {path.name for path in folder.glob("0*.md")} == listed


def test_the_documents_make_a_site_without_a_broken_link(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert built.returncode == 0, built.stderr
    assert "crbot is the intake desk" in (tmp_path / "index.html").read_text("utf-8")
    assert (tmp_path / "files" / "rules" / "stages.yaml.txt").is_file()
