"""Replies to our questions, in the layouts that people use."""

from __future__ import annotations

import time

import pytest

from crbot.triage.conversation import asked_in
from crbot.triage.decide import decide, recall
from crbot.triage.message import Channel, Message, Person
from crbot.triage.passages import cut
from crbot.triage.policy import Policy

LIEUTENANT = Person("Lt. Sam Ortega", "sortega@fernhollowpd.example.gov")
DESK = Person("CRI Intake", "desk@cops.example.gov")
FIRST = "Fern Hollow Police Department, Ohio. We would like our pursuit policy reviewed.\n\nLt. Sam Ortega"
CONSENT = "Has the head of your agency authorized this request?"
INVESTIGATION = "Is there an open investigation of the matter or of your agency?"
LAWSUIT = "Is there a lawsuit about the matter, or might there be one?"
THREE = f"Please answer:\n1. {CONSENT}\n2. {INVESTIGATION}\n3. {LAWSUIT}"
TWO = f"Two questions are open:\n1) {INVESTIGATION}\n2) {LAWSUIT}"
ONE = f"One question is open: {LAWSUIT}"


def mail(body: str, sender: Person = LIEUTENANT, subject: str = "") -> Message:
    return Message(Channel.EMAIL, sender, body, subject)


def told(policy: Policy, questions: str, reply: str) -> tuple[str, str, str]:
    known = recall([mail(FIRST), mail(questions, DESK)], policy, frozenset({DESK.key}))
    facts = decide(mail(reply, subject="Re: Your request"), policy, known).facts
    return facts.value("requester_authority"), facts.value("investigation"), facts.value("litigation")


@pytest.mark.parametrize(
    "reply",
    [
        "1. Yes\n2. No\n3. No",
        "1) yes, she has 2) none 3) none that we know of",
        "1 - yes 2 - no 3 - no",
        "#1 yes #2 no #3 no",
        "Q1: yes\nQ2: nope\nQ3: nope",
        "(a) Yes\n(b) No\n(c) No",
        "*1.* Yes\n*2.* No\n*3.* No",
        "1 yes. 2 and 3: none.",
        "Yes, no, and no.",
        "yes / no / no",
        "Yes on 1, no on 2 and 3.",
        "Yes to the first, no to the other two.",
        "Re question 1, yes. Re question 2, no. Re question 3, no.",
        "Yes to 1. No to 2 and 3.",
        "On 1, yes. On 2, no. On 3, not yet.",
        "Yes to the authorization, no to the one about investigations and no to the lawsuit question.",
        "1. Yes. 2. Nothing from outside. 3. Nobody has, so far as I hear.",
        "No to 2 and 3, and yes to 1.",
        f"> 1. {CONSENT}\n\nYes, she has.\n\n> 2. {INVESTIGATION}\n\nNo.\n\n> 3. {LAWSUIT}\n\nNo.",
        f"1. {CONSENT} Yes\n2. {INVESTIGATION} No\n3. {LAWSUIT} No",
    ],
)
def test_every_layout_of_the_same_answers_tells_the_same(policy: Policy, reply: str) -> None:
    assert told(policy, THREE, reply) == ("authorized", "none", "none")


@pytest.mark.parametrize(
    "reply",
    [
        "No to both.",
        "Neither.",
        "None and none",
        "Both no.",
        "No on both counts.",
        "Not to either.",
        "a. No\nb. No",
    ],
)
def test_one_no_answers_both(policy: Policy, reply: str) -> None:
    assert told(policy, TWO, reply)[1:] == ("none", "none")


@pytest.mark.parametrize(
    ("reply", "investigation", "litigation"),
    [
        ("Yes to both, I am afraid.", "active", "active"),
        ("Yes to the first, no to the second.", "active", "none"),
        ("1) no 2) the family has hired an attorney", "none", "potential"),
        ("1) The State Police still has it.\n2) No.", "active", "none"),
        ("1) They closed it in May.\n2) One was settled in 2023.", "none", "none"),
        ("1) I don't know.\n2) Our attorney would have to answer that.", "unknown", "unknown"),
    ],
)
def test_each_answer_belongs_to_its_question(
    policy: Policy, reply: str, investigation: str, litigation: str
) -> None:
    assert told(policy, TWO, reply)[1:] == (investigation, litigation)


