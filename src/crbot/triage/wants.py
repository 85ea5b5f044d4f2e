"""What the sender wants: services, topics, costs, and whether something grave and urgent is behind it.

Reads the cues of six facts from a scanned message; where the cues stand, and what they mean, is the rules' affair.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from crbot.triage.facts import NOTHING, Evidence, Facts, Part, Statement
from crbot.triage.passages import Role, Sentence
from crbot.triage.phrases import Hit, Scan

_COUNTED = frozenset({Role.OWN, Role.FORWARDED})
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_REACH = 8  # words over which "we don't want" denies what follows
_BACK = 3  # sentences over which "it" may refer back

Found = dict[str, list[Hit]]  # value -> hits


@dataclass(frozen=True, slots=True)
class CueTable:
    values: Mapping[str, tuple[str, ...]]
    over: Mapping[str, tuple[str, ...]]


class Asking:
    """The sentences of one message that count, and which of them ask for something."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan
        self.own = [i for i, each in enumerate(scan.sentences) if each.role in _COUNTED]
        self.subject = [i for i in self.own if scan.sentences[i].part is Part.SUBJECT]
        self.body = [i for i in self.own if scan.sentences[i].part is Part.BODY]
        self.items: set[int] = set()  # items of a list of what is wanted
        self.sentences: set[int] = set()
        self.hits_of: dict[int, list[Hit]] = {}
        self._read()

    def _read(self) -> None:
        under_heading = False
        before = -1
        for i in self.body:
            sentence = self.scan.sentences[i]
            is_item = self._is_item(sentence)
            if is_item and under_heading:
                self.items.add(i)
            wants = [hit for hit in self.scan.in_sentence(i, "want") if not self.denied(hit, protect=True)]
            headed = self._is_headed(i, sentence)
            if wants or headed or i in self.items or (before in self.sentences and self._goes_on(i, sentence)):
                self.sentences.add(i)
            opens = (wants or headed or self.scan.in_sentence(i, "want_heading")) and (
                sentence.text.rstrip().endswith((":", "-")) or len(sentence.text.split()) < 8
            )
            under_heading = bool(opens) or (under_heading and is_item)
            before = i

    def _is_item(self, sentence: Sentence) -> bool:
        body = self.scan.message.body
        line = body[body.rfind("\n", 0, sentence.start + 1) + 1 : sentence.end].lstrip()
        mark = line.split(maxsplit=1)[0] if line.strip() else ""
        return mark[:1] in "-*•·–—" or (mark[-1:] in ").:" and mark.strip("().:").isalnum() and len(mark.strip("().:")) < 3)

    def _is_headed(self, i: int, sentence: Sentence) -> bool:
        label = sentence.label or (sentence.text.split(":")[0] if ":" in sentence.text else "")
        limit = sentence.start + len(label) + 2
        return bool(label) and any(hit.end <= limit for hit in self.scan.in_sentence(i, "want_heading"))

    def _goes_on(self, i: int, sentence: Sentence) -> bool:
        return any(
            not self.between(i, sentence.start, hit.start).strip(" \n\t-*•(") for hit in self.scan.in_sentence(i, "goes_on")
        )

    def between(self, i: int, start: int, end: int) -> str:
        message = self.scan.message
        text = message.subject if self.scan.sentences[i].part is Part.SUBJECT else message.body
        return text[start:end]

    def denied(self, hit: Hit, protect: bool = False) -> bool:
        """Whether "we don't want", "instead of" and the like stand before the hit, or (for a want) around it."""
        for trigger in self.scan.in_sentence(hit.sentence, "unwanted"):
            if protect and trigger.start <= hit.start < trigger.end:
                return True
            if trigger.end > hit.start + 1 or hit.first_word - trigger.last_word > _REACH:
                continue
            if any(stop in self.between(hit.sentence, trigger.end, hit.start) for stop in ",;:"):
                continue
            if any(trigger.end <= turn.start < hit.start for turn in self.scan.in_sentence(hit.sentence, "wanted_after_all")):
                continue
            return not protect
        return False


