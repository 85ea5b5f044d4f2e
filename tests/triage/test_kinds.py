"""Which kind a message is of, where several might do."""

from __future__ import annotations

import pytest

from crbot.triage.decide import decide, recall
from crbot.triage.decision import Kind
from crbot.triage.facts import Known
from crbot.triage.message import Channel, Message, Person
from crbot.triage.policy import Policy

CHIEF = Person("Chief Ada Quill", "aquill@fernhollowpd.example.gov")
CLERK = Person("Peg Dooley", "pdooley@fernhollow.example.gov")
SOMEBODY = Person("R. Moss", "rmoss@mail.example")


def kind(policy: Policy, body: str, sender: Person = SOMEBODY, subject: str = "") -> Kind:
    return decide(Message(Channel.EMAIL, sender, body, subject), policy).kind


@pytest.mark.parametrize("sender", [CHIEF, SOMEBODY])
@pytest.mark.parametrize(
    "body",
    [
        "I'm away until July 8 but did not want to wait. We would like training for our supervisors.",
        "Our members of the council read your newsletter. We want somebody to review our pursuit policy.",
        "Your grant people told me to write: they can't pay for training, but you can send trainers to us.",
        "There was corruption in our department. We need help rebuilding how we handle evidence.",
        "Three officers were arrested last spring. We would like help with our internal affairs procedures.",
        "A salesman wants $30,000 to write our policies. Could you help us write our own?",
    ],
)
def test_what_speaks_of_other_things_is_still_a_request(policy: Policy, body: str, sender: Person) -> None:
    assert kind(policy, body, sender) is Kind.REQUEST


def test_a_service_named_where_the_reader_is_sent_elsewhere_is_not_asked_for(policy: Policy) -> None:
    body = "I'm on leave until May 5. For training requests see Lt. Boyer; if you need immediate assistance call 911."

    assert kind(policy, body, CHIEF, "Re: Your message") is Kind.AUTOMATIC


def test_a_person_who_was_away_and_answers_is_no_machine(policy: Policy) -> None:
    body = "Sorry, I was out of the office. There is no lawsuit and no investigation."

    assert decide(Message(Channel.EMAIL, CHIEF, body), policy, Known(in_case=True)).kind is Kind.REPLY


def test_an_outsider_asks_nothing_for_a_police_agency_that_did_not(policy: Policy) -> None:
    body = (
        "I have lived here for forty years. I hereby request an organizational assessment of the Corley Police "
        "Department. The chief will not ask for one."
    )

    assert kind(policy, body) is Kind.COMPLAINT
    assert kind(policy, body, Person("Mayor Lu Bell", "mayor@corley.example.gov")) is Kind.REQUEST


def test_who_says_that_nothing_is_asked_for_is_believed(policy: Policy) -> None:
    body = "If an agency asked for an assessment, who would see the draft? This isn't us asking."

    assert kind(policy, body, CLERK) is Kind.ENQUIRY


def test_money_asked_of_these_programs_is_a_request_and_a_question_about_grants_is_none(
    policy: Policy,
) -> None:
    assert (
        kind(policy, "We need two patrol cars from your program for our department.", CHIEF) is Kind.REQUEST
    )
    assert kind(policy, "Do you have any grants for two patrol cars?", CHIEF) is Kind.GRANT_ENQUIRY


def test_two_signs_of_a_swindle_outweigh_a_sheriffs_name(policy: Policy) -> None:
    body = "I am a sheriff and executor of a late colleague with the sum of $9 million. Reply with your bank details."

    assert kind(policy, body, Person("Sheriff Dan Whit", "dan@mail.example")) is Kind.JUNK


@pytest.mark.parametrize(
    "body", ["?", "help", "hello", "необходима помощь полиции", "call me please", "(see attachment)"]
)
def test_a_few_words_that_may_be_a_request_are_one(policy: Policy, body: str) -> None:
    assert kind(policy, body) is Kind.REQUEST


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "My son was put on the ground by two officers there. They need your crisis training.",
            Kind.COMPLAINT,
        ),
        (
            "This firm represents the widow. We formally request a review of the Corley police.",
            Kind.COMPLAINT,
        ),
        ("I'm a jailer here. I don't want a class, I want somebody who can arrest people.", Kind.COMPLAINT),
        ("Our platform saves time! Reply for a quote at very low cost.", Kind.JUNK),
        (
            "I took over as chief in May, from home for now. We would like somebody to read our policy.",
            Kind.REQUEST,
        ),
        ("I was sheriff for three terms. Send a team to the jail; the new man won't ask you.", Kind.REQUEST),
        ("Could you train the block captains of our neighborhood watch?", Kind.REQUEST),
    ],
)
def test_who_writes_from_no_public_body_is_told_by_what_is_said_of_police(
    policy: Policy, body: str, told: Kind
) -> None:
    assert kind(policy, body, Person("Pat Moss", "pmoss@mail.example")) is told


@pytest.mark.parametrize(
    "body",
    [
        "We would like a class on procedural justice for our traffic officers.",
        "Residents say that we stop them for nothing. We want somebody to look at the numbers.",
        "Send somebody who can train the officers here, they need it.",
    ],
)
def test_what_a_public_body_asks_is_no_complaint(policy: Policy, body: str) -> None:
    assert kind(policy, body, CLERK) is Kind.REQUEST


def test_a_subject_that_a_person_may_write_makes_no_machine(policy: Policy) -> None:
    body = "While I was gone a man died in our cell. We would like an after-action review."

    assert kind(policy, body, CHIEF, "Out of the office when it happened") is Kind.REQUEST
    assert kind(policy, "I will reply when I return.", CHIEF, "Out of office: Scoping call") is Kind.AUTOMATIC


def test_whoever_we_have_asked_answers_in_a_case(policy: Policy) -> None:
    asked = Message(
        Channel.EMAIL, Person("CRI Intake", "cri@example.gov"), "1. Has your chief authorized it?"
    )
    known = recall([Message(Channel.EMAIL, CLERK, "hi"), asked], policy, frozenset({"cri@example.gov"}))

    assert decide(Message(Channel.EMAIL, CLERK, "1. I don't know."), policy, known).kind is Kind.REPLY
