"""All the rules of the house together: how messages are decided, and how cases live.

Each part is read and checked by its own module; this only holds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crbot.cases.case import Stage
from crbot.cases.confirming import Confirming, read_confirming
from crbot.cases.hours import Hours, read_hours
from crbot.cases.ladders import Ladders, read_ladders
from crbot.cases.retention import Retention, read_retention
from crbot.cases.stages import Stages, read_stages
from crbot.triage.notation import Faults, PolicyError
from crbot.triage.policy import Policy, parse


@dataclass(frozen=True, eq=False, repr=False)  # compared by identity, as its policy is
class Rulebook:
    """What a rules folder holds, read and checked as a whole. Made by `parse_rules` alone."""

    policy: Policy
    stages: Stages
    hours: Hours
    ladders: Ladders
    confirming: Confirming
    retention: Retention

    def label(self, fact: str, value: str) -> str:
        """A value in words for people, see `Policy.label`; also of stages ("stage")."""
        return self.stages.titles[Stage(value)] if fact == "stage" else self.policy.label(fact, value)


def parse_rules(files: Mapping[str, str]) -> Rulebook:
    """Read a rules folder (name of the file in it -> text). Raises `PolicyError` with the faults of all parts."""
    faults = Faults(files)
    stages, hours = read_stages(files, faults), read_hours(files, faults)
    ladders = read_ladders(files, hours, faults)
    confirming = read_confirming(files, faults)
    try:
        policy = parse(files)
    except PolicyError as error:
        read_retention(files, (), faults)
        raise PolicyError((*error.faults, *faults.found)) from None
    retention = read_retention(files, (rule.name for rule in policy.rules), faults)
    faults.raise_if_any()
    return Rulebook(policy, stages, hours, ladders, confirming, retention)
