"""What staff know better than the messages: it outranks them, changes what was decided, and is kept as an example."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crbot import wiring
from crbot.cases.case import DRAFTED_BY_THE_BOT, Case, Conversation, Stage
from crbot.cases.respond import Change, Heard, continue_case, open_case
from crbot.cases.rulebook import Rulebook
from crbot.intake.acting import Deed
from crbot.intake.ports import StaffAction, Verb
from crbot.intake.staff import act
from crbot.triage.decide import decide
from crbot.triage.decision import Disposition, Queue
from crbot.triage.facts import Known
from crbot.triage.message import Channel, Message, Person
from tests.mail_desk import mail, mail_desk

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
CHIEF = Person("Ann Reyes", "areyes@ashford.example.gov")
LAWYER = "The family of a man we arrested has retained a lawyer."
REQUEST = f"""I am the chief of the Ashford Police Department, Ohio. We would like training on de-escalation.
There is no investigation. {LAWYER}

Ann Reyes, Chief of Police"""


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return wiring.load_rules()


def heard(body: str) -> Heard:
    message = Message(Channel.EMAIL, CHIEF, body, "Training")
    return Heard(
        message, Conversation(Channel.EMAIL, "areyes@ashford.example.gov", person=CHIEF), frozenset()
    )


@pytest.fixture
def case(rules: Rulebook) -> Case:
    arrived = heard(REQUEST)
    opened = open_case(
        arrived, decide(arrived.message, rules.policy), "CRI-2026-0001", rules.policy.label, NOW
    )
    assert opened.case is not None
    assert opened.case.decision.disposition is Disposition.REVIEW
    return opened.case


def done(rules: Rulebook, verb: Verb, case: Case, reason: str = "The chief told us", **values: str) -> Change:
    return act(case, Deed(StaffAction(verb, case.number, "U0LEE", reason=reason, values=values), rules, NOW))


def replied(rules: Rulebook, case: Case, body: str) -> Change:
    arrived = heard(body)
    known = Known(case.decision.facts, case.asked, in_case=True)
    return continue_case(case, arrived, decide(arrived.message, rules.policy, known), rules, NOW)


def test_a_correction_changes_what_was_decided_and_says_so(case: Case, rules: Rulebook) -> None:
    change = done(rules, Verb.CORRECT, case, fact="litigation", value="none")

    assert change.case is not None
    assert change.case.decision.disposition is Disposition.ELIGIBLE
    assert "A lawsuit is threatened or expected → No lawsuit" in change.log
    assert "disposition: review → eligible" in change.log
    assert change.case.corrections["litigation"].reason == "The chief told us"
    assert change.letters == ()


def test_a_correction_outranks_what_the_agency_writes_later(case: Case, rules: Rulebook) -> None:
    corrected = done(rules, Verb.CORRECT, case, fact="litigation", value="none").case
    assert corrected is not None

    after = replied(rules, corrected, "A lawsuit has been filed against us.").case

    assert after is not None
    assert after.decision.facts.value("litigation") == "none"


def test_a_fact_that_is_corrected_to_unknown_is_open_and_can_be_answered(case: Case, rules: Rulebook) -> None:
    opened = done(rules, Verb.CORRECT, case, fact="litigation", value="unknown").case
    assert opened is not None
    assert [question.fact for question in opened.decision.questions] == ["litigation"]

    asked = done(rules, Verb.ASK, opened).case
    assert asked is not None
    after = replied(rules, asked, "1. No.").case

    assert after is not None
    assert after.decision.facts.value("litigation") == "none"


def test_a_correction_moves_the_case_and_drafts_what_the_rules_draft(case: Case, rules: Rulebook) -> None:
    moved = done(rules, Verb.CORRECT, case, fact="services", value="organizational_assessment").case
    assert moved is not None
    assert moved.queue is Queue.ORGANIZATIONAL_ASSESSMENT

    refused = done(rules, Verb.CORRECT, case, fact="agency_type", value="private").case
    assert refused is not None
    assert refused.draft is not None
    assert refused.draft.by == DRAFTED_BY_THE_BOT


def test_several_values_are_written_with_commas(case: Case, rules: Rulebook) -> None:
    corrected = done(rules, Verb.CORRECT, case, fact="topics", value="use_of_force, pursuits").case

    assert corrected is not None
    assert corrected.decision.facts.values("topics") == ("use_of_force", "pursuits")


def test_words_that_do_not_tell_a_fact_leave_it_open(case: Case, rules: Rulebook) -> None:
    change = done(rules, Verb.DISPUTE, case, "He sues somebody else", fact="litigation", text=LAWYER)

    assert change.case is not None
    assert not change.case.decision.facts.is_known("litigation")
    assert change.case.decision.disposition is Disposition.NEEDS_INFORMATION
    assert "It is now: Not known." in change.log


def test_what_staff_correct_and_dispute_is_kept_as_an_example_for_the_rules(
    case: Case, rules: Rulebook
) -> None:
    disputed = done(rules, Verb.DISPUTE, case, fact="litigation", text=LAWYER)
    corrected = done(rules, Verb.CORRECT, case, fact="litigation", value="none")

    (first,), (second,) = disputed.entries, corrected.entries
    for example in (first.detail["example"], second.detail["example"]):
        assert isinstance(example, dict)
        assert (example["fact"], example["read"]) == ("litigation", ["potential"])
        assert [each["text"] for each in example["evidence"]] == [LAWYER]
        assert example["evidence"][0]["rule"].startswith("cues/litigation.yaml:")


# --- what the agency's own words set going ------------------------------------------------------------------------------


def test_a_request_that_is_taken_back_is_shown_to_staff_and_not_ended_by_itself(
    case: Case, rules: Rulebook
) -> None:
    change = replied(rules, case, "We would like to withdraw our request.")

    assert change.case is not None
    assert change.case.stage is Stage.RECEIVED
    assert change.case.wants_out
    assert change.letters == ()
    assert "Confirm that it is withdrawn" in change.log


def test_what_was_not_meant_as_a_withdrawal_is_dropped_and_a_later_one_counts(
    case: Case, rules: Rulebook
) -> None:
    read_wrongly = replied(rules, case, "We would like to withdraw our request.").case
    assert read_wrongly is not None
    kept = done(rules, Verb.KEEP_OPEN, read_wrongly).case
    assert kept is not None
    assert not kept.wants_out

    later = replied(rules, kept, "We have decided not to proceed. Please withdraw our request.").case
    assert later is not None
    assert later.wants_out


def test_a_case_that_was_set_aside_goes_on_where_it_stood_when_the_agency_writes(
    case: Case, rules: Rulebook
) -> None:
    dormant = done(rules, Verb.ADVANCE, replace(case, stage=Stage.SCOPING), stage="dormant").case
    assert dormant is not None

    change = replied(rules, dormant, "Sorry for the silence. There is no lawsuit.")

    assert change.case is not None
    assert change.case.stage is Stage.SCOPING
    assert "The case goes on: Scoping call." in change.log


@pytest.mark.parametrize("end", ["closed", "withdrawn"])
def test_to_what_has_ended_otherwise_nothing_is_sent_and_staff_are_told(
    end: str, case: Case, rules: Rulebook
) -> None:
    ended = done(rules, Verb.ADVANCE, case, stage=end).case
    assert ended is not None

    change = replied(rules, ended, "There is no lawsuit any more. Could we begin again?")

    assert change.case is not None
    assert change.case.stage.value == end
    assert change.letters == ()
    (notice,) = change.notices
    assert notice.title == f"The agency writes to CRI-2026-0001, which is {end}"


def test_what_was_corrected_is_found_again_in_the_record_without_the_agencys_name(rules: Rulebook) -> None:
    with mail_desk(rules) as desk:
        desk.hears(mail(REQUEST.replace(LAWYER, "The family of Marcus Hale has retained a lawyer.")))
        (opened,) = desk.cases()
        values = {"fact": "litigation", "value": "none"}
        desk.acts(
            StaffAction(Verb.CORRECT, opened.number, "U0LEE", reason="Chief Reyes told us", values=values)
        )

        (proposal,) = wiring.proposals(desk.store)

    assert proposal.example == "none | The family of [name] has retained a lawyer."
    assert proposal.reason == "Chief [name] told us"
    assert proposal.rule.startswith("cues/litigation.yaml:")
