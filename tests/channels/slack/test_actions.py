"""What staff click and fill in is an action on a case as they saw it; only staff can act."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from crbot.cases.case import Case, Place, Plan, PlanVersion, Stage
from crbot.cases.respond import Whisper
from crbot.channels.slack import actions, cards, forms
from crbot.channels.slack.actions import StaffActions
from crbot.channels.slack.forms import Ground
from crbot.intake.ports import DeliveryFailed, Ignored, StaffAction
from crbot.intake.verbs import VALUES, Verb
from crbot.triage.decision import Queue
from crbot.triage.message import Person
from tests.channels.slack.examples import CASE, STATES, label
from tests.channels.slack.test_forms import NOW, RULES, WANTED, wanted
from tests.slack_peer import click_payload, form_payload

IN_PLACE = {"U0LEE": frozenset({Place.CRITICAL_RESPONSE, Place.REVIEW}), "U0TAC": frozenset({Place.CRI_TAC})}


def among(user: str, places: Collection[Place]) -> frozenset[Place]:
    return IN_PLACE.get(user, frozenset()) & frozenset(places)


def person(user: str) -> Person:
    return Person("Jordan Lee", "jlee@usdoj.example.gov") if user == "U0LEE" else Person(address=user)


def reading(case: Case | None = CASE) -> StaffActions:
    return StaffActions(among, lambda number: case if case and number == case.number else None, person)


def read(payload: dict[str, Any], case: Case | None = CASE) -> StaffAction:
    action = reading(case).read(payload)
    assert isinstance(action, StaffAction)
    return action


def picked(option: str) -> dict[str, Any]:
    payload = click_payload("case_more", "")
    payload["actions"] = [
        {"type": "overflow", "action_id": "case_more", "selected_option": {"value": option}}
    ]
    return payload


def sent(name: str, values: dict[str, Any], user: str = "U0LEE") -> dict[str, Any]:
    return form_payload(wanted(name), values, user)


def test_a_click_is_an_action_on_the_case_as_it_was_seen() -> None:
    assert read(click_payload("case_claim", "CRI-2026-0042|7")) == StaffAction(
        Verb.CLAIM, "CRI-2026-0042", "U0LEE", revision=7, seen_in="C0CR", by_name="Jordan Lee"
    )


def test_a_choice_from_the_menu_is_the_same() -> None:
    action = read(picked("release|CRI-2026-0042|7"))

    assert (action.verb, action.case, action.revision) == (Verb.RELEASE, "CRI-2026-0042", 7)


@pytest.mark.parametrize("state", STATES)
def test_every_button_of_every_card_is_understood(state: str) -> None:
    case = STATES[state].case
    elements = [
        element
        for block in cards.card(STATES[state], label)["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
    ]
    payloads = [
        click_payload(each["action_id"], each["value"]) for each in elements if each["type"] == "button"
    ]
    payloads += [picked(each["value"]) for menu in elements if "options" in menu for each in menu["options"]]

    for payload in payloads:
        wish = actions.wish_of(payload)
        assert wish is not None
        assert (wish.case, wish.revision) == (case.number, case.revision)
        assert wish.needs_a_view or wish.verb is not None


SENT: dict[str, tuple[dict[str, Any], dict[str, str], str]] = {
    "reroute": ({"queue": ("cri_tac",), "reason": "A training"}, {"queue": "cri_tac"}, "A training"),
    "ask": (
        {"facts:open": ["litigation"], "facts:more": ["services"], "text": "Dear Chief,"},
        {"facts": "litigation,services", "text": "Dear Chief,"},
        "",
    ),
    "write": ({"text": "One, two\n\nand three"}, {"text": "One, two\n\nand three"}, ""),
    "correct the lawsuit": (
        {"value": ("none",), "reason": "The chief said so"},
        {"fact": "litigation", "value": "none"},
        "The chief said so",
    ),
    "dispute the investigation": (
        {"evidence": ("0",), "reason": "Another agency's"},
        {"fact": "investigation", "text": "The state's investigation closed in May"},
        "Another agency's",
    ),
    "close": ({"text": "", "reason": "Served elsewhere"}, {}, "Served elsewhere"),
    "publish site": (
        {"topics": ["training", "youth"], "status": ("Ongoing",), "link": ""},
        {"topics": "training,youth", "status": "Ongoing"},
        "",
    ),
}


@pytest.mark.parametrize("name", SENT)
def test_a_form_that_was_sent_is_an_action_with_its_values_and_reason(name: str) -> None:
    filled, values, reason = SENT[name]
    verb, state, _ = WANTED[name]

    action = read(sent(name, filled), STATES[state].case)

    assert (action.verb, action.case, action.revision) == (verb, "CRI-2026-0042", 7)
    assert (action.values, action.reason, action.seen_in) == (values, reason, "C0CR")
    assert set(action.values) <= set(VALUES.get(verb, {}))


@pytest.mark.parametrize(
    "text",
    [
        "One line.",
        "\n\n".join(f"Paragraph {at} " + "and more " * 60 for at in range(20)),
        "\n".join("A line " * 30 for _ in range(40)),
        "word " * 2000,
        "x" * 7001,
    ],
    ids=["short", "paragraphs", "lines", "words", "one run"],
)
def test_a_long_part_of_the_work_plan_comes_back_whole_from_its_fields(text: str) -> None:
    newest = PlanVersion(text, "", "", "", "", "U0LEE", CASE.opened_at)
    case = replace(CASE, stage=Stage.WORK_PLAN, plan=Plan((newest,)))
    view = forms.form(Verb.SAVE_PLAN, Ground(case, RULES, NOW, "C0CR"))
    stands = [
        (block["block_id"], block["element"].get("initial_value", ""))
        for block in view["blocks"]
        if block["type"] == "input"
    ]

    action = read(form_payload(view, dict(reversed(stands)), "U0LEE"))

    assert [line.split() for line in action.values["assistance"].split("\n") if line.strip()] == [
        line.split() for line in text.split("\n") if line.strip()
    ]
    assert len(stands) == 5 + len(action.values["assistance"]) // 3000 + (len(text) % 3000 > 2000)


@pytest.mark.parametrize("name", ["edit decline", "change plan"])
def test_words_that_are_emptied_in_a_form_come_back_empty(name: str) -> None:
    view = wanted(name)
    words = [
        block["block_id"]
        for block in view["blocks"]
        if block["type"] == "input" and block["element"]["type"] == "plain_text_input"
    ]

    action = read(form_payload(view, dict.fromkeys(words, ""), "U0LEE"))

    assert {action.values[word] for word in words} == {""}


def test_times_and_days_that_were_picked_are_told_with_their_offset() -> None:
    chosen = ["2026-11-25T14:00:00+00:00", "2026-12-01T18:30:00+00:00"]
    payload = sent("propose call", {"slots:suiting": chosen, "where": "+1 202 555 0100"})
    payload["view"]["state"]["values"] |= {
        "slots:other1": {"value": {"type": "datetimepicker", "selected_date_time": 1796133600}},
        "slots:other2": {"value": {"type": "datetimepicker", "selected_date_time": None}},
        "until": {"value": {"type": "datepicker", "selected_date": "2026-12-24"}},
    }

    values = read(payload).values

    assert values["slots"].split(",") == [*chosen, "2026-12-01T14:00:00+00:00"]
    assert (values["until"], values["where"]) == ("2026-12-24", "+1 202 555 0100")


def test_of_a_time_that_was_offered_and_one_that_was_picked_the_picked_one_counts() -> None:
    payload = sent("set call", {"slot:offered": ("2026-11-25T14:00:00+00:00",)})
    picked_later = {"value": {"type": "datetimepicker", "selected_date_time": 1796133600}}
    payload["view"]["state"]["values"]["slot:other"] = picked_later

    assert read(payload, STATES["call proposed"].case).values == {"slot": "2026-12-01T14:00:00+00:00"}


@pytest.mark.parametrize(
    ("action_id", "value", "verb", "case", "values"),
    [
        ("case_add_held", "CRI-2026-0042||12", Verb.ADD_HELD, "CRI-2026-0042", {"message": "12"}),
        ("case_open_held", "||12", Verb.OPEN_HELD, "", {"message": "12"}),
        ("case_retry", "||letter:12|x", Verb.RETRY, "", {"what": "letter:12|x"}),
    ],
)
def test_the_buttons_of_a_notice_say_what_they_are_about(
    action_id: str, value: str, verb: Verb, case: str, values: dict[str, str]
) -> None:
    action = read(click_payload(action_id, value, channel="C0REV"))

    assert (action.verb, action.case, action.revision, action.values) == (verb, case, None, values)


def test_a_held_message_goes_to_the_case_that_was_written_down() -> None:
    action = read(form_payload(forms.place_held("12", "C0REV"), {"case": " cri-2026-0042 "}, "U0LEE"))

    assert (action.verb, action.case, action.values) == (Verb.ADD_HELD, "CRI-2026-0042", {"message": "12"})


@pytest.mark.parametrize(
    ("user", "case"),
    [
        ("U0RIVERA", CASE),
        ("U0TAC", CASE),
        ("U0TAC", replace(CASE, queue=Queue.UNROUTED)),
    ],
)
def test_who_is_no_member_of_the_cases_channel_is_refused_in_words(user: str, case: Case) -> None:
    for payload in (
        click_payload("case_claim", "CRI-2026-0042|7", user=user),
        sent("write", {"text": "x"}, user),
    ):
        ignored = reading(case).read(payload)

        assert isinstance(ignored, Ignored)
        [whisper] = ignored.told
        assert (whisper.to, whisper.channel) == (user, "C0CR")
        assert "only members" in whisper.text


def test_a_case_in_review_is_also_in_the_hands_of_its_queue() -> None:
    case = STATES["in review"].case
    assert case.queue is Queue.CRITICAL_RESPONSE

    assert read(click_payload("case_claim", "CRI-2026-0042|7"), case).verb is Verb.CLAIM


def test_notices_are_for_the_members_of_the_review_channel() -> None:
    ignored = reading().read(click_payload("case_open_held", "||12", channel="C0REV", user="U0TAC"))

    assert isinstance(ignored, Ignored)
    assert ignored.told


def test_who_can_not_be_told_apart_now_is_refused_in_words() -> None:
    def away(user: str, places: Collection[Place]) -> frozenset[Place]:
        raise DeliveryFailed("Slack can't be reached", permanent=False)

    ignored = StaffActions(away, lambda _: CASE, person).read(click_payload("case_claim", "CRI-2026-0042|7"))

    assert isinstance(ignored, Ignored)
    [whisper] = ignored.told
    assert isinstance(whisper, Whisper)
    assert "Slack can't tell now" in whisper.text


@pytest.mark.parametrize(
    ("name", "filled", "field"),
    [
        ("ask", {"facts:open": [], "text": "Hello"}, "text"),
    ],
)
def test_what_a_form_lacks_is_said_at_the_field(name: str, filled: dict[str, Any], field: str) -> None:
    wish = actions.wish_of(sent(name, filled))
    assert wish is not None

    assert list(actions.faults(wish)) == [field]
    assert field in {block["block_id"] for block in wanted(name)["blocks"]}


@pytest.mark.parametrize(("name", "verb"), [("correct", "correct"), ("dispute", "dispute")])
def test_a_fact_that_was_chosen_leads_to_the_second_step(name: str, verb: str) -> None:
    payload = sent(name, {"fact": ("investigation",)})
    wish = actions.wish_of(payload)

    assert wish is not None
    assert (wish.what, wish.item, wish.needs_a_view) == (verb, "investigation", True)
    assert isinstance(reading().read(payload), Ignored)


@pytest.mark.parametrize(("chosen", "leads_on"), [("write", True), ("full", True), ("claim", False)])
def test_what_is_chosen_of_all_actions_is_opened_or_done(chosen: str, leads_on: bool) -> None:
    view = forms.everything(CASE, "C0CR", "head")
    wish = actions.wish_of(form_payload(view, {"what": (chosen,)}, "U0LEE"))

    assert wish is not None
    assert (wish.what, wish.case, wish.revision, wish.channel) == (chosen, "CRI-2026-0042", 7, "C0CR")
    assert wish.needs_a_view is leads_on


def test_the_pages_of_a_message_follow_one_another_and_begin_anew() -> None:
    texts, page, seen = ("word " * 8000,), 1, []
    for _ in range(4):
        view = forms.full_message(CASE, "C0CR", texts, page)
        wish = actions.wish_of(form_payload(view, {}, "U0LEE"))
        assert wish is not None
        assert wish.what == "full"
        seen.append(page := int(wish.item))

    assert seen == [2, 3, 1, 2]


def test_a_number_that_is_none_is_said_at_the_field() -> None:
    wish = actions.wish_of(form_payload(forms.place_held("12", "C0REV"), {"case": "42"}, "U0LEE"))
    assert wish is not None

    assert list(actions.faults(wish)) == ["case"]


def test_evidence_that_is_gone_is_named_by_no_words() -> None:
    assert read(sent("dispute the investigation", {"evidence": ("7",)})).values["text"] == ""


@pytest.mark.parametrize(
    "payload",
    [
        click_payload("request_answer", "CRI-2026-0042"),
        form_payload({"callback_id": "request_answers"}, {}),
        {"type": "shortcut"},
    ],
)
def test_what_requesters_do_is_no_action_of_staff(payload: dict[str, Any]) -> None:
    assert actions.wish_of(payload) is None


@pytest.mark.parametrize("value", ["", "CRI-2026-0042|seven", "CRI-2026-0042|7|x|y", "|" * 9])
@pytest.mark.parametrize("action_id", ["case_claim", "case_nothing", "case_", "case_more", "case_choice"])
def test_a_click_of_another_form_than_ours_does_nothing(action_id: str, value: str) -> None:
    payload = json.loads(json.dumps(click_payload(action_id, value)))
    try:
        wish = actions.wish_of(payload)
    except (KeyError, ValueError, IndexError, TypeError):
        return
    assert wish is None or wish.what in {"claim"}