class Wants:
    def __init__(self, scan: Scan, table: CueTable) -> None:
        self.scan, self.table = scan, table
        self.asking = Asking(scan)
        self._own = frozenset(self.asking.own)

    def found(self, fact: str, group: str = "") -> dict[int, Found]:
        """The hits of a fact's cues by sentence and value, without those that only look like it."""
        found: dict[int, Found] = {}
        suffix = f":{group}" if group else ""
        for value in self.table.values[fact]:
            for hit in self.scan.of(f"{fact}:{value}{suffix}"):
                if hit.sentence in self._own and not self._only_looks_like(hit, f"{fact}:{value}:not"):
                    found.setdefault(hit.sentence, {}).setdefault(value, []).append(hit)
        return found

    def _only_looks_like(self, hit: Hit, name: str) -> bool:
        return any(
            each.start < hit.end <= each.end or each.start <= hit.start < each.end
            for each in self.scan.in_sentence(hit.sentence, name)
        )

    # services

    def services(self, acute: bool, unsure: bool) -> tuple[Found, Found]:
        named, wanted, weak, back = (self._standing(self.found("services", g)) for g in ("", "wanted", "weak", "back"))
        asking = self.asking
        told: Found = {}
        for i in asking.subject:
            self._add(told, named.get(i, {}))
        for i in asking.body:
            if i in asking.sentences:
                self._add(told, _joined(named.get(i), wanted.get(i), self._referred(i, back, weak)))
        ours = {i for i in asking.own if not self._is_not_ours(i)}
        if not told:
            for i in asking.body:
                if self.scan.sentences[i].is_question and i in ours:
                    self._add(told, _joined(named.get(i), wanted.get(i)))
        if not told:
            for i in ours:
                self._add(told, _joined(named.get(i), wanted.get(i) if i in asking.subject else None))
        if not told:
            for i in ours:
                self._add(told, {v: [h for h in hs if "..." in h.phrase and not h.phrase.endswith("}*")] for v, hs in wanted.get(i, {}).items()})
        if not told:
            near = {*asking.subject, *(j for i in asking.sentences for j in (i - 2, i - 1, i, i + 1))}
            for i in ours:
                if i in near:
                    self._add(told, weak.get(i, {}))
        if not acute:
            told = {v: [h for h in hs if v != "immediate_assistance" or not h.where or h in _all(named)] for v, hs in told.items()}
        return {v: hs for v, hs in told.items() if hs}

    def _standing(self, found: dict[int, Found]) -> dict[int, Found]:
        return {
            i: kept
            for i, values in found.items()
            if (kept := {v: left for v, hits in values.items() if (left := [h for h in hits if not self.asking.denied(h)])})
        }

    def _referred(self, i: int, back: dict[int, Found], things: dict[int, Found]) -> Found:
        """What "it" stands for: the thing in one of the sentences before, or in the subject."""
        where = [j for j in self.asking.own if i - _BACK <= j < i or j in self.asking.subject]
        return {v: hits for v, hits in back.get(i, {}).items() if any(v in things.get(j, {}) for j in where)}

    def _add(self, told: Found, found: Found) -> None:
        for value, hits in found.items():
            rivals = [h for other, hs in found.items() if value in self.table.over.get(other, ()) for h in hs]
            left = [h for h in hits if not any(r.start < h.end and h.start < r.end for r in rivals)]
            if left:
                told.setdefault(value, []).extend(left)

    # the rest

    def topics(self) -> Found:
        return _joined(*self.found("topics").values())

    def incident(self) -> list[Hit]:
        return [
            h
            for i, vs in self.found("incident").items()
            if not self.scan.sentences[i].is_question and not self._is_old(i) and not self.scan.in_sentence(i, "elsewhere")
            for hs in vs.values()
            for h in hs
        ]

    def _is_old(self, i: int) -> bool:
        """The sentence speaks of a year at least two before the message's, or of years ago."""
        if self.scan.in_sentence(i, "long_ago"):
            return True
        sent = self.scan.message.sent_at
        years = [int(word) for word in _YEAR.findall(self.scan.sentences[i].text)]
        return bool(years) and max(years) < (sent.year if sent else max(years)) - 1

    def _is_not_ours(self, i: int) -> bool:
        """The sentence tells what others got or did, or asks about the programs."""
        return bool(
            self._is_old(i)
            or self.scan.in_sentence(i, "by_others")
            or self.scan.in_sentence(i, "elsewhere")
            or (self.scan.sentences[i].is_question and self.scan.in_sentence(i, "about_program"))
        )

    def urgency(self) -> list[Hit]:
        return _all(self.found("urgency")) + [h for h in _all(self.found("urgency", "wanted"))]

    def costs(self) -> Found:
        out: Found = {}
        named, wanted, listed = (self.found("unsupported_costs", g) for g in ("", "wanted", "listed"))
        for i in self.asking.own:
            asks = i in self.asking.sentences or self.scan.in_sentence(i, "provider")
            if not asks:
                continue
            for v, hs in _joined(named.get(i), wanted.get(i), listed.get(i) if i in self.asking.items else None).items():
                left = [h for h in hs if not self._paid_otherwise(h)]
                if left:
                    out.setdefault(v, []).extend(left)
        return out

    def _paid_otherwise(self, hit: Hit) -> bool:
        i = hit.sentence
        turns = [t for t in self.scan.in_sentence(i, "cost_turn")]
        for no in self.scan.in_sentence(i, "no_cost"):
            lo, hi = sorted((no.start, hit.start))
            if not any(lo < t.start < hi for t in turns):
                return True
        after = i + 1
        return after in self._own and bool(self.scan.in_sentence(after, "cost_settled"))


def _all(found: Mapping[int, Found]) -> list[Hit]:
    return [hit for values in found.values() for hits in values.values() for hit in hits]


def _joined(*parts: Found | None) -> Found:
    joined: Found = {}
    for part in parts:
        for value, hits in (part or {}).items():
            joined.setdefault(value, []).extend(hits)
    return joined


def read_all(scan, over, values):
    w = Wants(scan, CueTable(values, over))
    acute = w.urgency()
    incident = w.incident()
    unsure = any(scan.of("unsure"))
    services = w.services(bool(acute), unsure)
    if acute and incident and not unsure and not set(services) & {"after_action_review"}:
        services = {"immediate_assistance": acute}
    return {"services": services, "topics": w.topics(), "incident": incident, "urgency": acute, "unsupported_costs": w.costs()}, w
