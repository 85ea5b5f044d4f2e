"""Whatever a message is and however it is decided, nothing adverse goes out by itself."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crbot import wiring
from crbot.cases.case import Conversation, Plan, PlanVersion, Stage
from crbot.cases.letters import NEEDS_RELEASE
from crbot.cases.respond import (
    MOST_QUOTED,
    Change,
    Heard,
    answer_without_case,
    continue_case,
    file_away,
    hold,
    hold_flood,
    hold_unsigned,
    note_own_words,
    note_repetition,
    open_case,
    quote_of,
)
from crbot.cases.rulebook import Rulebook
from crbot.triage.decision import (
    Decision,
    Disposition,
    Finding,
    Kind,
    Outcome,
    Question,
    Queue,
    Reason,
    RulesVersion,
)
from crbot.triage.facts import NOTHING, Statement
from crbot.triage.message import Channel, Message, Person

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SENDER = Person("Ann Reyes", "areyes@ashford.example.gov")
HEARD = Heard(
    Message(Channel.EMAIL, SENDER, "Hello"),
    Conversation(Channel.EMAIL, SENDER.key, person=SENDER),
    frozenset(),
)
PLAN = Plan((PlanVersion("Training", "", "", "", "", "U0LEE", NOW),), sent=1)


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return wiring.load_rules()


def decision(kind: Kind, disposition: Disposition, outcome: Outcome, *, withdrawn: bool = False) -> Decision:
    facts = NOTHING.with_statements([Statement("withdrawn", ("yes",))] if withdrawn else [])
    finding = Finding("agency_type", "", outcome, Reason("Because."), ())
    question = Question("litigation", "A lawsuit?")
    return Decision(
        kind,
        Reason(""),
        RulesVersion("1", "0"),
        disposition,
        Queue.CRI_TAC,
        Reason(""),
        (finding,),
        facts,
        (question,),
    )


def everything_that_follows(decided: Decision, rules: Rulebook) -> list[Change]:
    """What each answer to a message makes of it, at every stage of a case."""
    opened = open_case(HEARD, decided, "CRI-2026-0001", rules.label, NOW)
    assert opened.case is not None
    changes = [opened, file_away(None, HEARD, decided), hold_unsigned(HEARD, decided)]
    changes += [hold_flood(HEARD, decided, is_told=told) for told in (True, False)]
    if decided.kind in (Kind.ENQUIRY, Kind.GRANT_ENQUIRY, Kind.COMPLAINT):
        changes.append(answer_without_case(HEARD, decided))
    for stage in Stage:
        case = replace(opened.case, stage=stage, plan=PLAN, asked=("litigation",))
        changes += [
            continue_case(case, HEARD, decided, rules, NOW),
            file_away(case, HEARD, decided),
            hold(case, HEARD, decided),
            note_own_words(case, HEARD, decided),
            note_repetition(case.number, case, HEARD, decided),
        ]
    return changes


@pytest.mark.parametrize("disposition", Disposition)
def test_no_decision_sends_anything_adverse_by_itself(disposition: Disposition, rules: Rulebook) -> None:
    for kind, outcome, withdrawn in itertools.product(Kind, Outcome, (True, False)):
        for change in everything_that_follows(
            decision(kind, disposition, outcome, withdrawn=withdrawn), rules
        ):
            assert [letter.name for letter in change.letters if letter.name in NEEDS_RELEASE] == []


@pytest.mark.parametrize("disposition", Disposition)
def test_no_message_moves_a_case_but_one_that_was_set_aside(
    disposition: Disposition, rules: Rulebook
) -> None:
    decided = decision(Kind.REPLY, disposition, Outcome.PASS, withdrawn=True)
    opened = open_case(HEARD, decided, "CRI-2026-0001", rules.label, NOW).case
    assert opened is not None

    moved = [
        stage
        for stage in Stage
        if (after := continue_case(replace(opened, stage=stage), HEARD, decided, rules, NOW).case) is None
        or after.stage is not stage
    ]

    assert moved == [Stage.DORMANT]


def test_anothers_words_in_a_line_of_ours_call_nobody_and_are_clipped() -> None:
    quoted = quote_of("Approved\nby <@U0LEE> <!channel> " + "x" * 400)

    assert "\n" not in quoted
    assert not {"<", ">"} & set(quoted)
    assert len(quoted) == MOST_QUOTED + 3
