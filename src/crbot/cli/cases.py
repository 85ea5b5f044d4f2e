"""`crbot cases` and `crbot act`: look at cases, and work on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crbot.cli.asking import Failure, opened_store
from crbot.intake.verbs import VALUES, Verb

if TYPE_CHECKING:
    from crbot.store.disposal import Due

cases_app = typer.Typer(help="Look at cases, keep them, export them, dispose of them.", no_args_is_help=True)


@cases_app.command("list")
def cases_list(limit: Annotated[int, typer.Option(help="how many, newest first")] = 50) -> None:
    """List cases, the newest first.

    Example: crbot cases list --limit 20
    """
    from rich.console import Console

    from crbot import wiring
    from crbot.channels import terminal
    from crbot.config import load_settings

    label = wiring.rules_in_force(load_settings()).label
    with opened_store() as store:
        terminal.show_cases(Console(), (asdict(line) for line in store.list_cases(limit)), label)


@cases_app.command("show")
def cases_show(number: Annotated[str, typer.Argument(help="CRI-2026-0042")]) -> None:
    """Show one case: the decision with its evidence, the persons, and the record.

    Example: crbot cases show CRI-2026-0042
    """
    from rich.console import Console

    from crbot import wiring
    from crbot.channels import terminal
    from crbot.config import load_settings

    settings = load_settings()
    with opened_store() as store:
        case = store.case(number)
        if case is None:
            raise Failure(f"there is no case {number}; crbot cases list shows those there are")
        # In the words of the rules that decided it, however long ago that was.
        rules = wiring.rules_of(settings, case.decision.rules.sha256) or wiring.rules_in_force(settings)
        console = Console()
        terminal.show(console, f"{case.number} · {case.agency} · {case.stage}", case.decision, rules.label)
        terminal.show_persons(console, case)
        terminal.show_record(console, store.record_of(number))


class ExportForm(StrEnum):
    """The forms of a case's whole record."""

    JSON = "json"
    HTML = "html"
    ZIP = "zip"


By = Annotated[str, typer.Option(help="who does it, as the record shall say")]
Why = Annotated[str, typer.Option(help="why; the record keeps it")]


@cases_app.command("export")
def cases_export(
    number: Annotated[str, typer.Argument(help="CRI-2026-0042")],
    form: Annotated[ExportForm, typer.Option("--format", help="how it is written")] = ExportForm.ZIP,
    output: Annotated[
        Path | None, typer.Option(help="file to write; else CRI-2026-0042.zip, .json, .html")
    ] = None,
) -> None:
    """Write everything that is kept of a case into a file: the record, the messages as they came, what was sent.

    A ZIP holds a list of hashes that sha256sum --check reads. JSON has the messages in base64, with their hashes.

    Example: crbot cases export CRI-2026-0042 --format zip
    """
    from crbot import wiring, worker
    from crbot.config import load_settings

    file = output or Path(f"{number}.{form}")
    content = wiring.export_case(load_settings(), number, wiring.ExportForm(form), worker.now())
    try:
        file.write_bytes(content)
    except OSError as error:
        raise Failure(f"{file} can't be written: {error.strerror or error}") from None
    typer.echo(f"wrote {file}, {len(content):,} bytes")


@cases_app.command("hold")
def cases_hold(
    number: Annotated[str, typer.Argument(help="CRI-2026-0042")],
    by: By,
    reason: Why,
    off: Annotated[bool, typer.Option("--off", help="hold it no longer")] = False,
) -> None:
    """Keep a case whatever its period says (a legal hold), until a person lets it go with --off.

    Example: crbot cases hold CRI-2026-0042 --by "Jordan Lee" --reason "Subpoena of May 4"
    """
    from crbot import wiring, worker
    from crbot.config import load_settings
    from crbot.store.disposal import Refused

    with wiring.open_disposals(load_settings()) as disposals:
        try:
            (disposals.let_go if off else disposals.hold)(number, by, reason, worker.now())
        except Refused as refused:
            raise Failure(f"{refused}. Nothing was done") from None
    typer.echo(f"{number} is {'not held any more' if off else 'held'}")


