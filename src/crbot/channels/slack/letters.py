"""Draws a letter to a requester: its words, and the buttons by which it can be answered. Pure.

What the words are is the templates'; what a button does, `reader`'s and `listen`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from crbot.cases.letters import Letter, LetterName
from crbot.channels.slack import blocks, cards
from crbot.channels.slack.blocks import Block, Button, Payload, Style

ANSWER, CORRECT, SLOT = "request_answer", "request_correct", "request_slot"
NONE = "none"  # the number of no slot
_NONE_TEXT = "None of These"
_OPEN, _SETTLED = "open", "settled"  # how the ids of blocks begin: buttons, and what is left of them


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the button of a proposed time says."""

    case: str
    round: str  # of proposals
    slot: str  # its number, or `NONE`


def letter(block_id: str, what: Letter, mrkdwn: str) -> Payload:
    """The letter as a message; its first block's id is `block_id` and a number."""
    drawn = cards.letter(block_id, mrkdwn)
    topic = _TOPIC.get(what.name)
    buttons = list(_BUTTONS[topic](what)) if topic and what.case else []
    if not buttons:
        return drawn
    return {
        **drawn,
        "blocks": [*drawn["blocks"], blocks.actions(f"{_OPEN}:{topic}:{what.case}:{block_id}", buttons)],
    }


def settled_by(what: Letter) -> tuple[str, ...]:
    """The beginnings of the ids of older buttons that this letter leaves nothing to do."""
    if not what.case:
        return ()
    return tuple(f"{_OPEN}:{topic}:{what.case}:" for topic in _SETTLES.get(what.name, ()))


def without_buttons(shown: Payload, begins: tuple[str, ...]) -> list[Block] | None:
    """The blocks of a letter that stands, its buttons replaced by a line; None where there are none of these."""
    old = shown.get("blocks") or []
    new = [_settled(block) if str(block.get("block_id", "")).startswith(begins) else block for block in old]
    return new if new != old else None


def chosen_by(value: str) -> Chosen:
    """Read the value of a slot's button."""
    case, round_, slot = value.split("|")
    return Chosen(case, round_, slot)


def _settled(block: Block) -> Block:
    block_id = _SETTLED + str(block["block_id"]).removeprefix(_OPEN)
    return blocks.context(block_id, "See our newer message below.")


def _questions(what: Letter) -> Iterator[Button]:
    if what.fields.get("questions"):
        yield _button(ANSWER, "Answer Questions", what, style=Style.PRIMARY)
    if what.name in _TELLS_WHAT_WAS_UNDERSTOOD:
        yield _button(CORRECT, "Correct Something", what)


def _slots(what: Letter) -> Iterator[Button]:
    slots = what.fields.get("slots")
    if not isinstance(slots, list | tuple):
        return
    numbered = [(str(number), str(slot)) for number, slot in enumerate(slots, start=1)]
    for number, text in (*numbered, (NONE, _NONE_TEXT)):
        value = f"{what.case}|{what.fields.get('round', '')}|{number}"
        yield Button(f"{SLOT}:{number}", text, value, f"{text}: {what.case}")


def _button(action_id: str, text: str, what: Letter, style: Style | None = None) -> Button:
    return Button(action_id, text, str(what.case), f"{text}: {what.case}", style)


_TELLS_WHAT_WAS_UNDERSTOOD = frozenset({LetterName.ACKNOWLEDGEMENT, LetterName.ANSWERS_NOTED})
_TOPIC: Mapping[LetterName, str] = {
    LetterName.ACKNOWLEDGEMENT: "questions",
    LetterName.ANSWERS_NOTED: "questions",
    LetterName.QUESTIONS: "questions",
    LetterName.REMINDER_QUESTIONS: "questions",
    LetterName.CALL_PROPOSAL: "call",
}
_BUTTONS: Mapping[str, Callable[[Letter], Iterator[Button]]] = {"questions": _questions, "call": _slots}
_SETTLES: Mapping[LetterName, tuple[str, ...]] = {
    LetterName.ANSWERS_NOTED: ("questions",),
    LetterName.QUESTIONS: ("questions",),
    LetterName.REMINDER_QUESTIONS: ("questions",),
    LetterName.CALL_PROPOSAL: ("call",),
    LetterName.CALL_SET: ("call",),
    LetterName.CALL_CHANGED: ("call",),
    LetterName.CALL_CANCELLED: ("call",),
    LetterName.DECLINE: ("questions", "call"),
    LetterName.CLOSING: ("questions", "call"),
}
