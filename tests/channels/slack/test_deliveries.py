"""Slack over HTTP: what is signed and fresh is kept and then answered, and nothing else is."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from slack_sdk.signature import SignatureVerifier

from crbot.channels.http import CannotListen
from crbot.channels.slack.account import Account
from crbot.channels.slack.atonce import Envelope, Reply
from crbot.channels.slack.deliveries import PATH, SlackDeliveries
from crbot.intake.ports import Arrival
from tests.slack_peer import click_payload, direct_message, event_payload, slash_payload

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


class Inbox:
    def __init__(self) -> None:
        self.kept: dict[str, Arrival] = {}
        self.is_full = False
        self.is_free = threading.Event()
        self.is_free.set()

    def keep(self, arrival: Arrival) -> None:
        self.is_free.wait(10)
        if self.is_full:
            raise OSError("the disk is full")
        self.kept.setdefault(arrival.key, arrival)


def helps(envelope: Envelope) -> Reply | None:
    return Reply("Write to me") if "command" in envelope else None


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def slack(inbox: Inbox) -> Iterator[SlackDeliveries]:
    listening = SlackDeliveries(
        Account("xoxb-1"), inbox.keep, lambda: NOW, lambda _: None, SECRET, 0, "127.0.0.1", at_once=helps
    )
    listening.start()
    yield listening
    listening.stop()


def delivered(
    slack: SlackDeliveries, body: str, kind: str = JSON, *, secret: str = SECRET, age: float = 0
) -> tuple[int, str]:
    sent_at = str(int(time.time() - age))
    signature = SignatureVerifier(secret).generate_signature(timestamp=sent_at, body=body)
    line = http.client.HTTPConnection("127.0.0.1", slack.port, timeout=10)
    headers = {
        "Content-Type": kind,
        "X-Slack-Request-Timestamp": sent_at,
        "X-Slack-Signature": str(signature),
    }
    line.request("POST", PATH, body.encode(), headers)
    answer = line.getresponse()
    told = answer.status, answer.read().decode()
    line.close()
    return told


EVENT = json.dumps(event_payload(direct_message("We need help"), "Ev1"))


def test_an_event_is_kept_and_then_answered(slack: SlackDeliveries, inbox: Inbox) -> None:
    assert delivered(slack, EVENT) == (200, "")
    assert json.loads(inbox.kept["slack:Ev1"].raw)["event"]["text"] == "We need help"
    assert slack.last_envelope_at == NOW


def test_a_click_is_kept_and_a_command_answered(slack: SlackDeliveries, inbox: Inbox) -> None:
    click = urlencode({"payload": json.dumps(click_payload("case_claim", "CRI-2026-0001|1"))})

    assert delivered(slack, click, FORM)[0] == 200
    assert delivered(slack, urlencode(slash_payload("help")), FORM) == (200, "Write to me")
    assert len(inbox.kept) == 1


def test_the_same_delivery_again_has_no_further_effect(slack: SlackDeliveries, inbox: Inbox) -> None:
    assert [delivered(slack, EVENT)[0] for _ in range(3)] == [200, 200, 200]
    assert len(inbox.kept) == 1


@pytest.mark.parametrize(("secret", "age"), [("another secret", 0), (SECRET, 600), (SECRET, -600)])
def test_what_is_not_signed_or_too_old_is_refused_and_not_kept(
    slack: SlackDeliveries, inbox: Inbox, secret: str, age: float
) -> None:
    assert delivered(slack, EVENT, secret=secret, age=age)[0] == 401
    assert inbox.kept == {}


def test_what_cannot_be_kept_is_not_acknowledged_so_that_slack_delivers_it_again(
    slack: SlackDeliveries, inbox: Inbox
) -> None:
    inbox.is_full = True
    assert delivered(slack, EVENT)[0] == 500

    inbox.is_full = False
    assert delivered(slack, EVENT)[0] == 200
    assert list(inbox.kept) == ["slack:Ev1"]


def test_while_the_database_is_busy_slack_is_told_in_time_and_others_are_answered(
    slack: SlackDeliveries, inbox: Inbox
) -> None:
    """What took too long is not acknowledged and comes again; kept twice, it is kept once."""
    inbox.is_free.clear()
    began = time.monotonic()
    with ThreadPoolExecutor(10) as many:
        waiting = [many.submit(delivered, slack, EVENT) for _ in range(9)]
        assert delivered(slack, urlencode(slash_payload("help")), FORM) == (200, "Write to me")
        assert time.monotonic() - began < 1
        assert {each.result()[0] for each in waiting} == {503}
    assert time.monotonic() - began < 3

    inbox.is_free.set()
    assert delivered(slack, EVENT)[0] == 200
    assert list(inbox.kept) == ["slack:Ev1"]


def test_slacks_question_whether_the_address_is_ours_is_answered(slack: SlackDeliveries) -> None:
    asked = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB"})

    status, told = delivered(slack, asked)

    assert status == 200
    assert "3eZbrw1aB" in told


def test_a_body_that_is_nonsense_stops_nothing(slack: SlackDeliveries, inbox: Inbox) -> None:
    for body in ("", "{", "payload=%7B", "\ud7ff" * 10):
        delivered(slack, body)

    assert delivered(slack, EVENT)[0] == 200
    assert "slack:Ev1" in inbox.kept


def test_a_port_that_is_taken_is_an_error_at_the_start(slack: SlackDeliveries, inbox: Inbox) -> None:
    second = SlackDeliveries(
        Account("xoxb-1"), inbox.keep, lambda: NOW, lambda _: None, SECRET, slack.port, "127.0.0.1"
    )

    with pytest.raises(CannotListen, match=f"port {slack.port} at 127.0.0.1 can't be listened at"):
        second.start()
