"""What staff can do to a case, by name, and what each deed takes.

How it is done is told in `staff`; no other module is needed to know the names, so that commands answer at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Verb(StrEnum):
    """What staff can do to a case; which values each takes, all of them text, is told in `VALUES`."""

    CLAIM = "claim"
    RELEASE = "release"  # give a claimed case back
    REROUTE = "reroute"
    ASK = "ask"
    WRITE = "write"  # a letter in a person's own words
    NOTE = "note"  # for staff alone: "called them"
    CONFIRM = "confirm"  # ask the agency's head whether the request is theirs
    CORRECT = "correct"  # settle a fact against what the messages tell
    DISPUTE = "dispute"  # words do not tell the fact that was read in them
    DUPLICATE = "duplicate"
    ADVANCE = "advance"
    CLOSE = "close"
    REOPEN = "reopen"
    DRAFT_DECLINE = "draft_decline"
    SEND_DECLINE = "send_decline"
    KEEP_OPEN = "keep_open"  # drop a drafted decline, or what was read as a withdrawal
    PROPOSE_CALL = "propose_call"
    CHANGE_CALL = "change_call"
    CANCEL_CALL = "cancel_call"
    SAVE_PLAN = "save_plan"
    SEND_PLAN = "send_plan"
    CONFIRM_PLAN = "confirm_plan"
    RETURN_PLAN = "return_plan"
    HOLD_FOLLOWUPS = "hold_followups"
    RESUME_FOLLOWUPS = "resume_followups"
    PUBLISH_SITE = "publish_site"
    HIDE_SITE = "hide_site"
    ADD_HELD = "add_held"  # what was held belongs to this case
    OPEN_HELD = "open_held"  # what was held is a request of its own
    RETRY = "retry"  # what was set aside or could not be sent is tried again


# The values of each verb and what they hold. Lists are written with commas, times in ISO 8601 with an offset.
VALUES: Mapping[Verb, Mapping[str, str]] = {
    Verb.REROUTE: {"queue": "the new queue"},
    Verb.ASK: {"facts": "what to ask; nothing: all that is open", "text": "own words before the questions"},
    Verb.WRITE: {"text": "the letter"},
    Verb.NOTE: {"text": "the note"},
    Verb.CONFIRM: {
        "address": "where the head is asked; nothing: as the register has it",
        "name": "the head's name; nothing: as the register has it",
        "text": "own words in the letter",
    },
    Verb.CORRECT: {"fact": "its name", "value": "what it is; unknown: it is open again"},
    Verb.DISPUTE: {"fact": "its name", "text": "the words that do not tell it"},
    Verb.DUPLICATE: {"of": "number of the case that goes on"},
    Verb.ADVANCE: {"stage": "the next one", "text": "own words for a letter that the step sends"},
    Verb.CLOSE: {"text": "own words for the letter"},
    Verb.DRAFT_DECLINE: {
        "grounds": "rules that speak against it",
        "text": "own words in place of their reasons",
        "instead": "what the agency can do instead",
    },
    Verb.PROPOSE_CALL: {
        "slots": "when it could start; nothing: times that suit the agency",
        "minutes": "how long",
        "where": "number, link or place",
        "text": "own words before the times",
        "guests": "addresses of staff whose calendars are told too",
    },
    Verb.CHANGE_CALL: {
        "slot": "when it starts now; also sets a call that was agreed on by telephone",
        "minutes": "how long",
        "where": "number, link or place",
        "text": "own words in the letter",
        "guests": "addresses of staff whose calendars are told too",
    },
    Verb.CANCEL_CALL: {"text": "own words in the letter"},
    Verb.SAVE_PLAN: {
        "assistance": "what is delivered",
        "experts": "subject matter experts",
        "staff": "our staff",
        "milestones": "by when",
        "documents": "what is needed of the agency",
    },
    Verb.SEND_PLAN: {"text": "own words before the plan"},
    Verb.CONFIRM_PLAN: {"text": "what the agency said"},
    Verb.RETURN_PLAN: {"text": "what is to change"},
    Verb.HOLD_FOLLOWUPS: {"until": "a day, as 2026-03-31; nothing: until they are resumed"},
    Verb.PUBLISH_SITE: {
        "topics": "as the list shows them",
        "status": "Assessment or Ongoing",
        "link": "of the public report",
    },
    Verb.ADD_HELD: {"message": "number of the held message"},
    Verb.OPEN_HELD: {"message": "number of the held message"},
    Verb.RETRY: {"what": "number of the message, or key of the letter"},
}
