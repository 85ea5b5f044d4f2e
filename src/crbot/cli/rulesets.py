"""`crbot rules publish`, `rollback`, `versions`: which rules count, and since when; `replay`: what others would change."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crbot.cli.asking import Failure
from crbot.cli.rules import rules_app

if TYPE_CHECKING:
    from rich.console import Console

    from crbot.intake.replaying import Retold
    from crbot.store.rulesets import Publication
    from crbot.triage.difference import Label

__all__ = ["rules_app"]  # with the commands of this file

By = Annotated[str, typer.Option(help="who does it, as staff shall see it; else the user of this computer")]
_FOLDER = "folder"
_SOON = "A running crbot takes it over within 10 seconds, and says so in the review channel."


@rules_app.command("publish")
def rules_publish(
    folder: Annotated[Path, typer.Argument(help="the rules that are to count from now on")],
    reason: Annotated[str, typer.Option(help="why, as staff and the record shall see it")],
    by: By = "",
) -> None:
    """Put a folder of rules in force: checked, tested, and kept as it is for good.

    From then on the folder that CRBOT_RULES names does not count; what counts is changed by publishing again.

    Example: crbot rules publish house/rules --by "Jordan Lee" --reason "Notices of claim, as counsel wants them"
    """
    from crbot import wiring, worker
    from crbot.config import load_settings
    from crbot.store.rulesets import Role

    if not reason.strip():
        raise typer.BadParameter("write why, for whoever asks in a year", param_hint="--reason")
    loaded = wiring.checked(folder)
    if altered := wiring.unsigned_changes(loaded.rulebook.policy, folder):
        told = f"{len(altered)} combination{'' if len(altered) == 1 else 's'} of facts otherwise than the signed table"
        raise Failure(
            f"{folder} decides {told}, and nobody has signed that; look at them: crbot rules check {folder}, "
            'and sign them with --confirm "why" --by "who"'
        )
    with wiring.open_rulesets(load_settings()) as kept:
        made = kept.publish(
            Role.LIVE, loaded.version, loaded.texts, by or getpass.getuser(), reason, worker.now()
        )
    typer.echo(f"Published as {made.id}: {wiring.name_of(loaded.version)}. {_SOON}")


@rules_app.command("rollback")
def rules_rollback(
    to: Annotated[
        str,
        typer.Option(
            help="number in `crbot rules versions`, beginning of a SHA-256, or “folder” for what CRBOT_RULES names; "
            "else the rules that counted before"
        ),
    ] = "",
    by: By = "",
    reason: Annotated[str, typer.Option(help="why, as staff and the record shall see it")] = "",
) -> None:
    """Let rules count again that counted before.

    Example: crbot rules rollback --by "Jordan Lee" --reason "It asked everybody for counsel"
    """
    from crbot import wiring, worker
    from crbot.config import load_settings
    from crbot.store.rulesets import Role

    settings = load_settings()
    with wiring.open_rulesets(settings) as kept:
        published = kept.published(Role.LIVE)
        target = _target(to, published) if to != _FOLDER else None
        if to and target is None and to != _FOLDER:
            target = _only(kept.beginning_with(to.lower()), to)
        wiring.rules_again(settings, kept, target)  # what this crbot cannot read shall not count
        why = reason.strip() or "Rolled back"
        made = kept.publish_again(Role.LIVE, target, by or getpass.getuser(), why, worker.now())
    name = f"version {made.version} ({target[:12]})" if target else "what the folder holds"
    typer.echo(f"Published as {made.id}: {name}. {_SOON}")


def _target(to: str, published: tuple[Publication, ...]) -> str | None:
    """The fingerprint of what is meant; None where it is no number of those that are known."""
    if not published:
        raise Failure(
            "nothing was published yet, so there is nothing to go back to; see: crbot rules publish"
        )
    if to:
        return next((each.sha256 for each in published if str(each.id) == to), None)
    before = next((each for each in published if each.sha256 != published[0].sha256), None)
    if before is None:
        raise Failure(
            "nothing else was published before; let the folder count with: crbot rules rollback --to folder"
        )
    return before.sha256


def _only(found: tuple[str, ...], to: str) -> str:
    if len(found) != 1:
        many = (
            f"{len(found)} versions begin with {to!r}; write more of it"
            if found
            else f"there is no version {to!r}"
        )
        raise Failure(f"{many}; crbot rules versions lists them")
    return found[0]


@rules_app.command("versions")
def rules_versions() -> None:
    """List which rules counted when, the newest first, with who put them in force and why.

    Example: crbot rules versions
    """
    from rich.console import Console

    from crbot import wiring
    from crbot.channels import terminal
    from crbot.config import load_settings
    from crbot.store.rulesets import Role

    settings = load_settings()
    with wiring.open_rulesets(settings) as kept:
        published = kept.published(Role.LIVE)
    if not published:
        typer.echo("Nothing was published yet: the folder counts that CRBOT_RULES names")
        return
    terminal.show_versions(
        Console(), ((each.id, each.at, each.version, each.sha256, each.by, each.reason) for each in published)
    )


@rules_app.command("replay")
def rules_replay(
    rules: Annotated[Path, typer.Option("--rules", help="the draft: a folder of rules")],
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="only what was decided since this day")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="everything that changes, for a spreadsheet")] = False,
    as_html: Annotated[bool, typer.Option("--html", help="a page for a browser")] = False,
    output: Annotated[Path | None, typer.Option(help="a file to write; else standard output")] = None,
    processes: Annotated[int, typer.Option(min=0, help="how many at once; 0: one for each processor")] = 0,
) -> None:
    """Decide all stored messages again by a draft, and list each case that comes out differently, with both reasons.

    Nothing is written or sent: not a case, not a letter changes. What staff corrected stands under the draft too.

    Example: crbot rules replay --rules house/rules --since 2026-01-01
    """
    from crbot import wiring
    from crbot.config import load_settings

    if as_csv and as_html:
        raise typer.BadParameter("--csv and --html are two different wishes; name one")
    day = since.replace(tzinfo=UTC) if since else None
    with _progress() as progress:
        told = wiring.replay(load_settings(), rules, day, progress, processes or None)
    _tell(told, wiring.load_rules(rules).label, as_csv=as_csv, as_html=as_html, output=output)


@rules_app.command("shadow")
def rules_shadow(
    folder: Annotated[Path | None, typer.Argument(help="the draft that is to run beside the rules")] = None,
    off: Annotated[bool, typer.Option("--off", help="let no draft run beside them")] = False,
    report: Annotated[bool, typer.Option("--report", help="show what the draft would have decided")] = False,
    by: By = "",
    reason: Annotated[str, typer.Option(help="why, as staff shall see it")] = "to see what it would decide",
    as_csv: Annotated[bool, typer.Option("--csv", help="the report for a spreadsheet")] = False,
    as_html: Annotated[bool, typer.Option("--html", help="the report as a page for a browser")] = False,
    output: Annotated[Path | None, typer.Option(help="a file for the report; else standard output")] = None,
) -> None:
    """Let a draft run beside the rules in force, on what really comes, without any effect; and see what it would do.

    Without a folder and an option, tells which draft runs. CRBOT_RULES_SHADOW names a folder for the same, which
    counts where nobody has used this command.

    Example: crbot rules shadow house/draft --by "Jordan Lee", and a week later: crbot rules shadow --report
    """
    from crbot import wiring, worker
    from crbot.config import load_settings
    from crbot.store.rulesets import Role

    if (folder is not None) + off + report > 1:
        raise typer.BadParameter("a folder, --off and --report are three different wishes; name one")
    settings, who = load_settings(), by or getpass.getuser()
    if report:
        told, label = wiring.shadow_report(settings)
        _tell(told, label, as_csv=as_csv, as_html=as_html, output=output)
        return
    loaded = wiring.checked(folder) if folder else None
    with wiring.open_rulesets(settings) as kept:
        if loaded is not None:
            kept.publish(Role.SHADOW, loaded.version, loaded.texts, who, reason, worker.now())
            typer.echo(
                f"Beside the rules from now on: {wiring.name_of(loaded.version)}. A running crbot begins at once"
            )
        elif off:
            kept.publish_again(Role.SHADOW, None, who, reason, worker.now())
            typer.echo(
                "No draft runs beside the rules any more; what it did stays in: crbot rules shadow --report"
            )
        else:
            newest = kept.newest(Role.SHADOW)
            runs = newest is not None and newest.sha256 is not None
            since = (
                f", since {newest.at:%Y-%m-%d %H:%M} UTC by {newest.by}: {newest.reason}" if newest else ""
            )
            typer.echo(
                f"Beside the rules: version {newest.version}{since}" if newest and runs else "No draft runs"
            )


def _tell(told: Retold, label: Label, *, as_csv: bool, as_html: bool, output: Path | None) -> None:
    """Print what other rules decide otherwise, or write it to a file."""
    from crbot.channels import replays
    from crbot.cli.asking import write

    if as_csv and as_html:
        raise typer.BadParameter("--csv and --html are two different wishes; name one")
    if as_csv:
        write(replays.as_csv(told.changed, label), output)
    elif as_html:
        write(replays.as_html(told, label), output)
    else:
        _print(lambda console: replays.show(console, told, label), output)


def _print(show: Callable[[Console], None], output: Path | None) -> None:
    from io import StringIO

    from rich.console import Console

    from crbot.cli.asking import write

    if output is None:
        show(Console())
        return
    text = StringIO()
    show(Console(file=text, width=140))
    write(text.getvalue(), output)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, so that what is printed can be kept."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Messages decided again"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
