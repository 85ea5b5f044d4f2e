"""Staff are answered at once: forms open, boards are drawn, commands are told; and nobody else gets to see them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from crbot.cases.case import Place
from crbot.channels.slack import forms, home
from crbot.channels.slack.account import Account
from crbot.channels.slack.actions import StaffActions
from crbot.channels.slack.atonce import Envelope, Reply
from crbot.channels.slack.boards import Boards, DrawingBoards
from crbot.channels.slack.members import Members
from crbot.channels.slack.staff import Staff
from crbot.intake.ports import DeliveryFailed, Drawing, Outgoing, StaffAction
from crbot.triage.message import Person
from crbot.wiring import load_rules
from tests.channels.slack.examples import BODY, CASE, SET
from tests.channels.slack.test_commands import Cases as CommandCases
from tests.channels.slack.test_home import CASES, NOW
from tests.fakes import Outlet
from tests.slack_peer import Answer, SlackPeer, click_payload, event_payload, form_payload, slack_peer, until

RULES = load_rules()
CHANNELS = {
    Place.CRI_TAC: "C0TAC",
    Place.CRITICAL_RESPONSE: "C0CR",
    Place.ORGANIZATIONAL_ASSESSMENT: "C0OA",
    Place.REVIEW: "C0REV",
}


class Cases(CommandCases):
    """Cases, their words and where their cards stand."""

    def busy(self, owner: str, besides: str) -> tuple[tuple[datetime, datetime], ...]:
        return ()

    def words_of(self, number: str) -> tuple[str, ...]:
        return (BODY, "word " * 10_000)

    def card_of(self, number: str, place: Place) -> str:
        return "C0CR:1795319400.000200"


class Desk:
    """A staff side over a Slack of our own."""

    def __init__(self, peer: SlackPeer) -> None:
        self.peer = peer
        self.cases = Cases((CASE, *CASES))
        self.refusal = ""
        self.asked_of_requesters: list[Envelope] = []
        client = Account("xoxb-1", api_url=peer.api_url, timeout_seconds=5).web_client()
        members = Members(client, CHANNELS)
        reading = StaffActions(members.among, self.cases.case, lambda user: Person("Jordan Lee", user))
        self.staff = Staff(
            client,
            CHANNELS,
            self.cases,
            lambda: RULES,
            lambda: NOW,
            reading,
            members,
            self.why_refused,
            self.otherwise,
        )

    def why_refused(self, action: StaffAction) -> str:
        return self.refusal

    def otherwise(self, envelope: Envelope) -> Reply:
        self.asked_of_requesters.append(envelope)
        return Reply("Write to me in your own words.", then=lambda: None)

    def tell(self, envelope: dict[str, Any]) -> Reply:
        """Hand an envelope over, and do what comes after the acknowledgement."""
        reply = self.staff(envelope)
        assert reply is not None
        if reply.then:
            reply.then()
        return reply

    @property
    def shown(self) -> dict[str, Any]:
        """The view that was opened or drawn last."""
        return list(self.peer.views.values())[-1]


@pytest.fixture
def peer() -> Iterator[SlackPeer]:
    with slack_peer() as running:
        running.members = {channel: ["U0LEE", "U0ORTIZ"] for channel in CHANNELS.values()}
        running.members["C0TAC"].append("U0TAC")
        yield running


@pytest.fixture
def desk(peer: SlackPeer) -> Desk:
    return Desk(peer)


def texts(view: dict[str, Any]) -> str:
    return json.dumps(view, ensure_ascii=False)


# --- forms ------------------------------------------------------------------------------------------------------------


def test_a_click_that_needs_a_form_opens_it_and_is_not_kept(desk: Desk) -> None:
    reply = desk.tell(click_payload("case_write", "CRI-2026-0042|7"))

    assert not reply.is_kept
    assert desk.shown["callback_id"] == "case_form_write"
    assert desk.shown["private_metadata"] == forms.metadata("CRI-2026-0042", 7, "C0CR")
    assert desk.peer.called("views.open")[0]["trigger_id"] == "1.2.3"


def test_a_click_that_needs_no_form_is_kept(desk: Desk) -> None:
    assert desk.tell(click_payload("case_claim", "CRI-2026-0042|7")) == Reply(is_kept=True)
    assert desk.peer.called("views.open") == []


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (click_payload("case_write", "CRI-2026-0042|6"), "has changed since you saw it"),
        (click_payload("case_write", "CRI-2026-9999|1"), "no such case"),
        (click_payload("case_write", "CRI-2026-0042|7", user="U0RIVERA"), "only members"),
        (click_payload("case_write", "CRI-2026-0042|7", user="U0TAC"), "only members"),
    ],
)
def test_what_can_not_be_opened_is_told_in_words(payload: dict[str, Any], why: str, desk: Desk) -> None:
    desk.tell(payload)

    assert desk.shown["callback_id"] == forms.READ
    assert why in texts(desk.shown)


def test_where_slack_cannot_tell_who_is_staff_the_form_stays_shut(desk: Desk) -> None:
    desk.peer.plan("conversations.members", *[Answer(500, "oops")] * 4)

    desk.tell(click_payload("case_write", "CRI-2026-0042|7"))

    assert "Slack can't tell now" in texts(desk.shown)


def test_a_click_that_slack_opens_nothing_for_any_more_is_told_to_its_author_alone(desk: Desk) -> None:
    desk.peer.plan("views.open", Answer.error("expired_trigger_id"))

    with pytest.raises(DeliveryFailed, match="expired_trigger_id"):
        desk.tell(click_payload("case_write", "CRI-2026-0042|7"))

    [whisper] = desk.peer.called("chat.postEphemeral")
    assert (whisper["channel"], whisper["user"]) == ("C0CR", "U0LEE")
    assert "Please click again" in whisper["text"]


def test_a_form_is_drawn_with_what_the_case_and_the_calendar_tell(desk: Desk) -> None:
    desk.cases.cases = (replace(SET, owner=None),)

    desk.tell(click_payload("case_propose_call", "CRI-2026-0042|7"))
    assert "Times that suit the agency" in texts(desk.shown)

    desk.cases.cases = (CASE, *CASES)
    desk.tell({**click_payload("case_duplicate", "CRI-2026-0042|7"), "trigger_id": "2"})
    assert "CRI-2026-0001 Springfield" in texts(desk.shown)


def test_the_fact_that_was_chosen_is_followed_by_its_values(desk: Desk) -> None:
    desk.tell(click_payload("case_correct", "CRI-2026-0042|7"))

    reply = desk.tell(form_payload(desk.shown, {"fact": ("litigation",)}, "U0LEE"))

    assert not reply.is_kept
    assert isinstance(reply.says, dict)
    assert reply.says["response_action"] == "update"
    assert "Lawsuit" in texts(reply.says["view"])
    assert {"value", "reason"} <= {block["block_id"] for block in reply.says["view"]["blocks"]}


def sent(desk: Desk, filled: dict[str, Any], user: str = "U0LEE") -> dict[str, Any]:
    desk.tell(click_payload("case_write", "CRI-2026-0042|7"))
    return form_payload(desk.shown, filled, user)


def test_a_form_that_is_sent_is_kept_and_all_views_are_closed(desk: Desk) -> None:
    assert desk.tell(sent(desk, {"text": "Dear Chief"})) == Reply({"response_action": "clear"}, is_kept=True)


def test_what_would_be_refused_is_said_while_the_words_still_stand_in_the_form(desk: Desk) -> None:
    desk.refusal = "There is no address to write to."

    reply = desk.tell(sent(desk, {"text": "Dear Chief"}))

    assert reply == Reply(
        {"response_action": "errors", "errors": {"text": "There is no address to write to."}}
    )


def test_what_a_form_lacks_keeps_it_open(desk: Desk) -> None:
    desk.tell(click_payload("case_ask", "CRI-2026-0042|7"))

    reply = desk.tell(form_payload(desk.shown, {"facts:open": [], "text": "Hello"}, "U0LEE"))

    assert isinstance(reply.says, dict)
    assert list(reply.says["errors"]) == ["text"]
    assert not reply.is_kept


@pytest.mark.parametrize(
    "envelope",
    [
        click_payload("case_nothing", "CRI-2026-0042|7"),
        click_payload("case_write", "CRI-2026-0042|seven"),
        {"type": "block_actions", "actions": []},
        {"type": "view_submission", "view": {"callback_id": "case_form_write"}, "user": {"id": "U0LEE"}},
    ],
)
def test_what_has_another_form_than_ours_is_kept_for_a_person_to_see(
    envelope: dict[str, Any], desk: Desk
) -> None:
    assert desk.staff(envelope) == Reply(is_kept=True)


# --- all actions, the full message -----------------------------------------------------------------------------------


def picked(option: str) -> dict[str, Any]:
    payload = click_payload("case_more", "")
    payload["actions"] = [
        {"type": "overflow", "action_id": "case_more", "selected_option": {"value": option}}
    ]
    return payload


def test_all_actions_are_listed_with_the_way_to_the_card(desk: Desk) -> None:
    desk.tell(picked("all|CRI-2026-0042|7"))

    assert "|Open the card>" in texts(desk.shown)
    assert "Hold the follow-ups" in texts(desk.shown)


def test_an_action_from_the_list_is_followed_by_its_form(desk: Desk) -> None:
    desk.tell(picked("all|CRI-2026-0042|7"))

    reply = desk.tell(form_payload(desk.shown, {"what": ("note",)}, "U0LEE"))

    assert isinstance(reply.says, dict)
    assert reply.says["response_action"] == "update"
    assert reply.says["view"]["private_metadata"] == forms.metadata("CRI-2026-0042", 7, "C0CR")
    assert not reply.is_kept


def test_an_action_from_the_list_without_a_form_is_kept(desk: Desk) -> None:
    desk.tell(picked("all|CRI-2026-0042|7"))

    reply = desk.tell(form_payload(desk.shown, {"what": ("claim",)}, "U0LEE"))

    assert reply == Reply({"response_action": "clear"}, is_kept=True)


def test_the_full_message_is_turned_page_by_page(desk: Desk) -> None:
    desk.tell(picked("full|CRI-2026-0042|6"))
    assert "I am the Chief of Police of Springfield" in texts(desk.shown)
    assert "Page 1 of 4" in texts(desk.shown)

    reply = desk.tell(form_payload(desk.shown, {}, "U0LEE"))
    assert "Page 2 of 4" in str(reply.says)


def test_who_was_let_out_of_the_channel_gets_no_further(desk: Desk) -> None:
    desk.tell(picked("all|CRI-2026-0042|7"))

    reply = desk.tell(form_payload(desk.shown, {"what": ("note",)}, "U0RIVERA"))

    assert "only members" in str(reply.says)


# --- notices ----------------------------------------------------------------------------------------------------------


def test_a_held_message_can_be_given_to_any_case(desk: Desk) -> None:
    desk.tell(click_payload("case_place_held", "||12", channel="C0REV"))
    reply = desk.tell(form_payload(desk.shown, {"case": "CRI-2026-0042"}, "U0LEE"))

    assert reply.is_kept


# --- the board --------------------------------------------------------------------------------------------------------


def opened(user: str, tab: str = "home") -> dict[str, Any]:
    return event_payload({"type": "app_home_opened", "user": user, "tab": tab, "channel": "D0X"})


def test_staff_see_their_board_and_others_their_requests(desk: Desk) -> None:
    desk.tell(opened("U0LEE"))
    assert "Waiting to be claimed" in texts(desk.peer.homes["U0LEE"])

    desk.tell(opened("U0RIVERA"))
    assert "U0RIVERA" not in desk.peer.homes
    assert len(desk.asked_of_requesters) == 1

    assert desk.tell(opened("U0LEE", tab="messages")) == Reply()


def test_a_board_shows_only_what_its_reader_belongs_to(desk: Desk) -> None:
    desk.tell(opened("U0TAC"))

    assert "CRI-2026-0002" in texts(desk.peer.homes["U0TAC"])
    assert "CRI-2026-0001" not in texts(desk.peer.homes["U0TAC"])


def test_where_slack_cannot_tell_who_is_staff_the_tab_says_so(desk: Desk) -> None:
    desk.peer.plan("conversations.members", *[Answer(500, "oops")] * 4)

    with pytest.raises(DeliveryFailed):
        desk.tell(opened("U0LEE"))

    assert "Slack can't tell now" in texts(desk.peer.homes["U0LEE"])


def on_board(action: dict[str, Any], user: str = "U0LEE") -> dict[str, Any]:
    return {
        "type": "block_actions",
        "user": {"id": user},
        "trigger_id": "5.5.5",
        "view": {"type": "home", "id": "V0HOME", "callback_id": "board"},
        "actions": [action],
    }


def test_a_queue_is_chosen_and_remembered(desk: Desk) -> None:
    desk.tell(on_board({"action_id": home.QUEUE, "selected_option": {"value": "cri_tac"}}))
    desk.tell(opened("U0LEE"))

    assert "CRI-2026-0002" in texts(desk.peer.homes["U0LEE"])
    assert "CRI-2026-0001" not in texts(desk.peer.homes["U0LEE"])


def test_a_case_is_opened_from_the_board_and_answers_go_to_its_channel(desk: Desk) -> None:
    desk.tell(on_board({"action_id": home.OPEN, "value": "CRI-2026-0003"}))

    assert desk.shown["private_metadata"] == forms.metadata("CRI-2026-0003", 7, "C0CR")


def test_a_case_of_another_channel_is_not_opened(desk: Desk) -> None:
    desk.tell(on_board({"action_id": home.OPEN, "value": "CRI-2026-0003"}, user="U0TAC"))

    assert "only members" in texts(desk.shown)


def test_a_case_is_found_by_words_and_opened(desk: Desk) -> None:
    desk.tell(on_board({"action_id": home.FIND, "value": "-"}))

    found = desk.tell(form_payload(desk.shown, {"words": "springfield 0003"}, "U0LEE"))
    assert isinstance(found.says, dict)
    assert "CRI-2026-0003" in texts(found.says["view"])

    opened = desk.tell(form_payload(found.says["view"], {"case": ("CRI-2026-0003",)}, "U0LEE"))
    assert isinstance(opened.says, dict)
    assert opened.says["view"]["private_metadata"] == forms.metadata("CRI-2026-0003", 7, "C0CR")
    assert not opened.is_kept


def test_nothing_is_found_by_who_is_not_staff(desk: Desk) -> None:
    found = desk.tell(form_payload(home.find(), {"words": "springfield"}, "U0RIVERA"))

    assert "CRI-2026" not in str(found.says)


def test_what_takes_too_long_is_asked_for_again(desk: Desk) -> None:
    free = threading.Event()
    desk.cases.search = lambda words, limit: CASES if free.wait(10) else ()  # type: ignore[method-assign]

    late = desk.tell(form_payload(home.find(), {"words": "springfield"}, "U0LEE"))
    free.set()

    assert isinstance(late.says, dict)
    assert "press the button again" in late.says["errors"]["words"]


class Timely:
    """A clock that stands until it is moved."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


