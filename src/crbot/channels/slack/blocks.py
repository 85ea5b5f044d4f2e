"""Builders for the few kinds of block that crbot draws with.

Words come in ready: escaped where a block is mrkdwn, plain where it is not (`text` does both). Whether the whole
keeps Slack's limits is `limits`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from crbot.channels.slack.text import clean, clip, one_line

Block = dict[str, Any]
Payload = dict[str, Any]

HEADER, SECTION, FIELD, CONTEXT = 150, 3000, 2000, 3000  # characters, as Slack counts them
BUTTON, ACCESSIBLE, CONFIRM_TITLE, CONFIRM_TEXT, CONFIRM_BUTTON = 75, 75, 100, 300, 30
FALLBACK = 4000
TITLE, LABEL, HINT, PLACEHOLDER = 24, 2000, 2000, 150
OPTION, LONGEST_INPUT = 75, 3000
MOST_RADIO, MOST_OPTIONS, MOST_IN_MENU = 10, 100, 5
VALUE = "value"  # the action id of every field of a form: a block holds one


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of foreign words in a quote; strong where they decided something."""

    text: str
    strong: bool = False


class Style(StrEnum):
    """How a button stands out: as what is waited for, or as what can't be taken back."""

    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Button:
    """A button: what it says, what it does, and what is asked before it is done."""

    action_id: str
    text: str
    value: str
    accessible: str  # what a screen reader says
    style: Style | None = None
    confirm: tuple[str, str] | None = None  # title and text of the question


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose: what it is called in what comes back, and in words."""

    value: str
    text: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """What else can be done, behind three dots."""

    action_id: str
    options: tuple[Option, ...]  # one to five


def header(block_id: str, text: str) -> Block:
    return {"type": "header", "block_id": block_id, "text": _plain(one_line(text), HEADER)}


def section(block_id: str, mrkdwn: str, beside: Button | None = None) -> Block:
    block: Block = {"type": "section", "block_id": block_id, "text": _mrkdwn(mrkdwn)}
    return {**block, "accessory": _button(beside)} if beside else block


def fields(block_id: str, mrkdwn: Iterable[str]) -> Block:
    return {"type": "section", "block_id": block_id, "fields": [_mrkdwn(text) for text in mrkdwn]}


def context(block_id: str, mrkdwn: str) -> Block:
    return {"type": "context", "block_id": block_id, "elements": [_mrkdwn(mrkdwn)]}


def quote(block_id: str, runs: Iterable[Run]) -> Block:
    """A stranger's words behind a bar. Slack parses nothing in such text, so nothing is escaped."""
    shown = [Run(clean(run.text), run.strong) for run in runs]
    elements = [_run(run) for run in shown if run.text] or [_run(Run("(no words)"))]
    return {
        "type": "rich_text",
        "block_id": block_id,
        "elements": [{"type": "rich_text_quote", "elements": elements}],
    }


def divider(block_id: str) -> Block:
    return {"type": "divider", "block_id": block_id}


def actions(block_id: str, elements: Iterable[Button | Menu | Block]) -> Block:
    return {"type": "actions", "block_id": block_id, "elements": [_element(each) for each in elements]}


def _element(element: Button | Menu | Block) -> Block:
    match element:
        case Button():
            return _button(element)
        case Menu(action_id=action_id, options=options):
            return {"type": "overflow", "action_id": action_id, "options": _options(options)}
        case _:
            return element


def _button(button: Button) -> Block:
    element: Block = {
        "type": "button",
        "action_id": button.action_id,
        "text": _plain(button.text, BUTTON),
        "value": button.value,
        "accessibility_label": clip(button.accessible, ACCESSIBLE),
    }
    if button.style:
        element["style"] = button.style.value
    if button.confirm:
        title, text = button.confirm
        element["confirm"] = {
            "title": _plain(title, CONFIRM_TITLE),
            "text": _plain(text, CONFIRM_TEXT),
            "confirm": _plain(button.text, CONFIRM_BUTTON),
            "deny": _plain("Go Back", CONFIRM_BUTTON),
        }
    return element


