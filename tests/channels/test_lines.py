from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from crbot.channels.lines import decide_lines
from crbot.config import read_texts, rules_folder
from crbot.triage.policy import Policy, parse

FIELDS = [
    "id", "kind", "requester_authority", "agency_type", "agency_name", "agency_state", "investigation", "litigation",
    "unsupported_costs", "costs_only", "services", "topics", "incident", "urgency", "findings", "disposition", "queue",
    "evidence", "questions", "rules",
]  # fmt: skip
REQUEST = {
    "id": "x1",
    "channel": "slack",
    "from": {"name": "Chief Ada Quill", "address": None},
    "body": "I'm the police chief in Fern Hollow, Ohio. Could somebody review our pursuit policy? Nobody is suing us.",
}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return parse(read_texts(rules_folder(None), ".yaml"))


def told(lines: Iterable[str], policy: Policy) -> list[dict[str, object]]:
    return [json.loads(line) for line in decide_lines(lines, policy)]


def test_a_line_gives_every_field_in_one_line(policy: Policy) -> None:
    (row,) = told([json.dumps(REQUEST)], policy)

    assert list(row) == FIELDS
    assert (row["id"], row["kind"], row["litigation"], row["queue"]) == ("x1", "request", "none", "cri_tac")
    assert row["evidence"]["litigation"] == ["Nobody is suing us."]  # type: ignore[index]
    assert row["rules"] == {"version": policy.version.version, "sha256": policy.version.sha256}


def test_a_thread_is_remembered_and_our_own_words_are_no_facts(policy: Policy) -> None:
    reply = {
        **REQUEST,
        "body": "No to both.",
        "thread": [
            {"from": REQUEST["from"], "date": None, "body": "I'm the police chief in Fern Hollow, Ohio. We want training."},
            {"from": {"name": "CRI Intake", "address": "desk@cops.example.gov"}, "date": None,
             "body": "Is there an open investigation? Is there a lawsuit?"},
        ],
    }  # fmt: skip
    (row,) = told([json.dumps(reply)], policy)

    assert (row["kind"], row["investigation"], row["litigation"]) == ("reply", "none", "none")
    assert row["services"] == ["training"]


@pytest.mark.parametrize(
    ("line", "identity"),
    [
        ("{", 1),
        ("[]", 1),
        ('{"id": "x2"}', "x2"),
        ('{"id": "x3", "body": 7}', "x3"),
        ('{"id": "x4", "body": "Hi", "channel": "fax"}', "x4"),
        ('{"id": "x5", "body": "Hi", "thread": [3]}', "x5"),
        ("[" * 100_000, 1),
    ],
)
def test_a_line_that_cant_be_read_is_named_and_the_rest_goes_on(
    line: str, identity: object, policy: Policy
) -> None:
    broken, whole = told([line, "", json.dumps(REQUEST)], policy)

    assert broken["id"] == identity
    assert broken["error"]
    assert whole["id"] == "x1"
