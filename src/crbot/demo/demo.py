"""`crbot demo`: starts the whole bot on loopback, writes to it, shows what it made of that, and ends without a trace.

The servers are `servers`' and `local_slack`'s, the messages `requests`'; the bot is the one that `crbot run` starts.
"""

from __future__ import annotations

import os
import signal
import smtplib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import resources
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import shorten
from types import FrameType

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from crbot.channels import terminal
from crbot.channels.agencies import read_agencies
from crbot.demo.local_slack import USERS, LocalSlack, StandInMissing, User
from crbot.demo.requests import Request, as_mail, load_requests
from crbot.demo.servers import LOOPBACK, Child, DemoFailed, MailServers, SentMail, child, mail_servers
from crbot.store.registers import Registers
from crbot.store.store import SqlStore
from crbot.triage.decision import Decision
from crbot.triage.policy import Policy
from crbot.wiring import load_policy, open_database

DESK = "response.center@desk.example"
WAIT_SECONDS = 60.0  # for one step; a step takes seconds
_LOOK_SECONDS = 0.1
_END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# Without this the bot would find the settings of a bot in earnest.
_NO_CONFIG = {"CRBOT_CONFIG": os.devnull}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one message."""

    request: Request
    case: str | None  # its number
    decision: Decision


@dataclass(frozen=True, slots=True)
class World:
    """Everything that runs while the demo does."""

    mail: MailServers
    slack: LocalSlack | None
    store: SqlStore
    policy: Policy
    bot: Child
    posted: dict[str, str] = field(default_factory=dict)  # a Slack message's ts, by the id of the request

    def await_(self, what: str, is_so: Callable[[], bool]) -> None:
        """Return as soon as it is so. Raises `DemoFailed` when a part has ended, or after `WAIT_SECONDS`."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not is_so():
            self.check()
            if time.monotonic() > deadline:
                raise DemoFailed(
                    f"waited {WAIT_SECONDS:.0f} s for {what}; the bot said last:\n{self.bot.last_words()}"
                )
            time.sleep(_LOOK_SECONDS)

    def letter_to(self, request: Request) -> SentMail | None:
        """The letter that answers a mail."""
        answers = (each for each in self.mail.office.sent if each.header("In-Reply-To") == request.message_id)
        return next(answers, None)

    def check(self) -> None:
        """Raises `DemoFailed` when a part has ended."""
        self.mail.imap.check()
        self.bot.check()


