"""Facts become findings, findings a disposition; and which questions can still change it.

What the rules are stands in `eligibility.yaml`; how facts are read, in `reading`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from itertools import product

from crbot.triage.decision import Disposition, Finding, Outcome, Question, Queue
from crbot.triage.facts import UNKNOWN, Facts
from crbot.triage.policy import Policy, Rule
from crbot.triage.routing import row_for

Told = tuple[tuple[str, tuple[str, ...]], ...]  # facts with the values that count, in the order of facts.yaml


def judge(rule: Rule, facts: Facts, policy: Policy) -> Finding:
    """Look every fact of the rule up in its table; the gravest outcome is the rule's."""
    values = tuple((fact, policy.values(facts, fact)) for fact in rule.facts)
    verdicts = [rule.verdicts[fact, value] for fact, told in values for value in told]
    gravest = max(verdicts, key=lambda verdict: verdict.outcome.gravity)
    evidence = tuple(each for fact in rule.facts for each in facts.evidence(fact))
    return Finding(rule.name, rule.title, gravest.outcome, gravest.because, values, evidence)


def dispose(findings: Iterable[Finding], policy: Policy) -> Disposition:
    """The gravest finding decides."""
    return policy.dispositions[max((each.outcome for each in findings), key=lambda outcome: outcome.gravity)]


def open_questions(facts: Facts, unanswerable: Collection[str], policy: Policy) -> tuple[Question, ...]:
    """The questions whose answer can still change the disposition or the queue, the most decisive first.

    What was answered with "I don't know" is not asked again.
    """
    told = tuple((name, policy.values(facts, name)) for name in policy.facts if name not in _FREE)
    return tuple(
        Question(name, policy.question(name)) for name in _decisive(policy, told) if name not in unanswerable
    )


_FREE = ("agency_name", "agency_state", "topics")  # no rule reads them


@lru_cache(maxsize=4_096)
def _decisive(policy: Policy, told: Told) -> tuple[str, ...]:
    """The open facts that matter, the most decisive first.

    A fact matters when two completions of the open facts that differ in it alone end differently. Its weight is
    the share of completions that another value of it would turn. Nothing matters once the disposition is final.
    """
    closed = {fact: values for fact, values in told if values != (UNKNOWN,)}
    open_facts = [fact for fact, values in told if values == (UNKNOWN,) and policy.facts[fact].question]
    as_it_stands = dict(told)
    if _ending(policy, as_it_stands)[0] is policy.final:
        return ()
    choices = [_distinct_values(policy, fact) for fact in open_facts]
    endings = {
        values: _ending(policy, {**closed, **{f: (v,) for f, v in zip(open_facts, values, strict=True)}})
        for values in product(*choices)
    }
    weights = {fact: _turned(endings, place, choices[place]) for place, fact in enumerate(open_facts)}
    matter = [fact for fact in open_facts if weights[fact]]
    return tuple(sorted(matter, key=lambda fact: -weights[fact]))  # stable: equals stay in the rules' order


Ending = tuple[Disposition, Queue]


def _ending(policy: Policy, values: Mapping[str, tuple[str, ...]]) -> Ending:
    outcomes: list[Outcome] = [
        rule.verdicts[fact, value].outcome
        for rule in policy.rules
        for fact in rule.facts
        for value in values.get(fact, ())
    ]
    gravest = max(outcomes, key=lambda outcome: outcome.gravity)
    return policy.dispositions[gravest], row_for(values, policy).queue


def _distinct_values(policy: Policy, fact: str) -> list[str]:
    """One value for each kind of effect that the fact can have: no rule can tell the others apart."""
    by_effect: dict[tuple[object, ...], str] = {}
    for value in policy.facts[fact].labels:
        if value != UNKNOWN:
            verdicts = tuple(
                rule.verdicts[fact, value].outcome for rule in policy.rules if fact in rule.facts
            )
            rows = tuple(value in row.wants.get(fact, ()) for row in policy.routes)
            by_effect.setdefault((verdicts, rows), value)
    return list(by_effect.values())


def _turned(endings: Mapping[tuple[str, ...], Ending], place: int, choices: Collection[str]) -> float:
    """The share of completions that end differently with another value at this place."""
    turned = sum(
        any(endings[(*values[:place], other, *values[place + 1 :])] != ending for other in choices)
        for values, ending in endings.items()
    )
    return turned / len(endings)
