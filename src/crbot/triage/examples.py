"""Runs the examples that stand in the rules: each must come to what it says.

What the rules are is `policy`'s; this only tries them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crbot.triage.decide import decide
from crbot.triage.eligibility import judge
from crbot.triage.facts import NOTHING, UNKNOWN, Facts, Statement
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

    def __str__(self) -> str:
        return f"{self.where}: {self.text!r} must give {self.wanted}, and gives {self.told}"


def run_examples(policy: Policy) -> list[Failure]:
    """Try every example of the rules; returns those that fail, in the order of the files."""
    return [
        *_try_tables(policy),
        *(failure for fact in policy.cues for failure in _try_cues(fact, policy)),
        *_try_kinds(policy),
    ]


def _try_tables(policy: Policy) -> Iterator[Failure]:
    rules = {rule.name: rule for rule in policy.rules}
    for example in policy.table_examples:
        facts = _facts(example)
        told = (
            judge(rules[example.rule], facts, policy).outcome.value
            if example.rule
            else route(facts, policy).queue.value
        )
        if told != example.wanted:
            text = ", ".join(f"{fact} {' and '.join(values)}" for fact, values in example.values.items())
            yield Failure(example.where, text, example.wanted, told)


def _facts(example: TableExample) -> Facts:
    return NOTHING.with_statements(Statement(fact, values) for fact, values in example.values.items())


def _try_cues(fact: str, policy: Policy) -> Iterator[Failure]:
    for example in policy.cues[fact].examples:
        message = message_of(example)
        scan = policy.words.phrases.scan(message, cut(message, policy.words))
        told = read_fact(fact, scan, policy)
        values = tuple(value for value in told.values if value != UNKNOWN) if told else ()
        wanted = tuple(value for value in example.values if value != UNKNOWN)
        if set(values) != set(wanted):
            yield Failure(
                example.where, example.text, ", ".join(wanted) or "nothing", ", ".join(values) or "nothing"
            )


def _try_kinds(policy: Policy) -> Iterator[Failure]:
    for example in policy.kinds.examples:
        told = decide(message_of(example), policy).kind.value
        if told not in example.values:
            yield Failure(example.where, example.text, " or ".join(example.values), told)


def message_of(example: Example) -> Message:
    """An example as a mail; "subject // body" where it has a subject."""
    subject, bar, body = example.text.partition(" // ")
    sender = Person("A. Writer", "writer@mail.example")
    return Message(Channel.EMAIL, sender, body if bar else subject, subject if bar else "")
