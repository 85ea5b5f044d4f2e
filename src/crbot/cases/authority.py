"""Who can vouch for a request: the persons of a case, and what the head of its agency answered when asked.

When the head is asked, and who is believed, stands in `rules/confirming.yaml`; how it is done is `crbot.intake.confirming`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from crbot.triage.approval import Consent

MOST_PERSONS = 30


class Role(StrEnum):
    """What a person is to a case."""

    REQUESTER = "requester"
    HEAD = "chief executive"
    COPIED = "copied"
    WRITER = "writes to the case"


class Learned(StrEnum):
    """How a person came to be known."""

    WROTE = "wrote to us"
    COPIED = "was copied in"
    NAMED = "is named in the request"
    REGISTER = "stands in the register"
    STAFF = "named by staff"


class Surety(StrEnum):
    """How sure it is that a person is who they are said to be; the surest first."""

    CONFIRMED = "confirmed"  # asked at an address that the requester did not supply, and answered from it
    PROVEN = "proven"  # our mail server, or the Slack workspace, vouches for the address
    LISTED = "listed"  # as the register has it
    CLAIMED = "claimed"  # nobody but the message says so
    DOUBTED = "doubted"  # our mail server found that it is not so


@dataclass(frozen=True, slots=True)
class Party:
    """A person of a case. Rights come from `Case.participants`, not from standing here."""

    role: Role
    name: str = ""
    address: str = ""  # as written; "" where none is known
    agency: str = ""
    learned: Learned = Learned.WROTE
    surety: Surety = Surety.CLAIMED

    @property
    def key(self) -> str:
        return (self.address or self.name).strip().casefold()


def with_parties(known: Iterable[Party], told: Iterable[Party]) -> tuple[Party, ...]:
    """The persons of a case after more is known: one of each role and address, and what is surer stays."""
    found: dict[tuple[Role, str], Party] = {}
    for each in (*known, *told):
        at = each.role, each.key
        before = found.get(at)
        if each.key and (before is None or _RANK[each.surety] <= _RANK[before.surety]):
            found[at] = each
    writing = {each.key for each in found.values() if each.role is not Role.COPIED}
    kept = (each for each in found.values() if each.role is not Role.COPIED or each.key not in writing)
    return tuple(kept)[:MOST_PERSONS]


_RANK = {surety: place for place, surety in enumerate(Surety)}


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the address tells that an answer to a confirmation comes to; our signature stands behind it."""

    case: str  # number
    round: int  # which time the head was asked
    until: date  # the last day, in UTC, on which it is good


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The head of the agency was asked whether the request is theirs, and what came of it."""

    name: str
    address: str
    learned: str  # why the address is believed to be the head's, in words
    round: int
    until: date
    by: str  # who asked: a member of staff, or "crbot"
    asked_at: datetime
    answer: Consent | None = None  # None: none yet
    words: str = ""  # of the answer
    answered_at: datetime | None = None
    proof: str = ""  # what our mail server found of the answer's sender
    is_proven: bool = False  # such that it counts by itself
    identity: str = ""  # Message-ID of the answer
    is_void: bool = False  # the case has become another agency's since

    @property
    def is_awaited(self) -> bool:
        return self.answer is None

    @property
    def is_given(self) -> bool:
        """The head stands behind the request, and nothing is left to be read by a person."""
        return self.answer is Consent.YES and self.is_proven and not self.is_void

    @property
    def needs_a_person(self) -> bool:
        return self.answer is not None and not self.is_given and not self.is_void

    @property
    def in_words(self) -> str:
        """How it stands, with the words of the answer, for staff."""
        who = self.name or "The head of the agency"
        asked = f"{who} was asked at {self.address} ({self.learned})"
        if self.is_void:
            return f"{asked} for another agency, which counts no more"
        if self.is_awaited:
            return f"{asked}; no answer yet, good until {self.until:%B %-d, %Y}"
        words = f": “{' '.join(self.words.split())}”" if self.words else ""
        return f"{asked}; {self._said}{words} (the mail is {self.proof})"

    @property
    def _said(self) -> str:
        if self.answer is Consent.YES:
            return "confirmed" if self.is_proven else "seems to say yes, not proven to be theirs"
        return _ANSWERS.get(self.answer, "") if self.answer else ""

    def takes(self, ticket: Ticket, today: date) -> bool:
        """An answer with this ticket counts: it is the newest that was given out, is not used up, and has not expired."""
        return self.is_awaited and ticket.round == self.round and today <= min(ticket.until, self.until)


_ANSWERS = {
    Consent.NO: "says no",
    Consent.STRANGE: "does not know of it",
    Consent.UNCLEAR: "answered, and it is not clear what",
}
