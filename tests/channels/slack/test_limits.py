"""What Slack would refuse is found before it is sent."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from crbot.channels.slack.limits import Surface, problems

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def button(**more: Any) -> Json:
    return {"type": "button", "action_id": "a", "text": plain("Claim"), "value": "1", **more}


def option(value: str = "1", **more: Any) -> Json:
    return {"text": plain("One"), "value": value, **more}


def options(count: int) -> list[Json]:
    return [option(str(number)) for number in range(count)]


def acting(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def choosing(kind: str, **more: Any) -> Json:
    return acting({"type": kind, "action_id": "a", **more})


def asking(element: Json, **more: Any) -> Json:
    return {"type": "input", "label": plain("Agency"), "element": element, **more}


def quoting(*runs: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": list(runs)}]}


def confirm(**more: Any) -> Json:
    return {
        "title": plain("Close"),
        "text": plain("Really?"),
        "confirm": plain("Close"),
        "deny": plain("Back"),
        **more,
    }


TEXT_INPUT = {"type": "plain_text_input", "action_id": "v"}

GOOD = [
    {"type": "header", "block_id": "h", "text": plain("x" * 150)},
    {"type": "section", "text": mrkdwn("x" * 3000), "fields": [mrkdwn("x" * 2000)] * 10},
    {"type": "section", "text": plain("x"), "accessory": button()},
    {
        "type": "context",
        "elements": [mrkdwn("x" * 3000)] * 9 + [{"type": "image", "image_url": "u", "alt_text": "x"}],
    },
    acting(*(button(action_id=str(number)) for number in range(25))),
    acting(button(style="danger", confirm=confirm(), url="https://a", accessibility_label="x" * 75)),
    choosing("overflow", options=options(5)),
    choosing("static_select", options=options(100), placeholder=plain("x" * 150)),
    choosing("static_select", option_groups=[{"label": plain("x"), "options": options(100)}]),
    choosing("radio_buttons", options=[option(description=mrkdwn("x" * 75))]),
    choosing("checkboxes", options=options(10)),
    {"type": "divider"},
    {"type": "image", "image_url": "https://a", "alt_text": "x"},
    quoting({"type": "text", "text": "<!channel>"}),
    choosing("checkboxes", options=options(3), initial_options=options(2)),
    choosing(
        "static_select",
        option_groups=[{"label": plain("x"), "options": options(2)}],
        initial_option=option("1"),
    ),
    asking({"type": "datetimepicker", "action_id": "v", "initial_date_time": 1795319400}),
    asking({**TEXT_INPUT, "max_length": 3000, "initial_value": "x" * 3000}, hint=plain("x"), optional=True),
]

BAD: dict[str, tuple[Json, str]] = {
    "unknown block": ({"type": "carousel"}, "/blocks/0: 'carousel'"),
    "unknown key": ({"type": "divider", "colour": "red"}, "/blocks/0/colour"),
    "long block_id": ({"type": "divider", "block_id": "x" * 256}, "/blocks/0/block_id: 256"),
    "long header": ({"type": "header", "text": plain("x" * 151)}, "/blocks/0/text: 151"),
    "header in mrkdwn": ({"type": "header", "text": mrkdwn("x")}, "must be plain_text"),
    "empty header": ({"type": "header", "text": plain("")}, "empty"),
    "section of nothing": ({"type": "section"}, "neither text nor fields"),
    "long section": ({"type": "section", "text": mrkdwn("x" * 3001)}, "3001"),
    "eleven fields": ({"type": "section", "fields": [mrkdwn("x")] * 11}, "/fields: 11"),
    "no fields": ({"type": "section", "fields": []}, "/fields: 0"),
    "long field": ({"type": "section", "fields": [mrkdwn("x" * 2001)]}, "/fields/0: 2001"),
    "text that is none": ({"type": "section", "text": "words"}, "no text object"),
    "text with an unknown key": ({"type": "section", "text": {**mrkdwn("x"), "emoji": True}}, "/text/emoji"),
    "text without text": ({"type": "section", "text": {"type": "mrkdwn"}}, "no text"),
    "eleven in a context": ({"type": "context", "elements": [mrkdwn("x")] * 11}, "/elements: 11"),
    "long context": ({"type": "context", "elements": [mrkdwn("x" * 3001)]}, "3001"),
    "26 actions": (acting(*(button(action_id=str(n)) for n in range(26))), "/elements: 26"),
    "no actions": (acting(), "/elements: 0"),
    "no action_id": (acting({"type": "button", "text": plain("x")}), "/action_id: no text"),
    "long action_id": (acting(button(action_id="x" * 256)), "/action_id: 256"),
    "action_id twice": (acting(button(), button()), "action_id 'a' 2 times"),
    "unknown element": (acting({"type": "slider", "action_id": "a"}), "'slider'"),
    "long button": (acting(button(text=plain("x" * 76))), "76"),
    "button in mrkdwn": (acting(button(text=mrkdwn("x"))), "must be plain_text"),
    "long value": (acting(button(value="x" * 2001)), "/value: 2001"),
    "long url": (acting(button(url="x" * 3001)), "/url: 3001"),
    "long accessibility_label": (acting(button(accessibility_label="x" * 76)), "76"),
    "a colour of one's own": (acting(button(style="blue")), "/style: 'blue'"),
    "two styled buttons": (
        acting(button(style="primary"), button(action_id="b", style="danger")),
        "2 styled buttons",
    ),
    "long confirm title": (acting(button(confirm=confirm(title=plain("x" * 101)))), "/title: 101"),
    "long confirm text": (acting(button(confirm=confirm(text=plain("x" * 301)))), "/text: 301"),
    "long confirm button": (acting(button(confirm=confirm(confirm=plain("x" * 31)))), "/confirm: 31"),
    "long deny button": (acting(button(confirm=confirm(deny=plain("x" * 31)))), "/deny: 31"),
    "confirm that is none": (acting(button(confirm="really?")), "no confirmation"),
    "six in an overflow": (choosing("overflow", options=options(6)), "/options: 6"),
    "101 options": (choosing("static_select", options=options(101)), "/options: 101"),
    "no options": (choosing("static_select", options=[]), "/options: 0"),
    "neither options nor groups": (choosing("static_select"), "exactly one"),
    "eleven radio buttons": (choosing("radio_buttons", options=options(11)), "/options: 11"),
    "eleven boxes": (choosing("checkboxes", options=options(11)), "/options: 11"),
    "long option": (choosing("static_select", options=[option(text=plain("x" * 76))]), "/text: 76"),
    "long option value": (choosing("static_select", options=[option("x" * 151)]), "/value: 151"),
    "long description": (
        choosing("overflow", options=[option(description=plain("x" * 76))]),
        "/description: 76",
    ),
    "option value twice": (choosing("overflow", options=[option(), option()]), "option value '1' 2 times"),
    "long placeholder": (choosing("static_select", options=options(1), placeholder=plain("x" * 151)), "151"),
    "101 groups": (
        choosing("static_select", option_groups=[{"label": plain("x"), "options": options(1)}] * 101),
        "/option_groups: 101",
    ),
    "chosen beforehand, and not offered": (
        choosing("radio_buttons", options=options(2), initial_option=option("7")),
        "/initial_option: none of the options",
    ),
    "chosen beforehand in other words": (
        choosing("static_select", options=options(2), initial_option={**option("1"), "text": plain("Uno")}),
        "/initial_option: none of the options",
    ),
    "none chosen beforehand": (
        choosing("checkboxes", options=options(2), initial_options=[]),
        "/initial_options: not all",
    ),
    "one of two chosen beforehand is not offered": (
        choosing("checkboxes", options=options(2), initial_options=[option("0"), option("7")]),
        "/initial_options: not all",
    ),
    "a time in milliseconds": (
        asking({"type": "datetimepicker", "action_id": "v", "initial_date_time": 1795319400000}),
        "/initial_date_time: 1795319400000",
    ),
    "image without words": ({"type": "image", "image_url": "https://a"}, "/alt_text: no text"),
    "image without image": ({"type": "image", "alt_text": "x"}, "neither image_url"),
    "a mention in a quote": (quoting({"type": "user", "user_id": "U0LEE"}), "'user' could link or ping"),
    "an empty quote": (quoting(), "/elements: 0"),
    "no words in a quote": (quoting({"type": "text", "text": ""}), "empty"),
    "long label": (asking(TEXT_INPUT, label=plain("x" * 2001)), "/label: 2001"),
    "long hint": (asking(TEXT_INPUT, hint=plain("x" * 2001)), "/hint: 2001"),
    "endless answer": (asking({**TEXT_INPUT, "max_length": 3001}), "/max_length: 3001"),
    "prefilled beyond its length": (
        asking({**TEXT_INPUT, "max_length": 2, "initial_value": "xxx"}),
        "/initial_value: longer than 2",
    ),
}


def message(*blocks: Json, text: object = "words") -> Json:
    return {"text": text, "blocks": list(blocks)}


def view(**more: Any) -> Json:
    return {
        "type": "modal",
        "title": plain("Re-route"),
        "blocks": [asking(TEXT_INPUT)],
        "submit": plain("Go"),
        **more,
    }


@pytest.mark.parametrize("block", GOOD, ids=lambda block: block["type"])
def test_what_slack_takes_is_no_problem(block: Json) -> None:
    assert problems(message(block), Surface.MESSAGE) == []


@pytest.mark.parametrize("name", BAD)
def test_what_slack_refuses_is_found_with_its_place(name: str) -> None:
    block, found = BAD[name]

    assert any(found in problem for problem in problems(message(deepcopy(block)), Surface.MESSAGE))


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        (message(), "/blocks: none"),
        (message(*[{"type": "divider"}] * 51), "/blocks: 51, at most 50"),
        (
            message({"type": "divider", "block_id": "x"}, {"type": "divider", "block_id": "x"}),
            "block_id 'x' 2 times",
        ),
        (message({"type": "divider"}, text=""), "/text: empty"),
        (message({"type": "divider"}, text=None), "/text: no text"),
        (message({"type": "divider"}, text="x" * 4001), "/text: 4001"),
        (message(*[{"type": "context", "elements": [mrkdwn("x" * 3000)] * 10}] * 9), "bytes, at most 250000"),
    ],
)
def test_a_message_as_a_whole_has_limits(payload: Json, found: str) -> None:
    assert any(found in problem for problem in problems(payload, Surface.MESSAGE))


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        (view(title=plain("x" * 25)), "/title: 25"),
        (view(title=None), "/title: no text object"),
        (view(submit=plain("x" * 25)), "/submit: 25"),
        (view(close=plain("x" * 25)), "/close: 25"),
        (view(private_metadata="x" * 3001), "/private_metadata: 3001"),
        (view(callback_id="x" * 256), "/callback_id: 256"),
        (view(external_id="x" * 256), "/external_id: 256"),
        (view(blocks=[{"type": "divider"}] * 101), "/blocks: 101, at most 100"),
        ({key: value for key, value in view().items() if key != "submit"}, "/submit: missing"),
    ],
)
def test_a_form_has_limits_of_its_own(payload: Json, found: str) -> None:
    assert problems(view(private_metadata=""), Surface.MODAL) == []
    assert any(found in problem for problem in problems(payload, Surface.MODAL))


def test_a_home_tab_holds_a_hundred_blocks_and_needs_no_title() -> None:
    assert problems({"type": "home", "blocks": [{"type": "divider"}] * 100}, Surface.HOME) == []
    assert problems({"type": "home", "blocks": [{"type": "divider"}] * 101}, Surface.HOME) != []
