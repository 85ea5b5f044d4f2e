"""`crbot triage`: decide about messages from files."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crbot.cli.asking import Failure, RulesFolder

if TYPE_CHECKING:
    from crbot import wiring
    from crbot.triage.policy import Policy


def triage(
    files: Annotated[
        list[Path] | None, typer.Argument(help=".eml files, folders, mboxes, or - for standard input")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON Lines for programs, one object a message")
    ] = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="read labelled lines on standard input, answer each")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="every fact with its cue and its context")
    ] = False,
    rules: RulesFolder = None,
) -> None:
    """Decide about messages and show why. Needs no account, database or network.

    Example: crbot triage mail.eml
    """
    from crbot import wiring

    if jsonl == bool(files):
        raise typer.BadParameter("name files, folders or mboxes, or - for standard input; or --jsonl alone")
    policy = wiring.load_policy(rules)
    if jsonl:
        for line in wiring.decide_lines(sys.stdin.buffer, policy):
            print(line, flush=True)  # noqa: T201  (the output)
        return
    _show_triaged(wiring.triage_mails(_mails(files or []), policy), policy, as_json=as_json, explain=explain)


def _show_triaged(
    all_triaged: Iterable[wiring.Triaged], policy: Policy, *, as_json: bool, explain: bool
) -> None:
    from rich.console import Console

    from crbot import wiring
    from crbot.channels import terminal

    console = Console()
    failures = 0
    for triaged in all_triaged:
        failures += triaged.decision is None
        if as_json:
            print(wiring.as_json(triaged, policy), flush=True)  # noqa: T201  (the output)
        elif triaged.decision is None:
            print(f"{triaged.name}: {triaged.trouble}")  # noqa: T201  (the same)
        else:
            terminal.show(console, triaged.name, triaged.decision, policy.label)
            if explain:
                terminal.show_explanation(console, triaged.decision)
    if failures:
        raise Failure(f"{failures} of the messages could not be read; see above")


def _mails(files: list[Path]) -> Iterator[tuple[str, bytes]]:
    from crbot.channels.mail.files import mails_from, mails_in

    for file in files:
        try:
            yield from mails_from(sys.stdin.buffer) if str(file) == "-" else mails_in(file)
        except OSError as error:
            raise Failure(f"{file} can't be read: {error.strerror or error}") from None
