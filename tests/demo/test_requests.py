"""The demo shows everything that the bot can make of a message, with invented senders only."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from crbot.channels.mail.mime import OurSide, received
from crbot.config import read_texts, rules_folder
from crbot.demo.requests import Request, as_mail, load_requests
from crbot.triage.decide import decide
from crbot.triage.decision import Decision, Disposition, Kind, Queue
from crbot.triage.facts import NEW, Known
from crbot.triage.message import Channel, Message, Person
from crbot.triage.policy import parse

REQUESTS = load_requests()
DESK = "response.center@desk.example"
NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def test_every_kind_disposition_queue_and_channel_is_among_them() -> None:
    assert {each.expect.kind for each in REQUESTS} == set(Kind)
    assert {each.expect.disposition for each in REQUESTS} == set(Disposition)
    assert {each.expect.queue for each in REQUESTS} == {*Queue, ""}
    assert {each.channel for each in REQUESTS} == {"email", "slack"}


def test_a_reply_answers_a_message_of_the_same_person_that_was_sent_before() -> None:
    earlier: dict[str, Request] = {}
    for request in REQUESTS:
        if request.answers:
            assert earlier[request.answers].address == request.address
            assert earlier[request.answers].channel == request.channel
        earlier[request.id] = request

    assert len(earlier) == len(REQUESTS), "each id is used once"


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: each.id)
def test_nobody_real_is_written_to(request_: Request) -> None:
    assert request_.address.endswith(".example")


def test_a_reply_is_mailed_into_the_thread_of_the_letter_that_it_answers() -> None:
    reply = next(each for each in REQUESTS if each.answers and each.channel == "email")

    mail = message_from_bytes(as_mail(reply, DESK, NOW, answers="<1@desk.example>"), policy=policy.default)

    assert mail["In-Reply-To"] == "<1@desk.example>"
    assert mail["References"] == "<1@desk.example>"
    assert mail["Message-ID"] == reply.message_id
    assert mail["To"] == DESK


def test_a_mail_says_what_was_written_whatever_its_form() -> None:
    with_html = next(each for each in REQUESTS if each.html)

    mail = message_from_bytes(as_mail(with_html, DESK, NOW), policy=policy.default)
    plain = mail.get_body(("plain",))

    assert plain is not None
    assert plain.get_content().split() == with_html.body.split()
    assert mail.get_body(("html",)) is not None


@pytest.fixture(scope="module")
def decisions() -> dict[str, Decision]:
    """What becomes of each message, by its id; mails go through the form in which they are sent."""
    rules = parse(read_texts(rules_folder(None), ".yaml"))
    decided: dict[str, Decision] = {}
    for request in REQUESTS:
        decided[request.id] = decide(arrived(request), rules, known_before(request, decided))
    return decided


def arrived(request: Request) -> Message:
    if request.channel == "email":
        return received(as_mail(request, DESK, NOW), OurSide(frozenset({DESK}))).message
    return Message(Channel.SLACK, Person(request.name, request.address), request.body.strip())


def known_before(request: Request, decided: dict[str, Decision]) -> Known:
    if not request.answers:
        return NEW
    before = decided[request.answers]
    return Known(before.facts, tuple(each.fact for each in before.questions), in_case=True)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: each.id)
def test_a_message_comes_to_what_it_is_to_show(request_: Request, decisions: dict[str, Decision]) -> None:
    decision = decisions[request_.id]

    assert (decision.kind, decision.disposition) == (request_.expect.kind, request_.expect.disposition)
    assert (decision.queue or "") == request_.expect.queue
