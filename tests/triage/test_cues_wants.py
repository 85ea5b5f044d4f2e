"""What is wanted: services, topics, costs, incident and urgency, read by the rules that come with crbot."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crbot.config import read_texts, rules_folder
from crbot.triage.facts import NOTHING, Facts, Part
from crbot.triage.message import Channel, Message, Person
from crbot.triage.passages import cut
from crbot.triage.policy import Policy, parse
from crbot.triage.wants import WANTS, read_wants

NONE = {"none", "no", "unknown", "routine"}
POLICY = parse(read_texts(rules_folder(None), ".yaml"))


def told(body: str, subject: str = "", before: Facts = NOTHING, sent_at: datetime | None = None) -> Facts:
    """The facts after a message in a conversation."""
    message = Message(Channel.EMAIL, Person("Ann Teller", "ann@elmfork.example"), body, subject, sent_at)
    scan = POLICY.words.phrases.scan(message, cut(message, POLICY.words))
    return before.with_statements(read_wants(scan, POLICY, before))


def values(facts: Facts, fact: str) -> set[str]:
    return {value for value in facts.values(fact) if value not in NONE}


@pytest.fixture(scope="session")
def policy() -> Policy:
    return POLICY


@pytest.mark.parametrize(
    ("fact", "example"),
    [(fact, example) for fact in WANTS if fact in POLICY.cues for example in POLICY.cues[fact].examples],
    ids=lambda each: each if isinstance(each, str) else each.where,
)
def test_every_example_in_the_rules_holds(fact, example):
    assert values(told(example.text), fact) == set(example.values)


@pytest.mark.parametrize("fact", [fact for fact in WANTS if fact in POLICY.cues])
def test_every_value_has_an_example_and_every_file_a_counterexample(fact, policy):
    shown = {value for example in policy.cues[fact].examples for value in example.values}

    assert shown == set(policy.cues[fact].values)
    assert any(not example.values for example in policy.cues[fact].examples)


class TestServices:
    def test_the_items_of_a_list_are_wanted(self):
        body = "We would like:\n\n  1. a review of our pursuit policy\n  2. a class for the sergeants\n"

        assert values(told(body), "services") == {"policy_review", "training"}

    def test_a_sentence_goes_on_with_what_the_one_before_asked(self):
        body = "Could you come to Dorr Creek? A half-day class, and a peer exchange afterwards."

        assert values(told(body), "services") == {"training", "peer_exchange"}

    def test_it_stands_for_the_policy_of_the_sentence_before(self):
        body = "Our pursuit policy was last touched in 2011. I'd like somebody to go through it with me."

        assert values(told(body), "services") == {"policy_review"}

    def test_the_subject_tells_what_the_body_does_not(self):
        body = "Please call me about this when you can."

        assert values(told(body, subject="Staffing study for Elm Fork PD"), "services") == {"data_analysis"}

    def test_a_form_tells_what_is_requested(self):
        body = "AGENCY: Elm Fork Police\nASSISTANCE REQUESTED: Training needs assessment\nFUNDING REQUESTED: None"

        assert values(told(body), "services") == {"needs_assessment"}

    def test_quoted_words_of_others_ask_for_nothing(self):
        body = "Please call me.\n\n> From: Chief Orr\n> We would like an after-action review.\n"

        assert values(told(body), "services") == set()

    def test_two_services_in_one_sentence_both_count(self):
        body = "I would like an after-action of that night and a hard look at how we train our handlers."

        assert values(told(body), "services") == {"after_action_review", "issue_specific_review"}

    def test_later_words_add_to_earlier_ones(self):
        first = told("We would like a review of our taser policy.")

        assert values(told("Could we also get a class?", before=first), "services") == {
            "policy_review",
            "training",
        }

    def test_what_is_taken_back_is_no_longer_wanted(self):
        first = told("We would like a policy review and some training.")

        facts = told("We're all set on the policy now, the state did it.", before=first)

        assert values(facts, "services") == {"training"}

    def test_another_wish_takes_the_place_of_the_first(self):
        first = told("Please review our discipline policy.")
        later = "I want to change what we're asking for. I'd like the full organizational assessment."

        assert values(told(later, before=first), "services") == {"organizational_assessment"}


class TestImmediateAssistance:
    INCIDENT = "An officer of mine shot a man last night. "

    def test_advice_asked_for_at_once_after_an_incident_is_immediate_assistance(self):
        facts = told(self.INCIDENT + "I need to talk to a chief who has been through this, tonight.")

        assert values(facts, "services") == {"immediate_assistance"}
        assert values(facts, "urgency") == {"acute"}

    def test_the_same_advice_without_haste_is_executive_consultation(self):
        facts = told(
            self.INCIDENT + "In the months to come I would like to talk to a chief who has been through this."
        )

        assert values(facts, "services") == {"executive_consultation"}

    def test_who_does_not_know_what_to_ask_for_asks_for_nothing_certain(self):
        facts = told(self.INCIDENT + "I don't know what I need. Call me tonight.")

        assert values(facts, "services") == set()
        assert values(facts, "incident") == {"yes"}


class TestIncident:
    SENT = datetime(2026, 3, 4, tzinfo=UTC)

    @pytest.mark.parametrize(("year", "is_incident"), [(2026, True), (2025, True), (2023, False)])
    def test_what_happened_years_ago_prompts_no_request(self, year, is_incident):
        body = f"On February 3, {year} a deputy shot and killed a man. We would like de-escalation training."

        assert bool(values(told(body, sent_at=self.SENT), "incident")) is is_incident

    def test_an_after_action_review_is_about_an_incident(self):
        assert values(told("I want outside eyes on our response that night."), "incident") == {"yes"}


class TestCosts:
    def test_the_next_sentence_can_settle_them(self):
        body = "My captain asks whether you would cover the overtime. I told him you wouldn't, we'll carry it ourselves."

        assert values(told(body), "unsupported_costs") == set()

    def test_a_denial_reaches_no_further_than_its_clause(self):
        body = "We don't need vests, but could you get us radios?"

        assert values(told(body), "unsupported_costs") == {"equipment"}

    def test_they_fall_when_the_sender_drops_them(self):
        first = told("We want the supervisors' class. Could you pay the overtime?")

        facts = told("Forget the overtime, the city found the money.", before=first)

        assert values(facts, "unsupported_costs") == set()
        assert values(facts, "services") == {"training"}

    def test_nothing_but_goods_is_costs_only(self):
        body = (
            "Nature of assistance requested:\n  (1) 12 portable radios\n  (2) 2 patrol cars\nPlease process."
        )

        facts = told(body)

        assert values(facts, "unsupported_costs") == {"equipment"}
        assert values(facts, "costs_only") == {"yes"}

    def test_goods_beside_a_wish_for_help_are_not_all_that_is_wanted(self):
        facts = told("We need ten radios. Our dispatch center could also use an outside look.")

        assert values(facts, "unsupported_costs") == {"equipment"}
        assert values(facts, "costs_only") == set()


class TestEvidence:
    def test_it_is_the_sentence_as_the_sender_wrote_it(self):
        body = "Good morning.\n\nWe’d like  a review of our PURSUIT POLICY.\n\nAnn"

        (evidence,) = told(body).evidence("services")

        assert evidence.text == "We’d like  a review of our PURSUIT POLICY."
        assert body[evidence.start : evidence.end] == evidence.text
        assert evidence.rule.startswith("cues/services.yaml:")

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.sampled_from(
                [
                    "we need",
                    "training",
                    "review",
                    "our policy",
                    "you pay",
                    "radios",
                    "tonight",
                    "shot",
                    "\n",
                    ". ",
                    "1) ",
                    ": ",
                ]
            )
            | st.text(max_size=12),
            max_size=30,
        ).map(" ".join)
    )
    def test_it_is_verbatim_whatever_the_message_holds(self, body):
        for statement in told(body, subject=body[:40]).statements.values():
            for evidence in statement.evidence:
                whole = body[:40] if evidence.part is Part.SUBJECT else body
                assert whole[evidence.start : evidence.end] == evidence.text
