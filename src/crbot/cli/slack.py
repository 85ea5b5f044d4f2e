"""`crbot slack`: what Slack needs to know of the bot."""

from __future__ import annotations

from typing import Annotated

import typer

slack_app = typer.Typer(help="What Slack needs to know of the bot.", no_args_is_help=True)


@slack_app.command("manifest")
def slack_manifest(
    url: Annotated[
        str,
        typer.Option(
            help="Where Slack reaches the bot over HTTP, ending in /slack/events; nothing: it listens over Socket Mode."
        ),
    ] = "",
) -> None:
    """Print the app manifest to paste at api.slack.com/apps.

    Example: crbot slack manifest --url https://cri.agency.example.gov/slack/events
    """
    from crbot import wiring

    typer.echo(wiring.slack_manifest(url))