def run_demo(console: Console | None = None, *, stay: bool = True) -> None:
    """Run the demo until Ctrl-C; or with `stay=False` until the table of decisions is shown.

    Raises SystemExit with the reason when a part of it cannot run.
    """
    console = console or Console()
    try:
        with _ended_by_signals(), TemporaryDirectory(prefix="crbot-demo-") as folder, ExitStack() as stack:
            requests = load_requests()
            world = _start(stack, Path(folder), requests, console)
            outcomes = _send_all(world, requests, console)
            _show(world, outcomes, console)
            _await_the_rest(world, outcomes, console)
            console.print(_addresses(world))
            console.print(Text(one_liner(world.mail.smtp_port)), soft_wrap=True)
            if stay:
                _stay(world, console)
    except KeyboardInterrupt:
        console.print("The demo has ended; nothing of it is left.")
    except DemoFailed as failure:
        raise SystemExit(f"crbot: the demo can't go on: {failure}") from None


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let each signal that ends a program end the demo in order; a second one must not cut that short."""

    def end(number: int, frame: FrameType | None) -> None:
        for each in _END_SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {each: signal.signal(each, end) for each in _END_SIGNALS}
    try:
        yield
    finally:
        for each, action in before.items():
            signal.signal(each, action)


# Start


def _start(stack: ExitStack, folder: Path, requests: Sequence[Request], console: Console) -> World:
    policy = load_policy()
    with console.status("Starting a mail server …"):
        mail = stack.enter_context(mail_servers(DESK, folder))
    slack = _start_slack(stack, requests, console)
    with console.status("Starting the bot …"):
        database = f"sqlite:///{folder / 'crbot.db'}"
        engine = open_database(database)
        agencies = resources.files("crbot.demo").joinpath("agencies.csv").read_bytes()
        register = read_agencies(agencies, "agencies.csv")
        Registers(engine).add(register.source, register.agencies, "demo", datetime.now(UTC))
        store = SqlStore(engine)
        stack.callback(store.close)
        command = [sys.executable, "-m", "crbot.cli", "run"]
        bot = stack.enter_context(child("bot", command, folder, _settings(mail, slack, database)))
    return World(mail, slack, store, policy, bot)


def _start_slack(stack: ExitStack, requests: Sequence[Request], console: Console) -> LocalSlack | None:
    staff = [each for each in USERS if each.is_staff]
    senders = {each.address: _user(each) for each in requests if each.channel == "slack"}
    with console.status("Starting a stand-in for Slack; the first time it has to be fetched …"):
        try:
            return stack.enter_context(LocalSlack([*staff, *senders.values()]))
        except StandInMissing as why:
            console.print(f"There is no Slack page: {why}. The cards are shown here instead.", style="yellow")
            return None


def _user(request: Request) -> User:
    return User(request.slack_user, request.address.partition("@")[0], request.name, request.address)


def _settings(mail: MailServers, slack: LocalSlack | None, database: str) -> dict[str, str]:
    """The bot's environment: ours, without any setting of another crbot, and with those of the demo."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CRBOT_")}
    mailbox = mail.mailbox
    own = {
        "CRBOT_DATABASE_URL": database,
        "CRBOT_IMAP__HOST": LOOPBACK,
        "CRBOT_IMAP__PORT": str(mailbox.port),
        "CRBOT_IMAP__SECURITY": "none",
        "CRBOT_IMAP__USERNAME": mailbox.username,
        "CRBOT_IMAP__PASSWORD": mailbox.password,
        "CRBOT_IMAP__POLL_SECONDS": "2",
        "CRBOT_SMTP__HOST": LOOPBACK,
        "CRBOT_SMTP__PORT": str(mail.smtp_port),
        "CRBOT_SMTP__SECURITY": "none",
        "CRBOT_MAIL__ADDRESS": mailbox.address,
    }
    return inherited | _NO_CONFIG | own | (_slack_settings(slack) if slack else {})


def _slack_settings(slack: LocalSlack) -> dict[str, str]:
    tokens = {
        "CRBOT_SLACK__API_URL": slack.api_url,
        "CRBOT_SLACK__BOT_TOKEN": slack.bot_token,
        "CRBOT_SLACK__APP_TOKEN": slack.app_token,
    }
    return tokens | {
        f"CRBOT_SLACK__CHANNELS__{place.name}": channel for place, channel in slack.channels.items()
    }


# Send


def _send_all(world: World, requests: Sequence[Request], console: Console) -> tuple[Outcome, ...]:
    """Send the messages, and wait until each is decided upon."""
    sendable = [each for each in requests if each.channel == "email" or world.slack]
    outcomes: list[Outcome] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("Messages decided upon", total=len(sendable))
        for batch in _batches(sendable):
            for request in batch:
                _send(world, request, requests)
            outcomes += _decided(
                world, batch, len(outcomes), lambda done: progress.update(bar, completed=done)
            )
    return tuple(outcomes)


def _batches(requests: Sequence[Request]) -> list[list[Request]]:
    """The messages of each channel, then the answers: those can only be written when there is something to answer.

    In a batch messages are decided upon in the order in which they were sent, so that decisions can be told apart.
    """

    def turn(request: Request) -> tuple[bool, str]:
        return bool(request.answers), request.channel

    return [list(batch) for _, batch in groupby(sorted(requests, key=turn), key=turn)]


def _decided(
    world: World, batch: Sequence[Request], before: int, tell: Callable[[int], None]
) -> list[Outcome]:
    """Wait for the decisions upon a batch; `before`: how many decisions there were, `tell`: how many there are."""

    def all_are_decided() -> bool:
        done = len(world.store.decisions())
        tell(done)
        return done >= before + len(batch)

    world.await_("its decisions", all_are_decided)
    new = world.store.decisions()[before:]
    return [Outcome(request, case, decision) for request, (case, decision) in zip(batch, new, strict=True)]


