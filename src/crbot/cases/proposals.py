"""What staff corrected and disputed, as examples for those who keep the rules: without persons and places. Pure.

Whether an example belongs into the rules is for people to say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crbot.cases.case import Case
from crbot.cases.masking import masked

KINDS = frozenset({"correct", "dispute"})  # as the record names them


@dataclass(frozen=True, slots=True)
class Proposal:
    """Words in which the rules read something that staff say otherwise."""

    at: datetime
    case: str
    fact: str
    read: tuple[str, ...]  # what the rules made of the words
    should: tuple[str, ...]  # what staff say; nothing: the words do not tell the fact
    text: str  # the words, masked; "" where the rules had read nothing
    cue: str  # the phrase that betrayed it
    rule: str  # file and line of the cue
    reason: str  # masked

    @property
    def example(self) -> str:
        """A line for the examples in the cue's file: "none | We have no lawyer."."""
        return f"{', '.join(self.should) or '-'} | {self.text}" if self.text else ""


def proposals_of(
    case: Case, entries: Iterable[Mapping[str, Any]], vocabulary: Collection[str]
) -> Iterator[Proposal]:
    """The proposals in a case's record; `entries` have `what`, `at` and `detail`."""
    names = _names_of(case)
    for entry in entries:
        example = entry["detail"].get("example") if entry["what"] in KINDS else None
        if not example:
            continue
        for evidence in example["evidence"] or ({"text": "", "cue": "", "rule": ""},):
            yield Proposal(
                at=entry["at"],
                case=case.number,
                fact=example["fact"],
                read=tuple(example["read"]),
                should=tuple(example["should"]),
                text=masked(" ".join(evidence["text"].split()), names, vocabulary),
                cue=evidence["cue"],
                rule=evidence["rule"],
                reason=masked(entry["detail"].get("reason", ""), names, vocabulary),
            )


def _names_of(case: Case) -> tuple[str, ...]:
    """Everybody and everything that the case is known to be about."""
    facts = case.decision.facts
    people = (case.requester.name, case.conversation.person.name)
    return (*people, *facts.values("agency_name"), *(key for key in case.participants if "@" not in key))
