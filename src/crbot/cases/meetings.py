"""The scoping call: what was proposed, what is set. Pure: times as values.

What a person proposes is `crbot.intake.staff`'s, the invitation itself the calendar's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CallState(StrEnum):
    """How far the arranging of a call has come."""

    PROPOSED = "proposed"  # slots are with the agency
    SET = "set"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Call:
    """One call, from its first proposal on; a later round of slots is the same call."""

    round: int  # of proposals, from 1
    uid: str  # the calendar's name for it, kept through changes and the cancellation
    sequence: int  # the calendar's count of changes, from 0
    slots: tuple[datetime, ...]  # as proposed last, aware, UTC; a slot's number is its place, from 1
    minutes: int
    where: str  # a telephone number, a link, a place: in words
    zone: str  # IANA, in which the agency reads the times
    state: CallState = CallState.PROPOSED
    chosen: datetime | None = None  # when it takes place; None until it is set
