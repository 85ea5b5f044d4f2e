"""The commands. What they do is elsewhere; here they are only named, explained, and led to it.

A file for each group; what a command needs is imported when it is used, so that `crbot --help` answers at once.
"""

from __future__ import annotations

import sys

import typer

from crbot.cli import agencies, bot, cases, db, doctor, letters, reports, rulesets, slack, triage
from crbot.cli.asking import Failure

__all__ = ["app", "main"]

app = typer.Typer(
    name="crbot",
    help="The intake desk of the Collaborative Reform Initiative.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (
    triage.triage,
    bot.run,
    bot.demo,
    bot.init,
    bot.pause,
    doctor.doctor,
    cases.act,
    reports.digest,
    reports.sites,
    reports.report,
):
    app.command()(command)
for name, group in (
    ("cases", cases.cases_app),
    ("rules", rulesets.rules_app),
    ("letters", letters.letters_app),
    ("agencies", agencies.agencies_app),
    ("db", db.db_app),
    ("slack", slack.slack_app),
):
    app.add_typer(group, name=name)


def main() -> None:
    """Run a command. Exits 0 when it is done, 1 when something is wrong, 2 on wrong usage."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        from crbot.config import SettingsError  # not at the top: it takes longer than all of `crbot --help`

        if not isinstance(error, Failure | SettingsError):
            raise
        print(f"crbot: {error}", file=sys.stderr)  # noqa: T201  (the error's way out)
        sys.exit(1)