@cases_app.command("dispose")
def cases_dispose(
    propose: Annotated[
        bool, typer.Option("--propose", help="propose all that is due; needs --by and --reason")
    ] = False,
    confirm: Annotated[
        int | None, typer.Option(help="number of the proposal to carry out; needs --by")
    ] = None,
    by: By = "",
    reason: Why = "",
) -> None:
    """Dispose of what has reached the end of its period (rules/retention.yaml): one person proposes, another confirms.

    Without --propose or --confirm it only shows what is due and what is held, and changes nothing. What was disposed of
    is gone from the database; a stub and the record's lines without their words are left, and verify.

    Example: crbot cases dispose --propose --by "Jordan Lee" --reason "Schedule, item 3"
    """
    from crbot import wiring, worker
    from crbot.config import load_settings
    from crbot.store.disposal import Refused

    if (propose or confirm is not None) and not by:
        raise typer.BadParameter("say who does it, with --by")
    with wiring.open_disposals(load_settings()) as disposals:
        try:
            if confirm is not None:
                done = disposals.confirm(confirm, by, worker.now())
                typer.echo(f"{len(done.cases)} cases and {done.messages} messages were disposed of")
                for left in done.left:
                    typer.echo(f"left: {left}")
                return
            _show_due(disposals.due(worker.now()))
            if not propose:
                typer.echo("Nothing was changed")
            else:
                made = disposals.propose(by, reason, worker.now())
                typer.echo(
                    f'Proposed. Another person confirms: crbot cases dispose --confirm {made.id} --by "…"'
                )
        except Refused as refused:
            raise Failure(f"{refused}. Nothing was done") from None


def _show_due(due: Due) -> None:
    for case in due.cases:
        stays = f"   stays: {case.held}" if case.held else ""
        typer.echo(f"{case.number}  {case.stage:9}  since {case.since:%Y-%m-%d}  {case.agency}{stays}")
    for kind, count in Counter(kind for _, kind in due.messages).items():
        typer.echo(f"{count} messages of no case: {kind}")
    typer.echo(
        f"Due: {len(due.free)} cases and {len(due.messages)} messages; {len(due.cases) - len(due.free)} cases stay"
    )


def act(
    case: Annotated[str, typer.Argument(help="CRI-2026-0042")],
    action: Annotated[Verb, typer.Argument(help="what to do")],
    by: Annotated[str, typer.Option(help="who does it, as the record and letters shall say")],
    reason: Annotated[str, typer.Option(help="why; some actions need it")] = "",
    values: Annotated[
        list[str] | None, typer.Option("--set", help="name=value, once for each value that the action takes")
    ] = None,
    queue: Annotated[str, typer.Option(help="the same as --set queue=…")] = "",
    message: Annotated[str, typer.Option(help="the same as --set message=…")] = "",
) -> None:
    """Do what staff do in Slack, for the day that Slack is down.

    Which values an action takes is told when one is wrong.

    Example: crbot act CRI-2026-0042 ask --by "Jordan Lee" --set facts=litigation --set text="Thank you for the call."
    """
    from crbot import wiring, worker
    from crbot.config import load_settings
    from crbot.intake.ports import StaffAction

    told = [
        *(values or ()),
        *([f"queue={queue}"] if queue else ()),
        *([f"message={message}"] if message else ()),
    ]
    wanted = StaffAction(action, case, by, reason=reason, values=_values(action, told))
    with opened_store() as store:
        if action not in _WITHOUT_CASE:
            settings = load_settings()
            rules = wiring.rules_in_force(settings)
            means = (wiring.means_of(settings, rules),) if action is Verb.CONFIRM else ()
            refusal = wiring.why_refused(store, wanted, rules, worker.now(), *means)
            if refusal:
                raise Failure(f"{refusal} Nothing was done.")
        store.keep([wiring.terminal_action(wanted, worker.now())])
    typer.echo("Kept. A running crbot carries it out at once; else: crbot run --once")


_WITHOUT_CASE = frozenset(
    {Verb.ADD_HELD, Verb.OPEN_HELD, Verb.RETRY}
)  # what they do is found out in the store


def _values(action: Verb, told: Iterable[str]) -> dict[str, str]:

    known = VALUES.get(action, {})
    pairs = [each.partition("=") for each in told]
    for name, sign, _ in pairs:
        if not sign or name not in known:
            takes = "\n".join(f"  --set {each}=…  {holds}" for each, holds in known.items())
            raise typer.BadParameter(f"{name!r} is no value of {action}; it takes\n{takes or '  none'}")
    return {name: value for name, _, value in pairs}
