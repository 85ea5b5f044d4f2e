"""Every letter there is, and whether a person must release it.

How a letter reads stands in `templates/`; when one is due, in `respond`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from crbot.cases.authority import Ticket
from crbot.cases.case import DRAFTED_BY_THE_BOT, Case, Conversation
from crbot.cases.meetings import Invitation


class LetterName(StrEnum):
    """The letters, by the name of their template."""

    ACKNOWLEDGEMENT = "acknowledgement"  # we have it, what we understood, what is still open
    ANSWERS_NOTED = "answers_noted"  # thank you; what is still open
    ENQUIRY = "enquiry"  # a person answers; the Response Center's number
    GRANT_ENQUIRY = "grant_enquiry"  # where grants are asked about
    COMPLAINT = "complaint"  # who is there for it
    QUESTIONS = "questions"  # what staff ask, or what is still open
    REMINDER_QUESTIONS = "reminder_questions"  # step 1 to 3
    AUTHORISATION_REQUEST = "authorisation_request"  # does the agency's head agree?
    CONFIRMATION_REQUEST = "confirmation_request"  # to the agency's head: is this yours?
    CALL_PROPOSAL = "call_proposal"
    CALL_SET = "call_set"
    CALL_CHANGED = "call_changed"
    CALL_CANCELLED = "call_cancelled"
    CALL_REMINDER = "call_reminder"
    CALL_STAFF = "call_staff"  # the invitation for our own calendar
    PLAN_REVIEW = "plan_review"
    PLAN_REMINDER = "plan_reminder"
    PLAN_APPROVED = "plan_approved"
    CHECK_IN = "check_in"
    CHECK_IN_REMINDER = "check_in_reminder"
    CLOSING = "closing"
    REPORT_PUBLISHED = "report_published"
    MESSAGE = "message"  # staff's own words
    DECLINE = "decline"  # adverse
    ALARM = "alarm"  # to staff: what is broken, or no longer


NEEDS_RELEASE = frozenset({LetterName.DECLINE})

_NOTHING: Mapping[str, object] = {}
_OF_A_CASE = ("name", "agency")  # of who is written to; "" where it is not known
_UNDERSTOOD = (*_OF_A_CASE, "asks_for", "questions", "is_acute")
_CALL = (*_OF_A_CASE, "minutes", "where")
# What each letter tells beside the case's number: the names that its template may use. `words` are somebody's own,
# paragraph by paragraph; `by` is who of staff writes, "" where only an id is known.
FIELDS: Mapping[LetterName, tuple[str, ...]] = {
    LetterName.ACKNOWLEDGEMENT: _UNDERSTOOD,
    LetterName.ANSWERS_NOTED: (*_UNDERSTOOD, "answered", "asked"),  # how many of how many
    LetterName.ENQUIRY: ("name",),
    LetterName.GRANT_ENQUIRY: ("name",),
    LetterName.COMPLAINT: ("name",),
    LetterName.QUESTIONS: (*_OF_A_CASE, "words", "questions", "by"),
    LetterName.REMINDER_QUESTIONS: (*_OF_A_CASE, "questions", "step"),
    LetterName.AUTHORISATION_REQUEST: (*_OF_A_CASE, "words", "by"),
    LetterName.CONFIRMATION_REQUEST: (*_OF_A_CASE, "requester", "asks_for", "until", "words", "by"),
    LetterName.CALL_PROPOSAL: (*_CALL, "slots", "round", "words", "by"),
    LetterName.CALL_SET: (*_CALL, "when"),
    LetterName.CALL_CHANGED: (*_CALL, "when", "words"),
    LetterName.CALL_CANCELLED: (*_CALL, "when", "words"),
    LetterName.CALL_REMINDER: (*_CALL, "when"),
    LetterName.CALL_STAFF: (*_CALL, "when", "is_cancelled"),
    LetterName.PLAN_REVIEW: (
        *_OF_A_CASE,
        "version",
        "assistance",
        "experts",
        "staff",
        "milestones",
        "documents",
        "words",
        "by",
    ),
    LetterName.PLAN_REMINDER: (*_OF_A_CASE, "version", "step"),
    LetterName.PLAN_APPROVED: (*_OF_A_CASE, "version", "words"),
    LetterName.CHECK_IN: _OF_A_CASE,
    LetterName.CHECK_IN_REMINDER: _OF_A_CASE,
    LetterName.CLOSING: (*_OF_A_CASE, "ending", "words"),  # closed, withdrawn, dormant
    LetterName.REPORT_PUBLISHED: (*_OF_A_CASE, "link"),
    LetterName.MESSAGE: (*_OF_A_CASE, "words", "by"),
    LetterName.DECLINE: (*_OF_A_CASE, "grounds", "alternatives", "words"),
    LetterName.ALARM: ("name", "what", "is_over"),
}


@dataclass(frozen=True, slots=True)
class Release:
    """A person's recorded word that an adverse letter may go. Raises ValueError where no person gave it."""

    by: str  # who released it
    drafted_by: str  # who wrote or last changed it; another person than `by`, unless the office set that off

    def __post_init__(self) -> None:
        if self.by.strip() in ("", DRAFTED_BY_THE_BOT):
            raise ValueError("an adverse letter is released by a person, who is named")


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to be sent: what it says, and to whom.

    An adverse letter cannot exist without its release: raises ValueError.
    """

    name: LetterName
    to: Conversation
    case: str | None = None  # number
    fields: Mapping[str, object] = field(default_factory=dict)  # what the template names
    release: Release | None = None
    invitation: Invitation | None = None  # laid into the recipient's calendar
    ticket: Ticket | None = None  # the answer comes to an address of its own, which is good once

    def __post_init__(self) -> None:
        if self.name in NEEDS_RELEASE and self.release is None:
            raise ValueError(f"the letter {self.name!r} is adverse: a person must release it first")


@dataclass(frozen=True, slots=True)
class Unreleased:
    """An adverse letter as it would go out, to be read by whoever may release it. There is no way to send it."""

    name: LetterName
    to: Conversation
    case: str
    fields: Mapping[str, object]

    def released(self, release: Release) -> Letter:
        return Letter(self.name, self.to, self.case, self.fields, release)


def to_agency(
    case: Case, name: LetterName, fields: Mapping[str, object] = _NOTHING, release: Release | None = None
) -> Letter:
    """A letter of a case, into the conversation that it was last heard in."""
    return Letter(name, case.conversation, case.number, {**_of_case(case), **fields}, release)


def not_released(case: Case, name: LetterName, fields: Mapping[str, object]) -> Unreleased:
    """The same, of a letter that waits for a person's word."""
    return Unreleased(name, case.conversation, case.number, {**_of_case(case), **fields})


def _of_case(case: Case) -> dict[str, object]:
    return {
        "name": case.conversation.person.name or case.requester.name,
        "agency": case.agency if case.decision.facts.is_known("agency_name") else "",
    }


def paragraphs(text: str) -> list[str]:
    """What a person wrote, cut at its line ends; each piece stands apart in a letter."""
    return [piece for line in text.splitlines() if (piece := line.strip())]


class Fate(StrEnum):
    """What became of a letter of ours, as a machine at the other end reports it."""

    FAILED = "failed"  # it did not arrive
    DELAYED = "delayed"  # the other side goes on trying
    ARRIVED = "arrived"
    OPENED = "opened"  # a read receipt


@dataclass(frozen=True, slots=True)
class Report:
    """A machine's word on a letter: a bounce, a receipt."""

    fate: Fate
    letters: tuple[str, ...] = ()  # Message-IDs of what it is about, as far as it tells
    recipients: tuple[str, ...] = ()  # whom it did not reach, folded
    status: str = ""  # 5.1.1
    reason: str = ""  # the other side's words, on one line


@dataclass(frozen=True, slots=True)
class SentLetter:
    """A letter of ours that a report is about."""

    name: LetterName
    recipient: str
    case: str | None = None  # number
