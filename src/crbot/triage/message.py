"""What comes in: one message, the same from every channel.

How a mail or a Slack event becomes a `Message` is the channels' affair; what it tells is `reading`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Channel(StrEnum):
    """The way a message came, and the way its answer goes."""

    EMAIL = "email"
    SLACK = "slack"
    TERMINAL = "terminal"  # staff's actions, for the day that Slack is down


class Mark(StrEnum):
    """What a channel knows about a message beside its words."""

    AUTOMATIC = "automatic"  # a machine says of itself that it wrote this
    BOUNCE = "bounce"  # a delivery report
    CALENDAR = "calendar"  # an answer to an invitation
    LIST = "list"  # came through a mailing list; says nothing about who wrote it
    DAMAGED = "damaged"  # some of it could not be decoded, and is shown as it came
    CUT = "cut"  # longer than is read; the rest is kept
    HIDDEN = "hidden"  # held text that a person would not have seen; it is left out
    ENCRYPTED = "encrypted"  # its words cannot be read here


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as a message names them; both parts are the sender's own claim."""

    name: str = ""
    address: str | None = None  # as written, None where there is none

    @property
    def key(self) -> str:
        """What two mentions of one person share: the address, else the name, folded."""
        return (self.address or self.name).strip().casefold()


@dataclass(frozen=True, slots=True)
class Message:
    """One message, decoded, nothing of the sender's own words taken away."""

    channel: Channel
    sender: Person
    body: str  # plain text, quoted parts, forwards and signature still in it
    subject: str = ""
    sent_at: datetime | None = None  # aware; None where the message does not tell
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    attachments: tuple[str, ...] = ()  # file names
    marks: frozenset[Mark] = frozenset()
    answers: Mapping[str, str] = field(default_factory=dict)  # fact -> value, from a form; outranks prose
