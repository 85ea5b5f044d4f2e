"""Whether a mention counts: denied, over, only supposed, another's, expected, still going on.

In the manner of the ConText algorithm (Harkema and others, 2009): a trigger phrase before or after the mention
changes what it means, as far as its reach and up to the next stop. The triggers stand in `context.yaml`; what a
mention tells in which context, `reading` decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from crbot.triage.notation import Block, Faults, Pieces, Section, check_keys, read_pieces, section_of, text_of
from crbot.triage.phrases import Hit, Scan


class Context(StrEnum):
    """What the words around a mention make of it; where several apply, the first of these decides."""

    SUPPOSED = "supposed"
    DENIED = "denied"
    ANOTHERS = "anothers"
    UNRELATED = "unrelated"
    ONGOING = "ongoing"
    ENDED = "ended"
    EXPECTED = "expected"
    ASSERTED = "asserted"  # nothing around it changes it


_CANCELS = "cancels"  # a denial taken back: "I can't say that there is no suit"
KINDS = (*(each.value for each in Context if each is not Context.ASSERTED), _CANCELS)


@dataclass(frozen=True, slots=True)
class Standing:
    """The context of one mention, and the trigger that made it so."""

    context: Context
    trigger: Hit | None = None

    def explained(self, titles: Mapping[str, str]) -> str:
        """For people: "denied by “no” (context.yaml:14)"."""
        if self.trigger is None:
            return ""
        return f"{titles.get(self.context, self.context)} by “{self.trigger.phrase}” ({self.trigger.where})"


@dataclass(frozen=True, slots=True)
class ContextRules:
    """The kinds of triggers: how people call them, and how far they reach."""

    titles: Mapping[str, str]
    reach: Mapping[str, int]  # in words


def read_context(tree: Section, faults: Faults) -> tuple[ContextRules, dict[str, list[Pieces]]]:
    """Read `context.yaml`: the kinds, and their triggers as cues "context:<kind>:<before, after or next>"."""
    check_keys(tree, ("title", "source", "kinds", "stops", "nothing"), (), faults)
    kinds = section_of(tree, "kinds")
    check_keys(kinds, (), KINDS, faults)
    triggers: dict[str, list[Pieces]] = {}
    titles, reach = {}, {}
    for kind, entry in kinds.items.items():
        if not isinstance(entry, Section):
            continue
        check_keys(entry, ("title", "reach"), ("before", "after", "next"), faults)
        titles[kind] = text_of(entry, "title")
        reach[kind] = int(text_of(entry, "reach")) if text_of(entry, "reach").isdecimal() else 0
        if not reach[kind]:
            faults.add(entry.where, "`reach:` must be a number of words, as in `reach: 10`")
        for side in ("before", "after", "next"):
            triggers[f"context:{kind}:{side}"] = _lines(entry.items.get(side), faults)
    for name in ("stops", "nothing"):
        triggers[f"context:{name}"] = _lines(tree.items.get(name), faults)
    return ContextRules(titles, reach), triggers


def _lines(block: object, faults: Faults) -> list[Pieces]:
    lines = block.lines() if isinstance(block, Block) else ()
    return [pieces for line in lines if (pieces := read_pieces(line, faults))]


@dataclass(frozen=True, slots=True)
class _Trigger:
    kind: str
    side: str  # before, after, next; "" for a stop
    hit: Hit


_NAMES = tuple(f"context:{kind}:{side}" for kind in KINDS for side in ("before", "after", "next"))
_OPENING_WORDS = 4  # how far into the next sentence a trigger that speaks of this one may begin


@dataclass(slots=True)
class Contexts:
    """The contexts of the mentions in one scan; the triggers of a sentence are looked up once."""

    scan: Scan
    rules: ContextRules
    _triggers: dict[int, tuple[_Trigger, ...]] = field(default_factory=dict)

    def of(self, mention: Hit) -> Standing:
        """The context of a mention: the first of `Context` for which a trigger reaches it."""
        triggers = self._in_sentence(mention.sentence)
        stops = [each.hit for each in triggers if not each.side]
        reaching: dict[str, Hit] = {}
        for each in triggers:
            if each.side and self._reaches(each, mention, stops):
                reaching.setdefault(each.kind, each.hit)
        for each in self._in_next_sentence(mention):
            reaching.setdefault(each.kind, each.hit)
        if _CANCELS in reaching and Context.DENIED in reaching:
            return Standing(Context.ONGOING, reaching[_CANCELS])
        if self.scan.sentences[mention.sentence].is_question and Context.DENIED not in reaching:
            return Standing(Context.SUPPOSED)
        for context in Context:
            if context in reaching:
                return Standing(context, reaching[context])
        return Standing(Context.ASSERTED)

    def cancelled(self, mention: Hit) -> Hit | None:
        """The trigger that takes back a mention which is itself a denial."""
        triggers = self._in_sentence(mention.sentence)
        stops = [each.hit for each in triggers if not each.side]
        for each in triggers:
            if each.kind == _CANCELS and self._reaches(each, mention, stops):
                return each.hit
        return None

    def _reaches(self, trigger: _Trigger, mention: Hit, stops: Iterable[Hit]) -> bool:
        hit = trigger.hit
        if trigger.side == "before":
            first, last = hit, mention
        elif trigger.side == "after":
            first, last = mention, hit
        else:
            return False
        distance = last.first_word - first.last_word - 1
        if distance < 0 or distance > self.rules.reach[trigger.kind]:
            return False
        return not any(first.end <= stop.start and stop.end <= last.start for stop in stops)

    def _in_next_sentence(self, mention: Hit) -> list[_Trigger]:
        """Triggers that open the next sentence and speak of this one: "That was settled in May.\" """
        following = mention.sentence + 1
        sentences = self.scan.sentences
        if following >= len(sentences) or sentences[following].part is not sentences[mention.sentence].part:
            return []
        start = sentences[following].start
        opening = start + 60
        triggers = [each for each in self._in_sentence(following) if each.side == "next" and each.hit.start < opening]
        return triggers

    def _in_sentence(self, index: int) -> tuple[_Trigger, ...]:
        """The triggers and stops of a sentence without those that lie inside a longer one."""
        if index not in self._triggers:
            found = [
                _Trigger(kind, side, hit)
                for kind, side, name in _LOOKED_UP
                for hit in self.scan.in_sentence(index, name)
            ]
            self._triggers[index] = _longest(found)
        return self._triggers[index]


_LOOKED_UP = (
    *((kind, side, f"context:{kind}:{side}") for kind in KINDS for side in ("before", "after", "next")),
    ("stop", "", "context:stops"),
    ("nothing", "nothing", "context:nothing"),
)


def _longest(found: list[_Trigger]) -> tuple[_Trigger, ...]:
    """Of triggers that lie inside another the outer one; of equal ones all."""
    ordered = sorted(found, key=lambda each: (each.hit.start, -each.hit.end))
    kept: list[_Trigger] = []
    reached = start = -1
    for each in ordered:
        if each.hit.end > reached or (each.hit.start == start and each.hit.end == reached):
            kept.append(each)
            start, reached = each.hit.start, each.hit.end
    return tuple(kept)
