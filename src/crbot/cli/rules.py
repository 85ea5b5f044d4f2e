"""`crbot rules`: what rule owners do with the rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crbot.cli.asking import Failure, RulesFolder, opened_store, write

if TYPE_CHECKING:
    from crbot.triage.policy import Policy
    from crbot.triage.usage import Labelled

rules_app = typer.Typer(help="Check and test the rules.", no_args_is_help=True)


def _in_force(folder: Path | None) -> Path | None:
    """The folder that is told, else the one that the settings name, else none: the rules that came with crbot."""
    from crbot.config import load_settings

    return folder or load_settings().rules


@rules_app.command("check")
def rules_check(
    folder: Annotated[Path | None, typer.Argument(help="else the rules in force")] = None,
    confirm: Annotated[
        str, typer.Option(metavar="REASON", help="sign the table anew: why the lines that changed are right")
    ] = "",
    by: Annotated[str, typer.Option(metavar="NAME", help="who signs")] = "",
) -> None:
    """Validate a folder of rules, and show what it decides otherwise than the table that was signed.

    Every error is told with file, line, column, and what to write instead.

    Example: crbot rules check house/rules --confirm "A bare badge number no longer counts" --by "Jordan Lee"
    """
    from crbot import wiring, worker
    from crbot.channels.signing import told

    if bool(confirm.strip()) is not bool(by.strip()):
        raise typer.BadParameter("whoever signs gives both: --confirm REASON and --by NAME")
    folder = _in_force(folder)
    policy = wiring.load_policy(folder)
    typer.echo(f"The rules are valid: version {policy.version.version}, sha256 {policy.version.sha256}")
    if confirm:
        altered = wiring.sign(policy, folder, by.strip(), confirm.strip(), worker.now())
        typer.echo("\n".join([*map(told, altered), f"Signed by {by.strip()}: {len(altered)} changes"]))
        return
    altered = wiring.unsigned_changes(policy, folder)
    if altered and not wiring.signatures(folder):
        raise Failure(f"nobody has signed what they decide: read it (crbot rules table), then {_SIGN}")
    for change in altered:
        typer.echo(told(change))
    if altered:
        raise Failure(
            f"{len(altered)} changes to what the rules decide are not signed, see above; if they are meant, {_SIGN}"
        )
    typer.echo("They decide everything as the signed table says")


_SIGN = 'sign: crbot rules check FOLDER --confirm "why" --by "your name"'


@rules_app.command("table")
def rules_table(
    folder: Annotated[Path | None, typer.Argument(help="else the rules in force")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="for a spreadsheet")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="write a page to read, print and sign")] = None,
) -> None:
    """Decide every combination of facts that the rules can see, and print it in as few lines as can say it.

    Example: crbot rules table --html table.html
    """
    from crbot import wiring
    from crbot.channels import signing
    from crbot.triage.table import whole_table

    folder = _in_force(folder)
    policy = wiring.load_policy(folder)
    lines = whole_table(policy)
    if html is not None:
        write(signing.as_page(lines, policy, wiring.signatures(folder)), html)
    elif as_csv:
        typer.echo(signing.as_csv(lines), nl=False)
    else:
        typer.echo(signing.as_text(lines))


@rules_app.command("explain")
def rules_explain(
    name: Annotated[
        str, typer.Argument(help="a rule, fact, queue, stage or letter, or a case number; else everything")
    ] = "",
    html: Annotated[
        Path | None, typer.Option("--html", help="write a page, with a picture of the decision")
    ] = None,
    rules: RulesFolder = None,
) -> None:
    """Print the policy as it runs, as a document for people; or one rule, or how a case was decided.

    Example: crbot rules explain pending_matters
    """
    from crbot import wiring
    from crbot.channels import handbook
    from crbot.triage.notation import meant

    if name.upper().startswith("CRI-"):
        if html is not None:
            raise typer.BadParameter("a case is explained in the terminal alone; leave --html out")
        _explain_case(name.upper(), rules)
        return
    rulebook = wiring.load_rules(_in_force(rules))
    everything = handbook.handbook(rulebook)
    sections = handbook.about(everything, name) if name else everything
    if not sections:
        raise Failure(
            f"nothing in the rules is called {name!r}; {meant(name, handbook.names_in(everything))}"
        )
    if html is not None:
        write(handbook.as_page(sections, rulebook), html)
    else:
        typer.echo(handbook.as_markdown(sections), nl=False)


def _explain_case(number: str, rules: Path | None) -> None:
    from rich.console import Console

    from crbot import wiring
    from crbot.channels import terminal

    policy = wiring.load_policy(_in_force(rules))
    with opened_store() as store:
        case = store.case(number)
    if case is None:
        raise Failure(f"there is no case {number}; crbot cases list shows those there are")
    console = Console()
    terminal.show(console, f"{case.number} · {case.agency}", case.decision, policy.label)
    terminal.show_explanation(console, case.decision)
    if case.decision.rules != policy.version:
        console.print(
            f"Decided by rules {case.decision.rules.version} ({case.decision.rules.sha256[:12]}); "
            f"in force are {policy.version.version} ({policy.version.sha256[:12]})."
        )


@rules_app.command("schema")
def rules_schema(
    file: Annotated[
        str, typer.Argument(help="a file of the rules, such as cues/services.yaml; else all")
    ] = "",
    folder: Annotated[
        Path | None, typer.Option("--write", metavar="DIR", help="write each schema into this folder")
    ] = None,
    rules: RulesFolder = None,
) -> None:
    """Print JSON Schemas of the rules files, by which an editor completes names and marks what is wrong.

    VS Code needs its YAML extension alone: each file names its schema in its first line.

    Example: crbot rules schema --write rules/schema
    """
    from crbot import wiring
    from crbot.channels import schemas

    made = schemas.schemas(wiring.load_rules(_in_force(rules)))
    if folder is None:
        chosen = made[schemas.name_for(file, made)] if file else made
        typer.echo(schemas.as_json(chosen), nl=False)
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name in [schemas.name_for(file, made)] if file else made:
        write(schemas.as_json(made[name]), folder / f"{name}.json")


@rules_app.command("test")
def rules_test(
    folder: Annotated[Path | None, typer.Argument(help="else the rules in force")] = None,
    why: Annotated[bool, typer.Option("--why", help="for each that fails: what decided instead")] = False,
) -> None:
    """Run the examples that stand in the rules, and tell what none of them tries.

    Example: crbot rules test house/rules --why
    """
    from crbot import wiring
    from crbot.triage.examples import run_examples, untried

    policy = wiring.load_policy(_in_force(folder))
    failures, lacking = run_examples(policy), untried(policy)
    for failure in failures:
        typer.echo("\n".join([str(failure), *(f"  {line}" for line in failure.why if why)]))
    for each in lacking:
        typer.echo(f"{each}; write one")
    if failures:
        mend = "see above" if why else "see above; --why tells what decided"
        raise Failure(f"{len(failures)} of the examples come out differently, {mend}")
    if lacking:
        raise Failure(f"{len(lacking)} parts of the rules are tried by no example, see above")
    typer.echo("All examples come out as they should")


@rules_app.command("proposals")
def rules_proposals(
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines for programs")] = False,
    rules: RulesFolder = None,
) -> None:
    """List what staff corrected and disputed, as examples for the rules; persons and places are taken out.

    Read each before you use it: a name in small letters that nobody knows of may have stayed.

    Example: crbot rules proposals --json
    """
    import json

    from crbot import wiring
    from crbot.channels import terminal

    folder = _in_force(rules)
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

    policy = wiring.load_policy(_in_force(rules))
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