def test_a_number_in_a_sentence_is_no_answer(policy: Policy) -> None:
    assert told(policy, TWO, "We have 2 sergeants who can meet you, no later than 3 p.m.")[1:] == (
        "unknown",
        "unknown",
    )


def test_a_denial_of_something_else_is_no_refusal_of_consent(policy: Policy) -> None:
    questions = "1. Which agency is it, and has its head authorized the request?\n2. " + LAWSUIT

    assert told(policy, questions, "1. We have no police of our own.\n2. No.")[0] == "unknown"


def test_what_stands_under_one_number_is_one_question(policy: Policy) -> None:
    body = f"1. Are you the chief? If not, has the chief authorized this request?\n2. When can we call?\n3. {LAWSUIT}"
    message = mail(body, DESK)

    assert asked_in(policy.words.phrases.scan(message, cut(message, policy.words))) == (
        "requester_authority",
        "",
        "litigation",
    )


@pytest.mark.parametrize(
    ("reply", "is_withdrawn"),
    [
        ("Please close this out, the academy took us in.", True),
        ("We no longer need this.", True),
        ("Never mind, we found someone local.", True),
        ("We have decided to go another way.", True),
        ("Please don't close our case.", False),
        ("Cancel Thursday's call, please.", False),
        ("The union withdrew its grievance.", False),
    ],
)
def test_a_request_is_taken_back_in_many_words(policy: Policy, reply: str, is_withdrawn: bool) -> None:
    known = recall([mail(FIRST), mail("Thank you.", DESK)], policy, frozenset({DESK.key}))

    assert bool(decide(mail(reply), policy, known).facts.values("withdrawn")) is is_withdrawn


@pytest.mark.parametrize(
    "unit", ["1) no 2) yes ", "no to both, yes and no ", "(a) (b) 1 2 3 ", "\n> 1. x?\nno\n"]
)
def test_a_reply_made_to_hurt_takes_no_longer_than_others(policy: Policy, unit: str) -> None:
    known = recall([mail(FIRST), mail(THREE, DESK)], policy, frozenset({DESK.key}))
    begin = time.process_time()
    decide(mail(unit * (64_000 // len(unit))), policy, known)

    assert time.process_time() - begin < 3  # seconds; a machine under load is slow


@pytest.mark.parametrize(
    ("reply", "litigation"),
    [
        ("They filed in March and we answered in May.", "active"),
        ("Served last week.", "active"),
        ("There might be.", "potential"),
        ("Probably.", "potential"),
        ("Threatened, not filed.", "potential"),
        ("Not yet. I expect one.", "potential"),
        ("No, but I wouldn't rule it out.", "potential"),
        ("There was one. It ended in May.", "none"),
        ("I checked with legal and the answer is no.", "none"),
        ("They've asked the town for $250,000 in a letter.", "potential"),
        ("That I can't answer.", "unknown"),
        ("Thanks, talk Tuesday.", "unknown"),
    ],
)
def test_an_answer_need_not_name_what_was_asked_about(policy: Policy, reply: str, litigation: str) -> None:
    assert told(policy, ONE, reply)[2] == litigation


def test_words_that_answer_nothing_tell_nothing(policy: Policy) -> None:
    reply = "We're going to pass after all. The new mayor wants to hold off till the budget's done."

    assert told(policy, TWO, reply)[1:] == ("unknown", "unknown")


def test_several_sentences_stand_under_a_quoted_question(policy: Policy) -> None:
    reply = (
        f"> 1) {INVESTIGATION}\nGood question. The state is looking at it now.\n"
        f"> 2) {LAWSUIT}\nI asked. Nothing."
    )

    assert told(policy, TWO, reply)[1:] == ("active", "none")
