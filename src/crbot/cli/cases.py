"""`crbot cases` and `crbot act`: look at cases, and work on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

import typer

from crbot.cli.asking import Failure, opened_store
from crbot.intake.verbs import VALUES, Verb

cases_app = typer.Typer(help="Look at cases.", no_args_is_help=True)


@cases_app.command("list")
def cases_list(limit: Annotated[int, typer.Option(help="how many, newest first")] = 50) -> None:
    """List cases, the newest first."""
    from rich.console import Console

    from crbot import wiring
    from crbot.channels import terminal
    from crbot.config import load_settings

    label = wiring.rules_in_force(load_settings()).label
    with opened_store() as store:
        terminal.show_cases(Console(), (asdict(line) for line in store.list_cases(limit)), label)


@cases_app.command("show")
def cases_show(number: Annotated[str, typer.Argument(help="CRI-2026-0042")]) -> None:
    """Show one case: the decision with its evidence, and the record."""
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
        terminal.show_record(console, store.record_of(number))


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
            rules = wiring.rules_in_force(load_settings())
            refusal = wiring.why_refused(store, wanted, rules, worker.now())
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
