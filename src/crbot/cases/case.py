"""A case: the life of one request, as it stands now.

What a message does to a case is `respond`'s, which stage may follow which `stages`'; where cases are kept, the store's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from crbot.cases.absence import Absence
from crbot.cases.authority import Confirmation, Party
from crbot.cases.meetings import Call
from crbot.triage.approval import Reading
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

    grounds: tuple[str, ...]  # the rules that speak against it
    by: str  # who wrote or last changed it; `DRAFTED_BY_THE_BOT` where the rules did
    text: str = ""  # a person's own words in place of the rules' reasons
    instead: str = ""  # a person's own words on what the agency can do instead


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person of staff said of a fact, against what the messages tell."""

    fact: str
    values: tuple[str, ...]
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """A work plan as one person wrote it down; every part in words, paragraphs apart by a blank line."""

    assistance: str
    experts: str
    staff: str
    milestones: str
    documents: str
    by: str
    at: datetime
    changes: str = ""  # what the agency wants changed in this version, as staff confirmed it


@dataclass(frozen=True, slots=True)
class PlanAnswer:
    """The agency's words on its work plan, waiting for a person of staff to confirm what they say."""

    reads_as: Reading
    words: str
    by: str  # `Person.key`
    at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """The work plan in all its versions, and what the agency said of it."""

    versions: tuple[PlanVersion, ...]  # at least one; a version's number is its place, from 1
    sent: int = 0  # number of the version that the agency was sent last; 0: none yet
    answer: PlanAnswer | None = None  # not confirmed yet
    approved: int = 0  # number of the version that the agency approved; 0: none
    approved_at: datetime | None = None
    approved_words: str = ""  # what the agency said, as staff confirmed it

    @property
    def newest(self) -> PlanVersion:
        return self.versions[-1]

    @property
    def is_approved(self) -> bool:
        """The agency has approved what stands in the newest version."""
        return self.approved == len(self.versions)

    def reopened(self) -> Plan:
        """The plan as it goes on being written: no approval holds any more."""
        return replace(self, answer=None, approved=0, approved_at=None, approved_words="")


class Status(StrEnum):
    """How the public list of sites shows a delivery."""

    ASSESSMENT = "Assessment"
    ONGOING = "Ongoing"


@dataclass(frozen=True, slots=True)
class Site:
    """How the public list of sites shows a case; only what staff marked public is in it."""

    public: bool
    topics: tuple[str, ...] = ()  # as the list shows them
    status: Status = Status.ASSESSMENT
    link: str = ""  # of the public report


@dataclass(frozen=True, slots=True)
class Pause:
    """Follow-ups of a case that a person holds back."""

    by: str
    reason: str
    at: datetime
    until: datetime | None = None  # None: until a person resumes them


@dataclass(frozen=True, slots=True)
class Alike:
    """A case that may be about the same matter, and why it is thought so."""

    case: str  # number
    because: tuple[str, ...]

    @property
    def in_words(self) -> str:
        return f"{self.case}: {'; '.join(self.because)}"


@dataclass(frozen=True, slots=True)
class Rerouting:
    """Why a person of staff moved a case to another queue."""

    by: str
    reason: str


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
    rerouting: Rerouting | None = None  # the last one by hand
    owner: str | None = None  # who claimed it: a Slack user id, or a name from the terminal
    asked: tuple[str, ...] = ()  # the facts that were asked, in the order of the numbered questions last sent
    participants: frozenset[str] = frozenset()  # `Person.key` of everyone who may add to it
    draft: Draft | None = None
    outcome: str = ""  # how it ended, in words, with who ended it
    stood: Stage | None = None  # of what has ended: the stage that it ended from
    doubts: tuple[str, ...] = ()  # what staff should know of its messages: "not proven to come from …"
    changed_by: str = ""  # who made this revision: a `Person.key`, a member of staff, "crbot"
    changed_at: datetime | None = None
    last_heard_at: datetime | None = None  # when the agency last wrote, in person
    zone: str = ""  # IANA; "": as its state tells
    corrections: Mapping[str, Correction] = field(default_factory=dict)  # by fact
    merged_into: str | None = None  # number of the case that goes on in its place
    call: Call | None = None
    plan: Plan | None = None
    site: Site | None = None
    pause: Pause | None = None
    absence: Absence | None = None  # of whoever is written to, as a notice of theirs told
    asked_at: datetime | None = None  # when the open questions were sent last
    contacted_at: datetime | None = None  # when a person of staff was last in touch, or moved it on
    owned_at: datetime | None = None  # when it was last claimed, given back or moved to another queue
    parties: tuple[Party, ...] = ()  # everybody who is known to have to do with it
    confirmation: Confirmation | None = None  # whether its agency's head stands behind it, asked last
    unconfirmed: str = ""  # why staff might ask the head; "" where there is no need
    kin: str = ""  # what cases of the same agency share; "" where the agency is not known
    alike: tuple[Alike, ...] = ()  # cases that may be about the same matter

    def changed(self, **changes: object) -> Case:
        """The case with these changes, one revision on; who made it is told among them, or nobody is."""
        made = {"changed_by": "", "changed_at": None, **changes}
        return replace(self, revision=self.revision + 1, **made)  # type: ignore[arg-type]  # the class checks them

    @property
    def agency(self) -> str:
        """The agency's name and state for people; says so where it is not known."""
        facts = self.decision.facts
        name = facts.value("agency_name") if facts.is_known("agency_name") else "Agency not named yet"
        return f"{name}, {facts.value('agency_state')}" if facts.is_known("agency_state") else name

    @property
    def state(self) -> str:
        """Postal code of the agency's state, "unknown" where nobody told."""
        return self.decision.facts.value("agency_state")

    @property
    def wants_out(self) -> bool:
        """The agency seems to take its request back, which a person of staff has not confirmed yet."""
        return self.decision.facts.value("withdrawn") == "yes" and not self.stage.is_ended

    @property
    def vouched_for(self) -> str:
        """Whether the head of the agency stands behind it, in words; "" where there is nothing to tell."""
        return self.confirmation.in_words if self.confirmation else self.unconfirmed

    @property
    def waits_for_authority(self) -> bool:
        """The head, asked to confirm the request, answered what a person must read, and staff have not settled it."""
        is_read = "requester_authority" in self.corrections or self.stage.is_ended
        return self.confirmation is not None and self.confirmation.needs_a_person and not is_read


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
    is_undecided = case.queue is Queue.UNROUTED or case.waits_for_authority
    if case.decision.disposition in _NEEDS_A_PERSON or is_undecided:
        return Place.REVIEW
    return Place(case.queue.value)
