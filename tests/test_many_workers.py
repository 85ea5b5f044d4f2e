"""Several programs over one database, each with its part of the work; and one file that is only one program's."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from crbot.store.engine import open_engine
from crbot.store.tables import inbox
from crbot.triage.message import Channel
from tests.postgres import Postgres
from tests.servers import Dovecot, Sink
from tests.test_run import REQUEST, World, environment, mail

pytestmark = pytest.mark.live


@pytest.fixture
def world(dovecot: Dovecot, sink: Sink, tmp_path: Path, postgres: Postgres) -> World:
    world = World(dovecot, sink, tmp_path)
    world.database = postgres.new_desk()
    return world


@contextmanager
def working(world: World, role: str, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program that is killed at the end, if it still lives."""
    log = world.folder / f"{name}.log"
    with log.open("wb") as output:
        bot = subprocess.Popen(
            [sys.executable, "-m", "crbot.cli", "run", "--role", role],
            env=environment(world.settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        world.until(lambda: b"ready" in log.read_bytes())
        yield bot
    finally:
        bot.kill()
        bot.wait()


def is_reading(world: World, name: str) -> bool:
    return b"the mailbox is ours to read" in (world.folder / f"{name}.log").read_bytes()


def another_mail(number: int) -> bytes:
    sender = f"Chief {number} <chief@town-{number}.example.gov>"
    return mail(REQUEST.replace("Pine Falls", f"Town {number}"), sender=sender)


def test_mail_is_read_by_one_thought_about_by_another_and_answered(world: World) -> None:
    with working(world, "mailbox", "mailbox"), working(world, "worker", "worker"):
        world.dovecot.deliver(world.user, mail(REQUEST))
        (letter,) = world.until(world.letters)
        assert "CRI-" in letter["Subject"]

    with world.store() as store:
        assert len(store.list_cases()) == 1
        assert store.heard(Channel.EMAIL) is not None
    assert b"message decided" in (world.folder / "worker.log").read_bytes()
    assert b"message decided" not in (world.folder / "mailbox.log").read_bytes()


def test_what_another_program_keeps_is_thought_about_within_a_second(world: World) -> None:
    waits = []
    with working(world, "worker", "worker"):
        for number in range(6):
            world.dovecot.deliver(world.user, another_mail(number))
            with world.store() as store:
                mailbox_keeps(world, number)
                kept = time.monotonic()
                world.until(lambda store=store: store.waiting()[0] == 0)
                waits.append(time.monotonic() - kept)
    print(
        f"\nthought about after {sorted(waits)[len(waits) // 2]:.2f} s (median), {max(waits):.2f} s at the most"
    )
    assert sorted(waits)[len(waits) // 2] < 1


def mailbox_keeps(world: World, number: int) -> None:
    """As the program with the mailbox does, in this process."""
    from crbot.channels.mail.mailbox import Mailbox
    from crbot.worker import now

    mailbox = Mailbox(world.dovecot.settings(world.user))
    with world.store() as store:
        for arrivals in mailbox.arrivals(now(), store.unknown):
            store.keep(arrivals)
    mailbox.close()


def test_the_mailbox_is_taken_over_when_its_reader_is_killed(world: World) -> None:
    with working(world, "all", "first") as first, working(world, "all", "second"):
        assert is_reading(world, "first")
        assert not is_reading(world, "second")
        first.kill()
        killed = time.monotonic()
        world.dovecot.deliver(world.user, mail(REQUEST))

        world.until(lambda: is_reading(world, "second"))
        took = time.monotonic() - killed
        world.until(world.letters)

    print(f"\ntaken over after {took:.1f} s")
    assert took < 15
    assert len(world.letters()) == 1


def test_the_mailbox_is_taken_over_when_its_reader_hangs(world: World) -> None:
    with working(world, "mailbox", "first") as first, working(world, "all", "second"):
        first.send_signal(signal.SIGSTOP)
        hung = time.monotonic()
        world.until(lambda: is_reading(world, "second"))
        took = time.monotonic() - hung
        first.send_signal(signal.SIGCONT)
        log = world.folder / "first.log"
        world.until(lambda: b"another program reads the mailbox" in log.read_bytes())

    print(f"\ntaken over after {took:.1f} s")
    assert took < 15


def test_two_whole_bots_answer_each_mail_once(world: World) -> None:
    mails = 30
    with ExitStack() as both:
        for name in ("first", "second"):
            both.enter_context(working(world, "all", name))
        for number in range(mails):
            world.dovecot.deliver(world.user, another_mail(number))
        world.until(lambda: len(world.letters()) >= mails)

    with world.store() as store:
        assert len(store.list_cases(2 * mails)) == mails
    engine = open_engine(world.database)
    with engine.connect() as connection:
        assert connection.scalars(select(inbox.c.attempts)).all() == [1] * mails
    engine.dispose()
    assert len({letter["To"] for letter in world.letters()}) == len(world.letters()) == mails


def test_a_second_bot_on_one_file_is_refused_with_the_first_ones_name(
    dovecot: Dovecot, sink: Sink, tmp_path: Path
) -> None:
    world = World(dovecot, sink, tmp_path)
    with world.running() as first:
        world.until(lambda: "ready" in world.log.read_text())

        second = world.once("--once")

    assert second.returncode == 1
    assert f"another crbot works on {tmp_path / 'crbot.db'}: process {first.pid} on " in second.stderr
    assert world.once().returncode == 0


def test_a_part_of_the_work_wants_a_database_that_can_be_shared(
    dovecot: Dovecot, sink: Sink, tmp_path: Path
) -> None:
    ended = World(dovecot, sink, tmp_path).once("--once", CRBOT_ROLE="worker")

    assert ended.returncode == 1
    assert "CRBOT_ROLE=worker: an SQLite file is one program's" in ended.stderr
