"""What Slack hands in is kept before it is acknowledged, whatever the connection does."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from crbot.channels.slack.account import Account
from crbot.channels.slack.atonce import Envelope, Reply
from crbot.channels.slack.listen import SlackListener, arrival_of
from crbot.intake.ports import Arrival
from tests.slack_peer import (
    DEADLINE,
    Answer,
    SlackPeer,
    click_payload,
    direct_message,
    event_payload,
    form_payload,
    slack_peer,
    slash_payload,
    until,
)

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
FAST = (0.05,)


class Inbox:
    """Keeps like the store: each key once; refuses when told to."""

    def __init__(self) -> None:
        self.kept: dict[str, Arrival] = {}
        self.refusals = 0
        self.is_free = threading.Event()
        self.is_free.set()

    def keep(self, arrival: Arrival) -> None:
        self.is_free.wait(DEADLINE)
        if self.refusals:
            self.refusals -= 1
            raise OSError("the disk is full")
        self.kept.setdefault(arrival.key, arrival)


@pytest.fixture
def peer() -> Iterator[SlackPeer]:
    with slack_peer() as running:
        yield running


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def listener(peer: SlackPeer, inbox: Inbox, notes: list[str]) -> Iterator[SlackListener]:
    listening = SlackListener(
        Account("xoxb-1", "xapp-1", peer.api_url), inbox.keep, lambda: NOW, notes.append, FAST
    )
    listening.start()
    yield listening
    listening.stop()


@pytest.mark.usefixtures("listener")
class TestKeeping:
    def test_a_direct_message_is_kept_and_then_acknowledged(self, peer: SlackPeer, inbox: Inbox) -> None:
        payload = event_payload(direct_message("We need help"), "Ev1")

        peer.acknowledged(peer.deliver("events_api", payload))

        assert json.loads(inbox.kept["slack:Ev1"].raw) == payload
        assert inbox.kept["slack:Ev1"].received_at == NOW

    def test_what_could_not_be_kept_is_not_acknowledged_and_is_kept_when_it_comes_again(
        self, peer: SlackPeer, inbox: Inbox
    ) -> None:
        inbox.refusals = 1
        payload = event_payload(direct_message("We need help"), "Ev1")

        first = peer.deliver("events_api", payload)
        second = peer.deliver("events_api", payload, retry=1)
        peer.acknowledged(second)

        assert first not in peer.acks
        assert list(inbox.kept) == ["slack:Ev1"]

    def test_the_same_event_delivered_twice_is_kept_once_and_acknowledged_twice(
        self, peer: SlackPeer, inbox: Inbox
    ) -> None:
        payload = event_payload(direct_message("We need help"), "Ev1")

        for retry in (0, 1):
            peer.acknowledged(peer.deliver("events_api", payload, retry=retry))

        assert list(inbox.kept) == ["slack:Ev1"]

    @pytest.mark.parametrize(
        "event",
        [
            direct_message("edited", subtype="message_changed", message={"text": "edited"}),
            direct_message("", subtype="message_deleted", deleted_ts="1.2"),
            direct_message("see the letter", subtype="file_share", files=[{"name": "letter.pdf"}]),
            {
                "type": "app_mention",
                "user": "U0RIVERA",
                "text": "<@U0CRBOT> help",
                "ts": "1.2",
                "channel": "C1",
            },
            {"type": "a_kind_that_slack_adds_next_year"},
        ],
    )
    def test_every_kind_of_event_is_kept(
        self, peer: SlackPeer, inbox: Inbox, event: dict[str, object]
    ) -> None:
        peer.acknowledged(peer.deliver("events_api", event_payload(event, "Ev1")))

        assert list(inbox.kept) == ["slack:Ev1"]

    def test_a_click_is_kept_under_what_was_clicked_by_whom_and_when(
        self, peer: SlackPeer, inbox: Inbox
    ) -> None:
        peer.acknowledged(peer.deliver("interactive", click_payload("case_claim", "CRI-2026-0042|7")))

        assert list(inbox.kept) == [
            "slack:click:C0CR:1795319400.000200:case_claim:CRI-2026-0042|7:U0LEE:1795319410.000000"
        ]

    def test_a_form_that_is_sent_twice_is_kept_once(self, peer: SlackPeer, inbox: Inbox) -> None:
        for _ in range(2):
            peer.acknowledged(peer.deliver("interactive", form_payload({"callback_id": "any"}, {})))

        assert list(inbox.kept) == ["slack:form:V0ROOT"]

    @pytest.mark.parametrize(
        "event",
        [
            direct_message("Thank you. Your request is case …", bot_id="B0CRBOT"),
            direct_message("", subtype="message_changed", message={"text": "…", "bot_id": "B0CRBOT"}),
        ],
    )
    def test_what_a_bot_wrote_is_acknowledged_and_not_kept(
        self, peer: SlackPeer, inbox: Inbox, event: dict[str, object]
    ) -> None:
        peer.acknowledged(peer.deliver("events_api", event_payload(event)))

        assert not inbox.kept

    def test_nothing_is_asked_of_slack_before_a_message_is_kept(self, peer: SlackPeer) -> None:
        peer.acknowledged(peer.deliver("events_api", event_payload(direct_message("We need help"))))

        assert {method for method, _ in peer.calls} == {"apps.connections.open"}


class TestConnection:
    def test_it_tells_when_it_stands_and_when_something_last_came(
        self, peer: SlackPeer, listener: SlackListener
    ) -> None:
        until("the connection", listener.is_connected)
        assert listener.last_envelope_at is None

        peer.acknowledged(peer.deliver("events_api", event_payload(direct_message("We need help"))))

        assert listener.last_envelope_at == NOW

    @pytest.mark.usefixtures("listener")
    def test_nothing_is_lost_while_slack_renews_the_connection(self, peer: SlackPeer, inbox: Inbox) -> None:
        """What is sent into the old connection once it closes comes again, as Slack does without an answer."""
        old = peer.connected()

        in_flight = peer.deliver("events_api", event_payload(direct_message("before"), "Ev1"), old)
        peer.disconnect(old)
        new = peer.connected(besides=old)
        again = peer.deliver("events_api", event_payload(direct_message("during"), "Ev2"), new, retry=1)

        peer.acknowledged(in_flight)
        peer.acknowledged(again)
        assert list(inbox.kept) == ["slack:Ev1", "slack:Ev2"]

    @pytest.mark.usefixtures("listener")
    def test_after_a_broken_line_it_listens_again(self, peer: SlackPeer) -> None:
        old = peer.connected()

        peer.reset(old)

        peer.acknowledged(
            peer.deliver("events_api", event_payload(direct_message("again")), peer.connected(old))
        )

    def test_a_line_on_which_nobody_greets_is_made_anew(self, peer: SlackPeer, inbox: Inbox) -> None:
        peer.greets = False
        account = Account("xoxb-1", "xapp-1", peer.api_url)
        listener = SlackListener(account, inbox.keep, lambda: NOW, lambda _: None, FAST, patience_seconds=1.0)
        listener.start()
        try:
            first = peer.connected()
            until("a second connection", lambda: peer.connected(first))
            assert not listener.is_connected()
            peer.greets = True
            until("the connection", listener.is_connected)
            assert listener.trouble == ""
        finally:
            listener.stop()

    def test_after_silence_it_listens_again(self, peer: SlackPeer, listener: SlackListener) -> None:
        """A peer that answers no ping is given up within seconds."""
        until("the connection", listener.is_connected)
        old = peer.connected()
        peer.answers_pings = False

        new = until(
            "a new connection", lambda: next((name for name in peer.connections if name != old), ""), 25
        )
        peer.answers_pings = True

        peer.acknowledged(peer.deliver("events_api", event_payload(direct_message("again")), new))

    def test_slack_unreachable_at_the_start_is_told_and_tried_again(
        self, peer: SlackPeer, inbox: Inbox, notes: list[str]
    ) -> None:
        peer.plan(
            "apps.connections.open",
            Answer(body=None),
            Answer(500, "down for maintenance"),
            Answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "0"}),
            Answer.error("invalid_auth"),
        )
        listener = SlackListener(
            Account("xoxb-1", "xapp-1", peer.api_url), inbox.keep, lambda: NOW, notes.append, FAST
        )
        listener.start()
        try:
            until("the connection", listener.is_connected)
        finally:
            listener.stop()

        assert [note for note in notes if "no connection" in note] == [
            "no connection to Slack: Slack can't be reached: ServerDisconnectedError; next try in 0.05 s",
            "no connection to Slack: Slack answers 500 without a word; next try in 0.05 s",
            "no connection to Slack: Slack answers 429 ratelimited; next try in 0.05 s",
            "no connection to Slack: Slack no longer takes the token; make a new one on the app's page and set CRBOT_SLACK__APP_TOKEN; next try in 0.05 s",
        ]
        assert notes[-1] == "connected to Slack"

    def test_an_answer_that_nobody_expected_does_not_leave_the_bot_deaf(
        self, peer: SlackPeer, inbox: Inbox, notes: list[str]
    ) -> None:
        peer.plan("apps.connections.open", Answer(body="[]"))
        listener = SlackListener(
            Account("xoxb-1", "xapp-1", peer.api_url), inbox.keep, lambda: NOW, notes.append, FAST
        )
        listener.start()
        try:
            until("the connection", listener.is_connected)
        finally:
            listener.stop()

        assert "no connection to Slack" in notes[0]

    def test_it_ends_at_once_also_when_nobody_listens_at_the_other_end(
        self, inbox: Inbox, notes: list[str]
    ) -> None:
        listener = SlackListener(
            Account("xoxb-1", "xapp-1", "http://127.0.0.1:9/api/"), inbox.keep, lambda: NOW, notes.append
        )
        listener.start()
        until("a note", lambda: notes)

        listener.stop()

        assert not listener.is_connected()


class TestAtOnce:
    """What Slack waits for is answered in time, whatever the database is doing."""

    @pytest.fixture
    def answering(self, peer: SlackPeer, inbox: Inbox) -> Iterator[list[Envelope]]:
        done: list[Envelope] = []

        def at_once(envelope: Envelope) -> Reply | None:
            if envelope.get("command"):
                return Reply("Write to me", then=lambda: done.append(envelope))
            if envelope.get("type") == "view_submission":
                return Reply({"response_action": "clear"}, is_kept=True)
            return None

        account = Account("xoxb-1", "xapp-1", peer.api_url)
        listening = SlackListener(account, inbox.keep, lambda: NOW, lambda _: None, FAST, at_once)
        listening.start()
        yield done
        listening.stop()

    def test_a_command_is_answered_and_not_kept(
        self, peer: SlackPeer, inbox: Inbox, answering: list[Envelope]
    ) -> None:
        ack = peer.acknowledged(peer.deliver("slash_commands", slash_payload("help")))

        assert ack["payload"] == {"text": "Write to me"}
        assert not inbox.kept
        until("what is done besides", lambda: answering)

    def test_a_form_is_kept_before_it_is_closed(
        self, peer: SlackPeer, inbox: Inbox, answering: list[Envelope]
    ) -> None:
        ack = peer.acknowledged(peer.deliver("interactive", form_payload({}, {})))

        assert ack["payload"] == {"response_action": "clear"}
        assert list(inbox.kept) == ["slack:form:V0ROOT"]

    def test_while_the_database_is_busy_who_sent_a_form_is_told_and_keeps_it(
        self, peer: SlackPeer, inbox: Inbox, answering: list[Envelope]
    ) -> None:
        inbox.is_free.clear()
        view = {"blocks": [{"type": "context"}, {"type": "input", "block_id": "words"}]}

        began = time.monotonic()
        ack = peer.acknowledged(peer.deliver("interactive", form_payload(view, {})))
        assert time.monotonic() - began < 3
        assert list(ack["payload"]["errors"]) == ["words"]

        inbox.is_free.set()
        again = peer.acknowledged(peer.deliver("interactive", form_payload(view, {})))
        assert again["payload"] == {"response_action": "clear"}
        assert list(inbox.kept) == ["slack:form:V0ROOT"]

    def test_what_is_kept_too_late_comes_again_and_has_one_effect(
        self, peer: SlackPeer, inbox: Inbox, answering: list[Envelope]
    ) -> None:
        payload = event_payload(direct_message("We need help"), "Ev1")
        inbox.is_free.clear()
        began = time.monotonic()
        first = peer.deliver("events_api", payload)
        until("the time to pass in which Slack waits", lambda: time.monotonic() - began > 3)
        inbox.is_free.set()

        peer.acknowledged(peer.deliver("events_api", payload, retry=1))

        assert first not in peer.acks
        assert list(inbox.kept) == ["slack:Ev1"]

    def test_one_envelope_that_waits_for_the_database_holds_up_no_other(
        self, peer: SlackPeer, inbox: Inbox, answering: list[Envelope]
    ) -> None:
        inbox.is_free.clear()
        waiting = peer.deliver("events_api", event_payload(direct_message("We need help"), "Ev1"))

        peer.acknowledged(peer.deliver("slash_commands", slash_payload("help")))

        assert waiting not in peer.acks
        inbox.is_free.set()
        peer.acknowledged(waiting)


def test_a_payload_of_an_unknown_form_has_a_key_too() -> None:
    first, again = (arrival_of({"type": "novelty", "words": "ü"}, NOW) for _ in range(2))

    assert first.key == again.key
    assert first.key.startswith("slack:sha256:")
