"""What each line of the cues did over labelled messages: met, decided, decided wrongly, or never used.

How a labelled message is written is `channels.lines`' affair; how the figures look, `channels.terminal`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from crbot.triage.answers import one_answer_a_line
from crbot.triage.decide import beginning_of, decide
from crbot.triage.examples import message_of
from crbot.triage.facts import NEW, NOTHING, UNKNOWN, Facts, Known, Statement
from crbot.triage.message import Message
from crbot.triage.notation import Line
from crbot.triage.passages import cut
from crbot.triage.policy import Policy
from crbot.triage.reading import read


@dataclass(frozen=True, slots=True)
class Labelled:
    """A message, and what a careful person makes of it."""

    identity: str
    message: Message
    gold: Mapping[str, frozenset[str]]  # fact -> values; of a fact that is left out nothing is said
    known: Known = NEW
    earlier: tuple[Message, ...] = ()  # what people wrote before in the conversation
    is_statement: bool = False  # no whole message: its facts count, whatever kind it may be


@dataclass(frozen=True, slots=True)
class Use:
    """What one line of the rules did."""

    line: Line
    cue: str  # the list that it stands in: "litigation:none", "services:training:not"; "" for no cue
    hits: int = 0
    decided: int = 0  # hits that stand as evidence of a fact
    wrong: tuple[str, ...] = ()  # for each of them whose fact is another by the label, the message

    @property
    def is_bar(self) -> bool:
        """The line takes from others what only looks like them; it never decides."""
        return self.cue.endswith(":not")


def uses(corpus: Iterable[Labelled], policy: Policy) -> list[Use]:
    """What every line of the cues did, and every other line by which a fact was decided.

    First those that decided wrongly, the most often wrong before others; then those that decided, that were met, that
    were never used. Lines that are alike in this stay in the order of the files. Of several cues in one sentence that
    tell the same, the first alone stands as evidence, and has decided.
    """
    lines = {line.where: (line, cue) for file in policy.cues.values() for cue, line in file.lines()}
    cues = dict.fromkeys(cue for _, cue in lines.values())
    hits: Counter[str] = Counter()
    decided: Counter[str] = Counter()
    wrong: dict[str, list[str]] = {}
    for labelled in corpus:
        for message in (*labelled.earlier, labelled.message):
            hits.update(_met(message, cues, labelled.known, policy))
        for statement in _told(labelled, policy).statements.values():
            for evidence in statement.evidence:
                if evidence.rule:
                    decided[evidence.rule] += 1
                    cue = lines.setdefault(evidence.rule, (Line(evidence.cue, evidence.rule), ""))[1]
                    if _is_wrong(statement, cue, labelled.gold, policy):
                        wrong.setdefault(evidence.rule, []).append(labelled.identity)
    found = (
        Use(line, cue, max(hits[where], decided[where]), decided[where], tuple(wrong.get(where, ())))
        for where, (line, cue) in lines.items()
    )
    return sorted(found, key=lambda each: (-len(each.wrong), -each.decided, -each.hits))


def examples_of(policy: Policy) -> Iterator[Labelled]:
    """The examples that stand beside the cues, as labelled messages."""
    for fact, file in policy.cues.items():
        for example in file.examples:
            gold = {fact: meant_by(fact, example.values, policy)}
            yield Labelled(example.where, message_of(example), gold, is_statement=True)


def meant_by(fact: str, values: Iterable[str], policy: Policy) -> frozenset[str]:
    """The values of a fact that say something; of a fact that may have several, "none" says nothing."""
    rule = policy.facts.get(fact)
    silent = (UNKNOWN, "none") if rule is not None and rule.is_several else (UNKNOWN,)
    return frozenset(value for value in values if value not in silent)


def _met(message: Message, cues: Iterable[str], known: Known, policy: Policy) -> Iterator[str]:
    """The place of a line, once for each of its hits."""
    message = one_answer_a_line(beginning_of(message), known.asked)
    scan = policy.words.phrases.scan(message, cut(message, policy.words))
    return (hit.where for cue in cues for hit in scan.of(cue))


def _told(labelled: Labelled, policy: Policy) -> Facts:
    """The facts that count; none where the message opens no case."""
    if labelled.is_statement:
        message = labelled.message
        scan = policy.words.phrases.scan(message, cut(message, policy.words))
        return NOTHING.with_statements(read(scan, NEW, policy))
    decision = decide(labelled.message, policy, labelled.known)
    return decision.facts if decision.kind.is_case else NOTHING


def _is_wrong(statement: Statement, cue: str, gold: Mapping[str, frozenset[str]], policy: Policy) -> bool:
    """The label says otherwise: of a fact that may have several values, about the one that the cue stands for."""
    fact = statement.fact
    if fact not in gold:
        return False
    told = meant_by(fact, statement.values, policy)
    value = cue.removeprefix(f"{fact}:").partition(":")[0]
    if policy.facts[fact].is_several and value in told:
        return value not in gold[fact]
    return told != gold[fact]
