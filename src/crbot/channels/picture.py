"""The picture of a decision: which facts lead to which rules, these to which dispositions and queues.

It is laid out here and drawn as SVG by the page; all that it shows stands in words on the page, too.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crbot.cases.rulebook import Rulebook

_COLUMNS = ((0, 230), (330, 360), (790, 230))  # left edge and width of each: facts, rules, results
_LINE, _PADDING, _GAP, _HEAD = 18, 10, 16, 34
_LETTER = 7.4  # the width of a letter, at most, in the size in which the page sets it


@dataclass(frozen=True, slots=True)
class Box:
    """A box with lines of text; the first ones are its name."""

    x: int
    y: int
    width: int
    height: int
    name: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def middle(self) -> int:
        return self.y + self.height // 2


@dataclass(frozen=True, slots=True)
class Arrow:
    """From the right edge of a box to the left edge of another, with a word on it."""

    x1: int
    y1: int
    x2: int
    y2: int
    kind: str  # pass, ask, flag, fail; "reads" or "routes"


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn, and the same in one sentence."""

    width: int
    height: int
    heads: tuple[tuple[int, str], ...]
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    told: str


def picture_of(rules: Rulebook) -> Picture:
    """Lay out facts, rules, dispositions and queues from left to right."""
    policy = rules.policy
    routed = tuple(dict.fromkeys(fact for row in policy.routes for fact in row.wants))
    read = tuple(dict.fromkeys((*(fact for rule in policy.rules for fact in rule.facts), *routed)))
    queues = tuple(dict.fromkeys(row.queue for row in policy.routes))
    facts = _column(0, {fact: (policy.label("fact", fact),) for fact in read})
    middle = _column(
        1,
        {rule.name: (rule.name.replace("_", " "), rule.title) for rule in policy.rules}
        | {"routing": ("routing", "The first row of the table that fits")},
    )
    results = _column(
        2,
        {
            each: (each.replace("_", " "), f"gravest outcome: {outcome}")
            for outcome, each in policy.dispositions.items()
        }
        | {each: (policy.label("queue", each), "queue") for each in queues},
    )
    arrows = [_arrow(facts[fact], middle[rule.name], "reads") for rule in policy.rules for fact in rule.facts]
    arrows += [_arrow(facts[fact], middle["routing"], "reads") for fact in routed]
    for rule in policy.rules:
        for outcome in sorted(
            {each.outcome for each in rule.verdicts.values()}, key=lambda each: each.gravity
        ):
            arrows.append(_arrow(middle[rule.name], results[policy.dispositions[outcome]], outcome.value))
    arrows += [_arrow(middle["routing"], results[queue], "routes") for queue in queues]
    boxes = (*facts.values(), *middle.values(), *results.values())
    return Picture(
        width=sum(_COLUMNS[-1]),
        height=max(box.y + box.height for box in boxes) + 2,
        heads=tuple(
            zip((x for x, _ in _COLUMNS), ("Facts", "Rules", "Dispositions and queues"), strict=True)
        ),
        boxes=boxes,
        arrows=tuple(arrows),
        told=f"{len(read)} facts are read by {len(policy.rules)} rules and the routing table. The gravest outcome of "
        f"the rules gives one of {len(policy.dispositions)} dispositions, the first row that fits one of {len(queues)} queues.",
    )


def _column(number: int, texts: Mapping[str, Sequence[str]]) -> dict[str, Box]:
    """Boxes below one another, each of a name and what is said of it."""
    x, width = _COLUMNS[number]
    letters = int((width - 2 * _PADDING) / _LETTER)
    y, boxes = _HEAD, {}
    for key, (name, *rest) in texts.items():
        title, words = (
            tuple(textwrap.wrap(name, letters)),
            tuple(line for each in rest for line in textwrap.wrap(each, letters)),
        )
        height = (len(title) + len(words)) * _LINE + 2 * _PADDING
        boxes[key] = Box(x, y, width, height, title, words)
        y += height + _GAP
    return boxes


def _arrow(one: Box, two: Box, kind: str) -> Arrow:
    return Arrow(one.x + one.width, one.middle, two.x, two.middle, kind)
