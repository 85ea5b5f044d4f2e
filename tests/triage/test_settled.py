"""What a person of staff has settled: it is judged like a message, and no message replaces it."""

from __future__ import annotations

import pytest

from crbot.triage.decide import decide, settle
from crbot.triage.decision import Disposition
from crbot.triage.facts import UNKNOWN, Evidence, Known, Part, Statement
from crbot.triage.message import Channel, Message, Person
from crbot.triage.policy import Policy

CHIEF = Person("Ann Reyes", "areyes@ashford.example.gov")
REQUEST = """I am the chief of the Ashford Police Department, Ohio. We would like training on de-escalation.
There is no investigation. The family of a man we arrested has retained a lawyer.

Ann Reyes, Chief of Police"""


def mail(body: str) -> Message:
    return Message(Channel.EMAIL, CHIEF, body, "Training")


def said_by_staff(fact: str, *values: str) -> Statement:
    evidence = (Evidence("The chief told us by phone", Part.ANSWER),)
    return Statement(fact, values, evidence, speaker="U0LEE", settled=True)


def test_a_correction_changes_the_disposition_and_not_what_the_message_is(policy: Policy) -> None:
    before = decide(mail(REQUEST), policy)
    assert before.disposition is Disposition.REVIEW

    after = settle(before.facts, [said_by_staff("litigation", "none")], policy, before)

    assert (after.disposition, after.kind) == (Disposition.ELIGIBLE, before.kind)
    assert after.facts.statements["litigation"].settled


def test_a_fact_that_staff_take_back_is_asked(policy: Policy) -> None:
    before = decide(mail(REQUEST), policy)

    after = settle(before.facts, [Statement("litigation", (UNKNOWN,), settled=True)], policy, before)

    assert after.disposition is Disposition.NEEDS_INFORMATION
    assert [question.fact for question in after.questions] == ["litigation"]


@pytest.mark.parametrize(
    "later", ["A suit has been filed over it.", "There is no lawsuit.", "I don't know of a lawsuit."]
)
def test_no_later_word_replaces_what_staff_settled(later: str, policy: Policy) -> None:
    before = decide(mail(REQUEST), policy)
    settled = settle(before.facts, [said_by_staff("litigation", "active")], policy, before)

    after = decide(mail(later), policy, Known(settled.facts, ("litigation",), in_case=True))

    assert after.facts.value("litigation") == "active"
    assert after.facts.statements["litigation"].speaker == "U0LEE"


def test_staff_may_settle_a_fact_anew(policy: Policy) -> None:
    before = decide(mail(REQUEST), policy)
    settled = settle(before.facts, [said_by_staff("litigation", "active")], policy, before)

    after = settle(settled.facts, [said_by_staff("litigation", "none")], policy, settled)

    assert after.facts.value("litigation") == "none"
