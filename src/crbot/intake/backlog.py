"""How the desk stands at a moment: what waits for the bot, and what for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """Counts, and since when the oldest has waited; cases and people have no name here."""

    inbox_waiting: int = 0  # kept messages that nobody has thought about
    inbox_oldest: datetime | None = None
    inbox_aside: int = 0  # messages that could not be read, and wait for a person
    outbox_waiting: Mapping[str, int] = field(default_factory=dict)  # by channel
    outbox_oldest: datetime | None = None  # of what is due
    outbox_failed: int = 0  # what could not be sent, and waits for a person
    followups_due: int = 0
    cases: Mapping[tuple[str, str], int] = field(default_factory=dict)  # by queue and stage; those not ended
    oldest_unclaimed: Mapping[str, datetime] = field(default_factory=dict)  # by queue
    is_paused: bool = False
