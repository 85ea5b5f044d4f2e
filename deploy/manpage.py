"""Writes the manual page of crbot, made of what the commands tell of themselves: `make man`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from crbot.cli import app


def page() -> str:
    """The manual page, as man reads it."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield '.TH CRBOT 1 "" "crbot" "User Commands"'
    yield ".SH NAME"
    yield r"crbot \- the intake desk of the Collaborative Reform Initiative"
    yield ".SH SYNOPSIS"
    yield ".B crbot"
    yield r".I COMMAND\fR [\fIOPTIONS\fR] [\fIARGUMENTS\fR]"
    yield ".SH COMMANDS"
    for name, command in _commands(typer.main.get_command(app), "crbot"):
        yield from _section(name, command)
    yield ".SH SETTINGS"
    yield "Environment variables CRBOT_\\&..., over crbot.toml in the working folder or where CRBOT_CONFIG says."
    yield "The file .env.example names each with what holds when nothing is said."
    yield ".SH EXIT STATUS"
    yield "0 when it is done, 1 when something is wrong with the input or the world, 2 on wrong usage."


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
        return
    for each, deeper in below.items():
        yield from _commands(deeper, f"{name} {each}")


def _section(name: str, command: Any) -> Iterator[str]:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option"]
    yield f".SS {_plain(name)}" + "".join(f" {_plain(each.name.upper())}" for each in arguments)
    for paragraph in (command.help or "").split("\n\n"):
        yield ".PP"
        yield _plain(" ".join(paragraph.split()))
    for each in (*arguments, *options):
        yield ".TP"
        yield f".B {_plain(', '.join(each.opts) if each in options else each.name.upper())}"
        yield _plain(each.help or "")


def _plain(text: str) -> str:
    """Text in which man sees no command."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
