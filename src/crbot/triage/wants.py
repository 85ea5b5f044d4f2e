"""Reads what is wanted: services, topics, costs, and whether something grave and urgent is behind it.

The words for it stand in `rules/cues`; which sentences ask for something, `asking` tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from crbot.triage.asking import MOST, Asking
from crbot.triage.facts import NOTHING, UNKNOWN, Evidence, Facts, Statement
from crbot.triage.lexicon import CueFile
from crbot.triage.phrases import Hit, Scan
from crbot.triage.policy import Policy

WANTS = ("services", "topics", "incident", "urgency", "unsupported_costs", "costs_only")
_NEAR = (0, -1, 1, -2)  # how far from one that asks a hint counts, the nearest first
_COURTESY = 8  # words
_BACK = 3  # sentences over which "it" may refer back
_EXCERPT = 240  # characters; of a longer sentence only the words found are evidence
_YEAR = re.compile(r"(?<!since )\b(?:19|20)\d\d\b")  # "since 2023" is not over
_THINGS = ("{cost_personnel}", "{paid_person}", "{cost_equipment}", "{cost_other}")
_AT_ONCE = "immediate_assistance"
_AFTER_ACTION = "after_action_review"
# What immediate assistance consists of: asked for after an incident and at once, it is no service of its own.
_PART_OF_AT_ONCE = frozenset(
    {"executive_consultation", "peer_exchange", "resource_referral", "strategic_planning", "training"}
)

# What is spoken of wherever such help is wanted.
_SPEAKS_OF = {"executive_consultation": "leadership", "bias_audit": "racial_profiling"}

Found = dict[str, list[Hit]]  # value -> hits
BySentence = dict[int, Found]


def read_wants(scan: Scan, policy: Policy, before: Facts = NOTHING) -> tuple[Statement, ...]:
    """What a message tells of services, topics, incident, urgency and costs.

    `before` is what the conversation told earlier. Each statement holds for the whole of it: services and topics
    are added to those of before, unless they are taken back.
    """
    reader = _Reader(scan, policy.cues, scan.once(Asking))
    incident = reader.incident
    acute = reader.urgency(is_grave=bool(incident))
    services = _at_once(
        reader.services(is_acute=bool(acute), is_told=bool(set(before.values("services")) - {UNKNOWN})),
        incident,
        acute,
        is_unsure=bool(scan.of("unsure")),
    )
    incident = incident or reader.reviewed_event(services) or (acute and services.get(_AT_ONCE, []))
    costs = reader.costs()
    joined = _Joined(reader, before)
    statements = [
        joined.several("services", services, reader.taken_back(before.values("services"))),
        joined.several("topics", reader.topics(services, incident), frozenset()),
        joined.costs(costs),
        reader.statement("incident", {"yes": incident} if incident else {}),
        reader.statement("urgency", {"acute": acute} if acute else {}),
    ]
    told = [each for each in statements if each is not None]
    return (*told, *_costs_only(reader, costs, before.with_statements(told)))


def _at_once(services: Found, incident: list[Hit], acute: list[Hit], *, is_unsure: bool) -> Found:
    """Help that is asked for at once after an incident is immediate assistance, by whatever name."""
    if not incident or not acute or is_unsure:
        return services
    rest = {value: hits for value, hits in services.items() if value not in _PART_OF_AT_ONCE}
    later = {hit.sentence for hits in rest.values() for hit in hits}
    if rest and all(hit.sentence in later for hit in acute):
        return rest
    return {**rest, _AT_ONCE: rest.get(_AT_ONCE, acute)}


def _costs_only(reader: _Reader, costs_now: Found, facts: Facts) -> list[Statement]:
    """Whether nothing but the costs is asked for. In doubt it is not: a person decides about costs anyway."""
    costs = [value for value in facts.values("unsupported_costs") if value != "none"]
    if not costs:
        return []
    services = [value for value in facts.values("services") if value != UNKNOWN]
    is_only = not services and not reader.asks_beside(costs_now)
    evidence = facts.evidence("unsupported_costs")
    return [Statement("costs_only", ("yes" if is_only else "no",), evidence, reader.speaker)]


@dataclass(frozen=True)
class _Reader:
    """Reads the cues of one message."""

    scan: Scan
    cues: Mapping[str, CueFile]
    asking: Asking

    @property
    def speaker(self) -> str:
        return self.scan.message.sender.key

    def found(self, fact: str, group: str = "") -> BySentence:
        """The hits of a fact's cues in the sender's words, without those that only look like it."""
        found: BySentence = {}
        names = self.cues[fact].names[group] if fact in self.cues else {}
        for name in self.scan.held(names):
            value = names[name]
            barred = f"{fact}:{value}:not"
            for hit in self.scan.of(name):
                if not self.asking.is_own(hit.sentence) or self._only_looks_like(hit, barred):
                    continue
                hits = found.setdefault(hit.sentence, {}).setdefault(value, [])
                if len(hits) < MOST:
                    hits.append(hit)
        return found

    def _only_looks_like(self, hit: Hit, name: str) -> bool:
        """A phrase under `not` holds the first or the last words of the hit."""
        return any(
            bar.start < hit.end <= bar.end or bar.start <= hit.start < bar.end
            for bar in self.scan.in_sentence(hit.sentence, name)[:MOST]
        )

    # services

    @cached_property
    def _services(self) -> Mapping[str, BySentence]:
        """The cues of services that are not denied, by group."""
        groups = ("", "wanted", "weak", "back", "thing")
        return {group: self._standing(self.found("services", group)) for group in groups}

    def services(self, *, is_acute: bool, is_told: bool) -> Found:
        """The services asked for: those of the strongest way of asking that tells any.

        Where services were told before, no hint adds to them.
        """
        ways = (self._asked, self._in_questions, self._named, self._described, self._hinted)
        for way in ways[:-1] if is_told else ways:
            told = way()
            if not is_acute:  # "what to say to the family" is no acute need by itself
                self._keep_named(told, _AT_ONCE)
            if told:
                return told
        return {}

    def _asked(self) -> Found:
        named, wanted = self._services[""], self._services["wanted"]
        return self._gathered(
            named.get(i, {})
            if i in self.asking.subject
            else _joined(named.get(i), wanted.get(i), self._referred_to(i))
            for i in self.asking.own
            if i in self.asking.subject or i in self.asking.sentences
        )

    def _in_questions(self) -> Found:
        named, wanted = self._services[""], self._services["wanted"]
        return self._gathered(
            _joined(named.get(i), wanted.get(i)) for i in self._ours if self.scan.sentences[i].is_question
        )

    def _named(self) -> Found:
        named, wanted = self._services[""], self._services["wanted"]
        return self._gathered(
            _joined(named.get(i), wanted.get(i) if i in self.asking.subject else None) for i in self._ours
        )

    def _described(self) -> Found:
        """Cues of several pieces, which seldom occur by chance, in sentences that don't ask."""
        return self._gathered(
            {value: [hit for hit in hits if "..." in hit.phrase] for value, hits in found.items()}
            for i, found in self._services["wanted"].items()
            if i in self._ours
        )

    def _hinted(self) -> Found:
        """Hints in what asks, else in the nearest sentences around it."""
        weak = self._services["weak"]
        asking = self.asking.sentences & self._ours
        for step in _NEAR:
            told = self._gathered(
                weak.get(i, {}) for i in sorted({each + step for each in asking} & self._ours)
            )
            if told:
                return told
        return self._gathered(weak.get(i, {}) for i in self.asking.subject if i in self._ours)

    def _standing(self, found: BySentence) -> BySentence:
        return {
            i: {
                value: left
                for value, hits in values.items()
                if (left := [hit for hit in hits if not self.asking.is_unwanted(hit)])
            }
            for i, values in found.items()
        }

    def _referred_to(self, i: int) -> Found:
        return self._meant(i, self._services["back"], self._reviewable)

    @cached_property
    def _reviewable(self) -> BySentence:
        """The things that "it" may stand for; an incident is what an after-action review goes back to."""
        things = {i: dict(found) for i, found in self._services["thing"].items()}
        for hit in self.incident:
            things.setdefault(hit.sentence, {}).setdefault(_AFTER_ACTION, []).append(hit)
        return things

    def _meant(self, i: int, back: BySentence, things: BySentence) -> Found:
        """What "it" stands for: the things in the nearest of the sentences before, or in the subject."""
        pointing = back.get(i, {})
        before = [*range(i - 1, i - _BACK - 1, -1), *self.asking.subject] if pointing else []
        for j in before:
            meant = {value: hits for value, hits in pointing.items() if value in things.get(j, {})}
            if meant:
                return meant
        return {}

    def _gathered(self, sentences: Iterable[Found]) -> Found:
        """The hits of several sentences, without those whose words tell another service more exactly."""
        over = self.cues["services"].over
        told: Found = {}
        for found in sentences:
            for value, hits in found.items():
                rivals = [
                    hit for other, others in found.items() if value in over.get(other, ()) for hit in others
                ]
                left = [hit for hit in hits if not any(_overlap(hit, rival) for rival in rivals)]
                if left:
                    told.setdefault(value, []).extend(left)
        return told

    def _keep_named(self, told: Found, value: str) -> None:
        named = {hit for found in self._services[""].values() for hit in found.get(value, ())}
        left = [hit for hit in told.pop(value, []) if hit in named]
        if left:
            told[value] = left

    def taken_back(self, known: Iterable[str]) -> frozenset[str]:
        """Those of the known services that the message no longer wants."""
        if self.scan.of("changed_mind"):
            return frozenset(known)
        return frozenset(
            value
            for value in known
            for group in ("", "wanted", "weak")
            for hit in self.scan.of(f"services:{value}:{group}" if group else f"services:{value}")
            if self.asking.is_own(hit.sentence) and self.asking.is_unwanted(hit)
        )

    # incident and urgency

    @cached_property
    def incident(self) -> list[Hit]:
        """What happened lately at the agency itself."""
        return [
            hit
            for i, values in self.found("incident").items()
            if not (
                self.scan.sentences[i].is_question
                or self._is_old(i)
                or self.scan.in_sentence(i, "at_other_agency")
            )
            for hit in values.get("yes", ())
        ]

    def reviewed_event(self, services: Found) -> list[Hit]:
        """An after-action review is wanted of something that happened at the agency, and not years ago."""
        return [hit for hit in services.get(_AFTER_ACTION, []) if hit.sentence in self._ours]

    def urgency(self, *, is_grave: bool) -> list[Hit]:
        """The words that ask for help now; where something grave has happened, also those by which it goes on."""
        groups = [self.found("urgency"), self.found("urgency", "wanted")]
        if is_grave:
            groups.append(self.found("urgency", "weak"))
        return [hit for group in groups for values in group.values() for hit in values.get("acute", ())]

    @cached_property
    def _ours(self) -> frozenset[int]:
        """The sentences that neither tell what others got, nor ask about the programs."""
        return frozenset(i for i in self.asking.own if not self._is_not_ours(i))

    def _is_not_ours(self, i: int) -> bool:
        scan = self.scan
        asks_about_program = scan.sentences[i].is_question and scan.in_sentence(i, "about_program")
        return bool(
            asks_about_program
            or scan.in_sentence(i, "by_others")
            or scan.in_sentence(i, "at_other_agency")
            or self._is_old(i)
        )

    def _is_old(self, i: int) -> bool:
        """The sentence speaks of years ago, or of a year at least two before that of the message."""
        if self.scan.in_sentence(i, "long_ago"):
            return True
        sent_at = self.scan.message.sent_at
        years = [int(year) for year in _YEAR.findall(self.scan.sentences[i].text)] if sent_at else []
        return bool(sent_at and years) and max(years) < sent_at.year - 1  # type: ignore[union-attr]

    # topics and costs

    def topics(self, services: Found, incident: list[Hit]) -> Found:
        """What the sender speaks of, and by some words only what is asked about."""
        named, wanted = self.found("topics"), self.found("topics", "wanted")
        questions = (i for i in self._ours if self.scan.sentences[i].is_question)
        asking = self.asking.sentences.union(self.asking.subject, questions)
        told = _joined(*named.values(), *(found for i, found in wanted.items() if i in asking))
        for service, topic in _SPEAKS_OF.items():
            if services.get(service):
                told.setdefault(topic, services[service])
        # The fact sheet calls the service a "critical incident after-action review".
        critical = services.get(_AFTER_ACTION) or (incident if not services else [])
        if critical:
            told.setdefault("critical_incident", critical)
        return told

    def costs(self) -> Found:
        """The costs that are asked for and not paid for otherwise."""
        groups = ("", "wanted", "listed", "back", "thing")
        named, wanted, listed, back, things = (self.found("unsupported_costs", group) for group in groups)
        told: Found = {}
        for i in self.asking.own:
            if not self._may_ask_for_costs(i):
                continue
            items = listed.get(i) if i in self.asking.items else None
            meant = self._meant(i, back, things)
            for value, hits in _joined(named.get(i), wanted.get(i), items, meant).items():
                left = [
                    hit for hit in hits if not (self._is_of_two_clauses(hit) or self._is_paid_otherwise(hit))
                ]
                if left:
                    told.setdefault(value, []).extend(left)
        return told

    def _may_ask_for_costs(self, i: int) -> bool:
        return bool(
            i in self.asking.sentences
            or self.scan.sentences[i].is_question
            or self.scan.in_sentence(i, "provider")
        )

    def _is_of_two_clauses(self, hit: Hit) -> bool:
        """ "Want you to look at our shifts, we run 2 cars"."""
        return hit.phrase.endswith(_THINGS) and any(
            hit.start < each.start and each.end < hit.end
            for each in self.scan.in_sentence(hit.sentence, "cost_break")[:MOST]
        )

    def _is_paid_otherwise(self, hit: Hit) -> bool:
        """The same clause denies the cost, or the next sentence settles it."""
        if any(self.scan.in_sentence(hit.sentence, each) for each in ("cost_anyway", "cost_lapsed")):
            return False
        turns = self.scan.in_sentence(hit.sentence, "cost_turn")[:MOST]
        for denial in self.scan.in_sentence(hit.sentence, "unsupported_costs:not")[:MOST]:
            first, last = (denial.end, hit.end) if denial.start < hit.end else (hit.end, denial.start)
            if not any(first <= turn.start < last for turn in turns):
                return True
        after = hit.sentence + 1
        return self.asking.is_own(after) and bool(self.scan.in_sentence(after, "cost_settled"))

    def costs_dropped(self, known: Iterable[str]) -> list[Hit]:
        """The words by which costs asked for before are dropped: "forget the overtime"."""
        dropped = [hit for hit in self.scan.of("cost_dropped") if self.asking.is_own(hit.sentence)]
        return [
            hit
            for hit in dropped
            if any(self.scan.in_sentence(hit.sentence, f"cost_{value}") for value in known)
        ]

    def asks_beside(self, costs: Found) -> bool:
        """Something is asked for that is no cost, or somebody is asked to come and help."""
        if self.scan.of("nothing_else"):
            return False
        paid = {hit.sentence for hits in costs.values() for hit in hits}
        topics = self.found("topics")
        others = (i for i in self.asking.sentences - paid if i in topics or not self._says_little(i))
        return any(True for _ in others) or any(self.scan.in_sentence(i, "help_in_person") for i in paid)

    def _says_little(self, i: int) -> bool:
        """A heading, a courtesy ("Please process at your earliest."), or how the money is applied for."""
        text = self.scan.sentences[i].text.rstrip()
        return (
            text.endswith(":")
            or len(text.split()) <= _COURTESY
            or bool(self.scan.in_sentence(i, "cost_process"))
        )

    # statements

    def statement(self, fact: str, told: Found) -> Statement | None:
        if not told:
            return None
        evidence = [each for value in self._in_order(fact, told) for each in self.evidence(told[value])]
        return Statement(fact, tuple(self._in_order(fact, told)), tuple(evidence), self.speaker)

    def _in_order(self, fact: str, told: Iterable[str]) -> list[str]:
        return [value for value in self.cues[fact].values if value in told]

    def evidence(self, hits: Iterable[Hit]) -> Iterator[Evidence]:
        """One piece of evidence for each sentence: the whole of it, or of a long one the words found."""
        seen = set()
        for hit in hits:
            if hit.sentence in seen:
                continue
            seen.add(hit.sentence)
            sentence, text = self.scan.sentences[hit.sentence], self.scan.text(hit.sentence)
            start, end = (
                (sentence.start, sentence.end)
                if sentence.end - sentence.start <= _EXCERPT
                else (hit.start, hit.end)
            )
            words = text[start:end]
            start += len(words) - len(words.lstrip())
            yield Evidence(
                words.strip(), sentence.part, start, start + len(words.strip()), hit.phrase, hit.where
            )


