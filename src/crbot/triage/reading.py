"""Sentences and cues become facts, each with its evidence.

Who asks is read in `people`, which agency in `agency`, whether a mention counts in `context`; answers to our
questions in `conversation`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from crbot.triage.agency import read_agency
from crbot.triage.context import Context, Contexts, Standing
from crbot.triage.facts import UNKNOWN, Evidence, Known, Statement
from crbot.triage.passages import Role, Sentence
from crbot.triage.phrases import Hit, Scan, fold
from crbot.triage.policy import MATTERS, Policy

_GRAVITY = ("active", "potential", "none")  # of a matter's values, the gravest first
_SPOKEN = frozenset({Role.OWN, Role.FORWARDED})
_EXCERPT = 240  # characters; of a longer sentence only the words around the mention are evidence


@dataclass(frozen=True, slots=True)
class Mention:
    """A cue found in words that count, with the value that it stands for."""

    value: str
    hit: Hit


@dataclass(frozen=True, slots=True)
class Reader:
    """What the readers of facts share: the scan, its contexts, and the rules."""

    scan: Scan
    contexts: Contexts
    policy: Policy

    def mentions(self, fact: str) -> Iterator[Mention]:
        """The cues of a fact in the sender's words, without those that lie inside a longer one."""
        file = self.policy.cues.get(fact)
        by_sentence: dict[int, list[Mention]] = {}
        for value in file.values if file else ():
            for hit in self.scan.of(f"{fact}:{value}"):
                by_sentence.setdefault(hit.sentence, []).append(Mention(value, hit))
        for index in sorted(by_sentence):
            if self.scan.sentences[index].role in _SPOKEN:
                yield from self._outermost(fact, index, by_sentence[index])

    def _outermost(self, fact: str, index: int, mentions: list[Mention]) -> Iterator[Mention]:
        barred = [*self.scan.in_sentence(index, f"{fact}:not")]
        hits = [mention.hit for mention in mentions]
        for mention in mentions:
            own_bars = self.scan.in_sentence(index, f"{fact}:{mention.value}:not")
            if any(_covers(bar, mention.hit) for bar in (*barred, *own_bars)):
                continue
            if not any(
                _covers(other, mention.hit) and len(other.phrase) and _longer(other, mention.hit)
                for other in hits
            ):
                yield mention

    def evidence(self, hit: Hit, standing: Standing | None = None) -> Evidence:
        """The sentence of a hit as the sender wrote it, or the words around it where it is long."""
        sentence = self.scan.sentences[hit.sentence]
        text = self.scan.text(hit.sentence)
        start, end = _excerpt(text, sentence, hit)
        context = standing.explained(self.policy.context.titles) if standing else ""
        return Evidence(text[start:end], sentence.part, start, end, hit.phrase, hit.where, context)

    def statement(
        self, fact: str, values: Iterable[str], evidence: Iterable[Evidence], lost: Iterable[Evidence] = ()
    ) -> Statement:
        return Statement(
            fact, tuple(values), tuple(evidence), self.scan.message.sender.key, False, tuple(lost)
        )


def _covers(outer: Hit, inner: Hit) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _longer(outer: Hit, inner: Hit) -> bool:
    return outer.end - outer.start > inner.end - inner.start


