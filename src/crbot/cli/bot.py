"""`crbot run`, `demo`, `init` and `pause`: the running bot."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crbot.cli.asking import Failure, opened_store

if TYPE_CHECKING:
    from crbot.channels.mail.mailbox import Preview


def run(
    once: Annotated[bool, typer.Option("--once", help="handle what is waiting, and end")] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="show which mails would be read, and end; changes nothing in the mailbox"
        ),
    ] = False,
    role: Annotated[
        str,
        typer.Option(
            help="all, mailbox, slack or worker: which part is this program's, of several over one PostgreSQL"
        ),
    ] = "",
) -> None:
    """Run the bot: mailbox, Slack, letters. Settings come from CRBOT_… variables and crbot.toml.

    SIGTERM finishes what is at hand and stops within 10 seconds.

    Example: CRBOT_CONFIG=/etc/crbot/crbot.toml crbot run
    """
    from crbot import wiring, worker
    from crbot.channels.http import CannotListen
    from crbot.channels.mail.mailbox import MailboxAway
    from crbot.config import load_settings

    settings = load_settings(role)
    worker.start_log(settings.log)
    try:
        if dry_run:
            _show_new_mail(wiring.new_mail(settings))
            return
        bot = wiring.make_bot(settings, clock=worker.now)
        if not once:
            worker.Worker(bot).run()
            return
        try:
            worker.run_once(bot)
        finally:
            bot.close()
    except MailboxAway as away:
        raise Failure(f"{away}; nothing is lost, run it again when the mailbox is back") from None
    except CannotListen as error:
        raise Failure(f"{error}; free it, or set CRBOT_SLACK__PORT and CRBOT_SLACK__HOST") from None


def _show_new_mail(mails: Iterable[Preview]) -> None:
    count = 0
    for mail in mails:
        count += 1
        came = f"{mail.came_at:%Y-%m-%d %H:%M}" if mail.came_at else "no date"
        typer.echo(f"{mail.uid:>8}  {came:16}  {mail.size_bytes:>10,} B  {mail.sender}  |  {mail.subject}")
    typer.echo(f"{count} mail{'' if count == 1 else 's'} would be read; nothing was kept, moved or sent")


def demo(
    once: Annotated[bool, typer.Option("--once", help="end after the table of decisions")] = False,
) -> None:
    """Run the whole bot on this machine with no account: its own mailbox and Slack stand-in, example requests."""
    from crbot.demo.demo import run_demo

    run_demo(stay=not once)


def init(
    folder: Annotated[Path, typer.Argument(help="where to write; must be empty or new")],
    address: Annotated[str, typer.Option(help="of the desk, where requests arrive")] = "",
    imap_host: Annotated[str, typer.Option(help="server of the mailbox")] = "",
    smtp_host: Annotated[str, typer.Option(help="server that letters leave by")] = "",
    username: Annotated[str, typer.Option(help="of the mailbox; else the address")] = "",
    database_url: Annotated[str, typer.Option(help="else a SQLite file in the folder")] = "",
    channel: Annotated[
        list[str] | None, typer.Option(help="of staff on Slack, as review=C0123456789; four of them")
    ] = None,
    ask: Annotated[
        bool | None, typer.Option("--ask/--no-ask", help="ask for what is not told; else only at a terminal")
    ] = None,
) -> None:
    """Write settings, rules, templates and the Slack manifest into a folder, to be edited there.

    What is not told is asked for; what stays open is filled in later.

    Example: crbot init /etc/crbot --address response.center@agency.example.gov --no-ask
    """
    from crbot import wiring
    from crbot.wiring.starter import Told

    channels = dict(_channels(channel or ()))
    if ask or (ask is None and sys.stdin.isatty()):
        address = address or typer.prompt(
            "The desk's mail address (empty: no mailbox)", "", show_default=False
        )
        if address:
            domain = address.rpartition("@")[2]
            imap_host = imap_host or typer.prompt("Server of the mailbox (IMAP)", f"imap.{domain}")
            smtp_host = smtp_host or typer.prompt("Server that letters leave by (SMTP)", f"smtp.{domain}")
            username = username or typer.prompt("Account there", address)
        channels = channels or _asked_channels()
    told = Told(address, imap_host, smtp_host, username, database_url, channels)
    for written in wiring.write_starter(folder, told):
        typer.echo(f"wrote {written}")
    typer.echo(
        f"Next: fill in {folder / '.env'} and what is open in {folder / 'crbot.toml'}, then see whether it works:\n"
        f"  set -a; . {folder / '.env'}; CRBOT_CONFIG={folder / 'crbot.toml'} crbot doctor"
    )


def _channels(told: Iterable[str]) -> Iterator[tuple[str, str]]:
    from crbot.wiring.starter import CHANNELS

    for each in told:
        name, sign, channel = each.partition("=")
        if not sign or name not in CHANNELS or not channel:
            raise typer.BadParameter(
                f"{each!r} is no channel; write NAME=ID, the names are {', '.join(CHANNELS)}"
            )
        yield name, channel


def _asked_channels() -> dict[str, str]:
    from crbot.wiring.starter import CHANNELS

    channels: dict[str, str] = {}
    for name in CHANNELS:
        told = typer.prompt(f"Slack channel id of {name} (empty: no Slack)", "", show_default=False)
        if not told:
            return {}
        channels[name] = told
    return channels


def pause(
    reason: Annotated[str, typer.Option(help="why, as staff and the record shall see it")] = "",
    by: Annotated[str, typer.Option(help="who does it; else the user of this computer")] = "",
    off: Annotated[bool, typer.Option("--off", help="let everything go on")] = False,
    status: Annotated[bool, typer.Option("--status", help="tell how it stands, and change nothing")] = False,
) -> None:
    """Hold back everything automatic: no letter leaves and nobody is reminded, until --off.

    Messages are still read, and cases and cards go on. It holds at once, also for a crbot that is running, and pulls
    itself when the clock jumps by more than a day or a backup was put back.

    Example: crbot pause --reason "The mail server sends everything twice" --by "Jordan Lee"
    """
    from crbot import worker
    from crbot.intake import brake

    if off + status > 1 or (reason and (off or status)):
        raise typer.BadParameter("--reason, --off and --status are three different wishes; name one")
    who, now = by or getpass.getuser(), worker.now()
    with opened_store() as store:
        if off and not brake.release(store, who, now):
            typer.echo("Nothing was paused.")
            return
        is_new = not (off or status) and brake.pull(store, who, reason or "No reason was given", now)
        pulled, waiting = store.brake(), store.letters_waiting()
    if pulled is None:
        typer.echo("Going on: letters and reminders go out.")
        return
    since = f"{pulled.at:%Y-%m-%d %H:%M} UTC by {pulled.by}: {pulled.reason}"
    letters = f"{waiting} letter{'' if waiting == 1 else 's'} wait{'s' if waiting == 1 else ''}"
    typer.echo(
        f"{'Paused' if is_new else 'Paused since'} {since}. {letters}; let them go with: crbot pause --off"
    )
