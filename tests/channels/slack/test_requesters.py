"""Who asks is answered at once: forms open in time, step by step, and their own requests are shown to them alone."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crbot.cases.case import Case, Conversation, Stage
from crbot.cases.meetings import Call
from crbot.channels.slack import letters, own, requests
from crbot.channels.slack.account import Account
from crbot.channels.slack.atonce import Envelope, Forms, Reply
from crbot.channels.slack.limits import Surface, problems
from crbot.channels.slack.requesters import Requesters
from crbot.triage.decision import Disposition, Queue
from crbot.triage.message import Channel, Person
from crbot.wiring import load_policy
from tests.channels.slack.examples import CASE, DECISION, OPENED, patient
from tests.slack_peer import SlackPeer, click_payload, form_payload, slack_peer, slash_payload, until

CHIEF = Person("Ana Rivera", "arivera@springfieldpd.example.gov")
ON_SLACK = replace(CASE, conversation=Conversation(Channel.SLACK, "D0RIVERA", "17.1", person=CHIEF))
POLICY = load_policy()


class Cases:
    """Cases to be looked at; as slow as told."""

    def __init__(self) -> None:
        self.all: list[Case] = [ON_SLACK]
        self.is_free = threading.Event()
        self.is_free.set()

    def case(self, number: str) -> Case | None:
        self.is_free.wait(10)
        return next((case for case in self.all if case.number == number), None)

    def cases_of(self, sender: str, limit: int) -> tuple[Case, ...]:
        return tuple(self.all)


@pytest.fixture
def peer() -> Iterator[SlackPeer]:
    with slack_peer() as running:
        yield running


@pytest.fixture
def cases() -> Cases:
    return Cases()


@pytest.fixture
def requesters(peer: SlackPeer, cases: Cases) -> Requesters:
    def person(user: str) -> Person:
        return CHIEF if user == "U0RIVERA" else Person("Bo", f"{user}@elsewhere.example")

    return Requesters(
        Account("xoxb-1", api_url=peer.api_url).web_client(), cases, person, lambda: POLICY, lambda: OPENED
    )


def answered(requesters: Requesters, envelope: Envelope) -> Reply:
    """The answer, and what is done after it done."""
    reply = requesters(envelope)
    assert reply is not None
    if reply.then:
        reply.then()
    return reply


def click(action_id: str, value: str = "CRI-2026-0042", **more: Any) -> dict[str, Any]:
    return click_payload(action_id, value, **{"channel": "D0RIVERA", "user": "U0RIVERA", **more})


def shown(peer: SlackPeer) -> dict[str, Any]:
    [view] = peer.views.values()
    return dict(view)


@pytest.mark.parametrize(
    "envelope",
    [
        slash_payload("new"),
        slash_payload(" NEW "),
        {
            "type": "shortcut",
            "callback_id": requests.NEW_SHORTCUT,
            "trigger_id": "9.9.9",
            "user": {"id": "U0RIVERA"},
        },
        click(own.START, "new"),
    ],
)
def test_the_form_of_a_request_is_opened_from_everywhere(
    requesters: Requesters, peer: SlackPeer, envelope: dict[str, Any]
) -> None:
    reply = answered(requesters, envelope)

    assert shown(peer)["callback_id"] == requests.WHO
    assert not reply.is_kept


def test_the_first_step_leads_to_the_second_and_only_the_second_is_kept(requesters: Requesters) -> None:
    first = answered(requesters, form_payload(requests.who_form(POLICY), {"agency_name": "Springfield PD"}))
    assert isinstance(first.says, dict)
    assert first.says["response_action"] == "push"
    assert not first.is_kept

    second = answered(requesters, form_payload(first.says["view"], {"words": "Training"}))
    assert second == Reply({"response_action": "clear"}, is_kept=True)


def test_a_form_with_nothing_in_it_goes_back_with_what_to_do(requesters: Requesters) -> None:
    view = requests.what_form({}, POLICY)

    reply = answered(requesters, form_payload(view, {"words": " "}))

    assert reply == Reply(
        {"response_action": "errors", "errors": {"words": "Tell us in a few words what help is wanted"}}
    )


def test_the_open_questions_are_asked_in_a_form_that_knows_its_thread(
    requesters: Requesters, peer: SlackPeer
) -> None:
    answered(requesters, click(letters.ANSWER))

    view = shown(peer)
    assert view["callback_id"] == requests.ANSWERS
    assert json.loads(view["private_metadata"]) == {"case": "CRI-2026-0042", "thread": "1795319400.000200"}


def test_what_was_understood_can_be_corrected(requesters: Requesters, peer: SlackPeer) -> None:
    answered(requesters, click(letters.CORRECT))

    assert shown(peer)["callback_id"] == requests.CORRECTIONS


def test_whoever_takes_no_part_in_a_case_is_shown_nothing_of_it(
    requesters: Requesters, peer: SlackPeer
) -> None:
    answered(requesters, click(letters.ANSWER, channel="D0STRANGER", user="U0STRANGER"))

    assert "can't be shown to you here" in shown(peer)["blocks"][0]["text"]["text"]
    assert "Springfield" not in json.dumps(peer.views)


def test_a_case_that_is_answered_nowhere_is_nobodys_to_see(
    requesters: Requesters, peer: SlackPeer, cases: Cases
) -> None:
    cases.all = [replace(CASE, conversation=Conversation(Channel.EMAIL, ""))]

    answered(requesters, {**click(letters.ANSWER, user="U0STRANGER"), "channel": None})

    assert "can't be shown to you here" in shown(peer)["blocks"][0]["text"]["text"]


def test_who_asked_by_mail_answers_on_slack_by_the_same_address(
    requesters: Requesters, peer: SlackPeer, cases: Cases
) -> None:
    cases.all = [CASE]

    answered(requesters, click(letters.ANSWER))

    assert shown(peer)["callback_id"] == requests.ANSWERS


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (replace(ON_SLACK, stage=Stage.CLOSED), "CRI-2026-0042 is closed"),
        (replace(ON_SLACK, decision=replace(DECISION, questions=())), "No question of CRI-2026-0042 is open"),
        (replace(ON_SLACK, number="CRI-2026-0043"), "can't be shown to you here"),
    ],
)
def test_where_nothing_is_to_be_answered_the_form_says_so(
    requesters: Requesters, peer: SlackPeer, cases: Cases, case: Case, said: str
) -> None:
    cases.all = [case]

    answered(requesters, click(letters.ANSWER))

    assert said in shown(peer)["blocks"][0]["text"]["text"]


def test_the_home_tab_of_a_requester_is_drawn_anew_when_their_case_changes(
    requesters: Requesters, peer: SlackPeer, cases: Cases
) -> None:
    opened = {
        "type": "event_callback",
        "event": {"type": "app_home_opened", "tab": "home", "user": "U0RIVERA"},
    }
    answered(requesters, opened)
    others = replace(
        ON_SLACK, number="CRI-2026-0099", requester=Person("Bo", "bo@x.example"), participants=frozenset()
    )
    cases.all = [replace(ON_SLACK, stage=Stage.DECLINED)]

    requesters.boards.changed(cases.all[0])
    until("the Home tab", lambda: len(peer.called("views.publish")) == 2)
    requesters.boards.changed(others)
    requesters.boards.close()

    first, second = peer.called("views.publish")
    assert first["view"] != second["view"]


def test_while_the_database_is_busy_a_form_opens_in_time_and_is_filled_in_later(
    peer: SlackPeer, cases: Cases
) -> None:
    """What opens a form is good for three seconds."""
    requesters = Requesters(
        Account("xoxb-1", api_url=peer.api_url).web_client(),
        cases,
        lambda _: CHIEF,
        lambda: POLICY,
        lambda: OPENED,
    )
    cases.is_free.clear()
    reply = requesters(click(letters.ANSWER))
    assert reply is not None
    assert reply.then is not None
    opening = threading.Thread(target=reply.then)

    began = time.monotonic()
    opening.start()
    while not peer.views:
        assert time.monotonic() - began < 3
        time.sleep(0.01)
    assert shown(peer)["title"]["text"] == "One moment"
    cases.is_free.set()
    opening.join()

    assert shown(peer)["callback_id"] == requests.ANSWERS


def test_what_takes_too_long_is_opened_late_only_then(peer: SlackPeer) -> None:
    Forms(Account("xoxb-1", api_url=peer.api_url).web_client()).open(
        "1.1", lambda: requests.notice_form("Ready")
    )

    assert [name for name, _ in peer.calls] == ["views.open"]


# --- their own requests -------------------------------------------------------------------------------------------------


CALL = Call(
    round=1,
    uid="u",
    sequence=0,
    slots=(datetime(2026, 3, 10, 18, 0, tzinfo=UTC), datetime(2026, 3, 11, 18, 0, tzinfo=UTC)),
    minutes=30,
    where="",
    zone="America/New_York",
)
QUIET = replace(ON_SLACK, asked=())


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (ON_SLACK, "We wait for your answer to one question"),
        (QUIET, "We have your request, and a member of our staff will contact you"),
        (replace(QUIET, stage=Stage.SCOPING), "We are talking with you about what you need"),
        (replace(QUIET, stage=Stage.SCOPING, call=CALL), "Please choose a time for our call"),
        (
            replace(QUIET, stage=Stage.SCOPING, call=CALL.at(CALL.slots[0])),
            "Our call is on Tuesday, March 10, 2026 at 2:00 pm EDT",
        ),
        (
            replace(ON_SLACK, stage=Stage.SCOPING, call=CALL.at(CALL.slots[0])),
            "Our call is on Tuesday, March 10, 2026 at 2:00 pm EDT; we wait for your answer to one question",
        ),
        (replace(QUIET, stage=Stage.DECLINED), "Closed; please see our letter"),
    ],
)
def test_a_request_stands_in_plain_words(case: Case, said: str) -> None:
    assert own.stands(case).startswith(said)


def test_every_stage_has_its_words() -> None:
    assert all(own.stands(replace(QUIET, stage=stage)) for stage in Stage)


def test_home_shows_what_waits_first_and_how_to_answer(
    requesters: Requesters, peer: SlackPeer, cases: Cases
) -> None:
    cases.all = [replace(QUIET, number="CRI-2026-0043"), ON_SLACK]

    reply = answered(
        requesters,
        {"type": "event_callback", "event": {"type": "app_home_opened", "user": "U0RIVERA", "tab": "home"}},
    )

    ids = [block["block_id"] for block in peer.homes["U0RIVERA"]["blocks"]]
    assert ids == [
        "top", "about", "start", "own",
        "case:CRI-2026-0042", "act:CRI-2026-0042", "case:CRI-2026-0043", "foot",
    ]  # fmt: skip
    assert not reply.is_kept


def test_the_messages_tab_draws_no_home(requesters: Requesters, peer: SlackPeer) -> None:
    event = {"type": "app_home_opened", "user": "U0RIVERA", "tab": "messages"}

    answered(requesters, {"type": "event_callback", "event": event})

    assert not peer.homes


def test_nobody_is_shown_the_requests_of_others(requesters: Requesters, peer: SlackPeer) -> None:
    requesters.show_home("U0STRANGER")

    assert "CRI-2026" not in json.dumps(peer.homes)


@pytest.mark.parametrize("disposition", list(Disposition))
@pytest.mark.parametrize("queue", list(Queue))
def test_home_and_status_never_tell_queue_rule_flag_or_disposition(
    disposition: Disposition, queue: Queue
) -> None:
    decision = replace(DECISION, disposition=disposition, queue=queue, questions=())
    for stage in Stage:
        case = replace(CASE, decision=decision, queue=queue, stage=stage, asked=(), doubts=("a doubt",))
        told = (json.dumps(own.home([case])) + own.status([case], "")).casefold()
        words = (
            "eligib",
            "flag",
            "queue",
            "review until",
            "doubt",
            "critical response",
            "cri-tac",
            "unrouted",
        )
        assert [word for word in words if word in told] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "status",
            "*CRI-2026-0042* Springfield Police Department, OH: We wait for your answer to one question",
        ),
        (
            "status cri-2026-0042",
            "*CRI-2026-0042* Springfield Police Department, OH: We wait for your answer",
        ),
        ("status CRI-2026-0099", "You have no request CRI-2026-0099 here."),
        ("status <!channel>", "You have no request &lt;!CHANNEL&gt; here."),
    ],
)
def test_a_command_tells_how_ones_own_requests_stand(
    requesters: Requesters, peer: SlackPeer, text: str, said: str
) -> None:
    answered(requesters, slash_payload(text))

    [told] = peer.called("chat.postEphemeral")
    assert told["user"] == "U0RIVERA"
    assert told["text"].startswith(said)


@pytest.mark.parametrize("text", ["", "help", "queue cri_tac", "find springfield"])
def test_every_other_command_is_answered_with_how_to_ask(requesters: Requesters, text: str) -> None:
    assert answered(requesters, slash_payload(text)) == Reply(own.HELP)


@pytest.mark.parametrize(
    "envelope",
    [
        click("case_claim"),
        {"type": "view_submission", "view": {"callback_id": "case_reroute"}},
        {"type": "event_callback", "event": {"type": "message"}},
        {"type": "message_action", "callback_id": requests.FILE_SHORTCUT},
        {"command": "/another"},
    ],
)
def test_what_is_not_theirs_is_left_to_others(requesters: Requesters, envelope: dict[str, Any]) -> None:
    assert requesters(envelope) is None


@patient
@given(st.text(max_size=300), st.lists(st.sampled_from(list(Stage)), max_size=25))
def test_every_home_keeps_slacks_limits(agency: str, stages: list[Stage]) -> None:
    facts = DECISION.facts.with_statements(
        [replace(DECISION.facts.statements["agency_name"], values=(agency,))]
    )
    cases = [
        replace(CASE, number=f"CRI-2026-{number:04d}", stage=stage, decision=replace(DECISION, facts=facts))
        for number, stage in enumerate(stages)
    ]

    assert problems(own.home(cases), Surface.HOME) == []