def test_boards_are_drawn_anew_once_for_all_that_changes_together() -> None:
    drawn: list[tuple[str, str]] = []
    boards = Boards(lambda user, queue: drawn.append((user, queue)), Timely(), pause_seconds=0.05)
    boards.show("U0LEE", "cri_tac")
    outlet = DrawingBoards(Outlet(), boards)

    for number in range(20):
        outlet.deliver(Outgoing(number, f"card:{number}", Drawing(CASE, Place.REVIEW, "", 1), 1, "t"))

    until("the board", lambda: len(drawn) == 2)
    assert drawn == [("U0LEE", "cri_tac")] * 2
    boards.close()


def test_a_board_that_nobody_looked_at_for_a_day_is_left_alone() -> None:
    drawn: list[str] = []
    clock = Timely()
    boards = Boards(lambda user, queue: drawn.append(user), clock, pause_seconds=0.01)
    boards.show("U0ORTIZ")
    clock.now += timedelta(days=2)
    boards.show("U0LEE")

    boards.changed(CASE)

    until("the board", lambda: len(drawn) == 3)
    assert drawn[2:] == ["U0LEE"]
    boards.close()


def test_only_the_boards_that_a_case_is_on_are_drawn_anew() -> None:
    drawn: list[str] = []
    boards = Boards(
        lambda user, queue: drawn.append(user),
        Timely(),
        pause_seconds=0.01,
        concerns=lambda user, case: user == "U0ORTIZ" and case.number == CASE.number,
    )
    for user in ("U0LEE", "U0ORTIZ"):
        boards.show(user)

    boards.changed(CASE)

    until("the board", lambda: len(drawn) == 3)
    boards.changed(replace(CASE, number="CRI-2026-0099"))
    boards.close()
    assert drawn[2:] == ["U0ORTIZ"]


