"""`crbot agencies`: the register of agencies."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crbot.cli.asking import Failure

if TYPE_CHECKING:
    from crbot.triage.register import Agency

agencies_app = typer.Typer(help="The register of agencies.", no_args_is_help=True)


@agencies_app.command("import")
def agencies_import(
    file: Annotated[
        Path, typer.Argument(help="CISA's list of .gov domains, the FBI's of agencies, or one's own")
    ],
    by: Annotated[str, typer.Option(help="who takes it in, as the versions shall say")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show what would change, and change nothing")
    ] = False,
) -> None:
    """Take a list of agencies into the register; it counts in place of the same list before it.

    A running crbot takes it over when it is started again. A list of your own is a CSV with the columns
    name, state, type, domain, county, ori, head, address; name and state are needed.

    Example: crbot agencies import current-full.csv --dry-run
    """
    from crbot import wiring, worker
    from crbot.channels.agencies import RegisterError, difference, read_agencies
    from crbot.config import load_settings

    try:
        read = read_agencies(file.read_bytes(), str(file))
    except OSError as error:
        raise Failure(f"{file} can't be read: {error.strerror or error}") from None
    except RegisterError as error:
        raise Failure(f"nothing was taken in:\n{error}") from None
    with wiring.open_registers(load_settings()) as lists:
        told = difference(lists.of(read.source), read.agencies)
        typer.echo(f"{read.source}: {len(read.agencies):,} agencies")
        for what, agencies in (("new", told.added), ("gone", told.removed), ("changed", told.changed)):
            typer.echo(f"  {len(agencies):>7,} {what}" + _examples(agencies))
        if dry_run:
            typer.echo("Nothing was changed")
            return
        lists.add(read.source, read.agencies, by or getpass.getuser(), worker.now())
    typer.echo("Taken in")


def _examples(agencies: Sequence[Agency | tuple[Agency, Agency]]) -> str:
    """The first few of them, by name."""
    names = [each[1].name if isinstance(each, tuple) else each.name for each in agencies[:3]]
    more = ", …" if len(agencies) > len(names) else ""
    return f": {', '.join(names)}{more}" if names else ""


@agencies_app.command("find")
def agencies_find(
    name: Annotated[str, typer.Argument(help="as somebody might write it")],
    state: Annotated[str, typer.Option(help="postal code, as OH")] = "",
    domain: Annotated[str, typer.Option(help="that the mail comes from")] = "",
) -> None:
    """Show which agency a name means, how sure that is, and why.

    Example: crbot agencies find "Springfield PD" --state OH
    """
    from crbot import wiring
    from crbot.config import load_settings

    match = wiring.find_agency(load_settings(), name, state.upper(), domain.casefold())
    for each in match.candidates:
        agency = each.agency
        told = ", ".join(filter(None, (agency.name, agency.state, agency.type, agency.domain)))
        typer.echo(f"{each.score:.2f}  {told}  ({each.why})")
    if not match.candidates:
        raise Failure(f"the register has no agency that {name!r} could mean")
    typer.echo(
        f"That is {match.agency.name}" if match.agency else "It could be any of these; more is needed to tell"
    )


@agencies_app.command("versions")
def agencies_versions() -> None:
    """List the lists that were taken in, the newest first; of each kind the newest counts.

    Example: crbot agencies versions
    """
    from crbot import wiring
    from crbot.config import load_settings

    with wiring.open_registers(load_settings()) as lists:
        for version in lists.versions():
            typer.echo(
                f"{version.made_at:%Y-%m-%d %H:%M}  {version.count:>7,}  {version.source}  ({version.by})"
            )
