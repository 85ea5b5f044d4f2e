"""`crbot db`: care for the database."""

from __future__ import annotations

import typer

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
