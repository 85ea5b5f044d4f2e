"""Cases and letters: what needs a person's word, and what is still read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import TypeAdapter

from crbot.cases.case import Case, Conversation, number_of
from crbot.cases.followups import is_given_up, pause_before_try
from crbot.cases.letters import NEEDS_RELEASE, Letter, LetterName, Release
from crbot.triage.message import Channel

WHERE = Conversation(Channel.EMAIL, "chief@mill-creek.example.gov")


@pytest.mark.parametrize("name", sorted(NEEDS_RELEASE))
def test_an_adverse_letter_cannot_exist_without_a_persons_release(name: LetterName) -> None:
    with pytest.raises(ValueError, match="a person must release it"):
        Letter(name, WHERE)


@pytest.mark.parametrize("name", sorted(NEEDS_RELEASE))
def test_a_released_letter_names_who_released_it(name: LetterName) -> None:
    letter = Letter(name, WHERE, release=Release(by="U2", drafted_by="U1"))

    assert letter.release == Release(by="U2", drafted_by="U1")


@pytest.mark.parametrize("by", ["", "  ", "crbot"])
def test_only_a_person_who_is_named_releases(by: str) -> None:
    with pytest.raises(ValueError, match="released by a person"):
        Release(by=by, drafted_by="U1")


def test_a_number_has_its_year() -> None:
    assert number_of(2026, 42) == "CRI-2026-0042"
    assert number_of(2026, 12345) == "CRI-2026-12345"


def test_pauses_grow_and_end_after_five_days() -> None:
    pauses = [pause_before_try(attempts) for attempts in range(1, 10)]

    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(minutes=1)
    assert not is_given_up(10)
    assert is_given_up(30)


def test_a_case_that_was_kept_before_there_were_plans_and_calls_is_still_read() -> None:
    kept = """{"number": "CRI-2026-0001", "revision": 3, "stage": "scoping", "requester": {"name": "Pat Lind"},
        "conversation": {"channel": "email", "address": "plind@mill-creek.example.gov"},
        "decision": {"kind": "request", "kind_reason": {"text": ""}, "rules": {"version": "1", "sha256": "0"},
            "facts": {"statements": {"litigation": {"fact": "litigation", "values": ["none"]}}}},
        "opened_at": "2026-03-02T15:00:00Z", "queue": "cri_tac", "draft": {"grounds": ["x"], "by": "crbot"}}"""

    case = TypeAdapter(Case).validate_json(kept)

    assert (case.plan, case.call, case.site, case.pause, case.merged_into) == (None,) * 5
    assert (case.corrections, case.changed_by, case.last_heard_at) == ({}, "", None)
    assert not case.decision.facts.statements["litigation"].settled
