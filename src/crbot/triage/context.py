"""Whether a mention counts: denied, over, only supposed, another's, expected, still going on.

In the manner of the ConText algorithm (Harkema and others, 2009): a trigger phrase before or after the mention
changes what it means, as far as its reach and up to the next stop. The triggers stand in `context.yaml`; what a
mention tells in which context, `reading` decides.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

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

    EXCEPTED = "excepted"  # from a denial: "other than the audit we have nothing"
    SUPPOSED = "supposed"
    DENIED = "denied"
    ANOTHERS = "anothers"
    ELSEWHERE = "elsewhere"  # of somebody else, and nothing says that it is not ours too
    UNRELATED = "unrelated"
    ASKED = "asked"  # named as a subject: "you asked about lawsuits"
    ONGOING = "ongoing"
    ENDED = "ended"
    EXPECTED = "expected"
    ASSERTED = "asserted"  # nothing around it changes it


_STOP, _CLAUSE, _NOTHING = "stop", "clause", "nothing"
_BREAKS = (_STOP, _CLAUSE, _NOTHING)
_BREAK_NAMES = (
    ("", _STOP, "context:stops"),
    ("", _CLAUSE, "context:clauses"),
    ("", _NOTHING, "context:nothing"),
)
_CANCELS = "cancels"  # a denial taken back: "I can't say that there is no suit"
_SAME = "same"  # stands as what was said before: "No suits. The same is true of inquiries."
_SIDES = ("before", "near", "after", "either", "around", "answer", "next")
_REPLIES = ("answer", "next")
_QUESTIONS = frozenset({Context.SUPPOSED, Context.ASKED})
_CLOSING = frozenset({Context.ENDED, Context.UNRELATED, Context.ANOTHERS, Context.ELSEWHERE})
_STANDINGS = frozenset({Context.DENIED, Context.ONGOING, Context.ENDED, Context.EXPECTED})
_INSIDE = frozenset(
    {Context.DENIED, Context.ENDED, Context.ONGOING}
)  # may stand between the pieces of a mention
_CARRIED = (Context.DENIED, Context.ENDED, Context.ONGOING)  # what "the same" may take over
KINDS = (*(each.value for each in Context if each is not Context.ASSERTED), _CANCELS, _SAME)


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
    triggers: tuple[tuple[str, str, str], ...] = ()  # kind, side, and the cue under which they are found


def read_context(tree: Section, faults: Faults) -> tuple[ContextRules, dict[str, list[Pieces]]]:
    """Read `context.yaml`: the kinds, and their triggers as cues "context:<kind>:<before, after or next>"."""
    check_keys(tree, ("title", "source", "kinds", "means", "stops", "clauses", "nothing"), (), faults)
    kinds = section_of(tree, "kinds")
    check_keys(kinds, (), KINDS, faults)
    triggers: dict[str, list[Pieces]] = {}
    titles, reach = {}, {}
    names = list(_BREAK_NAMES)
    for kind, entry in kinds.items.items():
        if not isinstance(entry, Section):
            continue
        check_keys(entry, ("title", "reach"), _SIDES, faults)
        titles[kind] = text_of(entry, "title")
        reach[kind] = int(text_of(entry, "reach")) if text_of(entry, "reach").isdecimal() else 0
        if not reach[kind]:
            faults.add(entry.where, "`reach:` must be a number of words, as in `reach: 10`")
        for side in _SIDES:
            if side in entry.items:
                triggers[f"context:{kind}:{side}"] = read_pieces_of(entry.items[side], faults)
                names.append((kind, side, f"context:{kind}:{side}"))
    for name in ("stops", "clauses", "nothing"):
        triggers[f"context:{name}"] = read_pieces_of(tree.items.get(name), faults)
    return ContextRules(titles, reach, tuple(names)), triggers


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


class _Trigger(NamedTuple):
    kind: str
    side: str  # one of _SIDES; or a stop, a clause, nothing
    hit: Hit


_OPENING = 18  # characters of the next sentence in which a trigger that speaks of this one may begin
_ANSWER_OPENING = 8  # characters of a sentence in which an answer begins
_ANSWER_MARKS = re.compile(r"[:=?–—|…[(]|\.{3}|\s-\s")  # between a label and its answer
_NEW_SENTENCE = re.compile(r"[.?!]\s+[a-z]")  # typed without capitals
_SENTENCE_INSIDE = re.compile(r"\b[a-z]{2,}[.?!]\s+[A-Z][a-z]")
_OTHER_ITEM = re.compile(r"\s\d{1,2}[.)\]:/]?\s")
_NEXT_ITEM = re.compile(r"\s+(?:[(\[]?\d{1,2}[.)\]:/]|[/|–—-]\s)")
_ITEM = re.compile(r"\s*(?:[(\[]?\d{1,2}[.)\]:/]|[-*•·–]\s)")
_CLAUSE_ENDS = ".,;!)\n\r"
_ANSWER_REACH = 5  # words between a mention and its answer
_WINDOW = 40  # words; more than any reach together with the longest trigger
_DENIED_WORDS = 3  # from a denial to a word that it takes away
_NOT = ("n't", "n’t", " not")
_SHORT = 60  # characters of the rest of a sentence that only denies
_NEAR = 4  # words between a trigger that stands near and its mention


@dataclass(slots=True)
class Contexts:
    """The contexts of the mentions in one scan; the triggers of a sentence are looked up once."""

    scan: Scan
    rules: ContextRules
    _triggers: dict[int, tuple[tuple[_Trigger, ...], list[int]]] = field(default_factory=dict)
    _held_triggers: tuple[tuple[str, str, str], ...] | None = None

    def of(self, mention: Hit) -> Standing:
        """The context of a mention: the first of `Context` for which a trigger reaches it.

        A reply to what is only supposed or asked about outranks that: "Is there a suit? It was settled."
        """
        return self._standing(mention, self._reaching(mention))

    def of_whole(self, mention: Hit) -> Standing:
        """The context of a mention whose own words change nothing in it: "we decided not to go on"."""
        reaching = {
            kind: each
            for kind, each in self._reaching(mention).items()
            if not (mention.start <= each.hit.start and each.hit.end <= mention.end)
        }
        return self._standing(mention, reaching)

    def _standing(self, mention: Hit, reaching: dict[str, _Trigger]) -> Standing:
        if _CANCELS in reaching and Context.DENIED in reaching:
            return Standing(Context.ONGOING, reaching[_CANCELS].hit)
        if _SAME in reaching and (carried := self._carried(reaching[_SAME].hit)):
            return carried
        if Context.ENDED in reaching and self._is_left_out(mention, reaching[Context.ENDED].hit):
            return Standing(Context.ONGOING, reaching[Context.ENDED].hit)
        reaching = _without_outranked(reaching)
        threat = reaching.get(Context.EXPECTED)
        if threat and (threat.side == "next" if Context.DENIED in reaching else threat.side == "around"):
            return Standing(
                Context.EXPECTED, threat.hit
            )  # "No suit. I expect one.", "if I do, they will sue"
        if threat and threat.side == "next":
            del reaching[Context.EXPECTED]  # "We are sued. I expect we will win."
        if self._is_asked(mention):
            reaching = _replies(reaching, _SIDES)
            if not reaching:
                return Standing(Context.SUPPOSED)
        elif not _QUESTIONS.isdisjoint(reaching):
            reaching = _replies(reaching, ("after",)) or reaching
        for context in Context:
            if context in reaching:
                return Standing(context, reaching[context].hit)
        return Standing(Context.ASSERTED)

    def _is_asked(self, mention: Hit) -> bool:
        """The mention stands in a question; not where a full stop lies between it and the question mark."""
        sentence = self.scan.sentences[mention.sentence]
        return (
            sentence.is_question and ". " not in self.scan.text(mention.sentence)[mention.end : sentence.end]
        )

    def goes_on(self, mention: Hit) -> Hit | None:
        """The trigger inside a mention of an end that denies it: "the DA [has not closed] it"."""
        for each in self._around(mention):
            overlaps = each.hit.start < mention.end and mention.start < each.hit.end
            denies = "..." in each.hit.phrase or each.hit.end > mention.end
            if overlaps and denies and each.kind == Context.ONGOING and each.side in ("before", "after"):
                return each.hit
        return None

    def within(self, start: int, end: int) -> Standing:
        """The context of a stretch of the body in which the thing itself is not named: "They wrapped it up".

        Only words with which a sentence opens, or that say something of what it opens with, can speak of it.
        """
        for index, sentence in enumerate(self.scan.sentences):
            if sentence.part is not Part.BODY or sentence.start >= end or start >= sentence.end:
                continue
            opening = max(start, sentence.start)
            subjects = self.scan.in_sentence(index, "answer_subject")
            is_subject = any(hit.start < opening + _ANSWER_OPENING for hit in subjects)
            told = {
                each.kind: each.hit
                for each in reversed(self._in_sentence(index))
                if start <= each.hit.start < end and self._speaks_of_it(each, opening, is_subject)
            }
            for context in (Context.ONGOING, Context.ENDED, Context.EXPECTED, Context.DENIED):
                if context in told:
                    return Standing(context, told[context])
        return Standing(Context.ASSERTED)

    def _speaks_of_it(self, trigger: _Trigger, opening: int, is_subject: bool) -> bool:
        """Whether a trigger in an answer can say something of what was asked about."""
        opens = trigger.hit.start < opening + _OPENING
        if trigger.side == "answer":
            behind = self.scan.text(trigger.hit.sentence)[trigger.hit.end : trigger.hit.end + 1]
            return opens and (not behind or behind in _CLAUSE_ENDS)
        if trigger.side == "after":
            return opens or is_subject
        return opens and (
            trigger.side == "next" or trigger.kind in _CLOSING or trigger.kind == Context.ONGOING
        )

    def denies(self, mention: Hit) -> bool:
        """A denial stands within the mention's own words: "no one is suing us"."""
        return any(
            each.kind == Context.DENIED and mention.start <= each.hit.start and each.hit.end <= mention.end
            for each in self._around(mention)
        )

    def is_elsewhere(self, mention: Hit) -> bool:
        """Words around a mention say that it is of another place."""
        return Context.ELSEWHERE in self._reaching(mention)

    def cancelled(self, mention: Hit) -> Hit | None:
        """The trigger that takes back a mention which is itself a denial."""
        trigger = self._reaching(mention).get(_CANCELS)
        return trigger.hit if trigger else None

    def foretold(self, mention: Hit) -> Hit | None:
        """The trigger of the next sentence that expects what a mention denies: "No suit yet. [I expect one]." """
        following = self._in_next_sentence(mention)
        return next((each.hit for each in following if each.kind == Context.EXPECTED), None)

    def _carried(self, same: Hit) -> Standing | None:
        """How the thing stands that was spoken of before "the same", in this sentence or the one before."""
        for index in (same.sentence, same.sentence - 1):
            if index < 0:
                continue
            before = [
                each
                for each in self._in_sentence(index)
                if each.hit.end <= same.start and each.side != "next"
            ]
            for context in _CARRIED:
                hit = next((each.hit for each in before if each.kind == context), None)
                if hit:
                    return Standing(context, hit)
        return None

    def ends_in(self, sentence: int) -> bool:
        """A sentence says of something that it is over, and of nothing that it goes on."""
        kinds = {each.kind for each in self._in_sentence(sentence) if each.side == "after"}
        return Context.ENDED in kinds and Context.ONGOING not in kinds

    def told_in(self, sentence: int) -> tuple[Hit, ...]:
        """The triggers in a sentence that say how a thing stands."""
        return tuple(each.hit for each in self._in_sentence(sentence) if each.kind in _STANDINGS)

    def _reaching(self, mention: Hit) -> dict[str, _Trigger]:
        """The kinds of triggers that reach a mention, with one trigger of each; a reply before any other."""
        reaching: dict[str, _Trigger] = {}
        for each in self._in_next_sentence(mention):
            reaching.setdefault(each.kind, each)
        triggers = self._around(mention)
        stops = [each for each in triggers if each.side == _STOP or each.side == _CLAUSE]
        for each in triggers:
            if each.kind not in reaching and self._reaches(each, mention, stops):
                reaching[each.kind] = each
        return reaching

    def _reaches(self, trigger: _Trigger, mention: Hit, stops: Iterable[_Trigger]) -> bool:
        hit, side = trigger.hit, trigger.side
        if side == "next" or side in _BREAKS:
            return False
        if side in ("before", "near") and self._is_elliptic(hit, mention):
            return False
        if hit.start <= mention.start and mention.end <= hit.end:  # "(not in) litigation", "past suits"
            return side == "around" or hit.end - hit.start > mention.end - mention.start
        if mention.start <= hit.start and hit.end <= mention.end:  # "the DA is (not) looking into it"
            if trigger.kind == Context.SUPPOSED:  # "the DA (whether anybody) is looking at us"
                return "..." in mention.phrase and side == "before" and mention.start < hit.start
            return "..." in mention.phrase and trigger.kind in _INSIDE and side != "answer"
        if trigger.kind == Context.DENIED and side == "before" and mention.start < hit.start < mention.end:
            return "..." in mention.phrase  # "we [aren't the defendant in] any suit"
        if side == "before" or side == "near":
            first, last = hit, mention
        elif side == "after" or (side == "answer" and self._answers(hit, mention)):
            first, last = mention, hit
        else:
            return False
        if first.start >= last.start or first.end >= last.end:
            return False
        if side in ("before", "near"):
            text = self.scan.text(mention.sentence)
            if text.startswith((". ", "? ", "! "), hit.end) or _NEW_SENTENCE.search(
                text, hit.end, mention.start
            ):
                return False  # "investigation no. suit, well, …"
        if trigger.kind == Context.EXPECTED and first.end > last.start:
            return False  # "expecting the auditor's report" says of itself what is expected
        reach = _NEAR if side == "near" else self.rules.reach[trigger.kind]
        if last.first_word - first.last_word - 1 > reach:
            return False
        between = [
            each
            for each in stops
            if first.end <= each.hit.start
            and (each.hit.end <= last.start or (first is hit and each.hit.start < last.start))
        ]
        if any(each.side == _STOP for each in between):
            return False
        if first is hit or not between:
            return not between
        clause = max(each.hit.start for each in between)  # which may still speak of the mention
        return trigger.kind != Context.UNRELATED or self._speaks_on(mention.sentence, clause, hit.start)

    def _is_elliptic(self, denial: Hit, mention: Hit) -> bool:
        """What is denied is left out: "the town is content, the widow [isn't], and has seen a lawyer"."""
        text = self.scan.text(mention.sentence)
        return text.startswith((",", ";"), denial.end) and text.endswith(_NOT, 0, denial.end)

    def _is_left_out(self, mention: Hit, end: Hit) -> bool:
        """The end of something before is denied of the mention: "the review is [over]; the suit is not"."""
        behind = self.scan.text(mention.sentence)[mention.end : self.scan.sentences[mention.sentence].end]
        return (
            end.start < mention.start
            and len(behind) <= _SHORT
            and not any(mark in behind for mark in ",;")
            and behind.rstrip(" .!").endswith(_NOT)
        )

    def _speaks_on(self, index: int, start: int, end: int) -> bool:
        """The words up to a trigger name nothing new: "it has [nothing to do with this]", not "age has …"."""
        subjects = self.scan.in_sentence(index, "answer_subject")
        return start == end or any(start <= each.start and each.end <= end for each in subjects)

    def _answers(self, answer: Hit, mention: Hit) -> bool:
        """Told by a colon or the like between them, or by the end of the clause right behind the answer."""
        if not 0 <= answer.first_word - mention.last_word - 1 <= _ANSWER_REACH:
            return False
        text = self.scan.text(mention.sentence)
        between, behind = text[mention.end : answer.start], text[answer.end : answer.end + 1]
        if _OTHER_ITEM.search(between):
            return False
        if _NEXT_ITEM.match(text, answer.end):
            behind = ""
        is_label = not any(each.isalnum() for each in between) and bool(_ANSWER_MARKS.search(between))
        return is_label or not behind or behind in _CLAUSE_ENDS

    def _in_next_sentence(self, mention: Hit) -> list[_Trigger]:
        """Triggers that open the next sentence and speak of this one: "That was settled in May." """
        following = mention.sentence + 1
        sentences = self.scan.sentences
        if following >= len(sentences) or sentences[following].part is not sentences[mention.sentence].part:
            return []
        start = sentences[following].start
        if _ITEM.match(self.scan.text(following), start):
            return []  # the next item of a list speaks of something else
        opens = [
            each
            for each in self._in_sentence(following)
            if each.hit.start < start + _OPENING
            and (each.kind != Context.UNRELATED or self._speaks_on(following, start, each.hit.start))
        ]
        told = [each for each in opens if each.side == "next" and not self._is_denied(each.hit, opens)]
        told += [each for each in opens if each.side == "answer" and self._is_whole(each.hit, following)]
        if not told and sentences[mention.sentence].is_question:  # "An inquiry? Closed in May."
            told = [
                each._replace(side="next")
                for each in opens
                if each.kind in _STANDINGS and each.hit.start < start + _ANSWER_OPENING
            ]
        return told

    def _is_denied(self, hit: Hit, opens: Iterable[_Trigger]) -> bool:
        """A denial stands before what opens a sentence: "I would not say [they have nothing to do with] it"."""
        return any(each.kind in (Context.DENIED, _CANCELS) and each.hit.end <= hit.start for each in opens)

    def _is_whole(self, hit: Hit, index: int) -> bool:
        """The hit is all that its sentence says."""
        sentence = self.scan.sentences[index]
        text = self.scan.text(index)
        around = text[sentence.start : hit.start] + text[hit.end : sentence.end]
        return not any(each.isalnum() for each in around)

    def breaks(self, mention: Hit) -> bool:
        """Something else begins between the pieces of a mention: "nobody is looking at us but [we are sued]"."""
        if _SENTENCE_INSIDE.search(self.scan.text(mention.sentence), mention.start, mention.end):
            return True  # "Lawsuit: [no. Inquiry: the prosecutor has it]"
        return any(
            each.side == _STOP and mention.start < each.hit.start and each.hit.end < mention.end
            for each in self._around(mention)
        )

    def contrasts(self, mention: Hit) -> bool:
        """A stop stands before the mention in its sentence: "Nobody is looking at us, but [the DA has the file]"."""
        return any(each.side == _STOP and each.hit.end <= mention.start for each in self._around(mention))

    def _around(self, mention: Hit) -> tuple[_Trigger, ...]:
        """The triggers and stops so near that they can reach a mention; a sentence may have thousands."""
        triggers = self._in_sentence(mention.sentence)
        words = self._triggers[mention.sentence][1]
        first = bisect_left(words, mention.first_word - _WINDOW)
        return triggers[first : bisect_right(words, mention.last_word + _WINDOW)]

    def _held(self) -> tuple[tuple[str, str, str], ...]:
        """The triggers of which some stand in the message."""
        if self._held_triggers is None:
            held = frozenset(self.scan.held([name for _, _, name in self.rules.triggers]))
            self._held_triggers = tuple(each for each in self.rules.triggers if each[2] in held)
        return self._held_triggers

    def _in_sentence(self, index: int) -> tuple[_Trigger, ...]:
        """The triggers and stops of a sentence by their place, without those that lie inside a longer one."""
        if index not in self._triggers:
            found = [
                _Trigger(kind, side, hit)
                for kind, side, name in self._held()
                for hit in self.scan.in_sentence(index, name)
            ]
            kept = sorted(_without_denied(_outermost(found)), key=lambda each: each.hit.first_word)
            self._triggers[index] = (tuple(kept), [each.hit.first_word for each in kept])
        return self._triggers[index][0]


