"""Builders for the few kinds of block that crbot draws with.

Words come in ready: escaped where a block is mrkdwn, plain where it is not (`text` does both). Whether the whole
keeps Slack's limits is `limits`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from crbot.channels.slack.text import clean, clip, one_line

Block = dict[str, Any]
Payload = dict[str, Any]

HEADER, SECTION, FIELD, CONTEXT = 150, 3000, 2000, 3000  # characters, as Slack counts them
BUTTON, ACCESSIBLE, CONFIRM_TITLE, CONFIRM_TEXT, CONFIRM_BUTTON = 75, 75, 100, 300, 30
FALLBACK = 4000


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


def header(block_id: str, text: str) -> Block:
    return {"type": "header", "block_id": block_id, "text": _plain(one_line(text), HEADER)}


def section(block_id: str, mrkdwn: str) -> Block:
    return {"type": "section", "block_id": block_id, "text": _mrkdwn(mrkdwn)}


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


def actions(block_id: str, buttons: Iterable[Button]) -> Block:
    return {"type": "actions", "block_id": block_id, "elements": [_button(button) for button in buttons]}


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


def _run(run: Run) -> Block:
    element: Block = {"type": "text", "text": run.text}
    return {**element, "style": {"bold": True}} if run.strong else element


def _plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": clip(text, limit), "emoji": False}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}
