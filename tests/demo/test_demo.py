"""The whole demo as a person meets it: started by its command, looked at, ended by Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from crbot.demo.requests import load_requests

pytestmark = pytest.mark.live

CRBOT = Path(sys.executable).with_name("crbot")
SECONDS = 120


class Demo:
    """A running `crbot demo`; everything that it starts carries our mark in its environment."""

    def __init__(self, folder: Path, *arguments: str, environment: Mapping[str, str]) -> None:
        self.mark = f"DEMO_MARK={uuid.uuid4()}"
        name, _, value = self.mark.partition("=")
        self._output = folder / "output"
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        own = {name: value, "TMPDIR": str(self.temporary), "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [CRBOT, "demo", *arguments],
                env={**os.environ, **own, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self._output.read_text("utf-8")

    def wait_for(self, pattern: str) -> re.Match[str]:
        deadline = time.monotonic() + SECONDS
        while (found := re.search(pattern, self.said)) is None:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.1)
        return found

    def left_behind(self) -> list[str]:
        """What it started and still runs, and what lies in the temporary folder."""
        running = []
        for environment in Path("/proc").glob("[0-9]*/environ"):
            try:
                if self.mark.encode() in environment.read_bytes().split(b"\0"):
                    running.append((environment.parent / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue  # it has ended meanwhile, or is not ours to look at
        return running + sorted(path.name for path in self.temporary.iterdir())


@contextmanager
def running(folder: Path, *arguments: str, **environment: str) -> Iterator[Demo]:
    demo = Demo(folder, *arguments, environment=environment)
    try:
        yield demo
    finally:
        demo.process.send_signal(signal.SIGINT)
        demo.process.wait(SECONDS)


def test_it_shows_every_message_takes_one_of_ones_own_and_ends_without_a_trace(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        demo.wait_for("Ctrl-C ends all of it")
        page = demo.wait_for(r"Letters that went out +(\S+)").group(1)
        one_liner = demo.wait_for(r"python3 -c .*").group()
        subprocess.run(one_liner, shell=True, check=True, timeout=30)
        demo.wait_for(r"\nCRI-\d{4}-\d{4}: request, needs information, CRI-TAC")
        with urllib.request.urlopen(page, timeout=10) as answer:
            letters = answer.read().decode()

    assert demo.process.returncode == 0, demo.said
    assert demo.left_behind() == []
    table = demo.said
    for request in load_requests():
        assert re.search(
            rf"{re.escape(request.subject)}.*{request.expect.disposition.replace('_', ' ')}", table
        )
    assert "rteller@maplehollowpd.example" in letters


def test_where_no_slack_can_be_had_it_says_so_and_shows_the_cards_in_the_terminal(tmp_path: Path) -> None:
    no_npm = {"npm_config_registry": "http://127.0.0.1:9", "npm_config_fetch_retries": "0"}

    with running(tmp_path, "--once", XDG_CACHE_HOME=str(tmp_path), **no_npm) as demo:
        demo.process.wait(SECONDS)

    assert demo.process.returncode == 0, demo.said
    assert demo.left_behind() == []
    assert "There is no Slack page" in demo.said
    assert "Eligibility rules" in demo.said
    assert "Cards in Slack" not in demo.said
