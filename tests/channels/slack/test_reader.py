"""What came from Slack is a message, a click of staff, or nothing for us."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crbot.cases.case import Conversation
from crbot.channels.slack import requests
from crbot.channels.slack.files import Fetched
from crbot.channels.slack.reader import EDITED, SlackReader
from crbot.intake.ports import Arrival, File, Ignored, Received, StaffAction, Unreadable, Verb
from crbot.triage.message import Channel, Mark, Message, Person
from tests.channels.slack.examples import patient
from tests.slack_peer import click_payload, direct_message, event_payload, form_payload, slash_payload

RIVERA = Person("Ana Rivera", "arivera@springfieldpd.example.gov")


class Workspace:
    """What Slack would tell."""

    def person(self, user_id: str) -> Person:
        return RIVERA if user_id == "U0RIVERA" else Person(address=user_id)

    def direct(self, user_id: str) -> str:
        return "D" + user_id[1:]

    def earlier(self, channel: str, ts: str) -> tuple[str, ...]:
        return tuple(each for each in ("1795319400.000100", "1795319300.000100") if each < ts)


def fetch(listed: Sequence[Mapping[str, Any]]) -> Fetched:
    """Every file but those that are called "huge"."""
    names = [str(file.get("name")) for file in listed]
    return Fetched(
        tuple(File(name, 3, "ab") for name in names if name != "huge"),
        tuple(f"{name} is not kept" for name in names if name == "huge"),
    )


CLAIM = StaffAction(Verb.CLAIM, "CRI-2026-0042", "U0LEE", revision=7, seen_in="C0CR")
READER = SlackReader(Workspace(), {"C0CR", "C0REV"}, lambda payload: CLAIM, fetch)


def read(payload: object) -> Received | StaffAction | Ignored:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return READER.read(Arrival(Channel.SLACK, "slack:1", raw, datetime(2026, 11, 22, tzinfo=UTC)))


def read_message(event: dict[str, Any]) -> Received:
    received = read(event_payload(event))
    assert isinstance(received, Received)
    return received


def test_a_direct_message_is_read_whole_and_answered_in_its_thread() -> None:
    event = direct_message("We need training &amp; advice", files=[{"name": "letter.pdf"}, {"name": "huge"}])

    assert read_message({**event, "subtype": "file_share"}) == Received(
        message=Message(
            Channel.SLACK,
            RIVERA,
            "We need training & advice",
            sent_at=datetime(2026, 11, 22, 3, 50, 0, 100, tzinfo=UTC),
            attachments=("letter.pdf", "huge"),
        ),
        identity="D0RIVERA:1795319400.000100",
        conversation=Conversation(Channel.SLACK, "D0RIVERA", "1795319400.000100", person=RIVERA),
        refers_to=("D0RIVERA:1795319300.000100",),
        files=(File("letter.pdf", 3, "ab"),),
        doubts=("huge is not kept",),
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
    "payload",
    [
        click_payload("case_claim", "CRI-2026-0042|7"),
        {"type": "view_submission", "user": {"id": "U0LEE"}, "view": {"callback_id": "case_form_write"}},
    ],
)
def test_what_staff_click_and_fill_in_is_read_as_an_action(payload: dict[str, Any]) -> None:
    assert read(payload) == CLAIM


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (click_payload("open_page", "x"), "asks nothing of us"),
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
        {"type": "block_actions", "actions": []},
    ],
)
def test_what_has_another_form_than_slack_promises_is_unreadable(raw: object) -> None:
    with pytest.raises(Unreadable):
        read(raw)


# --- deletions, shortcuts, forms, times ---------------------------------------------------------------------------------


def deleted(**more: Any) -> dict[str, Any]:
    return {
        "type": "message",
        "subtype": "message_deleted",
        "channel": "D0RIVERA",
        "channel_type": "im",
        "ts": "1795319700.000400",
        "event_ts": "1795319700.000400",
        "deleted_ts": "1795319500.000100",
        "previous_message": {
            "user": "U0RIVERA",
            "text": "We may be <http://x.example|sued>",
            "ts": "1795319500.000100",
            "thread_ts": "1795319400.000100",
        },
        **more,
    }


TOMBSTONE = deleted(
    subtype="message_changed",
    message={
        "subtype": "tombstone",
        "user": "USLACKBOT",
        "text": "This message was deleted.",
        "ts": "1795319500.000100",
    },
)


@pytest.mark.parametrize("event", [deleted(), TOMBSTONE])
def test_a_deletion_is_told_to_staff_with_the_words_that_stay_kept(event: dict[str, Any]) -> None:
    received = read_message(event)

    assert received.gist == (
        "A message was deleted in Slack by its sender; its words stay kept: “We may be sued (http://x.example)”"
    )
    assert received.refers_to == ("D0RIVERA:1795319500.000100", "D0RIVERA:1795319400.000100")
    assert (received.message.body, received.message.marks) == ("", {Mark.AUTOMATIC})
    assert received.message.sender == RIVERA


@pytest.mark.parametrize("previous", [{}, {"bot_id": "B0CRBOT", "user": "U0CRBOT", "text": "Thank you"}])
def test_what_nobody_or_the_bot_said_is_not_missed(previous: dict[str, Any]) -> None:
    assert isinstance(read(event_payload(deleted(previous_message=previous))), Ignored)


def shortcut(author: str = "U0RIVERA", channel: str = "C9") -> dict[str, Any]:
    return {
        "type": "message_action",
        "callback_id": requests.FILE_SHORTCUT,
        "trigger_id": "1.2.3",
        "action_ts": "1795319800.000000",
        "user": {"id": "U0RIVERA"},
        "channel": {"id": channel},
        "message": {
            "user": author,
            "text": "We need training",
            "ts": "1795319400.000100",
            "files": [{"name": "letter.pdf"}],
        },
    }


def test_who_hands_in_a_message_by_the_shortcut_is_answered_in_private() -> None:
    received = read(shortcut())

    assert isinstance(received, Received)
    assert received.message.body == "We need training"
    assert received.conversation == Conversation(Channel.SLACK, "D0RIVERA", person=RIVERA)
    assert received.identity == "C9:1795319400.000100"
    assert received.refers_to == ("C9:1795319400.000100",)
    assert received.files == (File("letter.pdf", 3, "ab"),)


def test_another_persons_message_is_passed_on_and_not_taken_for_the_senders_own() -> None:
    received = read(shortcut(author="U0OTHER"))

    assert isinstance(received, Received)
    assert received.message.sender == RIVERA
    assert "Forwarded message" in received.message.body
    assert received.message.body.endswith("We need training")


def test_what_staff_say_among_themselves_is_not_handed_in() -> None:
    assert isinstance(read(shortcut(channel="C0CR")), Ignored)


def test_a_form_tells_facts_and_words_under_an_identity_of_its_own() -> None:
    who = {"agency_name": "Springfield PD", "contact": "555-0100"}
    view = {"callback_id": requests.WHAT, "private_metadata": json.dumps(who)}
    values = {
        "words": "We had a shooting.",
        "services": ["training", "peer_exchange"],
        "litigation": ("none",),
    }

    assert read(form_payload(view, values)) == Received(
        message=Message(
            Channel.SLACK,
            RIVERA,
            "We had a shooting.\n\nPhone, and good times: 555-0100",
            answers={
                "agency_name": "Springfield PD",
                "services": "peer_exchange,training",
                "litigation": "none",
            },
        ),
        identity="form:V0ROOT",
        conversation=Conversation(Channel.SLACK, "D0RIVERA", person=RIVERA),
    )


def test_answers_go_to_the_case_that_the_form_was_drawn_for() -> None:
    view = {
        "callback_id": requests.ANSWERS,
        "private_metadata": json.dumps({"case": "CRI-2026-0042", "thread": "1795319400.000100"}),
    }

    received = read(form_payload(view, {"investigation": ("unknown",)}))

    assert isinstance(received, Received)
    assert received.proven_case == "CRI-2026-0042"
    assert received.conversation.thread == "1795319400.000100"
    assert received.message.answers == {"investigation": "unknown"}


@pytest.mark.parametrize("name", [requests.WHO, "board_found", ""])
def test_a_form_that_is_no_requesters_last_step_asks_nothing_of_a_case(name: str) -> None:
    assert isinstance(read(form_payload({"callback_id": name}, {})), Ignored)


def test_a_time_that_is_pressed_is_the_answer_to_the_proposal() -> None:
    click = click_payload("request_slot:2", "CRI-2026-0042|1|2", channel="D0RIVERA", user="U0RIVERA")
    click["actions"][0]["text"]["text"] = "Tuesday, March 10, 2026 at 2:00 pm MDT"

    received = read(click)

    assert isinstance(received, Received)
    assert received.message.answers == {"call_slot": "2", "call_round": "1"}
    assert received.message.body == "Tuesday, March 10, 2026 at 2:00 pm MDT"
    assert received.proven_case == "CRI-2026-0042"
    assert received.refers_to[0] == "D0RIVERA:1795319400.000200"
    assert received.conversation == Conversation(
        Channel.SLACK, "D0RIVERA", "1795319400.000200", person=RIVERA
    )


def test_a_file_that_was_brought_in_is_no_message() -> None:
    arrival = Arrival(Channel.SLACK, "slack:file:F1:ab", b"%PDF", datetime(2026, 11, 22, tzinfo=UTC))

    assert isinstance(READER.read(arrival), Ignored)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab<&|", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab<&|", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@patient
@given(
    st.dictionaries(
        st.sampled_from(["type", "event", "actions", "channel", "user", "view", "message"]), json_values
    )
)
def test_no_payload_brings_the_reader_down(payload: dict[str, Any]) -> None:
    for kind in (
        payload.get("type"),
        "event_callback",
        "block_actions",
        "view_submission",
        "message_action",
    ):
        try:
            read({**payload, "type": kind})
        except Unreadable:
            continue
