"""Which cases may be about the same matter as a new one: of the same agency, and alike in what they ask for and when.

They are shown to staff with the reasons; a person joins them (`crbot.intake.correcting.merge`), nothing else does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from crbot.cases.case import Alike, Case
from crbot.cases.rulebook import Rulebook
from crbot.triage.facts import UNKNOWN
from crbot.triage.policy import Policy
from crbot.triage.register import Spelling

MOST_ALIKE = 3
_LATELY = timedelta(days=180)  # after that what has ended is another matter
_SHORTLY = timedelta(days=14)
_NO_MATTER = frozenset({UNKNOWN, "none"})


def kin_of(case: Case, policy: Policy) -> str:
    """What cases of the same agency share, however its name is shortened; "" where it is not known."""
    facts = case.decision.facts
    if not facts.is_known("agency_name"):
        return ""
    name = spelling_of(policy).take_apart(facts.value("agency_name"))
    state = facts.value("agency_state") if facts.is_known("agency_state") else name.state
    return f"{name.place}|{name.kind}|{state}".casefold() if name.place else ""


@lru_cache(maxsize=2)  # a policy is compared by identity
def spelling_of(policy: Policy) -> Spelling:
    """How names of agencies are taken apart by these rules."""
    return Spelling(policy.words)


def alike_to(case: Case, others: Iterable[Case], rules: Rulebook, now: datetime) -> tuple[Alike, ...]:
    """Those of the others, all of the same agency, that may be about the same matter, with the reasons."""
    found = []
    for other in others:
        is_over = other.stage.is_ended and now - (other.changed_at or other.opened_at) > _LATELY
        if other.number == case.number or other.merged_into or is_over:
            continue
        reasons = _reasons(case, other, rules)
        if reasons:
            found.append(Alike(other.number, (f"the same agency ({other.agency})", *reasons)))
    return tuple(sorted(found, key=lambda each: -len(each.because))[:MOST_ALIKE])


def _reasons(case: Case, other: Case, rules: Rulebook) -> tuple[str, ...]:
    """What the two have in common beside the agency; nothing where they ask for different things."""
    matter = tuple(_of_the_matter(case, other, rules))
    return (*matter, *_around(case, other)) if matter else ()


def _of_the_matter(case: Case, other: Case, rules: Rulebook) -> Iterator[str]:
    ours, theirs = case.decision.facts, other.decision.facts
    for fact in ("services", "topics"):
        common = [
            each for each in ours.values(fact) if each in theirs.values(fact) and each not in _NO_MATTER
        ]
        if common:
            labels = ", ".join(rules.label(fact, each) for each in common)
            yield f"{rules.label('fact', fact).casefold()}: {labels}"
    if ours.value("incident") == theirs.value("incident") == "true":
        yield "both because of an incident"


def _around(case: Case, other: Case) -> Iterator[str]:
    if case.requester.key and case.requester.key == other.requester.key:
        yield "the same requester"
    apart = abs(case.opened_at - other.opened_at)
    if apart <= _SHORTLY:
        yield "on the same day" if not apart.days else f"{apart.days} day{'s' * (apart.days > 1)} apart"
