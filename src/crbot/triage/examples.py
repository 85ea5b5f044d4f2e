"""Runs the examples that stand in the rules: each must come to what it says.

What the rules are is `policy`'s; this only tries them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crbot.triage.decide import decide
from crbot.triage.decision import Kind
from crbot.triage.eligibility import judge
from crbot.triage.facts import NOTHING, UNKNOWN, Evidence, Facts, Statement
from crbot.triage.lexicon import Example
from crbot.triage.message import Channel, Message, Person
from crbot.triage.passages import cut
from crbot.triage.policy import Policy, TableExample
from crbot.triage.reading import read_fact
from crbot.triage.routing import route


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that comes to something else than it says."""

    where: str
    text: str
    wanted: str
    told: str
    why: tuple[str, ...] = ()  # what decided instead, a line each

    def __str__(self) -> str:
        return f"{self.where}: {self.text!r} must give {self.wanted}, and gives {self.told}"


def run_examples(policy: Policy) -> list[Failure]:
    """Try every example of the rules; returns those that fail, in the order of the files."""
    return [
        *_try_tables(policy),
        *(failure for fact in policy.cues for failure in _try_cues(fact, policy)),
        *_try_kinds(policy),
    ]


def untried(policy: Policy) -> list[str]:
    """What no example tries: rows of the tables, values of the cues, kinds of message; each with its place."""
    tried = {_decided_by(example, policy) for example in policy.table_examples}
    tried |= {
        rule.verdicts[fact, value].because.rule
        for rule in policy.rules
        for example in policy.table_examples
        if example.rule == rule.name
        for fact, values in example.values.items()
        for value in values
        if (fact, value) in rule.verdicts
    }
    rows = {verdict.because.rule: rule.name for rule in policy.rules for verdict in rule.verdicts.values()}
    rows |= {row.because.rule: "routing" for row in policy.routes}
    lacking = [
        f"{where}: no example of {name} comes to this row"
        for where, name in rows.items()
        if where not in tried
    ]
    for fact, file in policy.cues.items():
        shown = {value for example in file.examples for value in example.values}
        lacking += [
            f"{file.where[value]}: no example of {fact} shows {value!r}"
            for value in file.values
            if value not in (*shown, "mention", "none")  # a mention tells nothing by itself
        ]
        if all(example.values for example in file.examples) and len(file.values) == 1:
            lacking.append(f"{file.where[file.values[0]]}: no example of {fact} shows what tells nothing")
    shown = {value for example in policy.kinds.examples for value in example.values}
    # an example stands alone, so none is a reply
    kinds = {row.kind.value: row.because.rule for row in policy.kinds.rows if row.kind is not Kind.REPLY}
    return lacking + [
        f"{where}: no example is of the kind {kind!r}" for kind, where in kinds.items() if kind not in shown
    ]


def _decided_by(example: TableExample, policy: Policy) -> str:
    """The row that an example of the routing table comes to; "" for one of a rule."""
    return "" if example.rule else route(_facts(example), policy).because.rule


def _try_tables(policy: Policy) -> Iterator[Failure]:
    rules = {rule.name: rule for rule in policy.rules}
    for example in policy.table_examples:
        facts = _facts(example)
        if example.rule:
            finding = judge(rules[example.rule], facts, policy)
            told, because = finding.outcome.value, finding.because
        else:
            row = route(facts, policy)
            told, because = row.queue.value, row.because
        if told != example.wanted:
            text = ", ".join(f"{fact} {' and '.join(values)}" for fact, values in example.values.items())
            yield Failure(example.where, text, example.wanted, told, (f"{because.text} ({because.rule})",))


def _facts(example: TableExample) -> Facts:
    return NOTHING.with_statements(Statement(fact, values) for fact, values in example.values.items())


def _try_cues(fact: str, policy: Policy) -> Iterator[Failure]:
    for example in policy.cues[fact].examples:
        message = message_of(example)
        scan = policy.words.phrases.scan(message, cut(message, policy.words))
        statement = read_fact(fact, scan, policy)
        told = tuple(value for value in statement.values if value != UNKNOWN) if statement else ()
        wanted = tuple(value for value in example.values if value != UNKNOWN)
        if set(told) != set(wanted):
            yield Failure(
                example.where,
                example.text,
                ", ".join(wanted) or "nothing",
                ", ".join(told) or "nothing",
                tuple(_why(statement)) if statement else ("no cue was found",),
            )


def _why(statement: Statement) -> Iterator[str]:
    for evidence in statement.evidence:
        yield _told_by(evidence)
    for evidence in statement.lost:
        yield f"read, did not decide: {_told_by(evidence)}"
    if not statement.evidence and not statement.lost:
        yield "no cue was found"


def _told_by(evidence: Evidence) -> str:
    cue = f" by the cue “{evidence.cue}” ({evidence.rule})" if evidence.cue else ""
    context = f"; {evidence.context}" if evidence.context else ""
    return f"“{' '.join(evidence.text.split())}”{cue}{context}"


def _try_kinds(policy: Policy) -> Iterator[Failure]:
    for example in policy.kinds.examples:
        decision = decide(message_of(example), policy)
        if decision.kind.value not in example.values:
            because = decision.kind_reason
            why = (f"{because.text} ({because.rule})",)
            yield Failure(example.where, example.text, " or ".join(example.values), decision.kind.value, why)


def message_of(example: Example) -> Message:
    """An example as a mail; "subject // body" where it has a subject."""
    subject, bar, body = example.text.partition(" // ")
    sender = Person("A. Writer", "writer@mail.example")
    return Message(Channel.EMAIL, sender, body if bar else subject, subject if bar else "")
