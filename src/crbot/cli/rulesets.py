"""`crbot rules publish`, `rollback`, `versions`: which rules count, and since when."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crbot.cli.asking import Failure
from crbot.cli.rules import rules_app

if TYPE_CHECKING:
    from crbot.store.rulesets import Publication

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
    """List which rules counted when, the newest first, with who put them in force and why."""
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