# --- forms ----------------------------------------------------------------------------------------------------


def modal(callback_id: str, title: str, metadata: str, parts: Iterable[Block], submit: str = "") -> Payload:
    """A form, or without `submit` something to read. `metadata` comes back with it and is shown to nobody."""
    view: Payload = {
        "type": "modal",
        "callback_id": callback_id,
        "private_metadata": metadata,
        "title": _plain(title, TITLE),
        "close": _plain("Cancel" if submit else "Done", TITLE),
        "blocks": list(parts),
    }
    return {**view, "submit": _plain(submit, TITLE)} if submit else view


def field(block_id: str, label: str, element: Block, *, hint: str = "", is_optional: bool = False) -> Block:
    """A field of a form."""
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": _plain(one_line(label), LABEL),
        "element": element,
        "optional": is_optional,
    }
    return {**block, "hint": _plain(hint, HINT)} if hint else block


def words(initial: str = "", *, most: int = LONGEST_INPUT, is_long: bool = True) -> Block:
    """Room for words. What was written before must fit, since what is cut would be lost when it comes back."""
    element: Block = {
        "type": "plain_text_input",
        "action_id": VALUE,
        "multiline": is_long,
        "max_length": most,
    }
    before = clean(initial)
    return {**element, "initial_value": before} if before and len(before) <= most else element


def choice(options: Sequence[Option], chosen: Iterable[str] = ()) -> Block:
    """One of several: all in sight where they are few, else in a list."""
    offered = options[:MOST_OPTIONS]
    before = [each for each in offered if each.value in set(chosen)][:1]
    element: Block = {"action_id": VALUE, "options": _options(offered)}
    if before:
        element["initial_option"] = _options(before)[0]
    return {**element, **_LIST} if len(offered) > MOST_RADIO else {**element, "type": "radio_buttons"}


def switch(action_id: str, options: Sequence[Option], chosen: str) -> Block:
    """A list beside buttons, which is told of at once when another of its options is chosen."""
    before = next(each for each in options if each.value == chosen)
    offered = {"options": _options(options), "initial_option": _options([before])[0]}
    return {"type": "static_select", "action_id": action_id, **offered}


def choices(options: Sequence[Option], chosen: Iterable[str] = ()) -> Block:
    """Any number of several."""
    offered = options[:MOST_OPTIONS]
    before = [each for each in offered if each.value in set(chosen)]
    element: Block = {"action_id": VALUE, "options": _options(offered)}
    if before:
        element["initial_options"] = _options(before)
    if len(offered) > MOST_RADIO:
        placeholder = _plain("Choose any", PLACEHOLDER)
        return {**element, "type": "multi_static_select", "placeholder": placeholder}
    return {**element, "type": "checkboxes"}


def moment(initial: datetime | None = None) -> Block:
    """A day and a time, picked in the picker's own zone."""
    element: Block = {"type": "datetimepicker", "action_id": VALUE}
    return {**element, "initial_date_time": int(initial.timestamp())} if initial else element


def day() -> Block:
    return {"type": "datepicker", "action_id": VALUE, "placeholder": _plain("Choose a day", PLACEHOLDER)}


def _options(options: Iterable[Option]) -> list[Block]:
    return [_option(each) for each in options]


def _option(option: Option) -> Block:
    shown: Block = {"text": _plain(one_line(option.text) or option.value, OPTION), "value": option.value}
    return {**shown, "description": _plain(option.meaning, OPTION)} if option.meaning else shown


def _run(run: Run) -> Block:
    element: Block = {"type": "text", "text": run.text}
    return {**element, "style": {"bold": True}} if run.strong else element


def _plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": clip(text, limit), "emoji": False}


_LIST: Block = {"type": "static_select", "placeholder": _plain("Choose one", PLACEHOLDER)}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}
