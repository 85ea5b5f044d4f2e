"""What staff corrected becomes an example for the rules, and nobody can be recognised in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crbot.cases.case import Case, Conversation, Stage
from crbot.cases.masking import masked, vocabulary_of
from crbot.cases.proposals import proposals_of
from crbot.config import read_texts, rules_folder
from crbot.triage.decision import Decision, Kind, Queue, Reason, RulesVersion
from crbot.triage.facts import NOTHING, Statement
from crbot.triage.message import Channel, Person

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
CHIEF = Person("Chief Ann Reyes", "areyes@ashford.example.gov")
FACTS = NOTHING.with_statements([Statement("agency_name", ("Ashford Police Department",))])
DECISION = Decision(Kind.REQUEST, Reason(""), RulesVersion("1", "0"), facts=FACTS)
CASE = Case(
    "CRI-2026-0001",
    1,
    Stage.RECEIVED,
    CHIEF,
    Conversation(Channel.EMAIL, "areyes@ashford.example.gov", person=CHIEF),
    DECISION,
    NOW,
    Queue.CRI_TAC,
)
TEXTS = read_texts(rules_folder(None), ".yaml")
VOCABULARY = vocabulary_of(
    text for name, text in TEXTS.items() if "agencies" not in name and "states" not in name
)
NAMES = ("Chief Ann Reyes", "Ashford Police Department")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The family of Marcus Hale has retained a lawyer.", "The family of [name] has retained a lawyer."),
        ("Marcus Hale was shot.", "[name] was shot."),
        ("Will Hale sued us.", "[name] sued us."),
        ("Hale's family will sue.", "[name] family will sue."),
        ("chief reyes told us there is no suit", "chief [name] told us there is no suit"),
        ("officer kowalczyk is under investigation", "officer [name] is under investigation"),
        ("Sheriff Grant asked us.", "Sheriff [name] asked us."),
        ("The Ashford Police Department is being sued.", "[name] is being sued."),
        ("An internal affairs case is open.", "An internal affairs case is open."),
        ("Call me at (620) 555-0114 or 620.555.0115 x12.", "Call me at [number] or [number]."),
        ("Write to a.reyes@ashford.example.gov, please.", "Write to [address] please."),
        ("See https://www.ashford.example.gov/suit?id=7 for it.", "See [link] for it."),
        ("Case No. 3:24-cv-01187 was dismissed on 5/3/2024.", "Case No. [number] was dismissed on [number]."),
        ("THE FAMILY OF MARCUS HALE HAS A LAWYER", "THE FAMILY OF [name] HAS A LAWYER"),
        ("we have no lawsuit", "we have no lawsuit"),
    ],
)
def test_persons_places_and_numbers_are_taken_out(text: str, expected: str) -> None:
    assert masked(text, NAMES, VOCABULARY) == expected


@given(
    st.lists(
        st.sampled_from(
            ["Ann Reyes", "REYES", "reyes", "Ashford", "x@y.example", "555-0114", "the", "suit", ",", "."]
        )
    )
)
def test_what_is_known_to_stand_behind_a_text_is_never_in_it(words: list[str]) -> None:
    shown = masked(" ".join(words), NAMES, VOCABULARY).casefold()

    assert not {"reyes", "ashford", "@", "555"} & {
        each for each in ("reyes", "ashford", "@", "555") if each in shown
    }


def test_a_correction_is_proposed_as_an_example_with_the_cue_that_betrayed_it() -> None:
    evidence = {
        "text": "The family of Marcus Hale\nhas retained a lawyer.",
        "cue": "retained a lawyer",
        "rule": "x:1",
    }
    example = {"fact": "litigation", "read": ["potential"], "should": ["none"], "evidence": [evidence]}
    entry = {"what": "correct", "at": NOW, "detail": {"reason": "Chief Reyes said so", "example": example}}
    other = {"what": "claim", "at": NOW, "detail": {}}

    (proposal,) = proposals_of(CASE, [other, entry], VOCABULARY)

    assert proposal.example == "none | The family of [name] has retained a lawyer."
    assert (proposal.reason, proposal.rule) == ("Chief [name] said so", "x:1")


def test_a_dispute_is_proposed_as_words_that_tell_nothing() -> None:
    evidence = {"text": "We sued the vendor.", "cue": "sued", "rule": "x:1"}
    example = {"fact": "litigation", "read": ["active"], "should": [], "evidence": [evidence]}
    entry = {"what": "dispute", "at": NOW, "detail": {"reason": "", "example": example}}

    (proposal,) = proposals_of(replace(CASE, requester=Person()), [entry], VOCABULARY)

    assert proposal.example == "- | We sued the vendor."


def test_a_correction_where_nothing_was_read_has_no_words_to_show() -> None:
    example = {"fact": "litigation", "read": [], "should": ["none"], "evidence": []}
    entry = {"what": "correct", "at": NOW, "detail": {"reason": "By phone", "example": example}}

    (proposal,) = proposals_of(CASE, [entry], VOCABULARY)

    assert (proposal.text, proposal.example) == ("", "")
