"""Tells what Slack would refuse in a message, a modal or a home tab before it is sent.

Knows the kinds of block that crbot draws with, and calls every other a problem. What is sent instead of a card
that breaks a limit is `cards`'s affair.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any


class Surface(StrEnum):
    """Where blocks are shown."""

    MESSAGE = "message"
    MODAL = "modal"
    HOME = "home"


MOST_BLOCKS = {Surface.MESSAGE: 50, Surface.MODAL: 100, Surface.HOME: 100}
MOST_BYTES = 250_000
LONGEST_FALLBACK = 4000
LONGEST_ID = 255
STYLES = frozenset({"primary", "danger"})

Problems = Iterator[str]
Node = Mapping[str, Any]


def problems(payload: Node, surface: Surface) -> list[str]:
    """Every limit that a payload breaks, each with a pointer to the place; empty when Slack will take it."""
    return [*_of_surface(payload, surface), *_of_blocks(payload, surface), *_of_whole(payload)]


def _of_surface(payload: Node, surface: Surface) -> Problems:
    if surface is Surface.MESSAGE:
        yield from _string(payload.get("text"), "/text", LONGEST_FALLBACK)
        return
    for key, limit in {
        "callback_id": LONGEST_ID,
        "external_id": LONGEST_ID,
        "private_metadata": 3000,
    }.items():
        if key in payload:
            yield from _string(payload[key], f"/{key}", limit, empty=True)
    if surface is Surface.MODAL:
        yield from _text(payload.get("title"), "/title", 24, plain=True)
        for key in ("submit", "close"):
            if key in payload:
                yield from _text(payload[key], f"/{key}", 24, plain=True)
        if "submit" not in payload and any(
            block.get("type") == "input" for block in _nodes(payload, "blocks")
        ):
            yield "/submit: missing, and the view has inputs"


def _of_blocks(payload: Node, surface: Surface) -> Problems:
    blocks = payload.get("blocks")
    if not isinstance(blocks, list) or not blocks:
        yield "/blocks: none"
        return
    if len(blocks) > MOST_BLOCKS[surface]:
        yield f"/blocks: {len(blocks)}, at most {MOST_BLOCKS[surface]} on a {surface.value}"
    for index, block in enumerate(blocks):
        yield from _block(block, f"/blocks/{index}")
    yield from _twice((block.get("block_id") for block in _nodes(payload, "blocks")), "/blocks", "block_id")


def _of_whole(payload: Node) -> Problems:
    styled = [
        element for element in _everything(payload) if element.get("type") == "button" and "style" in element
    ]
    if len(styled) > 1:
        yield f"/: {len(styled)} styled buttons, at most 1"
    size = len(json.dumps(payload))
    if size > MOST_BYTES:
        yield f"/: {size} bytes, at most {MOST_BYTES}"


# --- blocks ---------------------------------------------------------------------------------------------------


def _block(block: object, at: str) -> Problems:
    if not isinstance(block, dict) or block.get("type") not in _BLOCKS:
        yield f"{at}: {_type(block)} is no block that crbot uses"
        return
    keys, check = _BLOCKS[block["type"]]
    yield from _unknown(block, at, keys | {"type", "block_id"})
    if "block_id" in block:
        yield from _string(block["block_id"], f"{at}/block_id", LONGEST_ID)
    yield from check(block, at)


def _header(block: Node, at: str) -> Problems:
    yield from _text(block.get("text"), f"{at}/text", 150, plain=True)


def _section(block: Node, at: str) -> Problems:
    if "text" not in block and "fields" not in block:
        yield f"{at}: neither text nor fields"
    if "text" in block:
        yield from _text(block["text"], f"{at}/text", 3000)
    if "fields" in block:
        yield from _count(block["fields"], f"{at}/fields", 1, 10)
        for index, text in enumerate(_nodes(block, "fields")):
            yield from _text(text, f"{at}/fields/{index}", 2000)
    if "accessory" in block:
        yield from _element(block["accessory"], f"{at}/accessory")


def _context(block: Node, at: str) -> Problems:
    yield from _count(block.get("elements"), f"{at}/elements", 1, 10)
    for index, element in enumerate(_nodes(block, "elements")):
        if element.get("type") == "image":
            yield from _image(element, f"{at}/elements/{index}")
        else:
            yield from _text(element, f"{at}/elements/{index}", 3000)


def _actions(block: Node, at: str) -> Problems:
    yield from _count(block.get("elements"), f"{at}/elements", 1, 25)
    for index, element in enumerate(_nodes(block, "elements")):
        yield from _element(element, f"{at}/elements/{index}")
    yield from _twice((element.get("action_id") for element in _nodes(block, "elements")), at, "action_id")


def _image(block: Node, at: str) -> Problems:
    yield from _string(block.get("alt_text"), f"{at}/alt_text", 2000)
    if "image_url" not in block and "slack_file" not in block:
        yield f"{at}: neither image_url nor slack_file"


def _input(block: Node, at: str) -> Problems:
    yield from _text(block.get("label"), f"{at}/label", 2000, plain=True)
    if "hint" in block:
        yield from _text(block["hint"], f"{at}/hint", 2000, plain=True)
    yield from _element(block.get("element"), f"{at}/element")


def _rich_text(block: Node, at: str) -> Problems:
    yield from _count(block.get("elements"), f"{at}/elements", 1, 100)
    for index, part in enumerate(_nodes(block, "elements")):
        here = f"{at}/elements/{index}"
        if part.get("type") not in ("rich_text_section", "rich_text_quote", "rich_text_preformatted"):
            yield f"{here}: {_type(part)} is no part of rich text that crbot uses"
        yield from _count(part.get("elements"), f"{here}/elements", 1, 1000)
        for inner, run in enumerate(_nodes(part, "elements")):
            if run.get("type") != "text":
                yield f"{here}/elements/{inner}: {_type(run)} could link or ping, only text is used"
            yield from _string(run.get("text"), f"{here}/elements/{inner}/text", 3000)


def _nothing_more(block: Node, at: str) -> Problems:
    yield from ()


_BLOCKS: dict[str, tuple[frozenset[str], Callable[[Node, str], Problems]]] = {
    "header": (frozenset({"text"}), _header),
    "section": (frozenset({"text", "fields", "accessory", "expand"}), _section),
    "context": (frozenset({"elements"}), _context),
    "actions": (frozenset({"elements"}), _actions),
    "divider": (frozenset(), _nothing_more),
    "image": (frozenset({"image_url", "alt_text", "title", "slack_file"}), _image),
    "rich_text": (frozenset({"elements"}), _rich_text),
    "input": (frozenset({"label", "element", "hint", "optional", "dispatch_action"}), _input),
}


# --- elements -------------------------------------------------------------------------------------------------


def _element(element: object, at: str) -> Problems:
    if not isinstance(element, dict) or element.get("type") not in _ELEMENTS:
        yield f"{at}: {_type(element)} is no element that crbot uses"
        return
    if element["type"] == "image":
        yield from _image(element, at)
        return
    yield from _string(element.get("action_id"), f"{at}/action_id", LONGEST_ID)
    if "placeholder" in element:
        yield from _text(element["placeholder"], f"{at}/placeholder", 150, plain=True)
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{at}/confirm")
    yield from _ELEMENTS[element["type"]](element, at)


def _button(element: Node, at: str) -> Problems:
    yield from _text(element.get("text"), f"{at}/text", 75, plain=True)
    for key, limit in {"value": 2000, "url": 3000, "accessibility_label": 75}.items():
        if key in element:
            yield from _string(element[key], f"{at}/{key}", limit)
    yield from _style(element, at)


def _confirm(confirm: object, at: str) -> Problems:
    if not isinstance(confirm, dict):
        yield f"{at}: no confirmation"
        return
    yield from _text(confirm.get("title"), f"{at}/title", 100, plain=True)
    yield from _text(confirm.get("text"), f"{at}/text", 300)
    yield from _text(confirm.get("confirm"), f"{at}/confirm", 30, plain=True)
    yield from _text(confirm.get("deny"), f"{at}/deny", 30, plain=True)
    yield from _style(confirm, at)


def _style(node: Node, at: str) -> Problems:
    if "style" in node and node["style"] not in STYLES:
        yield f"{at}/style: {node['style']!r} is none of {', '.join(sorted(STYLES))}"


def _choice(most: int, *, plain: bool = True) -> Callable[[Node, str], Problems]:
    """The check of an element that offers at most `most` options."""

    def check(element: Node, at: str) -> Problems:
        if ("options" in element) == ("option_groups" in element):
            yield f"{at}: exactly one of options and option_groups"
            return
        yield from _initial(element, at)
        if "options" in element:
            yield from _options(element, at, most, plain=plain)
            return
        yield from _count(element["option_groups"], f"{at}/option_groups", 1, 100)
        for index, group in enumerate(_nodes(element, "option_groups")):
            here = f"{at}/option_groups/{index}"
            yield from _text(group.get("label"), f"{here}/label", 75, plain=True)
            yield from _options(group, here, most, plain=plain)

    return check


def _initial(element: Node, at: str) -> Problems:
    """What is chosen beforehand must be one of the options, to the letter."""
    groups = _nodes(element, "option_groups") if "option_groups" in element else [element]
    offered = [option for group in groups for option in _nodes(group, "options")]
    if "initial_option" in element and element["initial_option"] not in offered:
        yield f"{at}/initial_option: none of the options"
    chosen = element.get("initial_options", offered)
    if not isinstance(chosen, list) or not chosen or any(each not in offered for each in chosen):
        yield f"{at}/initial_options: not all of them among the options, or none"


def _options(node: Node, at: str, most: int, *, plain: bool) -> Problems:
    yield from _count(node.get("options"), f"{at}/options", 1, most)
    for index, option in enumerate(_nodes(node, "options")):
        here = f"{at}/options/{index}"
        yield from _text(option.get("text"), f"{here}/text", 75, plain=plain)
        yield from _string(option.get("value"), f"{here}/value", 150)
        if "description" in option:
            yield from _text(option["description"], f"{here}/description", 75, plain=plain)
    yield from _twice((option.get("value") for option in _nodes(node, "options")), at, "option value")


def _moment(element: Node, at: str) -> Problems:
    value = element.get("initial_date_time", 10**9)
    if not isinstance(value, int) or len(str(value)) != 10:
        yield f"{at}/initial_date_time: {value!r} is no time in seconds since 1970, of ten digits"


def _text_input(element: Node, at: str) -> Problems:
    most = element.get("max_length", 3000)
    if not 1 <= most <= 3000:
        yield f"{at}/max_length: {most}, between 1 and 3000"
    if len(element.get("initial_value", "")) > most:
        yield f"{at}/initial_value: longer than {most} characters"


_ELEMENTS: dict[str, Callable[[Node, str], Problems]] = {
    "button": _button,
    "overflow": _choice(5),
    "static_select": _choice(100),
    "multi_static_select": _choice(100),
    "radio_buttons": _choice(10, plain=False),
    "checkboxes": _choice(10, plain=False),
    "plain_text_input": _text_input,
    "users_select": _nothing_more,
    "datepicker": _nothing_more,
    "datetimepicker": _moment,
    "file_input": _nothing_more,
    "image": _image,
}


# --- the smallest parts ---------------------------------------------------------------------------------------

_TEXT_KEYS = {
    "plain_text": frozenset({"type", "text", "emoji"}),
    "mrkdwn": frozenset({"type", "text", "verbatim"}),
}


def _text(node: object, at: str, limit: int, *, plain: bool = False) -> Problems:
    if not isinstance(node, dict) or node.get("type") not in _TEXT_KEYS:
        yield f"{at}: no text object"
        return
    if plain and node["type"] != "plain_text":
        yield f"{at}: must be plain_text"
    yield from _unknown(node, at, _TEXT_KEYS[node["type"]])
    yield from _string(node.get("text"), at, limit)


def _string(value: object, at: str, limit: int, *, empty: bool = False) -> Problems:
    if not isinstance(value, str):
        yield f"{at}: no text"
    elif not value and not empty:
        yield f"{at}: empty"
    elif len(value) > limit:
        yield f"{at}: {len(value)} characters, at most {limit}"


def _count(value: object, at: str, least: int, most: int) -> Problems:
    if not isinstance(value, list):
        yield f"{at}: no list"
    elif not least <= len(value) <= most:
        yield f"{at}: {len(value)}, between {least} and {most}"


def _twice(values: Iterable[object], at: str, what: str) -> Problems:
    for value, count in Counter(value for value in values if isinstance(value, str)).items():
        if count > 1:
            yield f"{at}: {what} {value!r} {count} times"


def _unknown(node: Node, at: str, known: frozenset[str]) -> Problems:
    for key in sorted(node.keys() - known):
        yield f"{at}/{key}: Slack knows no such key here"


def _type(node: object) -> str:
    return repr(node.get("type")) if isinstance(node, dict) else repr(node)


def _nodes(node: Node, key: str) -> list[dict[str, Any]]:
    """The objects in a list, whatever else it holds."""
    value = node.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _everything(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _everything(value)
    elif isinstance(node, list):
        for item in node:
            yield from _everything(item)
