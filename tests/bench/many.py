"""What PostgreSQL costs beside SQLite, and what a second program over it brings."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psycopg
import pytest
from rich.console import Console
from sqlalchemy import insert

from crbot import wiring, worker
from crbot.cases.followups import plan_for
from crbot.cases.respond import Notice
from crbot.channels.mail.mime import identity_and_content_of
from crbot.config import LogSettings, Settings
from crbot.intake.due import send_due
from crbot.intake.ports import Arrival, Outgoing, Progress, Receipt
from crbot.store.rows import notice_row
from crbot.store.store import SqlStore, open_engine
from crbot.store.tables import outbox
from crbot.triage.message import Channel
from tests.bench import followups
from tests.bench.measure import Row, cpu_of, cpu_of_all
from tests.bench.messages import DESK, as_mail, samples
from tests.postgres import NO_POSTGRES, Postgres, running_postgres
from tests.servers import HOST

DUE = 1000
MAILS, BATCH = 200, 25
LETTERS = 300
_DELIVERY_SECONDS = 0.03  # as long as a mail server nearby takes


def rows(console: Console) -> Iterator[Row]:
    with ExitStack() as running:
        try:
            server = running.enter_context(running_postgres(is_safe=True))
        except pytest.skip.Exception:
            console.print(NO_POSTGRES, style="yellow")
            return
        yield _claiming(server)
        yield _intake(server)
        yield _two(server)


def _claiming(server: Postgres) -> Row:
    """Claimed by fifty with their cases, each completed in a transaction of its own."""
    url, rules = server.new_desk(), wiring.load_rules()
    engine = open_engine(url)
    followups.fill(engine, rules, DUE)
    store = SqlStore(engine, partial(plan_for, ladders=rules.ladders, hours=rules.hours))
    store.replan("bench", followups.NOW)
    done = 0

    def work() -> None:
        nonlocal done
        lease = timedelta(minutes=5)
        while due := store.claim_follow_ups(letters=True, now=followups.NOW, lease=lease, limit=50):
            for each in due:
                store.end(each, Progress.PASSED, "", followups.NOW)
                done += 1

    figure = cpu_of(work) / DUE
    assert done == DUE
    engine.dispose()
    what = "claim and complete a due follow-up, PostgreSQL"
    return Row(what, "the bare update and its commit, psycopg", figure, _bare(server, url), 40, 1e-3)


def _bare(server: Postgres, url: str) -> float:
    name = url.partition("@/")[2].partition("?")[0]
    with psycopg.connect(host=str(server.folder), user="crbot", dbname=name) as line:

        def work() -> None:
            for number in range(DUE):
                line.execute("UPDATE followups SET state = 'passed' WHERE id = %s", (number,))
                line.commit()

        return cpu_of(work) / DUE


def _intake(server: Postgres) -> Row:
    """Kept, parsed, decided, saved; the child that parses counted, the database server not."""
    mails = [as_mail(each) for each in samples(MAILS)]
    worker.start_log(LogSettings(level="ERROR"))
    figures: dict[str, list[float]] = {"postgresql": [], "sqlite": []}
    with TemporaryDirectory(prefix="crbot-bench-") as folder, ExitStack() as bots:
        urls = {"postgresql": server.new_desk(), "sqlite": f"sqlite:///{Path(folder) / 'bench.db'}"}
        works: dict[str, Callable[[list[bytes]], None]] = {}
        for name, url in urls.items():
            bot = wiring.make_bot(_settings(url), clock=worker.now)
            bots.callback(bot.close)
            works[name] = partial(_take_in, bot)
        for start in range(0, MAILS, BATCH):
            for name, work in works.items():
                before = cpu_of_all()
                work(mails[start : start + BATCH])
                figures[name].append((cpu_of_all() - before) / BATCH)
    # The first batch is for warming up.
    shared, alone = (median(figures[name][1:]) for name in ("postgresql", "sqlite"))
    return Row("kept mail to committed case, PostgreSQL", "the same, SQLite", shared, alone, 1.5)


def _take_in(bot: wiring.Bot, mails: list[bytes]) -> None:
    for raw in mails:
        identity, content = identity_and_content_of(raw)
        bot.store.keep([Arrival(Channel.EMAIL, f"bench:{identity}", raw, worker.now(), identity, content)])
    worker.think_all(bot)


def _settings(url: str) -> Settings:
    server = {
        "host": HOST,
        "port": 9,
        "username": "desk",
        "password": "-",
        "security": "none",
    }  # not spoken to
    values: dict[str, object] = {
        "database_url": url,
        "imap": server,
        "smtp": server,
        "mail": {"address": DESK},
    }
    return Settings.model_validate(values)


def _two(server: Postgres) -> Row:
    """Where the work itself takes longest: here, a mail server that takes its time."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_warm_up, range(2)))
        one = _seconds(pool, server, programs=1)
        two = _seconds(pool, server, programs=2)
    what = f"send {LETTERS} that take {_DELIVERY_SECONDS * 1000:.0f} ms each, two programs"
    return Row(what, "the same, one program; by the clock", two, one, 1 / 1.6)


def _seconds(pool: ProcessPoolExecutor, server: Postgres, programs: int) -> float:
    url = server.new_desk()
    engine = open_engine(url)
    with engine.begin() as connection:
        notice = Notice("Bench", "bench")
        connection.execute(
            insert(outbox), [notice_row(f"notice:{n}", notice, followups.NOW) for n in range(LETTERS)]
        )
    engine.dispose()
    came = list(pool.map(_send, [url] * programs))
    assert sum(sent for sent, _, _ in came) == LETTERS
    return max(ended for _, _, ended in came) - min(began for _, began, _ in came)


def _warm_up(_: int) -> None:
    time.sleep(0.5)  # so that each of the two gets one


def _send(url: str) -> tuple[int, float, float]:
    """Send until nothing is left; how many, and from when to when by the clock that all share."""
    store = SqlStore(open_engine(url))
    began, sent = time.monotonic(), 0
    while came := send_due(store, Channel.SLACK, _Slow(), worker.now):
        sent += len(came)
    ended = time.monotonic()
    store.close()
    return sent, began, ended


class _Slow:
    def lane(self, outgoing: Outgoing) -> str:
        return ""

    def deliver(self, outgoing: Outgoing) -> Receipt:
        time.sleep(_DELIVERY_SECONDS)
        return Receipt(outgoing.key)

    def look_up(self, outgoing: Outgoing) -> Receipt | None:
        return None
