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


MESSAGES = [  # services, costs, incident and urgency, the message
    (
        "policy_review",
        "",
        "",
        "Chief Nolan here, Birch Tree PD, 9 sworn. Our vehicle pursuit order hasn't been opened since 2009. I would take it kindly if one of your experts went over it. No suits.",
    ),
    (
        "training",
        "",
        "",
        "Good afternoon,\n\nThe Tarrow County Sheriff's Office would like to host CIT for 30 deputies in the spring. We have the room, the coffee and the students. What we lack is an instructor.\n\nSheriff Ana Mott",
    ),
    (
        "training policy_review",
        "",
        "",
        "We have two needs. First, our K-9 policy should be reviewed. Second, our handlers have had no outside instruction since 2018 and we'd like some.",
    ),
    (
        "data_analysis",
        "",
        "",
        "Hi, our council passed a resolution asking for an outside analysis of who is stopped, searched and cited in Lorne. I'm the chief and I welcome it. We can export everything from the RMS.",
    ),
    (
        "data_analysis",
        "personnel",
        "",
        "We'd like you to do a staffing study. In the meantime is there any money for overtime? We are running people ragged.",
    ),
    (
        "peer_exchange",
        "",
        "",
        "We'd like to visit an agency that moved its dispatchers under the county. We'll buy our own plane tickets.",
    ),
    (
        "after_action_review",
        "",
        "yes",
        "On Saturday, May 9, two of our deputies exchanged fire with a man on Route 6. He died, and one deputy was wounded. State Police finished their work last week. I would like you to conduct an after-action review.",
    ),
    (
        "issue_specific_review",
        "",
        "",
        "Our department has had eleven in-car restraint complaints since January. We would like an independent review of how we transport prisoners.",
    ),
    (
        "organizational_assessment",
        "",
        "",
        "I'm the interim chief and the city manager has asked me to find out if this agency can be fixed. I would like the Collaborative Reform assessment, the full one, whatever it turns up.",
    ),
    (
        "executive_consultation",
        "",
        "",
        "I have been chief for five weeks. I was a sergeant before that. There is no one in this county I can talk to. Could you find me somebody who's been at it a while, to call once a week?",
    ),
    (
        "needs_assessment",
        "",
        "",
        "Two of our last three academy classes quit within a year. We'd like to know where our recruiting goes wrong.",
    ),
    (
        "strategic_planning",
        "",
        "",
        "The tribe's council has asked the police department for a plan covering 2027 to 2031. I've never written one. Can someone guide us through it?",
    ),
    (
        "resource_referral",
        "",
        "",
        "Quick one: where can I find a good model policy for drones? Chief Lopez, Vega PD.",
    ),
    (
        "immediate_assistance",
        "",
        "yes acute",
        "Need help. Officer shot a 16 year old at 4 pm, people are throwing bottles at the station. Is there a chief who can get on the phone tonight? 555-0199",
    ),
    (
        "immediate_assistance",
        "",
        "yes acute",
        "This is Deputy Chief Warren in Salt Bend. Our chief was killed yesterday in a crash on duty. We need someone who's buried a chief to walk us through this week.",
    ),
    (
        "",
        "",
        "yes",
        "I'm the mayor of Garnet. A boy was shot by our police on the 4th. I don't know who to ask. Can you help us?",
    ),
    ("", "equipment", "", "We are looking for funding for 10 ballistic vests and two patrol vehicles."),
    ("", "equipment personnel", "", "Requesting: 2 SRO salaries and 6 laptops. Thank you."),
    (
        "training",
        "equipment",
        "",
        "Would like active shooter training, and if the training comes with the trauma kits and shields we'd gladly keep them. Could the shields be provided?",
    ),
    ("training", "", "", "We'd like training on the body cameras we bought with a state grant."),
    (
        "policy_review",
        "",
        "",
        "Please review our draft drone policy. The drone itself was donated by the Rotary.",
    ),
    (
        "policy_review",
        "",
        "",
        "We have 22 officers and 4 cars. Our general orders need an update and we could use a guide.",
    ),
    (
        "needs_assessment",
        "",
        "",
        "We want to know what radios we need before we go to bid. Not asking you to buy them.",
    ),
    (
        "training",
        "",
        "",
        "Supervisors' course for six corporals, if you have one. We don't need travel paid, we'll drive.",
    ),
    (
        "training",
        "other",
        "",
        "Supervisors' course for six corporals, if you have one. We'd need travel paid.",
    ),
    (
        "policy_review",
        "",
        "",
        "I know you can't fund equipment. All I want is help with our use of force policy.",
    ),
    (
        "data_analysis",
        "",
        "",
        "Would you look at our overtime and tell us what drives it? We spent $900,000 last year.",
    ),
    (
        "issue_specific_review",
        "",
        "",
        "We ask that you look at how our detectives handle overdose deaths. No one incident, it's the practice.",
    ),
    (
        "after_action_review",
        "",
        "yes",
        "Our jail had a riot on New Year's Eve; forty inmates, two officers hurt. I want to know what we should have done differently and I want to hear it from outsiders.",
    ),
    (
        "policy_review",
        "",
        "",
        "Before the next election protest we'd like our crowd control policy reviewed.",
    ),
    (
        "peer_exchange",
        "",
        "",
        "My tribe is starting a police department this fall. We want to sit with another tribe that has done it.",
    ),
    (
        "training",
        "",
        "",
        "We had an officer-involved shooting in 2019, long since closed. Now we'd like de-escalation training.",
    ),
    (
        "training",
        "",
        "",
        "Please add us to your list for procedural justice training; we would like it as soon as possible but there's no emergency.",
    ),
    (
        "",
        "",
        "",
        "Please call me about assistance for our agency. 555-0100. Chief Dana Ruiz, Ash Fork Police.",
    ),
    ("", "", "", "Our chief has asked me to start the process with you. What information do you need?"),
    ("", "", "", "To answer your questions: 1. Chief approves. 2. No investigation. 3. No suits."),
    (
        "training",
        "",
        "",
        "My officers need training in interacting with people with autism, and I'd like to make this happen before school starts in September.",
    ),
    (
        "issue_specific_review",
        "",
        "",
        "We are requesting an outside evaluation of our SWAT team's operations and its command.",
    ),
    (
        "executive_consultation",
        "",
        "",
        "Sheriff-elect? No, sworn in Monday. Looking for a mentor, someone outside my state.",
    ),
    (
        "policy_review training",
        "",
        "",
        "Requesting review of our strip search policy and roll call training to go with it.",
    ),
    (
        "strategic_planning",
        "",
        "",
        "We would like help to create a community policing strategy with our faith leaders.",
    ),
    (
        "after_action_review",
        "",
        "yes",
        "Four people died when a driver we were chasing hit a bus stop on June 2. We'd like you to examine the pursuit, start to finish.",
    ),
    (
        "data_analysis",
        "",
        "",
        "Can COPS help us benchmark our use of force numbers against agencies of similar size?",
    ),
    (
        "resource_referral training",
        "",
        "",
        "Looking for any publications on elder abuse, or a class if there is one.",
    ),
    (
        "training",
        "",
        "",
        "Our dispatchers took a call from a man on a bridge and froze. He is fine. I'd like them to be ready for the next one; what can you offer?",
    ),
    ("training", "", "", "Requesting instruction in report writing for probationary officers."),
    (
        "peer_exchange",
        "",
        "",
        "Would you be able to introduce us to a campus department that gave up its rifles? We'd like to visit.",
    ),
    (
        "after_action_review",
        "",
        "yes",
        "On October 3 our officers lost control of a homecoming crowd and used gas on families. I'm asking for an independent look at every decision made that evening.",
    ),
    (
        "issue_specific_review",
        "",
        "",
        "Complaints about our school officers have doubled. I'd like an outside review of the SRO program.",
    ),
    (
        "issue_specific_review",
        "",
        "",
        "Please take a look at our civil process unit. Something is off, and I'd rather hear it from you than from the paper.",
    ),
    (
        "data_analysis",
        "",
        "",
        "We'd be grateful for someone to run the last four years of pedestrian stops and tell us what they mean.",
    ),
    (
        "data_analysis",
        "",
        "",
        "The county commission wants proof that I need six more deputies. Could you study our staffing?",
    ),
    ("bias_audit", "", "", "Please conduct a bias audit of our juvenile arrests."),
    (
        "executive_consultation",
        "",
        "",
        "I'd like a couple of conversations with a chief who has closed a jail.",
    ),
    (
        "executive_consultation",
        "",
        "",
        "I am a first-time sheriff. I'd like to have a veteran sheriff in my ear for a while.",
    ),
    (
        "needs_assessment",
        "",
        "",
        "We'd like a fresh look at what our patrol officers are trained in and what they still need.",
    ),
    (
        "needs_assessment",
        "",
        "",
        "Officer turnover is killing us. Help us understand what drives people out.",
    ),
    (
        "strategic_planning",
        "",
        "",
        "Could you help our command staff draft a plan to reduce shootings over the next three years?",
    ),
    (
        "organizational_assessment",
        "",
        "",
        "I would like an organizational assessment, and I understand that means public reports.",
    ),
    (
        "immediate_assistance",
        "",
        "yes acute",
        "One of my deputies was murdered this morning. Please, who can help me with the next few days?",
    ),
    (
        "immediate_assistance",
        "",
        "yes acute",
        "Third night of protests after the DA declined to charge. We need someone who knows crowd management here tomorrow.",
    ),
    ("", "equipment", "", "Our department needs new radios. How do we apply?"),
    ("", "personnel", "", "We're short and can't compete on pay. Can you fund signing bonuses?"),
    (
        "training",
        "personnel",
        "",
        "We want the FTO course. Our union will insist on overtime, so please budget for that as well.",
    ),
    (
        "training",
        "",
        "",
        "We want the FTO course. Our union will insist on overtime, which the city will cover.",
    ),
    (
        "training",
        "other",
        "",
        "We want the FTO course. It would help if hotel rooms for my eight people were included.",
    ),
    (
        "policy_review",
        "equipment",
        "",
        "Could you review our body camera policy and, while you're at it, help us get the cameras?",
    ),
    (
        "peer_exchange",
        "",
        "",
        "We'd like to learn from agencies that already use drones. We have our own drones.",
    ),
    (
        "training",
        "",
        "",
        "Our cruisers are old and our radios are older, but that's not why I'm writing. I'd like leadership training for my lieutenants.",
    ),
    (
        "policy_review",
        "",
        "",
        "There was a shooting in the next county that got everybody's attention, and I would like our active shooter policy reviewed.",
    ),
    (
        "policy_review",
        "",
        "",
        "Should one of our officers ever be shot, we have no policy for it. I'd like help writing one.",
    ),
    (
        "training",
        "",
        "",
        "Domestic violence killed four people in this county last year. We'd like training.",
    ),
    (
        "issue_specific_review",
        "",
        "yes",
        "A man died in our transport van on August 2. I'd like your team to review how we transport people, not only that day.",
    ),
    (
        "training",
        "",
        "yes",
        "After the July 8 shooting of a bystander by one of my officers, we'd like firearms decision-making training.",
    ),
    ("", "", "", "Hello, is this the right place to ask for help for a police department?"),
    ("", "", "", "Following up on my message of last week. Has someone been assigned?"),
    ("", "", "", "Chief Perry asked me to send you the signed letter. It's attached."),
    (
        "strategic_planning training",
        "",
        "",
        "We'd like help with a strategic plan and also some leadership development for sergeants.",
    ),
    (
        "policy_review",
        "",
        "",
        "My city attorney says our warrant policy won't survive a challenge. I'd like it examined by people who write these for a living.",
    ),
]


