"""A case: the life of one request; and which stage may follow which.

What a message or a person does to a case is `respond`'s; where cases are kept is the store's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from crbot.triage.decision import Decision, Disposition, Queue
from crbot.triage.message import Channel, Person


class Stage(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    SCOPING = "scoping"
    WORK_PLAN = "work_plan"
    AGENCY_REVIEW = "agency_review"
    APPROVED = "approved"
    DELIVERY = "delivery"
    CLOSED = "closed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    DORMANT = "dormant"

    @property
    def is_ended(self) -> bool:
        return self in ENDED


ENDED = frozenset({Stage.CLOSED, Stage.DECLINED, Stage.WITHDRAWN, Stage.DORMANT})

FOLLOWS: dict[Stage, frozenset[Stage]] = {
    Stage.RECEIVED: ENDED | {Stage.SCOPING},
    Stage.SCOPING: ENDED | {Stage.WORK_PLAN},
    Stage.WORK_PLAN: ENDED | {Stage.AGENCY_REVIEW},
    Stage.AGENCY_REVIEW: ENDED | {Stage.WORK_PLAN, Stage.APPROVED},
    Stage.APPROVED: ENDED | {Stage.DELIVERY},
    Stage.DELIVERY: ENDED,
    Stage.CLOSED: frozenset({Stage.RECEIVED}),
    Stage.DECLINED: frozenset({Stage.RECEIVED}),
    Stage.WITHDRAWN: frozenset({Stage.RECEIVED}),
    Stage.DORMANT: frozenset({Stage.RECEIVED}),
}


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where the requester is answered, and in which thread."""

    channel: Channel
    address: str  # mail: the address; Slack: the channel's id
    thread: str = ""  # mail: Message-ID of the message that is answered; Slack: thread_ts
    references: tuple[str, ...] = ()  # mail: the chain of Message-IDs before it
    subject: str = ""  # mail only
    person: Person = field(default_factory=Person)


DRAFTED_BY_THE_BOT = "crbot"


@dataclass(frozen=True, slots=True)
class Draft:
    """A decline that waits until a person releases it."""

    grounds: tuple[str, ...]  # the rules that failed
    by: str  # who drafted it; `DRAFTED_BY_THE_BOT` where the rules did


@dataclass(frozen=True, slots=True)
class Case:
    """One request's life, as it stands now."""

    number: str  # CRI-2026-0042
    revision: int  # one more at every change; what a button saw
    stage: Stage
    requester: Person
    conversation: Conversation
    decision: Decision  # the newest, with all facts known
    opened_at: datetime  # aware, UTC
    queue: Queue  # as routed, or as staff moved it
    subject: str = ""  # of the first message, for people
    owner: str | None = None  # who claimed it: a Slack user id, or a name from the terminal
    asked: tuple[str, ...] = ()  # the facts that were asked, in the order of the numbered questions last sent
    participants: frozenset[str] = frozenset()  # `Person.key` of everyone who may add to it
    draft: Draft | None = None
    outcome: str = ""  # how it ended, in words, with who ended it
    doubts: tuple[str, ...] = ()  # what staff should know of its messages: "not proven to come from …"

    def changed(self, **changes: object) -> Case:
        """The case with these changes, one revision on."""
        return replace(self, revision=self.revision + 1, **changes)  # type: ignore[arg-type]  # fields are checked by the class

    @property
    def agency(self) -> str:
        """The agency's name and state for people; says so where it is not known."""
        facts = self.decision.facts
        name = facts.value("agency_name") if facts.is_known("agency_name") else "Agency not named yet"
        return f"{name}, {facts.value('agency_state')}" if facts.is_known("agency_state") else name


def number_of(year: int, counter: int) -> str:
    """The case number: the year, and a counter that begins at 1 each year."""
    return f"CRI-{year}-{counter:04d}"


class Place(StrEnum):
    """A channel of staff: one for each program's queue, and one where a person is needed first."""

    CRI_TAC = "cri_tac"
    CRITICAL_RESPONSE = "critical_response"
    ORGANIZATIONAL_ASSESSMENT = "organizational_assessment"
    REVIEW = "review"


_NEEDS_A_PERSON = frozenset({Disposition.REVIEW, Disposition.INELIGIBLE})


def place_of(case: Case) -> Place:
    """Where staff see the case: in its queue, or in review while a person must decide first."""
    if case.decision.disposition in _NEEDS_A_PERSON or case.queue is Queue.UNROUTED:
        return Place.REVIEW
    return Place(case.queue.value)
