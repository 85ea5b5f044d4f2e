"""What the way from the mailbox to a committed case costs beside fetching and parsing the same mails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from imapclient import IMAPClient
from rich.console import Console

from crbot import wiring, worker
from crbot.config import LogSettings, Settings
from tests.bench.measure import Row, cpu_of_all
from tests.bench.messages import DESK, as_mail, samples
from tests.servers import DOVECOT, HOST, NO_DOVECOT, PASSWORD, Dovecot, running_dovecot

BATCHES = 8
BATCH = 50
MAILS_A_FETCH = 50  # as many as the bot fetches; more gain little


def rows(console: Console) -> Iterator[Row]:
    if not DOVECOT:
        console.print(NO_DOVECOT, style="yellow")
        return
    with running_dovecot() as dovecot, TemporaryDirectory(prefix="crbot-bench-") as folder:
        figure, bare, read = _measure(dovecot, Path(folder))
    work = "mail to committed case, SQLite"
    yield Row(work, "fetch by 50, parse (compat32), imapclient", figure, bare, 14, 10e-3)
    yield Row(work, "the same, headers and texts decoded (policy.default)", figure, read, 10, 10e-3)


def _measure(dovecot: Dovecot, folder: Path) -> tuple[float, float, float]:
    """Median CPU seconds a mail: the bot's, with the child that parses; and the bare loops'. One batch each in turn."""
    mails = [as_mail(each) for each in samples(BATCH * BATCHES)]
    batches = [mails[start : start + BATCH] for start in range(0, len(mails), BATCH)]
    desk, bare = dovecot.new_user(), dovecot.new_user()
    worker.start_log(LogSettings(level="ERROR"))
    bot = wiring.make_bot(_settings(dovecot, desk, folder), clock=worker.now)
    figures, floors, readings = [], [], []
    try:
        assert bot.mailbox is not None
        bot.mailbox.connect()
        with dovecot.person(bare) as client:
            for number, batch in enumerate(batches):
                dovecot.deliver(desk, *batch)
                dovecot.deliver(bare, *batch)
                figures.append(_cpu_a_mail(lambda: _work(bot)))
                worker.move_mail(bot, bot.mailbox)
                before = number * BATCH
                floors.append(_cpu_a_mail(partial(_fetch_and_parse, client, before)))
                readings.append(_cpu_a_mail(partial(_fetch_and_read, client, before)))
        assert len(bot.store.decisions()) == len(mails), "every mail is decided upon"
    finally:
        bot.close()
    # The first batch is for warming up.
    return median(figures[1:]), median(floors[1:]), median(readings[1:])


def _settings(dovecot: Dovecot, user: str, folder: Path) -> Settings:
    server = {"host": HOST, "username": user, "password": PASSWORD, "security": "none"}
    values: dict[str, object] = {
        "database_url": f"sqlite:///{folder / 'bench.db'}",
        "imap": server | {"port": dovecot.imap_port},
        "smtp": server | {"port": 9},  # nothing is sent here
        "mail": {"address": DESK},
    }
    return Settings.model_validate(values)


def _cpu_a_mail(work: Callable[[], object]) -> float:
    before = cpu_of_all()
    work()
    return (cpu_of_all() - before) / BATCH


def _work(bot: wiring.Bot) -> None:
    assert bot.mailbox is not None
    worker.keep_mail(bot, bot.mailbox)
    worker.think_all(bot)


def _fetched(client: IMAPClient, after: int) -> Iterator[bytes]:
    client.select_folder("INBOX", readonly=True)
    uids = [uid for uid in client.search(f"UID {after + 1}:*") if uid > after]
    for start in range(0, len(uids), MAILS_A_FETCH):
        for fetched in client.fetch(uids[start : start + MAILS_A_FETCH], ["BODY.PEEK[]"]).values():
            yield fetched[b"BODY[]"]


def _fetch_and_parse(client: IMAPClient, after: int) -> None:
    for raw in _fetched(client, after):
        for part in message_from_bytes(raw, policy=policy.compat32).walk():
            part.get_payload(decode=True)


def _fetch_and_read(client: IMAPClient, after: int) -> None:
    """What the bot needs of a mail, in the standard library's own way."""
    for raw in _fetched(client, after):
        mail = message_from_bytes(raw, policy=policy.default)
        for name in ("From", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References"):
            str(mail[name])
        for part in mail.walk():
            if not part.is_multipart():
                part.get_content()
