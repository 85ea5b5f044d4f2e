"""The rules on labelled messages: what was reached is held, and what is unsafe does not happen.

`labelled/README.md` tells which sets may be read when rules are changed. Run with `-rP` to see the figures.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from crbot import wiring
from crbot.channels.lines import decide_lines
from crbot.triage.decide import decide
from crbot.triage.facts import Facts
from crbot.triage.message import Channel, Message, Person
from crbot.triage.policy import Policy

FOLDER = Path(__file__).parent / "labelled"
CASES = ("request", "reply")
SILENT = ("automatic", "junk")
FACTS = (
    "requester_authority",
    "agency_type",
    "agency_state",
    "investigation",
    "litigation",
    "incident",
    "urgency",
)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return wiring.load_policy()


def rows_of(name: str) -> list[dict[str, Any]]:
    text = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def decided(rows: list[dict[str, Any]], policy: Policy) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    unlabelled = (json.dumps({key: row[key] for key in row if key not in ("gold", "note")}) for row in rows)
    yield from zip(rows, map(json.loads, decide_lines(unlabelled, policy)), strict=True)


def rights(gold: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Each field that counts for a message, and whether it is right."""
    yield "kind", told["kind"] == gold["kind"]
    yield "disposition", told["disposition"] == gold["disposition"]
    if gold["kind"] in CASES:
        yield "queue", told["queue"] == gold["queue"]
        yield from ((fact, told[fact] == gold[fact]) for fact in FACTS)
        yield from (
            (f"rule {rule}", told["findings"].get(rule) == gold["findings"][rule])
            for rule in gold["findings"]
        )


def harms(row: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[str]:
    """What must not happen to a message."""
    gold = row["gold"]
    if gold["kind"] in CASES and told["kind"] not in CASES:
        yield "lost"
    if gold["kind"] in SILENT and told["kind"] not in SILENT:
        yield "answered"
    if gold["kind"] in CASES and told["disposition"] == "ineligible" != gold["disposition"]:
        yield "declined"
    grave = [rule for rule, outcome in gold["findings"].items() if outcome in ("flag", "fail")]
    yield from ("passed" for rule in grave if told["findings"].get(rule) in ("pass", "ask", None))


# What was reached, in hundredths; a change of rules that falls below it is to be looked at.
REACHED: dict[str, dict[str, int]] = {
    "first-author": {"kind": 98, "disposition": 93, "queue": 95},
    "second-author": {"kind": 96, "disposition": 85, "queue": 95},
    "third-author": {"kind": 97, "disposition": 85, "queue": 93},
    "fourth-author": {"kind": 98, "disposition": 88, "queue": 88},
    "fifth-author": {"kind": 97, "disposition": 90, "queue": 94},
    "sixth-author": {"kind": 97, "disposition": 90, "queue": 90},
    "seventh-author": {"kind": 97, "disposition": 86, "queue": 92},
    "held-back": {"kind": 97, "disposition": 86, "queue": 93},
}
# Where the rules were tuned. A flag that passes there is known and counted; what is lost, answered or declined is not.
TUNED_ON: dict[str, int] = {
    "first-author": 1,
    "second-author": 3,
    "third-author": 4,
    "fourth-author": 2,
    "fifth-author": 4,
    "seventh-author": 4,
    "held-back": 3,
}


@pytest.mark.parametrize("name", REACHED)
def test_what_was_reached_is_held(name: str, policy: Policy) -> None:
    right: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for row, told in decided(rows_of(name), policy):
        for field, is_right in rights(row["gold"], told):
            seen[field] += 1
            right[field] += is_right
    reached = {field: round(100 * right[field] / seen[field], 1) for field in seen}
    print(name, reached)

    assert {field: reached[field] for field, least in REACHED[name].items() if reached[field] < least} == {}


@pytest.mark.parametrize("name", TUNED_ON)
def test_nothing_unsafe_happens(name: str, policy: Policy) -> None:
    done = [(row["id"], harm) for row, told in decided(rows_of(name), policy) for harm in harms(row, told)]

    assert [each for each in done if each[1] != "passed"] == []
    assert len(done) <= TUNED_ON[name]


STATEMENTS = {
    "statements-matters": {"investigation": 92, "litigation": 92},
    "statements-matters-in-idiom": {"investigation": 90, "litigation": 90},
    "statements-matters-in-letters": {"investigation": 94, "litigation": 94},
    "statements-costs": {"unsupported_costs": 85},
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_statements_tell_what_they_say(name: str, policy: Policy) -> None:
    rows = rows_of(name)
    told = [facts_of(row["text"], policy) for row in rows]
    for fact, least in STATEMENTS[name].items():
        right = sum(_same(facts, fact, row["gold"][fact]) for facts, row in zip(told, rows, strict=True))
        print(fact, round(100 * right / len(rows), 1))

        assert 100 * right / len(rows) >= least


def facts_of(text: str, policy: Policy) -> Facts:
    return decide(
        Message(Channel.SLACK, Person("Chief Ada Bell", "abell@elm-ridge.example.gov"), text), policy
    ).facts


def _same(facts: Facts, fact: str, gold: object) -> bool:
    if isinstance(gold, list):
        return {value for value in facts.values(fact) if value not in ("none", "unknown")} == set(gold)
    return facts.value(fact) == gold
