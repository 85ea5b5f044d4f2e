"""Facts choose the queue: the first row of the routing table that fits.

The table is `routing.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping

from crbot.triage.facts import Facts
from crbot.triage.policy import Policy, Route


def route(facts: Facts, policy: Policy) -> Route:
    """The row that these facts lead to, with its queue and its reason."""
    return row_for({fact: policy.values(facts, fact) for fact in ("services", "incident")}, policy)


def row_for(values: Mapping[str, tuple[str, ...]], policy: Policy) -> Route:
    """The first row that fits; the last one fits everything."""
    for row in policy.routes:
        if all(not wanted.isdisjoint(values.get(fact, ())) for fact, wanted in row.wants.items()):
            return row
    raise AssertionError("the rules were not checked: no row fits")
