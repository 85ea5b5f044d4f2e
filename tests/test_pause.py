"""The brake over the running program, pulled from another process: nothing leaves, and nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import Dovecot, Sink
from tests.test_run import REQUEST, World, environment, mail

pytestmark = pytest.mark.live


@pytest.fixture
def world(dovecot: Dovecot, sink: Sink, tmp_path: Path) -> World:
    return World(dovecot, sink, tmp_path)


def pause(world: World, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "crbot.cli", "pause", *options],
        env=environment(world.settings),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return done.stdout


def cases(world: World) -> int:
    with world.store() as store:
        return len(store.list_cases())


def test_while_it_is_paused_mail_is_read_and_no_letter_leaves(world: World) -> None:
    with world.running():
        world.until(lambda: Path(f"{world.folder / 'crbot.db'}.last-run").exists())
        assert "Paused 20" in pause(world, "--reason", "a test", "--by", "Jordan Lee")
        world.dovecot.deliver(world.user, mail(REQUEST))
        world.until(lambda: cases(world) == 1)
        world.until(lambda: "1 letter waits" in pause(world, "--status"))
        assert world.letters() == []

        assert "Going on" in pause(world, "--off")
        world.until(world.letters)

    assert len(world.letters()) == 1


def test_a_database_that_is_older_than_the_file_beside_it_is_held_back(world: World) -> None:
    world.once()
    database = world.folder / "crbot.db"
    backup = database.read_bytes()
    world.once()
    database.write_bytes(backup)
    world.dovecot.deliver(world.user, mail(REQUEST))

    ended = world.once()

    assert ended.returncode == 0, ended.stderr
    assert cases(world) == 1
    assert world.letters() == []
    assert "a backup was put back" in pause(world, "--status")