# --- the command ------------------------------------------------------------------------------------------------------


def asked(peer: SlackPeer, text: str, user: str = "U0LEE") -> dict[str, Any]:
    return {
        "command": "/cri",
        "text": text,
        "user_id": user,
        "channel_id": "C9",
        "trigger_id": "4.5.6",
        "response_url": peer.response_url,
    }


def test_a_command_is_answered_to_its_author_alone_wherever_it_was_given(desk: Desk) -> None:
    reply = desk.tell(asked(desk.peer, "status CRI-2026-0042"))

    assert reply.says == ""
    assert not reply.is_kept
    [answer] = desk.peer.responses
    assert answer["response_type"] == "ephemeral"
    assert "CRI-2026-0042" in answer["text"]


def test_a_command_without_an_address_to_answer_to_is_answered_in_its_channel(desk: Desk) -> None:
    desk.tell({**asked(desk.peer, "mine"), "response_url": "http://evil.example/take"})

    [answer] = desk.peer.called("chat.postEphemeral")
    assert (answer["channel"], answer["user"]) == ("C9", "U0LEE")


def test_who_is_not_staff_is_answered_as_a_requester(desk: Desk) -> None:
    desk.tell(asked(desk.peer, "mine", "U0RIVERA"))

    [answer] = desk.peer.responses
    assert answer["text"] == "Write to me in your own words."


def test_the_form_of_a_request_is_the_requesters_side_whoever_wants_it(desk: Desk) -> None:
    assert desk.staff(asked(desk.peer, "new")) is not None
    assert len(desk.asked_of_requesters) == 1


def test_where_slack_cannot_tell_who_is_staff_a_command_says_so(desk: Desk) -> None:
    desk.peer.plan("conversations.members", *[Answer(500, "oops")] * 4)

    desk.tell(asked(desk.peer, "mine"))

    assert "Slack can't tell now" in desk.peer.responses[0]["text"]


@pytest.mark.parametrize(
    "envelope",
    [
        click_payload("request_answer", "CRI-2026-0042"),
        form_payload({"callback_id": "request_answers", "blocks": []}, {}),
        {"type": "shortcut", "callback_id": "request_new"},
    ],
)
def test_what_requesters_do_is_answered_by_their_side(envelope: dict[str, Any], desk: Desk) -> None:
    desk.staff(envelope)

    assert desk.asked_of_requesters == [envelope]
