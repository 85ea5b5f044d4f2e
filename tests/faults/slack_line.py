"""The Slack side of the bot, apart from the rest of the world: for being killed, flooded and timed.

A process of it is the program as it runs: listener, thinking and sending, over a database in a folder.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from crbot import wiring, worker
from crbot.cases.case import Place
from crbot.config import Settings
from crbot.intake.due import send_due
from crbot.triage.message import Channel
from tests.slack_peer import SlackPeer, direct_message, event_payload

CHANNELS = {place: f"C0{place.name}" for place in Place}
WORDS = (
    "I am the chief of police of Springfield, Ohio. We would like a review of our pursuit policy. "
    "There is no investigation and no lawsuit."
)


def settings(folder: Path, peer: SlackPeer, **more: object) -> Settings:
    slack = {
        "bot_token": "xoxb-1",
        "app_token": "xapp-1",
        "api_url": peer.api_url,
        "channels": {place.value: channel for place, channel in CHANNELS.items()},
    }
    database = f"sqlite:///{folder / 'crbot.db'}"
    return Settings.model_validate({"database_url": database, "slack": slack, **more})


def request(number: int, **more: Any) -> dict[str, Any]:
    """The event of a request of its own: another person, in another conversation."""
    ts = f"1795319400.{number:06d}"
    message = direct_message(WORDS, ts, user=f"U0PERSON{number}", channel=f"D0PERSON{number}", **more)
    return event_payload(message, f"Ev{number:06d}")


@contextmanager
def running(folder: Path, peer: SlackPeer) -> Iterator[subprocess.Popen[bytes]]:
    """The program in a process of its own; killed at the end, whatever it does."""
    environment = {
        **os.environ,
        "CRBOT_CONFIG": os.devnull,
        "CRBOT_DATABASE_URL": f"sqlite:///{folder / 'crbot.db'}",
        "CRBOT_SLACK__BOT_TOKEN": "xoxb-1",
        "CRBOT_SLACK__APP_TOKEN": "xapp-1",
        "CRBOT_SLACK__API_URL": peer.api_url,
        **{f"CRBOT_SLACK__CHANNELS__{place.name}": channel for place, channel in CHANNELS.items()},
    }
    with (folder / "bot.log").open("ab") as log:
        bot = subprocess.Popen(
            [sys.executable, "-m", "crbot.cli", "run"], env=environment, stdout=log, stderr=log
        )
    try:
        yield bot
    finally:
        bot.send_signal(signal.SIGKILL)
        bot.wait()


def finish(folder: Path, peer: SlackPeer) -> None:
    """Work and send what killed processes left, when their leases have run out."""

    def later() -> datetime:
        return worker.now() + timedelta(hours=1)

    bot = wiring.make_bot(settings(folder, peer), later)
    try:
        worker.think_all(bot)
        while _sent(bot, later) or bot.store.waiting()[1]:
            pass
    finally:
        bot.close()


def _sent(bot: wiring.Bot, clock: Any) -> bool:
    return bool(send_due(bot.store, Channel.SLACK, bot.outlets[Channel.SLACK], clock))
