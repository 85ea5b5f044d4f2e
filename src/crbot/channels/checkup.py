"""What an examination of one part of the bot found, and what to do about it.

Which parts there are, and how each is tried, is told beside them: `mail.checkup`, `slack.checkup`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How a part stands."""

    FINE = "fine"
    NOTE = "note"  # it works; something is worth knowing
    WRONG = "wrong"  # it does not work, or will not


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried."""

    part: str  # "mailbox"
    what: str  # "Log in"
    health: Health
    told: str = ""  # what was seen
    mend: str = ""  # what to do; "" where there is nothing


def fine(part: str, what: str, told: str = "") -> Check:
    return Check(part, what, Health.FINE, told)


def note(part: str, what: str, told: str, mend: str = "") -> Check:
    return Check(part, what, Health.NOTE, told, mend)


def wrong(part: str, what: str, told: str, mend: str) -> Check:
    return Check(part, what, Health.WRONG, told, mend)