def _send(world: World, request: Request, requests: Sequence[Request]) -> None:
    answered = next((each for each in requests if each.id == request.answers), None)
    if request.channel == "slack":
        assert world.slack is not None
        thread = world.posted[request.answers] if request.answers else ""
        world.posted[request.id] = world.slack.post_dm(request.slack_user, request.body.strip(), thread)
        return
    raw = as_mail(request, DESK, datetime.now(UTC), _letter_id(world, answered) if answered else "")
    with smtplib.SMTP(LOOPBACK, world.mail.smtp_port, timeout=WAIT_SECONDS) as client:
        client.sendmail(request.address, [DESK], raw)


def _letter_id(world: World, answered: Request) -> str:
    world.await_(f"the letter to {answered.name}", lambda: world.letter_to(answered) is not None)
    letter = world.letter_to(answered)
    assert letter is not None
    return letter.header("Message-ID")


def _all_is_out(world: World, outcomes: Sequence[Outcome]) -> bool:
    if world.slack is not None:
        return world.store.waiting() == (0, 0)
    # What is for Slack waits for ever where there is none.
    return all(
        world.letter_to(each.request)
        for each in outcomes
        if not each.decision.kind.is_silent and not each.request.answers
    )


# Show


def _show(world: World, outcomes: Sequence[Outcome], console: Console) -> None:
    if world.slack is None:
        _show_cards(world, outcomes, console)
    console.print(_table(world.policy, outcomes))


def _show_cards(world: World, outcomes: Sequence[Outcome], console: Console) -> None:
    newest = {each.case: each for each in outcomes if each.case and each.decision.kind.is_case}
    for case, outcome in newest.items():
        name = f"{case} · {outcome.request.subject}"
        terminal.show(console, name, outcome.decision, world.policy.label)


def _await_the_rest(world: World, outcomes: Sequence[Outcome], console: Console) -> None:
    with console.status("The last letters and cards are on their way; Slack takes one a second …"):
        world.await_("its letters and cards", lambda: _all_is_out(world, outcomes))


def _table(policy: Policy, outcomes: Sequence[Outcome]) -> Table:
    table = Table(title="What the bot made of the messages", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("message", ratio=1)
    for column in ("kind", "disposition", "queue", "asked", "case"):
        table.add_column(column, no_wrap=column == "case")
    for each in outcomes:
        table.add_row(*_row(policy, each))
    return table


def _row(policy: Policy, outcome: Outcome) -> tuple[str | Text, ...]:
    decision = outcome.decision
    questions = len(decision.questions)
    return (
        Text(_title(outcome.request)),
        _words(decision.kind),
        _words(decision.disposition),
        policy.label("queue", decision.queue.value) if decision.queue else "",
        str(questions) if questions else "",
        outcome.case or "",
    )


def _title(request: Request) -> str:
    return request.subject or f"Slack: {shorten(request.body, 50, placeholder=' …')}"


def _words(value: str) -> str:
    return value.replace("_", " ")


def _addresses(world: World) -> Table:
    mailbox = world.mail.mailbox
    login = f"port {mailbox.port}, user {mailbox.username}, password {mailbox.password}"
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    if world.slack is not None:
        table.add_row("Cards in Slack", world.slack.ui_url)
    table.add_row("Letters that went out", world.mail.page_url)
    table.add_row("The desk's mailbox", f"IMAP {LOOPBACK} {login}")
    table.add_row(
        "Write to the desk", f"{DESK}, SMTP {LOOPBACK} port {world.mail.smtp_port}; or change this line:"
    )
    return table


def one_liner(smtp_port: int) -> str:
    """A command for the shell that sends a mail to the desk."""
    mail = (
        r"From: chief@yourtown.example\nSubject: Training\n\nI am the Chief of Police of Yourtown, Ohio. "
        "We request training on crisis intervention."
    )
    send = f"smtplib.SMTP('{LOOPBACK}', {smtp_port}).sendmail('chief@yourtown.example', '{DESK}', '{mail}')"
    return f'python3 -c "import smtplib; {send}"'


def _stay(world: World, console: Console) -> None:
    """Tell of each further message, until a signal comes."""
    console.print("\nCtrl-C ends all of it.", style="bold")
    told = len(world.store.decisions())
    while True:
        time.sleep(1)
        world.check()
        for case, decision in world.store.decisions()[told:]:
            told += 1
            queue = world.policy.label("queue", decision.queue.value) if decision.queue else "no queue"
            console.print(
                Text(f"{case or 'no case'}: {_words(decision.kind)}, {_words(decision.disposition)}, {queue}")
            )
