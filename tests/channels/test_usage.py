"""How the report on the lines of the cues looks, and the labelled lines that it reads."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from crbot import wiring
from crbot.channels.lines import read_labelled
from crbot.channels.usage import MOST_ROWS, show_uses, uses_as_csv
from crbot.triage.notation import Line
from crbot.triage.policy import Policy
from crbot.triage.usage import Labelled, Use

USES = [
    Use(Line("[no] suit", "cues/litigation.yaml:9"), "litigation:none", 9, 7, ("a1", "a1", "a2", "a3", "a4")),
    Use(Line("no claim", "cues/litigation.yaml:10"), "litigation:none", 4, 4),
    Use(Line("law suit", "cues/litigation.yaml:3"), "litigation:active", 2),
    Use(Line("follow suit", "cues/litigation.yaml:20"), "litigation:not", 6),
    *(
        Use(Line("never met", f"cues/litigation.yaml:{number}"), "litigation:active")
        for number in (15, 12, 13, 14, 18)
    ),
]


def shown(uses: list[Use]) -> str:
    told = StringIO()
    show_uses(Console(file=told, width=100), uses, messages=30)
    return told.getvalue()


def test_what_needs_a_look_comes_first_and_what_was_never_used_last() -> None:
    text = shown(USES)

    titles = (
        "Decided wrongly", "[no] suit", "always rightly", "no claim", "decided nothing", "law suit", "Never used",
    )  # fmt: skip
    assert sorted(titles, key=text.index) == list(titles)
    assert "5: a1, a2, a3, …" in text
    assert "12-15, 18" in text
    assert "follow suit" not in text


def test_of_a_long_table_the_top_is_shown_and_the_rest_counted() -> None:
    uses = [
        Use(Line("suit", f"cues/litigation.yaml:{number}"), "litigation:active", 2, 1)
        for number in range(MOST_ROWS + 3)
    ]

    assert "… and 3 more; `--csv` has them all" in shown(uses)


def test_the_csv_has_every_line() -> None:
    rows = list(csv.DictReader(StringIO(uses_as_csv(USES))))

    assert len(rows) == len(USES)
    assert rows[0] == {
        "place": "cues/litigation.yaml:9",
        "cue": "litigation:none",
        "line": "[no] suit",
        "hits": "9",
        "decided": "7",
        "wrong": "5",
        "wrong_in": "a1 a2 a3 a4",
    }


def test_no_line_of_the_rules_is_a_formula_to_a_spreadsheet() -> None:
    formula = replace(USES[0], line=Line("=cmd()", "cues/litigation.yaml:9"))

    assert next(csv.DictReader(StringIO(uses_as_csv([formula]))))["line"] == "'=cmd()"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return wiring.load_policy()


def read_one(row: dict[str, Any], policy: Policy) -> Labelled:
    (labelled,) = read_labelled(["", json.dumps(row)], policy)
    return labelled


def test_labels_are_read_as_values_of_facts(policy: Policy) -> None:
    gold = {
        "litigation": "none",
        "incident": False,
        "agency_name": None,
        "services": ["training"],
        "unsupported_costs": [],
        "kind": "request",
    }
    labelled = read_one({"id": "x1", "text": "No suit.", "gold": gold}, policy)

    assert labelled.is_statement
    assert labelled.gold == {
        "litigation": {"none"},
        "incident": {"no"},
        "agency_name": set(),
        "services": {"training"},
        "unsupported_costs": set(),
    }


def test_of_a_thread_the_people_s_messages_count(policy: Policy) -> None:
    ada, desk = {"address": "a@x.example"}, {"address": "cri@desk.example"}
    thread = [{"from": ada, "body": "Help us train."}, {"from": desk, "body": "Who heads your agency?"}]
    row = {"id": "x1", "from": ada, "to": ["cri@desk.example"], "body": "I do.", "thread": thread, "gold": {}}
    labelled = read_one(row, policy)

    assert [each.body for each in labelled.earlier] == ["Help us train."]


@pytest.mark.parametrize("line", ["[1]", '{"body": "x"}', '{"id": 1, "gold": {}}', "{"])
def test_a_line_that_cannot_be_read_is_named_by_its_number(policy: Policy, line: str) -> None:
    with pytest.raises(ValueError, match="line 2: "):
        list(read_labelled(['{"text": "x", "gold": {}}', line], policy))
