"""Two decisions about the same message, side by side: what differs, and each side's reasons for it.

How they came about is told by whoever decided twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from crbot.triage.decision import Decision, Finding, Reason
from crbot.triage.facts import Evidence

Label = Callable[[str, str], str]  # (fact, value) -> the value in words for people


class Aspect(StrEnum):
    """What of a decision differs; the order of the members is the order in which people want to know."""

    KIND = "kind"
    DISPOSITION = "disposition"
    QUEUE = "queue"
    FINDING = "finding"
    FACT = "fact"
    QUESTIONS = "questions"


@dataclass(frozen=True, slots=True)
class Side:
    """One decision's answer, in words for people, and what led to it."""

    value: str
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """Something on which two decisions differ."""

    aspect: Aspect
    name: str  # of the fact or rule, in words; "" for the rest
    before: Side
    after: Side


def differ(before: Decision, after: Decision) -> bool:
    """True where anything differs that people or later messages notice; reasons and evidence alone are not."""
    return _seen(before) != _seen(after)


def _seen(decision: Decision) -> tuple[object, ...]:
    facts = decision.facts
    return (
        decision.kind,
        decision.disposition,
        decision.queue,
        {each.rule: each.outcome for each in decision.findings},
        {fact: facts.values(fact) for fact in facts.statements if facts.values(fact)},
        [each.fact for each in decision.questions],
    )


def differences(before: Decision, after: Decision, label: Label) -> tuple[Difference, ...]:
    """All that differs, the weightiest first."""
    pairs = (
        (Aspect.KIND, "", _kind(before), _kind(after)),
        (Aspect.DISPOSITION, "", _disposition(before), _disposition(after)),
        (Aspect.QUEUE, "", _queue(before, label), _queue(after, label)),
        *_findings(before, after),
        *_facts(before, after, label),
        (Aspect.QUESTIONS, "", _questions(before, label), _questions(after, label)),
    )
    return tuple(Difference(*pair) for pair in pairs if pair[2].value != pair[3].value)


_Pair = tuple[Aspect, str, Side, Side]
_ABSENT = Side("–")


def _kind(decision: Decision) -> Side:
    return Side(_words(decision.kind), _reason(decision.kind_reason))


def _disposition(decision: Decision) -> Side:
    """Its reasons are the findings that are not passed."""
    grave = [each for each in decision.findings if each.outcome.gravity]
    because = tuple(f"{each.outcome.value}: {each.title}. {each.because.text}" for each in grave)
    return Side(_words(decision.disposition), because)


def _queue(decision: Decision, label: Label) -> Side:
    if decision.queue is None:
        return _ABSENT
    return Side(label("queue", decision.queue), _reason(decision.queue_reason))


def _findings(before: Decision, after: Decision) -> Iterator[_Pair]:
    was, now = ({each.rule: each for each in decision.findings} for decision in (before, after))
    for rule in dict.fromkeys((*was, *now)):
        title = (now.get(rule) or was[rule]).title
        yield Aspect.FINDING, title, _finding(was.get(rule)), _finding(now.get(rule))


def _finding(finding: Finding | None) -> Side:
    if finding is None:
        return _ABSENT
    return Side(finding.outcome.value, (*_reason(finding.because), *_quotes(finding.evidence)))


def _facts(before: Decision, after: Decision, label: Label) -> Iterator[_Pair]:
    for fact in dict.fromkeys((*before.facts.statements, *after.facts.statements)):
        yield Aspect.FACT, label("fact", fact), _fact(before, fact, label), _fact(after, fact, label)


def _fact(decision: Decision, fact: str, label: Label) -> Side:
    values = decision.facts.values(fact)
    told = ", ".join(label(fact, value) for value in values)
    return Side(told, tuple(_quotes(decision.facts.evidence(fact)))) if values else _ABSENT


def _questions(decision: Decision, label: Label) -> Side:
    asked = ", ".join(label("fact", each.fact) for each in decision.questions)
    return Side(asked or _ABSENT.value, tuple(each.text for each in decision.questions))


def _quotes(evidence: Iterable[Evidence]) -> Iterator[str]:
    for each in evidence:
        by = f" by “{each.cue}” ({each.rule})" if each.cue else ""
        yield " ".join(f"“{each.text}”{by}{f', {each.context}' if each.context else ''}".split())


def _reason(reason: Reason) -> tuple[str, ...]:
    return (f"{reason.text} ({reason.rule})" if reason.rule else reason.text,) if reason.text else ()


def _words(value: str) -> str:
    return value.replace("_", " ")
