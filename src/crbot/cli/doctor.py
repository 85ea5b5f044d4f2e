"""`crbot doctor`: is everything set up, and does it work?"""

from __future__ import annotations

from typing import Annotated

import typer

from crbot.cli.asking import Failure


def doctor(
    send: Annotated[bool, typer.Option("--send", help="also send a mail to the desk's own address")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one object a check, for programs")] = False,
) -> None:
    """Try every part for real, and tell what to mend: database, rules, templates, mailbox, mail server, Slack, clock.

    Nothing is changed. Exits with 1 where something is wrong.

    Example: crbot doctor --send
    """
    import json
    from dataclasses import asdict

    from rich.console import Console

    from crbot import worker
    from crbot.channels import terminal
    from crbot.channels.checkup import Health
    from crbot.config import load_settings
    from crbot.wiring.doctor import examine

    console, faults = Console(), 0
    for check in examine(load_settings(), worker.now, send=send):
        faults += check.health is Health.WRONG
        if as_json:
            typer.echo(json.dumps(asdict(check), ensure_ascii=False))
        else:
            terminal.show_check(console, check)
    if faults:
        raise Failure(f"{faults} thing{'s are' if faults > 1 else ' is'} wrong; see above")
