"""A conversation: what was asked in it, and which of two statements holds.

Which words of a reply answer what is read in `answers`, a single message in `reading`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from crbot.triage.answers import TOGETHER, asked_by, numbers_in
from crbot.triage.facts import UNKNOWN, Facts, Part, Statement
from crbot.triage.phrases import Scan

_MOST_QUESTIONS = 8


def asked_in(scan: Scan) -> tuple[str, ...]:
    """What a message of ours asks for, question by question, in order; "" for a question about something else.

    What stands under one number is one question.
    """
    body = scan.message.body
    numbers = numbers_in(body, [(0, len(body))], _MOST_QUESTIONS)
    starts = [start for _, start, _ in numbers]
    numbered: dict[int, list[str]] = {}
    asked: list[list[str]] = []
    for index, sentence in enumerate(scan.sentences):
        if sentence.is_question and sentence.part is Part.BODY:
            item = bisect_right(starts, sentence.end) - 1
            place = numbered.setdefault(numbers[item][0], []) if item >= 0 else []
            place += [fact for fact in asked_by(scan, index) if fact not in place]
            asked.append(place)
    if numbered:
        asked = [numbered.get(number, []) for number in range(1, max(numbered) + 1)]
    return tuple(TOGETHER.join(facts) for facts in asked)


def joined(before: Facts, told: Iterable[Statement]) -> Facts:
    """The facts after a message: what it tells replaces what was told before.

    Of what two different people say the word of the one who heads the agency counts; "I don't know" takes nothing
    back; and what a person of staff has settled, no message replaces.
    """
    return before.with_statements(each for each in told if _holds(each, before.statements.get(each.fact)))


def _holds(new: Statement, old: Statement | None) -> bool:
    if old is None or new.settled:
        return True
    if old.settled:
        return False
    if not old.values:
        return True
    if not new.values or new.values == (UNKNOWN,):
        return False
    return not old.by_head or new.by_head or new.speaker == old.speaker or new.fact in _ANYBODYS


# Who asks is not a matter of whose word counts more: the head's own disavowal, or another's lack of consent, is told
# by `people`. What is wanted was joined with what was wanted before.
_ANYBODYS = frozenset(
    {"requester_authority", "services", "topics", "unsupported_costs", "costs_only", "withdrawn"}
)


def asked_in_vain(facts: Facts) -> frozenset[str]:
    """The facts whose question was answered with "I don't know"."""
    return frozenset(
        fact for fact, each in facts.statements.items() if each.values == (UNKNOWN,) and each.evidence
    )
