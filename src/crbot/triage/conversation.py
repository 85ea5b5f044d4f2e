"""What was known before: the facts of a conversation's earlier messages, and what was asked in it.

How one message is read is `reading`'s.
"""

from __future__ import annotations

from collections.abc import Iterable

from crbot.triage.facts import Facts, Statement


def joined(before: Facts, told: Iterable[Statement]) -> Facts:
    """The facts after a message: what it tells replaces what was told before by the same person.

    Of two different people the one who heads the agency counts.
    """
    taken = []
    for statement in told:
        old = before.statements.get(statement.fact)
        if not statement.values:
            if old is None:
                taken.append(statement)
            continue
        if old and old.values and old.by_head and not statement.by_head and old.speaker != statement.speaker:
            continue
        taken.append(statement)
    return before.with_statements(taken)
