"""What the way from the mailbox to a committed case costs beside fetching and parsing the same mails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
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
        figure, floor = _measure(dovecot, Path(folder))
    yield Row(
        "mail to committed case, SQLite",
        "fetch by 50, parse (compat32), imapclient",
        figure,
        floor,
        25,
        10e-3,
    )


def _measure(dovecot: Dovecot, folder: Path) -> tuple[float, float]:
    """Median CPU seconds a mail: the bot's, with the child that parses; and the bare loop's. One batch each in turn."""
    mails = [as_mail(each) for each in samples(BATCH * BATCHES)]
    batches = [mails[start : start + BATCH] for start in range(0, len(mails), BATCH)]
    desk, bare = dovecot.new_user(), dovecot.new_user()
    worker.start_log(LogSettings(level="ERROR"))
    bot = wiring.make_bot(_settings(dovecot, desk, folder), clock=worker.now)
    figures, floors = [], []
    try:
        assert bot.mailbox is not None
        bot.mailbox.connect()
        with dovecot.person(bare) as client:
            for number, batch in enumerate(batches):
                dovecot.deliver(desk, *batch)
                dovecot.deliver(bare, *batch)
                figures.append(_cpu_a_mail(lambda: _work(bot)))
                worker.move_mail(bot, bot.mailbox)
                floors.append(_cpu_a_mail(lambda after=number * BATCH: _fetch_and_parse(client, after)))  # type: ignore[misc]
        assert len(bot.store.decisions()) == len(mails), "every mail is decided upon"
    finally:
        bot.close()
    return median(figures[1:]), median(floors[1:])  # the first batch is for warming up


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


def _fetch_and_parse(client: IMAPClient, after: int) -> None:
    client.select_folder("INBOX", readonly=True)
    uids = [uid for uid in client.search(f"UID {after + 1}:*") if uid > after]
    for start in range(0, len(uids), MAILS_A_FETCH):
        for fetched in client.fetch(uids[start : start + MAILS_A_FETCH], ["BODY.PEEK[]"]).values():
            mail = message_from_bytes(fetched[b"BODY[]"], policy=policy.compat32)
            for part in mail.walk():
                part.get_payload(decode=True)
