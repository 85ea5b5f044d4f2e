"""What comes out: the decision about one message, as a value that explains itself.

How it is reached is `decide`'s; what follows from it is `crbot.cases.respond`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from crbot.triage.facts import NOTHING, Evidence, Facts


class Kind(StrEnum):
    """What a message is."""

    REQUEST = "request"
    REPLY = "reply"
    ENQUIRY = "enquiry"
    GRANT_ENQUIRY = "grant_enquiry"
    COMPLAINT = "complaint"
    AUTOMATIC = "automatic"
    JUNK = "junk"

    @property
    def is_case(self) -> bool:
        """A message of this kind opens or continues a case."""
        return self in (Kind.REQUEST, Kind.REPLY)

    @property
    def is_silent(self) -> bool:
        """A message of this kind is never answered."""
        return self in (Kind.AUTOMATIC, Kind.JUNK)


class Outcome(StrEnum):
    """How a rule ends; the order of the members is the order of gravity."""

    PASS = "pass"  # noqa: S105  (an outcome, no password)
    ASK = "ask"  # a fact is unknown and matters
    FLAG = "flag"  # a person must decide, the approval is unlikely
    FAIL = "fail"

    @property
    def gravity(self) -> int:
        return _GRAVITY[self]


_GRAVITY = {outcome: place for place, outcome in enumerate(Outcome)}


class Disposition(StrEnum):
    """What the four rules come to together."""

    ELIGIBLE = "eligible"
    NEEDS_INFORMATION = "needs_information"
    REVIEW = "review"
    INELIGIBLE = "ineligible"
    NOT_A_REQUEST = "not_a_request"


class Queue(StrEnum):
    """The program whose staff see the case."""

    CRI_TAC = "cri_tac"
    CRITICAL_RESPONSE = "critical_response"
    ORGANIZATIONAL_ASSESSMENT = "organizational_assessment"
    UNROUTED = "unrouted"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was decided: words for people, and where in the rules it stands."""

    text: str
    rule: str = ""  # file and line: "routing.yaml:12"
    source: str = ""  # document and heading


@dataclass(frozen=True, slots=True)
class Finding:
    """How one eligibility rule ended, and because of what."""

    rule: str  # requester_authority, agency_type, pending_matters, non_grant_costs
    title: str  # the rule in words: "No open investigation and no lawsuit"
    outcome: Outcome
    because: Reason
    values: tuple[tuple[str, tuple[str, ...]], ...]  # the facts that the rule read, with their values
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What is still to be asked: an open fact whose answer can change the disposition or the queue."""

    fact: str
    text: str


@dataclass(frozen=True, slots=True)
class RulesVersion:
    """Which rules decided."""

    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Decision:
    """All that the bot makes of one message, in the light of what was known before."""

    kind: Kind
    kind_reason: Reason
    rules: RulesVersion
    disposition: Disposition = Disposition.NOT_A_REQUEST
    queue: Queue | None = None  # None where the message is no request
    queue_reason: Reason = Reason("")
    findings: tuple[Finding, ...] = ()
    facts: Facts = NOTHING  # everything known of the case after this message
    questions: tuple[Question, ...] = ()  # in the order in which they are asked

    @property
    def is_acute(self) -> bool:
        return self.facts.value("urgency") == "acute"
