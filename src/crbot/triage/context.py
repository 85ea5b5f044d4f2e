"""Whether a mention counts: denied, over, only supposed, another's, expected, still going on.

In the manner of the ConText algorithm (Harkema and others, 2009): a trigger phrase before or after the mention
changes what it means, as far as its reach and up to the next stop. The triggers stand in `context.yaml`; what a
mention tells in which context, `reading` decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from crbot.triage.facts import Part
from crbot.triage.notation import (
    Faults,
    Pieces,
    Section,
    check_keys,
    read_pieces_of,
    read_table,
    section_of,
    text_of,
)
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


_AHEAD = ("before", "beside")
_STOP, _CLAUSE, _NOTHING = "stop", "clause", "nothing"
_CANCELS = "cancels"  # a denial taken back: "I can't say that there is no suit"
_SIDES = ("before", "beside", "after", "answer", "next")
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
    check_keys(tree, ("title", "source", "kinds", "means", "stops", "clauses", "nothing"), (), faults)
    kinds = section_of(tree, "kinds")
    check_keys(kinds, (), KINDS, faults)
    triggers: dict[str, list[Pieces]] = {}
    titles, reach = {}, {}
    for kind, entry in kinds.items.items():
        if not isinstance(entry, Section):
            continue
        check_keys(entry, ("title", "reach"), _SIDES, faults)
        titles[kind] = text_of(entry, "title")
        reach[kind] = int(text_of(entry, "reach")) if text_of(entry, "reach").isdecimal() else 0
        if not reach[kind]:
            faults.add(entry.where, "`reach:` must be a number of words, as in `reach: 10`")
        for side in _SIDES:
            triggers[f"context:{kind}:{side}"] = read_pieces_of(entry.items.get(side), faults)
    for name in ("stops", "clauses", "nothing"):
        triggers[f"context:{name}"] = read_pieces_of(tree.items.get(name), faults)
    return ContextRules(titles, reach), triggers


def read_means(tree: Section, facts: Collection[str], faults: Faults) -> dict[tuple[str, str], str]:
    """The table of what a mention tells: (fact, context) -> value, "as told", or "" for nothing."""
    rows = read_table(tree, "means", ("context", *facts), faults)
    means = {
        (fact, row.cells["context"]): row.cells[fact] for row in rows for fact in facts if fact in row.cells
    }
    for fact in facts:
        for context in Context:
            if (fact, context) not in means:
                faults.add(
                    tree.places.get("means", tree.where), f"{fact}: the context {context.value!r} has no row"
                )
    return {key: "" if value == "-" else value for key, value in means.items()}


@dataclass(frozen=True, slots=True)
class _Trigger:
    kind: str
    side: str  # before, after, answer, next; or a stop, a clause, nothing
    hit: Hit


_OPENING = 40  # characters of the next sentence in which a trigger that speaks of this one may begin
_ITEM_MARKS = "0123456789-*•·–("  # a new item speaks of something new
_CLAUSE_ENDS = ".,;!)\n\r"
_ANSWER_REACH = 3  # words between a mention and its answer


@dataclass(slots=True)
class Contexts:
    """The contexts of the mentions in one scan; the triggers of a sentence are looked up once."""

    scan: Scan
    rules: ContextRules
    _triggers: dict[int, tuple[_Trigger, ...]] = field(default_factory=dict)

    def of(self, mention: Hit) -> Standing:
        """The context of a mention: the first of `Context` for which a trigger reaches it."""
        reaching = self._reaching(mention)
        if _CANCELS in reaching and Context.DENIED in reaching:
            return Standing(Context.ONGOING, reaching[_CANCELS])
        if self._is_asked(mention) and Context.DENIED not in reaching:
            return Standing(Context.SUPPOSED)
        for context in Context:
            if context in reaching:
                return Standing(context, reaching[context])
        return Standing(Context.ASSERTED)

    def _is_asked(self, mention: Hit) -> bool:
        """The mention stands in a question; not where a full stop lies between it and the question mark."""
        sentence = self.scan.sentences[mention.sentence]
        return (
            sentence.is_question and ". " not in self.scan.text(mention.sentence)[mention.end : sentence.end]
        )

    def within(self, start: int, end: int) -> Standing:
        """The context of a stretch of the body in which the thing itself is not named: "They wrapped it up"."""
        kinds: dict[str, Hit] = {}
        for index, sentence in enumerate(self.scan.sentences):
            if sentence.part is Part.BODY and sentence.start < end and start < sentence.end:
                for each in self._in_sentence(index):
                    if start <= each.hit.start < end and each.side in ("after", "next", "answer"):
                        kinds.setdefault(each.kind, each.hit)
        for context in (Context.ONGOING, Context.ENDED, Context.EXPECTED):
            if context in kinds:
                return Standing(context, kinds[context])
        return Standing(Context.ASSERTED)

    def cancelled(self, mention: Hit) -> Hit | None:
        """The trigger that takes back a mention which is itself a denial."""
        return self._reaching(mention).get(_CANCELS)

    def _reaching(self, mention: Hit) -> dict[str, Hit]:
        """The kinds of triggers that reach a mention, with one trigger of each."""
        triggers = self._in_sentence(mention.sentence)
        stops = [each for each in triggers if each.side in (_STOP, _CLAUSE)]
        reaching: dict[str, Hit] = {}
        for each in triggers:
            if each.kind not in reaching and self._reaches(each, mention, stops):
                reaching[each.kind] = each.hit
        for each in self._in_next_sentence(mention):
            reaching.setdefault(each.kind, each.hit)
        return reaching

    def _reaches(self, trigger: _Trigger, mention: Hit, stops: Iterable[_Trigger]) -> bool:
        hit = trigger.hit
        reach = self.rules.reach.get(trigger.kind, 0)
        if trigger.side in _AHEAD:
            first, last = hit, mention
            reach = reach if trigger.side == "before" else 0
        elif trigger.side == "after" or (trigger.side == "answer" and self._answers(hit, mention)):
            first, last = mention, hit
        else:
            return False
        if first.start >= last.start or first.end >= last.end:
            return False
        if last.first_word - first.last_word - 1 > reach:
            return False
        return not any(
            first.end <= stop.hit.start and stop.hit.end <= last.start
            for stop in stops
            if stop.side == _STOP or trigger.side in _AHEAD  # a new clause may still speak of the mention
        )

    def _answers(self, answer: Hit, mention: Hit) -> bool:
        """Told by a colon or the like between them, or by the end of the clause right behind the answer."""
        if not 0 <= answer.first_word - mention.last_word - 1 <= _ANSWER_REACH:
            return False
        text = self.scan.text(mention.sentence)
        between, behind = text[mention.end : answer.start], text[answer.end : answer.end + 1]
        return (
            any(mark in between for mark in ":=?–—")
            or " - " in between
            or not behind
            or behind in _CLAUSE_ENDS
        )

    def _in_next_sentence(self, mention: Hit) -> list[_Trigger]:
        """Triggers that open the next sentence and speak of this one: "That was settled in May." """
        following = mention.sentence + 1
        sentences = self.scan.sentences
        if following >= len(sentences) or sentences[following].part is not sentences[mention.sentence].part:
            return []
        if sentences[following].text[:1] in _ITEM_MARKS:
            return []
        opening = sentences[following].start + _OPENING
        return [
            each for each in self._in_sentence(following) if each.side == "next" and each.hit.start < opening
        ]

    def _in_sentence(self, index: int) -> tuple[_Trigger, ...]:
        """The triggers and stops of a sentence without those that lie inside a longer one."""
        if index not in self._triggers:
            found = [
                _Trigger(kind, side, hit)
                for kind, side, name in _LOOKED_UP
                for hit in self.scan.in_sentence(index, name)
            ]
            self._triggers[index] = _outermost(found)
        return self._triggers[index]


_LOOKED_UP = (
    *((kind, side, f"context:{kind}:{side}") for kind in KINDS for side in _SIDES),
    ("", _STOP, "context:stops"),
    ("", _CLAUSE, "context:clauses"),
    ("", _NOTHING, "context:nothing"),
)


def _outermost(found: list[_Trigger]) -> tuple[_Trigger, ...]:
    """Drop the triggers and stops that lie inside a longer one which speaks to the same side."""
    breaks = [each for each in found if each.side in (_STOP, _CLAUSE, _NOTHING)]
    before = _longest([*breaks, *(each for each in found if each.side in _AHEAD)])
    after = _longest([*breaks, *(each for each in found if each.side in ("after", "answer"))])
    opening = _longest([each for each in found if each.side == "next"])  # these speak of another sentence
    kept = [each for each in (*before, *after, *opening) if each.side not in (_STOP, _CLAUSE)]
    return (*kept, *(each for each in before if each.side in (_STOP, _CLAUSE) and each in after))


def _longest(found: list[_Trigger]) -> list[_Trigger]:
    """Of triggers that lie inside another the outer one; of equal ones all."""
    ordered = sorted(found, key=lambda each: (each.hit.start, -each.hit.end))
    kept: list[_Trigger] = []
    reached = start = -1
    for each in ordered:
        if each.hit.end > reached or (each.hit.start == start and each.hit.end == reached):
            kept.append(each)
            start, reached = each.hit.start, each.hit.end
    return kept