@pytest.mark.parametrize(("services", "costs", "grave", "body"), MESSAGES)
def test_whole_messages_are_read_as_a_careful_person_reads_them(services, costs, grave, body):
    facts = told(body, sent_at=datetime(2026, 6, 30, tzinfo=UTC))

    assert (
        values(facts, "services"),
        values(facts, "unsupported_costs"),
        values(facts, "incident") | values(facts, "urgency"),
    ) == (set(services.split()), set(costs.split()), set(grave.split()))


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

    def test_a_hint_stands_near_what_asks(self):
        body = "Our dispatchers are quitting. I'd like somebody to find out what would make them content."

        assert values(told(body), "services") == {"needs_assessment"}

    def test_a_hint_adds_nothing_to_what_was_asked_before(self):
        first = told("We would like a review of our taser policy.")

        facts = told("Our dispatchers are quitting. Could you call me?", before=first)

        assert values(facts, "services") <= {"policy_review"}

    def test_what_is_done_since_a_year_is_not_old(self):
        body = "The students ask us to audit every stop you made since 2023 for bias. Can you do that?"

        assert values(told(body, sent_at=datetime(2026, 6, 30, tzinfo=UTC)), "services") == {"bias_audit"}

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

    def test_the_counted_lines_under_a_heading_are_wanted(self):
        body = "We request the following:\n\n1 - Tahoe\n2 - patrol rifles\n\nAnything would help."

        assert values(told(body), "unsupported_costs") == {"equipment"}

    def test_a_thing_in_another_clause_is_not_wanted(self):
        body = "Need somebody to look at our shifts, we run 2 cars for 14,000 people."

        assert values(told(body), "unsupported_costs") == set()

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
