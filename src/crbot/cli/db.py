"""`crbot db`: care for the database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crbot.cli.asking import Failure

if TYPE_CHECKING:
    from crbot.store.checking import Checked

db_app = typer.Typer(help="Care for the database.", no_args_is_help=True)


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the schema of this crbot; an empty one is filled.

    Example: crbot db upgrade
    """
    from crbot import wiring
    from crbot.config import load_settings
    from crbot.store.migrations import newest_schema

    wiring.upgrade_database(load_settings())
    typer.echo(f"The database has schema {newest_schema()}")


@db_app.command("check")
def db_check(
    head: Annotated[
        str, typer.Option(help="an end of the record that an earlier check printed: it must still be in it")
    ] = "",
) -> None:
    """Tell whether the database and the record in it are whole; names the first break, and then the others.

    It only reads, and may be used while the bot runs. Keep the end of the record that it prints in another place:
    with it the next check tells whether the record was cut short or written anew.

    Example: crbot db check --head 1042:9f3c…
    """
    from crbot import wiring
    from crbot.config import load_settings
    from crbot.store.checking import Head

    try:
        known = Head.read(head) if head else None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    checked = wiring.check_database(load_settings(), known)
    if checked.breaks:
        first, *others = checked.breaks
        more = "".join(f"\n  {each}" for each in others)
        raise Failure(
            f"the database is not whole. The first break:\n  {first}{more and f'{chr(10)}then:{more}'}\n"
            "Keep a copy of the file as it is, and see “When a check fails” in docs/records.md"
        )
    typer.echo(_whole(checked))
    typer.echo(f"The record ends in {checked.head}")


@db_app.command("backup")
def db_backup(file: Annotated[Path, typer.Argument(help="a new file; nothing is overwritten")]) -> None:
    """Copy the database into a file while the bot runs, and look the copy through.

    Example: crbot db backup /var/backups/crbot/$(date +%F).db
    """
    from crbot import wiring
    from crbot.config import load_settings

    made = wiring.back_up_database(load_settings(), file)
    typer.echo(f"{made.file}: {made.size_bytes:,} bytes, sha256 {made.sha256}")
    if made.checked is not None:
        typer.echo(_whole(made.checked))
        typer.echo(f"Its record ends in {made.checked.head}")


@db_app.command("restore")
def db_restore(file: Annotated[Path, typer.Argument(help="a backup of crbot db backup")]) -> None:
    """Put a backup in the place of the database; the bot must not run. What was there is kept beside it.

    The next start is held back (crbot pause --status), so that a person can look before letters leave again.

    Example: crbot db restore /backups/crbot-2026-03-02.db
    """
    from crbot import wiring, worker
    from crbot.config import load_settings

    before = wiring.restore_database(load_settings(), file, worker.now())
    typer.echo(f"The database is that of {file} now.")
    if before is not None:
        typer.echo(f"What was there before lies in {before}")
    typer.echo("The next start is paused; what to look at then: docs/records.md, “After a restore”")


def _whole(checked: Checked) -> str:
    gone = f", {checked.disposed} cases disposed of" if checked.disposed else ""
    return f"Whole: {checked.lines} lines of the record, {checked.cases} cases, {checked.messages} messages{gone}"
