"""What came from Slack is a message, a click of staff, or nothing for us."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crbot.cases.case import Conversation
from crbot.channels.slack.reader import EDITED, SlackReader
from crbot.intake.ports import Arrival, Ignored, Received, StaffAction, Unreadable, Verb
from crbot.triage.message import Channel, Message, Person
from tests.channels.slack.examples import patient
from tests.slack_peer import click_payload, direct_message, event_payload, slash_payload

RIVERA = Person("Ana Rivera", "arivera@springfieldpd.example.gov")


class Workspace:
    """What Slack would tell."""

    def person(self, user_id: str) -> Person:
        return RIVERA if user_id == "U0RIVERA" else Person(address=user_id)

    def direct(self, user_id: str) -> str:
        return "D" + user_id[1:]

    def earlier(self, channel: str, ts: str) -> tuple[str, ...]:
        return tuple(each for each in ("1795319400.000100", "1795319300.000100") if each < ts)


READER = SlackReader(Workspace(), {"C0CR", "C0REV"})


def read(payload: object) -> Received | StaffAction | Ignored:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return READER.read(Arrival(Channel.SLACK, "slack:1", raw, datetime(2026, 11, 22, tzinfo=UTC)))


def read_message(event: dict[str, Any]) -> Received:
    received = read(event_payload(event))
    assert isinstance(received, Received)
    return received


def test_a_direct_message_is_read_whole_and_answered_in_its_thread() -> None:
    event = direct_message("We need training &amp; advice", files=[{"name": "letter.pdf"}, {"id": "F2"}])

    assert read_message({**event, "subtype": "file_share"}) == Received(
        message=Message(
            Channel.SLACK,
            RIVERA,
            "We need training & advice",
            sent_at=datetime(2026, 11, 22, 3, 50, 0, 100, tzinfo=UTC),
            attachments=("letter.pdf", "F2"),
        ),
        identity="D0RIVERA:1795319400.000100",
        conversation=Conversation(Channel.SLACK, "D0RIVERA", "1795319400.000100", person=RIVERA),
        refers_to=("D0RIVERA:1795319300.000100",),
    )


def test_a_reply_in_a_thread_refers_to_the_message_that_began_it() -> None:
    received = read_message(
        direct_message("No lawsuit", ts="1795319500.000100", thread_ts="1795319400.000100")
    )

    assert received.identity == "D0RIVERA:1795319500.000100"
    assert received.refers_to == ("D0RIVERA:1795319400.000100",)
    assert received.conversation.thread == "1795319400.000100"


def test_who_goes_on_outside_the_thread_goes_on_with_what_was_said_last() -> None:
    received = read_message(direct_message("No lawsuit", ts="1795319500.000100"))

    assert received.refers_to == ("D0RIVERA:1795319400.000100", "D0RIVERA:1795319300.000100")
    assert received.conversation.thread == "1795319500.000100"


def test_an_edit_speaks_anew_and_refers_to_what_was_edited() -> None:
    received = read_message(
        {
            "type": "message",
            "subtype": "message_changed",
            "channel": "D0RIVERA",
            "channel_type": "im",
            "ts": "1795319600.000300",
            "event_ts": "1795319600.000300",
            "message": {
                "user": "U0RIVERA",
                "text": "two",
                "ts": "1795319500.000100",
                "thread_ts": "1795319400.000100",
            },
            "previous_message": {"user": "U0RIVERA", "text": "one", "ts": "1795319500.000100"},
        }
    )

    assert received.message.body == "two"
    assert received.identity == "D0RIVERA:1795319600.000300"
    assert received.refers_to == ("D0RIVERA:1795319500.000100", "D0RIVERA:1795319400.000100")
    assert received.doubts == (EDITED,)


def test_a_mention_where_others_read_is_answered_in_private() -> None:
    received = read_message(
        {
            "type": "app_mention",
            "user": "U0RIVERA",
            "text": "<@U0CRBOT> help us",
            "ts": "1795319400.000100",
            "channel": "C9",
        }
    )

    assert received.message.body == "@U0CRBOT help us"
    assert received.conversation == Conversation(Channel.SLACK, "D0RIVERA", person=RIVERA)


@pytest.mark.parametrize(
    ("action", "verb"),
    [
        ("case_claim", Verb.CLAIM),
        ("case_release", Verb.RELEASE),
        ("case_close", Verb.CLOSE),
        ("case_reopen", Verb.REOPEN),
        ("decline_draft", Verb.DRAFT_DECLINE),
        ("decline_send", Verb.SEND_DECLINE),
        ("decline_drop", Verb.KEEP_OPEN),
    ],
)
def test_a_click_of_staff_is_read_with_what_they_saw(action: str, verb: Verb) -> None:
    assert read(click_payload(action, "CRI-2026-0042|7")) == StaffAction(
        verb, "CRI-2026-0042", "U0LEE", revision=7, seen_in="C0CR"
    )


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (click_payload("case_claim", "CRI-2026-0042|7", channel="D0RIVERA"), "outside the channels of staff"),
        (click_payload("open_page", "x"), "asks nothing of a case"),
        (slash_payload("help"), "slash command"),
        (event_payload(direct_message("hello", bot_id="B0CRBOT")), "bot"),
        (event_payload(direct_message("", subtype="message_deleted")), "message_deleted"),
        (event_payload(direct_message("", subtype="channel_join")), "channel_join"),
        (event_payload(direct_message("talk", channel="C0CR", channel_type="group")), "staff"),
        (event_payload(direct_message("talk", channel="C9", channel_type="channel")), "in a channel"),
        (
            event_payload(
                {"type": "app_mention", "user": "U0LEE", "text": "x", "ts": "1.0", "channel": "C0REV"}
            ),
            "staff",
        ),
        (event_payload({"type": "app_home_opened", "user": "U0LEE"}), "app_home_opened"),
        ({"type": "view_submission"}, "view_submission"),
        (
            event_payload(
                direct_message(
                    "", subtype="message_changed", message={"text": "a"}, previous_message={"text": "a"}
                )
            ),
            "only the look",
        ),
    ],
)
def test_what_asks_nothing_of_us_is_ignored_with_a_reason(payload: dict[str, Any], why: str) -> None:
    ignored = read(payload)

    assert isinstance(ignored, Ignored)
    assert why in ignored.why


@pytest.mark.parametrize(
    "raw",
    [
        b"no JSON \xff",
        b"[1]",
        {"type": "event_callback"},
        event_payload({"type": "message", "channel_type": "im", "text": "x"}),
        event_payload(direct_message("x", ts="yesterday")),
        click_payload("case_claim", "CRI-2026-0042|seven"),
        {"type": "block_actions", "actions": []},
    ],
)
def test_what_has_another_form_than_slack_promises_is_unreadable(raw: object) -> None:
    with pytest.raises(Unreadable):
        read(raw)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab<&|", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab<&|", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@patient
@given(st.dictionaries(st.sampled_from(["type", "event", "actions", "channel", "user"]), json_values))
def test_no_payload_brings_the_reader_down(payload: dict[str, Any]) -> None:
    for kind in (payload.get("type"), "event_callback", "block_actions"):
        try:
            read({**payload, "type": kind})
        except Unreadable:
            continue
