"""`crbot rules`: what rule owners do with the rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crbot.cli.asking import Failure, RulesFolder, opened_store

if TYPE_CHECKING:
    from crbot.triage.policy import Policy
    from crbot.triage.usage import Labelled

rules_app = typer.Typer(help="Check and test the rules.", no_args_is_help=True)


@rules_app.command("check")
def rules_check(
    folder: Annotated[Path | None, typer.Argument(help="else the rules in force")] = None,
) -> None:
    """Validate a folder of rules: every error with file, line, and what to write instead."""
    from crbot import wiring

    policy = wiring.load_policy(folder)
    typer.echo(f"The rules are valid: version {policy.version.version}, sha256 {policy.version.sha256}")


@rules_app.command("test")
def rules_test(folder: Annotated[Path | None, typer.Argument(help="else the rules in force")] = None) -> None:
    """Run the examples that stand in the rules."""
    from crbot import wiring
    from crbot.triage.examples import run_examples

    failures = run_examples(wiring.load_policy(folder))
    for failure in failures:
        typer.echo(str(failure))
    if failures:
        raise Failure(f"{len(failures)} of the examples come out differently; see above")
    typer.echo("All examples come out as they should")


@rules_app.command("proposals")
def rules_proposals(
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines for programs")] = False,
    rules: RulesFolder = None,
) -> None:
    """List what staff corrected and disputed, as examples for the rules; persons and places are taken out.

    Read each before you use it: a name in small letters that nobody knows of may have stayed.
    """
    import json

    from crbot import wiring
    from crbot.channels import terminal
    from crbot.config import load_settings

    folder = rules or load_settings().rules
    label = wiring.load_policy(folder).label
    with opened_store() as store:
        found = list(wiring.proposals(store, folder))
    for proposal in found:
        if as_json:
            typer.echo(json.dumps(asdict(proposal), ensure_ascii=False, default=str))
        else:
            typer.echo(terminal.proposal(proposal, label))
    if not found and not as_json:
        typer.echo("Staff have corrected and disputed nothing")


@rules_app.command("report")
def rules_report(
    corpus: Annotated[
        list[Path] | None,
        typer.Argument(help="labelled messages, one a line; else the examples in the rules"),
    ] = None,
    rules: RulesFolder = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="every line, for a spreadsheet")] = False,
) -> None:
    """Show what each line of the cues did over labelled messages: met, decided, decided wrongly, or never used.

    Example: crbot rules report tests/labelled/first-author.jsonl
    """
    from rich.console import Console

    from crbot import wiring
    from crbot.channels.usage import show_uses, uses_as_csv
    from crbot.triage.usage import examples_of, uses

    policy = wiring.load_policy(rules)
    labelled = list(_labelled(corpus, policy) if corpus else examples_of(policy))
    used = uses(labelled, policy)
    if as_csv:
        print(uses_as_csv(used), end="")  # noqa: T201  (the output)
        return
    show_uses(Console(), used, len(labelled))


def _labelled(files: Iterable[Path], policy: Policy) -> Iterator[Labelled]:
    from crbot.channels.lines import read_labelled

    for file in files:
        try:
            with file.open(encoding="utf-8", errors="replace") as lines:
                yield from read_labelled(lines, policy)
        except OSError as error:
            raise Failure(f"{file} can't be read: {error.strerror or error}") from None
        except ValueError as error:
            raise Failure(f"{file}, {error}; mend the line or take it out") from None
