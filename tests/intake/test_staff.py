"""What staff do to a case: who is first, who must be asked, and what a person alone may send."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crbot import wiring
from crbot.cases.case import Case, Conversation, Draft, Stage
from crbot.cases.letters import LetterName, Release
from crbot.cases.respond import Change
from crbot.intake.ports import StaffAction, Verb
from crbot.intake.staff import act
from crbot.triage.decision import Decision, Disposition, Finding, Kind, Outcome, Queue, Reason, RulesVersion
from crbot.triage.message import Channel, Person
from crbot.triage.policy import Policy

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
REFUSED = Finding(
    "agency_type", "A police agency", Outcome.FAIL, Reason("Agencies of this kind can't request."), ()
)
INELIGIBLE = Decision(
    Kind.REQUEST,
    Reason(""),
    RulesVersion("1", "0"),
    Disposition.INELIGIBLE,
    Queue.CRI_TAC,
    findings=(REFUSED,),
)
CASE = Case(
    "CRI-2026-0001",
    3,
    Stage.RECEIVED,
    Person("Rob Tanner", "rob@guard.example"),
    Conversation(Channel.EMAIL, "rob@guard.example"),
    INELIGIBLE,
    NOW,
    Queue.CRI_TAC,
    draft=Draft(("agency_type",), by="crbot"),
)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return wiring.load_policy()


def done(policy: Policy, verb: Verb, case: Case = CASE, by: str = "U0LEE", **more: object) -> Change:
    return act(case, StaffAction(verb, case.number, by, seen_in="C0TAC", **more), policy, NOW)  # type: ignore[arg-type]


def refusal(change: Change) -> str:
    """What the person was told in place of the change."""
    assert change.case is None
    assert change.letters == ()
    (whisper,) = change.whispers
    return whisper.text


def test_the_first_to_claim_has_the_case(policy: Policy) -> None:
    change = done(policy, Verb.CLAIM, revision=3)

    assert change.case is not None
    assert (change.case.owner, change.case.revision) == ("U0LEE", 4)
    assert change.redraws_card


def test_the_second_to_claim_is_told_who_was_faster(policy: Policy) -> None:
    assert "<@U0ORTIZ> was faster" in refusal(
        done(policy, Verb.CLAIM, replace(CASE, owner="U0ORTIZ"), revision=3)
    )
    assert "<@U0ORTIZ> was faster" in refusal(
        done(policy, Verb.CLAIM, replace(CASE, owner="U0ORTIZ"), revision=2)
    )


def test_a_card_that_has_changed_since_changes_nothing(policy: Policy) -> None:
    assert "has changed since you saw it" in refusal(done(policy, Verb.CLOSE, revision=2))


def test_a_case_that_is_not_there_is_named(policy: Policy) -> None:
    change = act(None, StaffAction(Verb.CLAIM, "CRI-2026-9999", "U0LEE", seen_in="C0TAC"), policy, NOW)

    assert "no case CRI-2026-9999" in refusal(change)


def test_moving_a_case_needs_a_reason_and_gives_it_back(policy: Policy) -> None:
    moving = {"values": {"queue": "critical_response"}}
    assert "needs a reason" in refusal(done(policy, Verb.REROUTE, **moving))

    change = done(
        policy, Verb.REROUTE, replace(CASE, owner="U0LEE"), reason="It follows an incident", **moving
    )

    assert change.case is not None
    assert (change.case.queue, change.case.owner) == (Queue.CRITICAL_RESPONSE, None)
    assert "It follows an incident" in change.log


def test_a_case_cannot_be_moved_to_nowhere(policy: Policy) -> None:
    assert "is no queue" in refusal(done(policy, Verb.REROUTE, reason="x", values={"queue": "elsewhere"}))


def test_a_closed_case_can_be_reopened_and_not_closed_again(policy: Policy) -> None:
    closed = done(policy, Verb.CLOSE, reason="Settled by phone").case
    assert closed is not None
    assert closed.stage is Stage.CLOSED
    assert "cannot become closed" in refusal(done(policy, Verb.CLOSE, closed))

    reopened = done(policy, Verb.REOPEN, closed).case

    assert reopened is not None
    assert reopened.stage is Stage.RECEIVED


def test_a_decline_that_the_rules_drafted_is_sent_when_a_person_releases_it(policy: Policy) -> None:
    change = done(policy, Verb.SEND_DECLINE)

    (letter,) = change.letters
    assert letter.name is LetterName.DECLINE
    assert letter.release == Release(by="U0LEE", drafted_by="crbot")
    assert letter.fields["grounds"] == ["Agencies of this kind can't request."]
    assert change.case is not None
    assert change.case.stage is Stage.DECLINED


def test_who_drafted_a_decline_cannot_release_it(policy: Policy) -> None:
    drafted = done(policy, Verb.DRAFT_DECLINE).case
    assert drafted is not None

    assert "another person must" in refusal(done(policy, Verb.SEND_DECLINE, drafted))
    assert done(policy, Verb.SEND_DECLINE, drafted, by="U0ORTIZ").letters != ()


def test_a_dropped_draft_leaves_the_case_open(policy: Policy) -> None:
    kept = done(policy, Verb.KEEP_OPEN).case

    assert kept is not None
    assert (kept.draft, kept.stage) == (None, Stage.RECEIVED)
    assert "No decline is drafted" in refusal(done(policy, Verb.SEND_DECLINE, kept))


def test_a_case_that_is_given_back_belongs_to_nobody(policy: Policy) -> None:
    assert "Nobody has claimed" in refusal(done(policy, Verb.RELEASE))

    given_back = done(policy, Verb.RELEASE, replace(CASE, owner="U0LEE")).case

    assert given_back is not None
    assert given_back.owner is None


@pytest.mark.parametrize("verb", [each for each in Verb if each is not Verb.SEND_DECLINE])
def test_nothing_but_a_released_decline_sends_an_adverse_letter(verb: Verb, policy: Policy) -> None:
    change = done(policy, verb, reason="x", values={"queue": "cri_tac"})

    assert change.letters == ()
