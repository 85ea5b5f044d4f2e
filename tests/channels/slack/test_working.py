"""Staff lead cases from Slack alone: each button and form does what it says, and of two who click one wins."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from slack_bolt import BoltRequest

from crbot.cases.case import Case, Place, Stage
from crbot.cases.meetings import CallState
from crbot.cases.respond import Notice, Whisper
from crbot.cases.rulebook import Rulebook
from crbot.channels.slack.account import Account
from crbot.channels.slack.actions import StaffActions
from crbot.channels.slack.listen import bolt_app
from crbot.channels.slack.members import Members
from crbot.channels.slack.reader import SlackReader
from crbot.channels.slack.staff import Staff
from crbot.intake.incoming import Desk, Thought, think
from crbot.intake.ports import Arrival
from crbot.store.migrations import upgrade
from crbot.store.store import SqlStore, open_engine
from crbot.triage.decision import Queue
from crbot.triage.message import Channel, Person
from crbot.wiring import load_rules, why_refused
from tests.fakes import Clock
from tests.slack_peer import SlackPeer, click_payload, direct_message, event_payload, slack_peer, until

REQUEST = (
    "I am the Chief of Police of Springfield, Ohio. We would like an after-action review of our response to the "
    "protests on March 1. There is no investigation."
)
CHANNELS = {
    Place.CRI_TAC: "C0TAC",
    Place.CRITICAL_RESPONSE: "C0CR",
    Place.ORGANIZATIONAL_ASSESSMENT: "C0OA",
    Place.REVIEW: "C0REV",
}
RULES: Rulebook = load_rules()


class Workspace:
    """What Slack would tell."""

    def person(self, user_id: str) -> Person:
        name = {"U0LEE": "Jordan Lee", "U0ORTIZ": "Sam Ortiz"}.get(user_id, "Ana Rivera")
        return Person(name, f"{user_id.casefold()}@example.gov")

    def direct(self, user_id: str) -> str:
        return "D" + user_id[1:]

    def earlier(self, channel: str, ts: str) -> tuple[str, ...]:
        return ()


class House:
    """The bot over a Slack of our own, from the envelope to the database."""

    def __init__(self, peer: SlackPeer) -> None:
        self.peer = peer
        self.clock = Clock(datetime(2026, 3, 2, 15, 0, tzinfo=UTC))
        engine = open_engine("sqlite://")
        upgrade(engine)
        self.store = SqlStore(engine)
        account = Account("xoxb-1", api_url=peer.api_url)
        members = Members(account.web_client(), CHANNELS)
        workspace = Workspace()
        acting = StaffActions(members.among, self.store.case, workspace.person)
        reader = SlackReader(workspace, CHANNELS.values(), acting.read)
        self.desk = Desk(self.store, reader, RULES, frozenset(), self.clock)
        self.staff = Staff(
            account.web_client(),
            CHANNELS,
            self.store,
            lambda: RULES,
            self.clock,
            acting,
            members,
            why_refused=lambda action: why_refused(self.store, action, RULES, self.clock()),
            otherwise=lambda _: None,
        )
        self.app = bolt_app(account, self.keep, self.clock, at_once=self.staff)
        self._numbers = itertools.count(1)

    def keep(self, arrival: Arrival) -> None:
        self.store.keep((arrival,))

    def hand_over(self, envelope: dict[str, Any]) -> dict[str, Any]:
        """An envelope as Slack delivers it; returns what is answered at once."""
        unique = {"trigger_id": f"t{next(self._numbers)}"}
        answer = self.app.dispatch(BoltRequest(mode="socket_mode", body={**envelope, **unique}))
        assert answer.status == 200
        return json.loads(answer.body) if answer.body else {}

    def think(self) -> list[Thought]:
        return list(iter(lambda: think(self.desk), None))  # type: ignore[arg-type]  # ends at None

    def request(self, text: str = REQUEST) -> Case:
        number = next(self._numbers)
        user = f"U0CHIEF{number}"
        message = direct_message(text, ts=f"17953194{number:02d}.000100", user=user, channel=f"D{number}")
        self.hand_over(event_payload(message, f"Ev{number}"))
        [thought] = self.think()
        assert thought.case
        return self.case(thought.case)

    def case(self, number: str) -> Case:
        case = self.store.case(number)
        assert case is not None
        return case

    def click(self, verb: str, number: str, user: str = "U0LEE", revision: int | None = None) -> None:
        seen = self.case(number).revision if revision is None else revision
        payload = click_payload(f"case_{verb}", f"{number}|{seen}", user=user)
        payload["actions"][0]["action_ts"] = f"{next(self._numbers)}.0"
        self.hand_over(payload)

    def do(self, verb: str, number: str, user: str = "U0LEE", **values: str) -> Case:
        """What a person does: a click, and where a form opens, what they fill in."""
        before, opened = self.case(number).revision, len(self.peer.views)
        self.click(verb, number, user)
        if values or verb in _FORMS_WITHOUT_VALUES:
            until("the form", lambda: len(self.peer.views) > opened)
            view_id = list(self.peer.views)[-1]
            answer = self.send(view_id, values, user)
            if answer.get("response_action") == "update":  # a fact was chosen
                self.peer.views[view_id] = answer["view"]
                answer = self.send(view_id, values, user)
            assert answer == {"response_action": "clear"}, answer
        [thought] = self.think()
        assert thought.did.startswith("acted"), thought
        after = self.case(number)
        assert after.revision == before + 1, [each.text for each in self.sent_to_staff(Whisper)]
        return after

    def send(self, view_id: str, values: dict[str, str], user: str = "U0LEE") -> dict[str, Any]:
        """Send a form as it was filled in beforehand, but for these values."""
        view = self.peer.views[view_id]
        state = {
            block["block_id"]: {block["element"]["action_id"]: _state(block, values)}
            for block in view["blocks"]
            if block["type"] == "input"
        }
        sent = {**view, "id": view_id, "root_view_id": view_id, "hash": "h", "state": {"values": state}}
        return self.hand_over({"type": "view_submission", "user": {"id": user}, "view": sent})

    def sent_to_staff(self, kind: type[Any]) -> list[Any]:
        due = self.store.claim(Channel.SLACK, self.clock() + timedelta(days=1), timedelta(minutes=1), 500)
        return [each.what for each in due if isinstance(each.what, kind)]


_FORMS_WITHOUT_VALUES = {"reopen", "close", "cancel_call", "send_plan", "propose_call", "draft_decline"}


def _state(block: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
    """What Slack would tell of a field: what was filled in, else what stood there."""
    element, name = block["element"], block["block_id"]
    told = values.get(name, values.get(name.partition(":")[0]))
    match element["type"]:
        case "plain_text_input":
            return {"value": told if told is not None else element.get("initial_value")}
        case "radio_buttons" | "static_select":
            before = element.get("initial_option")
            return {"selected_option": {"value": told} if told is not None else before}
        case "checkboxes" | "multi_static_select":
            before = element.get("initial_options", [])
            offered = {option["value"] for option in element["options"]}
            chosen = [each for each in (told or "").split(",") if each in offered]
            return {"selected_options": [{"value": each} for each in chosen] if told else before}
        case "datetimepicker":
            moment = (
                int(datetime.fromisoformat(told).timestamp()) if told else element.get("initial_date_time")
            )
            return {"selected_date_time": moment}
        case "datepicker":
            return {"selected_date": told}
        case other:
            raise AssertionError(other)


@pytest.fixture
def house() -> Iterator[House]:
    with slack_peer() as peer:
        peer.members = {channel: ["U0LEE", "U0ORTIZ"] for channel in CHANNELS.values()}
        running = House(peer)
        yield running
        running.store.close()


def test_a_case_is_led_from_the_first_message_to_its_end_by_buttons_and_forms(house: House) -> None:
    number = house.request().number
    do = house.do

    assert do("claim", number).owner == "U0LEE"
    assert do("release", number).owner is None
    assert do("claim", number, "U0ORTIZ").owner == "U0ORTIZ"
    do("note", number, text="Called them twice.")
    do("write", number, text="Dear Chief,\n\nwe have it.")
    assert do("ask", number, facts="litigation", text="One question.").asked == ("litigation",)
    corrected = do("correct", number, fact="litigation", value="none", reason="The chief said so")
    assert corrected.decision.facts.value("litigation") == "none"
    disputed = do("dispute", number, fact="investigation", reason="Another matter")
    assert not disputed.decision.facts.is_known("investigation")

    proposed = do("propose_call", number, where="+1 202 555 0100")
    assert proposed.stage is Stage.SCOPING
    assert proposed.call
    assert len(proposed.call.slots) == 3
    moved = do("change_call", number, **{"slot:other": "2026-03-10T14:00-05:00"}, minutes="45").call
    assert moved
    assert (moved.state, moved.chosen) == (CallState.SET, datetime(2026, 3, 10, 19, tzinfo=UTC))
    cancelled = do("cancel_call", number).call
    assert cancelled
    assert cancelled.state is CallState.CANCELLED

    assert do("advance", number, stage="work_plan").stage is Stage.WORK_PLAN
    assert do("save_plan", number, assistance="A review.").plan is not None
    assert do("send_plan", number).stage is Stage.AGENCY_REVIEW
    assert do("return_plan", number, text="Name the experts.").stage is Stage.WORK_PLAN
    again = do("save_plan", number, experts="Two chiefs.").plan
    assert again
    assert (again.newest.assistance, again.newest.experts) == ("A review.", "Two chiefs.")
    do("send_plan", number)
    assert do("confirm_plan", number, text="We approve.").stage is Stage.APPROVED
    assert do("advance", number, stage="delivery").stage is Stage.DELIVERY
    site = do("publish_site", number, status="Ongoing").site
    assert site
    assert site.public
    held = do("hold_followups", number, until="2026-04-01", reason="They asked for time").pause
    assert held
    assert do("resume_followups", number).pause is None
    hidden = do("hide_site", number).site
    assert hidden
    assert not hidden.public
    assert do("close", number, reason="Delivered").stage is Stage.CLOSED
    assert do("reopen", number).stage is Stage.DELIVERY


def test_a_decline_is_drafted_by_one_and_sent_by_another(house: House) -> None:
    number = house.request().number

    assert house.do("draft_decline", number, grounds="pending_matters", text="We can't.").draft
    assert house.do("keep_open", number).draft is None
    house.do("draft_decline", number, grounds="pending_matters", text="We can't.")
    house.click("send_decline", number)
    house.think()
    assert house.case(number).stage is Stage.RECEIVED
    assert "another person must" in house.sent_to_staff(Whisper)[-1].text

    declined = house.do("send_decline", number, "U0ORTIZ")
    assert declined.stage is Stage.DECLINED


def test_a_case_is_moved_and_merged(house: House) -> None:
    first, second = house.request().number, house.request().number

    moved = house.do("reroute", second, queue="cri_tac", reason="A training")
    assert moved.queue is Queue.CRI_TAC
    merged = house.do("duplicate", second, of=first)
    assert (merged.stage, merged.merged_into) == (Stage.CLOSED, first)


def test_what_a_form_would_be_refused_for_is_said_in_it_and_changes_nothing(house: House) -> None:
    number = house.request().number
    house.click("change_call", number)
    until("the form", lambda: len(house.peer.views) == 1)

    answer = house.send(next(iter(house.peer.views)), {"slot:other": "2026-03-01T10:00-05:00"})

    assert answer["response_action"] == "errors"
    assert "has passed" in answer["errors"]["slot:other"]
    assert house.think() == []


def test_a_form_that_was_overtaken_is_told_by_whom_and_changes_nothing(house: House) -> None:
    number = house.request().number
    house.click("note", number)
    until("the form", lambda: len(house.peer.views) == 1)
    house.do("claim", number, "U0ORTIZ")

    answer = house.send(next(iter(house.peer.views)), {"text": "Called them."})

    assert "has changed since you saw it (<@U0ORTIZ>" in answer["errors"]["text"]


def test_a_form_sent_twice_has_one_effect(house: House) -> None:
    number = house.request().number
    house.click("note", number)
    until("the form", lambda: len(house.peer.views) == 1)

    for _ in range(3):
        house.send(next(iter(house.peer.views)), {"text": "Called them."})

    assert len([thought for thought in house.think() if thought.did.startswith("acted")]) == 1


def test_who_is_not_staff_changes_nothing_and_is_told(house: House) -> None:
    number = house.request().number

    house.click("claim", number, "U0RIVERA")

    assert [each.did for each in house.think()] == ["ignored"]
    assert house.case(number).owner is None
    [whisper] = house.sent_to_staff(Whisper)
    assert whisper.to == "U0RIVERA"


def notice_buttons(house: House) -> dict[str, dict[str, Any]]:
    """The clicks that the newest notice offers, by the words on them."""
    from crbot.channels.slack import cards

    shown = cards.notice("n", house.sent_to_staff(Notice)[-1])
    return {
        each["text"]["text"]: click_payload(each["action_id"], each["value"], channel="C0REV")
        for block in shown["blocks"]
        if block["type"] == "actions"
        for each in block["elements"]
    }


def test_what_was_set_aside_is_tried_again_by_a_button(house: House) -> None:
    house.keep(Arrival(Channel.SLACK, "slack:broken", b"no JSON", house.clock()))
    assert [each.did for each in house.think()] == ["set aside"]

    house.hand_over(notice_buttons(house)["Try Again"])

    assert [each.did for each in house.think()] == ["acted: retry", "set aside"]


def clicking_at_once(house: House, number: str, users: tuple[str, ...]) -> None:
    """Both have seen the same card; neither waits for the other."""
    revision, start = house.case(number).revision, threading.Barrier(len(users))

    def click(user: str) -> None:
        start.wait()
        house.click("claim", number, user, revision)

    threads = [threading.Thread(target=click, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_of_two_who_claim_at_the_same_moment_one_wins_each_of_two_hundred_times(house: House) -> None:
    number = house.request().number
    for _ in range(200):
        clicking_at_once(house, number, ("U0LEE", "U0ORTIZ"))
        house.think()
        winner = house.case(number).owner
        [told] = house.sent_to_staff(Whisper)
        assert {winner, told.to} == {"U0LEE", "U0ORTIZ"}
        assert told.text == f"<@{winner}> was faster: {number} is claimed."
        house.click("release", number, str(winner))
        house.think()
        assert house.case(number).owner is None