def _excerpt(text: str, sentence: Sentence, hit: Hit) -> tuple[int, int]:
    start, end = sentence.start, sentence.end
    if end - start > _EXCERPT:
        margin = max(0, (_EXCERPT - (hit.end - hit.start)) // 2)
        start, end = max(start, hit.start - margin), min(end, hit.end + margin)
        while start > sentence.start and start < hit.start and not text[start - 1].isspace():
            start += 1
        while end < sentence.end and end > hit.end and not text[end].isspace():
            end -= 1
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def read(scan: Scan, known: Known, policy: Policy) -> tuple[Statement, ...]:
    """Every fact that the message tells."""
    reader = Reader(scan, Contexts(scan, policy.context), policy)
    statements = [read_matter(fact, reader) for fact in MATTERS]
    statements += [
        read_wants(fact, reader) for fact in policy.cues if fact in policy.facts and fact not in MATTERS
    ]
    told = [statement for statement in statements if statement is not None]
    told += read_agency(scan, known, policy.words)
    return (*told, *_costs_only(told, known, reader))


def read_matter(fact: str, reader: Reader) -> Statement | None:
    """An investigation or a lawsuit: each mention in its context; the gravest counts."""
    told: dict[str, list[Evidence]] = {}
    lost: list[Evidence] = []
    for mention in reader.mentions(fact):
        value, standing = _meaning(fact, mention, reader)
        evidence = reader.evidence(mention.hit, standing)
        if value:
            told.setdefault(value, []).append(evidence)
        else:
            lost.append(evidence)
    for value in _GRAVITY:
        if value in told:
            others = [each for other, evidence in told.items() if other != value for each in evidence]
            return reader.statement(fact, (value,), told[value], (*others, *lost))
    return reader.statement(fact, (), (), lost) if lost else None


def _meaning(fact: str, mention: Mention, reader: Reader) -> tuple[str, Standing]:
    """What a mention tells of a matter; "" for nothing."""
    answer = _answer_after(mention.hit, reader)
    if answer is not None:
        return answer and (answer if answer == "none" else mention.value), Standing(Context.ASSERTED)
    if mention.value == "none":
        cancelled = reader.contexts.cancelled(mention.hit)
        if cancelled:
            return "active", Standing(Context.ONGOING, cancelled)
        standing = reader.contexts.of(mention.hit)
        return ("" if standing.context is Context.SUPPOSED else "none"), standing
    standing = reader.contexts.of(mention.hit)
    meant = reader.policy.means[fact, standing.context]
    return (mention.value if meant == "as told" else meant), standing


def _answer_after(hit: Hit, reader: Reader) -> str | None:
    """The answer that follows a form's label or a question that holds the mention.

    "none" for a no, "active" for a yes, "" where somebody doesn't know; None where there is no such answer.
    """
    scan, words = reader.scan, reader.policy.words
    sentence = scan.sentences[hit.sentence]
    text = scan.text(hit.sentence)
    colon = text.find(":", sentence.start, sentence.end)
    if sentence.label and hit.end <= colon:
        rest = fold(text[colon + 1 : sentence.end]).strip(" \t\r\n*_-–—.")
    elif sentence.is_question and hit.sentence + 1 < len(scan.sentences):
        following = scan.sentences[hit.sentence + 1]
        if following.part is not sentence.part or following.role is not sentence.role:
            return None
        rest = fold(following.text).strip(" \t\r\n*_-–—.")
    else:
        return None
    for answer, name in (("", "answer_unsure"), ("none", "answer_no"), ("active", "answer_yes")):
        if any(
            rest.startswith(each) and not rest[len(each) : len(each) + 1].isalnum() for each in words.of(name)
        ):
            return answer
    return None


def read_wants(fact: str, reader: Reader) -> Statement | None:
    """What is wanted, and the like: every value that a cue names, but for those that are not wanted."""
    told: dict[str, list[Evidence]] = {}
    lost: list[Evidence] = []
    for mention in reader.mentions(fact):
        unwanted = reader.contexts.unwanted(mention.hit)
        evidence = reader.evidence(mention.hit, unwanted)
        if unwanted is None:
            told.setdefault(mention.value, []).append(evidence)
        else:
            lost.append(evidence)
    if not told and not lost:
        return None
    order = [value for value in reader.policy.facts[fact].labels if value in told] or list(told)
    if not reader.policy.facts[fact].is_several:
        order = order[:1]
    return reader.statement(fact, order, [each for value in order for each in told[value]], lost)


def _costs_only(told: list[Statement], known: Known, reader: Reader) -> list[Statement]:
    """Costs are asked for and no help: nothing but money or goods is wanted."""
    facts = known.facts.with_statements(statement for statement in told if statement.values)
    costs, services = facts.values("unsupported_costs"), facts.values("services")
    if not costs:
        return []
    return [
        reader.statement("costs_only", ("no" if services else "yes",), facts.evidence("unsupported_costs"))
    ]


def is_known(statement: Statement) -> bool:
    return bool(statement.values) and statement.values != (UNKNOWN,)