@dataclass(frozen=True)
class _Joined:
    """What a message tells, joined with what was told before."""

    reader: _Reader
    before: Facts

    def several(self, fact: str, told: Found, gone: frozenset[str]) -> Statement | None:
        """The values of before and of now, without those taken back."""
        new = self.reader.statement(fact, told)
        old = [value for value in self.before.values(fact) if value not in gone and value != UNKNOWN]
        if new is None and not gone:
            return None
        values = [*old, *(value for value in (new.values if new else ()) if value not in old)]
        evidence = (*self.before.evidence(fact), *(new.evidence if new else ()))
        return Statement(fact, tuple(values) or (UNKNOWN,), evidence, self.reader.speaker)

    def costs(self, told: Found) -> Statement | None:
        """The costs asked for before and now; "none" where those of before are no longer asked for."""
        dropped = self.reader.costs_dropped(self.before.values("unsupported_costs"))
        if not dropped:
            return self.several("unsupported_costs", told, frozenset({"none"}) if told else frozenset())
        kept = self.reader.statement("unsupported_costs", told)
        evidence = tuple(self.reader.evidence(dropped))
        return kept or Statement("unsupported_costs", ("none",), evidence, self.reader.speaker)


def _joined(*parts: Found | None) -> Found:
    joined: Found = {}
    for part in parts:
        for value, hits in (part or {}).items():
            joined.setdefault(value, []).extend(hits)
    return joined


def _overlap(one: Hit, other: Hit) -> bool:
    return one.start < other.end and other.start < one.end