def _without_outranked(reaching: dict[str, _Trigger]) -> dict[str, _Trigger]:
    """Drop the triggers that others outrank; of answers right behind the mention all else is outranked."""
    answered = {kind: each for kind, each in reaching.items() if each.side == "answer"}
    if answered:
        return answered  # "lawsuits no, investigations yes"
    kept = dict(reaching)
    if Context.ONGOING in kept and Context.ASKED in kept and kept[Context.ASKED].side == "around":
        del kept[Context.ASKED]  # "we have suits and inquiries pending"
    if not _CLOSING.isdisjoint(kept):
        kept.pop(Context.EXCEPTED, None)  # "other than a suit that was settled"
    return kept


def _replies(reaching: dict[str, _Trigger], denying: Collection[str]) -> dict[str, _Trigger]:
    """What answers a question, and the denials at these sides: "we asked whether there is a suit and found none"."""
    return {
        kind: each
        for kind, each in reaching.items()
        if each.side in _REPLIES or (kind == Context.DENIED and each.side in denying)
    }


def _outermost(found: list[_Trigger]) -> tuple[_Trigger, ...]:
    """Drop the triggers and stops that lie inside a longer one which speaks to the same side."""
    either = [each for each in found if each.side == "either" or each.side in _BREAKS]
    before = _longest([*either, *(each for each in found if each.side in ("before", "near"))])
    after = _longest([*either, *(each for each in found if each.side in ("after", "answer"))])
    opening = _longest([each for each in found if each.side == "next"])  # these speak of another sentence
    around = [each for each in found if each.side == "around"]
    kept = [
        *(each._replace(side="before") if each.side == "either" else each for each in before),
        *(each._replace(side="after") if each.side == "either" else each for each in after),
        *opening,
        *around,
    ]
    triggers = [each for each in kept if each.side not in _BREAKS]
    unhidden = set(after)
    return (*triggers, *(each for each in before if each.side in (_STOP, _CLAUSE) and each in unhidden))


def _without_denied(triggers: tuple[_Trigger, ...]) -> tuple[_Trigger, ...]:
    """Drop what is said to go on where that very word is denied: "nothing open"."""
    denials = {
        each.hit.last_word for each in triggers if each.kind == Context.DENIED and each.side != "after"
    }
    return tuple(
        each
        for each in triggers
        if each.kind != Context.ONGOING
        or each.side == "answer"
        or denials.isdisjoint(range(each.hit.first_word - _DENIED_WORDS, each.hit.first_word))
    )


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
