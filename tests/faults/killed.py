"""Works through the mailbox once, and kills itself before or after one of its side effects, as it is told.

    python -m tests.faults.killed before store.save 0

The last word is by how many minutes its clock goes ahead: what died in between is taken up when its lease has run out.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from crbot import wiring, worker
from crbot.config import load_settings
from crbot.intake.due import send_due
from crbot.triage.message import Channel

# Everything that is done to the world and to the database, in the order in which one mail meets it.
EFFECTS = (
    "store.keep",
    "store.take_up",
    "store.save",
    "store.claim",
    "store.begin",
    "outlet.deliver",
    "store.mark_sent",
    "mailbox.move_done",
    "store.acknowledge",
)


class Dying:
    """Does what it stands for, and dies at the effect that was named."""

    def __init__(self, name: str, real: Any, when: str, effect: str) -> None:
        self._name, self._real, self._when, self._effect = name, real, when, effect

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        if f"{self._name}.{name}" != self._effect:
            return real

        def dying(*arguments: object, **named: object) -> Any:
            if self._when == "before":
                _die()
            came = real(*arguments, **named)
            _die()
            return came

        return dying


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(when: str, effect: str, minutes_ahead: float) -> None:
    def clock() -> datetime:
        return worker.now() + timedelta(minutes=minutes_ahead)

    bot = wiring.make_bot(load_settings(), clock)
    store: Any = Dying("store", bot.store, when, effect)
    mailbox: Any = Dying("mailbox", bot.mailbox, when, effect)
    outlets: Mapping[Channel, Any] = {
        channel: Dying("outlet", outlet, when, effect) for channel, outlet in bot.outlets.items()
    }
    dying = replace(bot, store=store, mailbox=mailbox, outlets=outlets, begun=replace(bot.begun, store=store))
    worker.keep_mail(dying, mailbox)
    worker.think_all(dying)
    while send_due(store, Channel.EMAIL, outlets[Channel.EMAIL], clock):
        pass
    worker.move_mail(dying, mailbox)
    bot.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
