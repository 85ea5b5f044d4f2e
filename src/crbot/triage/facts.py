"""What a conversation tells: facts, each with its evidence; and how later words replace earlier ones.

Which facts there are and which values they take stands in the rules (`facts.yaml`); how they are read, in `reading`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

UNKNOWN = "unknown"  # a value like any other: every table must name it


class Part(StrEnum):
    """Where in a message its evidence stands."""

    BODY = "body"
    SUBJECT = "subject"
    SENDER = "sender"  # name or address of the sender
    ATTACHMENT = "attachment"  # a file's name
    ANSWER = "answer"  # a structured answer: a form, or staff's correction


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words that tell a fact, verbatim."""

    text: str
    part: Part = Part.BODY
    start: int = 0  # offset in characters in that part
    end: int = 0
    cue: str = ""  # the phrase that betrayed it
    rule: str = ""  # file and line of the cue: "cues/litigation.yaml:12"
    context: str = ""  # what decided how the cue counts, for people: "denied by “no” (context.yaml:14)"


@dataclass(frozen=True, slots=True)
class Statement:
    """What one person said about one fact."""

    fact: str
    values: tuple[str, ...]  # one for most facts; any number for services, topics, unsupported_costs
    evidence: tuple[Evidence, ...] = ()
    speaker: str = ""  # `Person.key` of who said it
    by_head: bool = False  # the speaker heads the agency
    lost: tuple[Evidence, ...] = ()  # mentions that were read and did not decide, for the explanation
    settled: bool = False  # a person of staff said so; no message replaces it


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of a case. A fact that is not in it is unknown, a set that is not in it is empty."""

    statements: Mapping[str, Statement] = field(default_factory=dict)

    def value(self, fact: str) -> str:
        """The one value of a fact; `UNKNOWN` where nobody told."""
        statement = self.statements.get(fact)
        return statement.values[0] if statement and statement.values else UNKNOWN

    def values(self, fact: str) -> tuple[str, ...]:
        """All values of a fact that may have several; empty where nobody told."""
        statement = self.statements.get(fact)
        return statement.values if statement else ()

    def is_known(self, fact: str) -> bool:
        return self.value(fact) != UNKNOWN

    def evidence(self, fact: str) -> tuple[Evidence, ...]:
        statement = self.statements.get(fact)
        return statement.evidence if statement else ()

    def with_statements(self, statements: Iterable[Statement]) -> Facts:
        """The same facts with these statements in place of what was said on the same facts."""
        return replace(self, statements={**self.statements, **{each.fact: each for each in statements}})


NOTHING = Facts()


@dataclass(frozen=True, slots=True)
class Known:
    """What is known when a message comes: nothing, or the case that it belongs to."""

    facts: Facts = NOTHING
    asked: tuple[str, ...] = ()  # facts that were asked, in the order of the numbered questions last sent
    in_case: bool = False  # the message belongs to a case


NEW = Known()
