"""The forms that requesters fill in: drawn from the rules, within Slack's limits, and read back as facts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crbot.cases.case import Case
from crbot.channels.slack import requests
from crbot.channels.slack.limits import Surface, problems
from crbot.triage.decision import Question
from crbot.triage.facts import Facts, Statement
from crbot.triage.policy import Policy
from crbot.wiring import load_policy
from tests.channels.slack.examples import CASE, DECISION, patient
from tests.slack_peer import form_payload

ASKED = ("requester_authority", "agency_type", "services", "investigation", "litigation")


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy()


def asking(policy: Policy, *facts: str, case: Case = CASE) -> Case:
    questions = tuple(Question(fact, policy.facts[fact].question) for fact in facts)
    return replace(case, decision=replace(case.decision, questions=questions), asked=facts)


# What no field of ours lets through, but somebody may send all the same.
HOSTILE = st.text(max_size=400) | st.sampled_from(
    ['"' * 9000, "\\" * 300, "\x00" * 300, "\U0001f469" * 300, "é" * 3000]
)


def fields(view: Mapping[str, Any]) -> list[str]:
    return [block["block_id"] for block in view["blocks"] if block["type"] == "input"]


def options(view: Mapping[str, Any], field: str) -> list[str]:
    [element] = [block["element"] for block in view["blocks"] if block["block_id"] == field]
    return [option["value"] for option in element["options"]]


def sent(view: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any]:
    return dict(form_payload(dict(view), dict(values))["view"])


def test_the_form_asks_first_who_and_then_what(policy: Policy) -> None:
    who = requests.who_form(policy)
    what = requests.what_form(sent(who, {}), policy)

    assert fields(who) == ["agency_name", "agency_state", "agency_type", "requester_authority", "contact"]
    assert fields(what) == ["words", "services", "incident", "investigation", "litigation", "files"]
    assert "unknown" in options(who, "requester_authority")
    assert "unknown" in options(what, "litigation")
    assert "unknown" not in options(what, "services")
    assert len(options(who, "agency_state")) == 56


def test_what_was_told_first_is_told_with_the_rest(policy: Policy) -> None:
    who = sent(
        requests.who_form(policy),
        {"agency_name": "Springfield PD", "agency_state": ("OH",), "contact": "555-0100, mornings"},
    )
    what = sent(requests.what_form(who, policy), {"words": "A shooting.", "services": ["training"]})

    assert requests.told_by(what) == requests.Told(
        answers={"agency_name": "Springfield PD", "agency_state": "OH", "services": "training"},
        words="A shooting.\n\nPhone, and good times: 555-0100, mornings",
    )


@given(
    st.dictionaries(
        st.sampled_from(["agency_name", "agency_state", "requester_authority", "contact"]), HOSTILE
    )
)
def test_what_goes_with_the_second_step_keeps_slacks_limit_whatever_was_told(
    policy: Policy, told: dict[str, str]
) -> None:
    who = sent(requests.who_form(policy), told)

    carried = requests.what_form(who, policy)["private_metadata"]

    assert len(carried.encode("utf-16-le")) // 2 <= 3000
    assert len(carried.encode()) <= 3000
    assert json.loads(carried).keys() <= told.keys()


def test_only_the_open_questions_are_in_the_form_one_field_each(policy: Policy) -> None:
    view = requests.answers_form(asking(policy, "investigation", "services"), policy)

    assert fields(view) == ["investigation", "services", "words"]
    assert view["blocks"][1]["label"]["text"] == policy.facts["investigation"].question
    assert all(block["optional"] for block in view["blocks"] if block["type"] == "input")


def test_the_question_which_agency_it_is_has_a_field_for_each_of_its_parts(policy: Policy) -> None:
    view = requests.answers_form(asking(policy, "agency_type"), policy)

    assert fields(view) == ["agency_name", "agency_state", "agency_type", "words"]


def test_when_all_is_answered_meanwhile_the_form_says_so(policy: Policy) -> None:
    view = requests.answers_form(asking(policy), policy)

    assert "No question of CRI-2026-0042 is open any more" in view["blocks"][0]["text"]["text"]
    assert "submit" not in view


def test_answers_go_to_their_case_and_their_thread(policy: Policy) -> None:
    view = requests.answers_form(asking(policy, "investigation"), policy, "17.1")

    told = requests.told_by(sent(view, {"investigation": ("none",), "words": "It ended in May."}))

    assert told == requests.Told({"investigation": "none"}, "It ended in May.", "CRI-2026-0042", "17.1")


def test_of_corrections_only_what_was_changed_is_told(policy: Policy) -> None:
    view = requests.corrections_form(CASE, policy)
    values = {
        "agency_name": "Springfield Police Department",
        "agency_state": ("IL",),
        "agency_type": ("local",),
        "services": ["immediate_assistance", "after_action_review"],
    }

    assert requests.told_by(sent(view, values)).answers == {"agency_state": "IL"}
    assert requests.faults(sent(view, values)) == {}


@pytest.mark.parametrize(
    ("values", "faults"),
    [
        ({}, {"investigation": "Answer at least one of the questions"}),
        ({"words": "  "}, {"investigation": "Answer at least one of the questions"}),
        ({"words": "It ended."}, {}),
        ({"investigation": ("unknown",)}, {}),
    ],
)
def test_a_form_with_nothing_in_it_is_not_taken(
    policy: Policy, values: dict[str, Any], faults: dict[str, str]
) -> None:
    view = requests.answers_form(asking(policy, "investigation"), policy)

    assert requests.faults(sent(view, values)) == faults


def test_a_request_without_a_word_is_asked_for_one(policy: Policy) -> None:
    what = requests.what_form(sent(requests.who_form(policy), {"contact": "555-0100"}), policy)

    assert list(requests.faults(sent(what, {"words": " \n "}))) == ["words"]
    assert requests.faults(sent(what, {"words": "Training"})) == {}


@patient
@given(
    st.text(max_size=400),
    st.lists(st.sampled_from(ASKED), unique=True),
    st.dictionaries(st.sampled_from([*ASKED, "agency_name"]), st.lists(st.text(max_size=20), max_size=3)),
)
def test_every_form_keeps_slacks_limits_whatever_was_told(
    policy: Policy, text: str, asked: list[str], told: dict[str, list[str]]
) -> None:
    statements = [Statement(fact, tuple(values)) for fact, values in told.items()]
    facts = Facts().with_statements([*statements, Statement("agency_name", (text,))])
    case = replace(CASE, decision=replace(DECISION, facts=facts))
    who = requests.who_form(policy)
    answered = sent(who, {"agency_name": text[:200], "contact": text[:300]})

    for view in (
        who,
        requests.what_form(answered, policy),
        requests.answers_form(asking(policy, *asked, case=case), policy),
        requests.corrections_form(case, policy),
    ):
        assert problems(view, Surface.MODAL) == []
