"""What makes two messages of one sender alike, and how much of one sender's is taken before a person looks.

What is then done about it is `incoming`'s.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from crbot.triage.message import Message

DAY = timedelta(days=1)
_COMPARED_CHARACTERS = 5_000
_UNLIKE_IN_COPIES = re.compile(
    r"[\W\d_]+"
)  # a counter, a time or a ticket number tells copies apart, words do not


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sender may cause within a day. Beyond it nothing is lost, and nothing more is sent."""

    letters_a_day: int = 10  # that no person has released, to one address
    cases_a_day: int = 20


DEFAULT_LIMITS = Limits()


def likeness(message: Message) -> str:
    """A hash that messages share which differ in digits, blanks and marks alone; "" for one without words."""
    return _likeness(f"{message.subject} {message.body[:_COMPARED_CHARACTERS]}")


@lru_cache(maxsize=4)  # it is asked for when a message is weighed and again when it is saved
def _likeness(told: str) -> str:
    words = _UNLIKE_IN_COPIES.sub(" ", told.casefold()).strip()
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest() if words else ""


def is_worth_telling(count: int) -> bool:
    """Of many alike the first, second, fourth, eighth, …: staff see that it goes on, and are not flooded too."""
    return count > 0 and count & (count - 1) == 0
